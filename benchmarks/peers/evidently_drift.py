"""Drift of ten numbers and five categories between the halves of a log, and its classes, as Evidently's presets do."""

from __future__ import annotations

import json
import sys
import time
import warnings

warnings.simplefilter("ignore")
start = time.process_time()

import evidently  # noqa: E402
import pandas as pd  # noqa: E402
from evidently import DataDefinition, Dataset, MulticlassClassification, Report  # noqa: E402
from evidently.presets import ClassificationPreset, DataDriftPreset  # noqa: E402


def main(path: str) -> None:
    frame = pd.read_parquet(path)
    numbers = [name for name in frame.columns if name.startswith("x")]
    words = ["site", "lens", "weather", "firmware", "operator"]
    definition = DataDefinition(
        numerical_columns=numbers,
        categorical_columns=[*words, "truth", "prediction"],
        classification=[MulticlassClassification(target="truth", prediction_labels="prediction")],
    )
    half = len(frame) // 2
    a, b = (Dataset.from_pandas(part, data_definition=definition) for part in (frame.iloc[:half], frame.iloc[half:]))
    Report([DataDriftPreset(columns=[*numbers, *words]), ClassificationPreset()]).run(b, a)
    print(json.dumps({"cpu_s": time.process_time() - start, "version": evidently.__version__}))


if __name__ == "__main__":
    main(sys.argv[1])
