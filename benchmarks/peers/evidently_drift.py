"""Drift of ten numbers and five categories between the halves of a log, and its classes, as Evidently's presets do."""

from __future__ import annotations

import json
import sys
import warnings

warnings.simplefilter("ignore")

import evidently  # noqa: E402
from evidently import DataDefinition, Dataset, MulticlassClassification, Report  # noqa: E402
from evidently.presets import ClassificationPreset, DataDriftPreset  # noqa: E402
from monitored import CLASSES, NUMBERS, WORDS, halves  # noqa: E402


def main(path: str) -> None:
    definition = DataDefinition(
        numerical_columns=NUMBERS,
        categorical_columns=[*WORDS, *CLASSES],
        classification=[MulticlassClassification(target="truth", prediction_labels="prediction")],
    )
    a, b = (Dataset.from_pandas(part, data_definition=definition) for part in halves(path, *CLASSES))
    found = Report([DataDriftPreset(columns=[*NUMBERS, *WORDS]), ClassificationPreset()]).run(b, a)
    print(json.dumps({"said": len(found.dict()["metrics"]), "version": evidently.__version__}))


if __name__ == "__main__":
    main(sys.argv[1])
