"""Profiles of both halves of a log and how far they drifted apart, as whylogs does it."""

from __future__ import annotations

import json
import sys
import time
import warnings

warnings.simplefilter("ignore")
start = time.process_time()

import pandas as pd  # noqa: E402
import whylogs  # noqa: E402
from whylogs.viz.drift.column_drift_algorithms import calculate_drift_scores  # noqa: E402


def main(path: str) -> None:
    frame = pd.read_parquet(path).drop(columns=["time"])
    half = len(frame) // 2
    a, b = (whylogs.log(part).view() for part in (frame.iloc[:half], frame.iloc[half:]))
    calculate_drift_scores(target_view=b, reference_view=a, with_thresholds=True)
    print(json.dumps({"cpu_s": time.process_time() - start, "version": whylogs.__version__}))


if __name__ == "__main__":
    main(sys.argv[1])
