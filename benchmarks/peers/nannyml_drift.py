"""Drift of ten numbers and five categories by hour, with the first half of a log as reference, as NannyML does it."""

from __future__ import annotations

import json
import sys
import time
import warnings

warnings.simplefilter("ignore")
start = time.process_time()

import nannyml  # noqa: E402
import pandas as pd  # noqa: E402


def main(path: str) -> None:
    frame = pd.read_parquet(path)
    names = [name for name in frame.columns if name.startswith("x")]
    names += ["site", "lens", "weather", "firmware", "operator"]
    half = len(frame) // 2
    drift = nannyml.UnivariateDriftCalculator(
        column_names=names,
        treat_as_categorical=names[10:],
        timestamp_column_name="time",
        continuous_methods=["kolmogorov_smirnov", "jensen_shannon"],
        categorical_methods=["chi2", "jensen_shannon"],
        chunk_period="h",
    )
    drift.fit(frame.iloc[:half])
    drift.calculate(frame.iloc[half:])
    print(json.dumps({"cpu_s": time.process_time() - start, "version": nannyml.__version__}))


if __name__ == "__main__":
    main(sys.argv[1])
