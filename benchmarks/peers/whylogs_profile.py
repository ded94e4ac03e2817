"""Profiles of both halves of a log and how far they drifted apart, as whylogs does it."""

from __future__ import annotations

import json
import os
import sys
import warnings

warnings.simplefilter("ignore")
os.environ["WHYLOGS_NO_ANALYTICS"] = "True"

import whylogs  # noqa: E402
from monitored import halves  # noqa: E402
from whylogs.viz.drift.column_drift_algorithms import calculate_drift_scores  # noqa: E402


def main(path: str) -> None:
    a, b = (whylogs.log(part).view() for part in halves(path))
    found = calculate_drift_scores(target_view=b, reference_view=a, with_thresholds=True)
    print(json.dumps({"said": len(found), "version": whylogs.__version__}))


if __name__ == "__main__":
    main(sys.argv[1])
