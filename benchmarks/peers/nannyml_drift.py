"""Drift of ten numbers and five categories by hour, the first half of a log as reference, as NannyML does it."""

from __future__ import annotations

import json
import os
import sys
import warnings

warnings.simplefilter("ignore")
os.environ["NML_DISABLE_USAGE_LOGGING"] = "1"

import nannyml  # noqa: E402
from monitored import NUMBERS, WORDS, halves  # noqa: E402


def main(path: str) -> None:
    drift = nannyml.UnivariateDriftCalculator(
        column_names=[*NUMBERS, *WORDS],
        treat_as_categorical=WORDS,
        timestamp_column_name="time",
        continuous_methods=["kolmogorov_smirnov", "jensen_shannon"],
        categorical_methods=["chi2", "jensen_shannon"],
        chunk_period="h",
    )
    a, b = halves(path, "time")
    drift.fit(a)
    found = drift.calculate(b)
    print(json.dumps({"said": len(found.to_df()), "version": nannyml.__version__}))


if __name__ == "__main__":
    main(sys.argv[1])
