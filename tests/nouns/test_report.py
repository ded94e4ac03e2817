"""What ``errata analyze --json`` prints is what its published JSON Schema says."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

import jsonschema
import numpy as np
import pyarrow as pa
import pytest

import errata
from tests.catalogs import predictions

SCHEMA = json.loads(resources.files("errata.nouns").joinpath("schemas/errata.report-1.json").read_text())
VALID = jsonschema.Draft202012Validator(SCHEMA)
FIRST = ["schema", "run", "roles", "metrics", "findings", "searched", "left_out"]
FINDING = [
    "id", "kind", "metric", "fingerprint", "slice", "rows", "failed", "error_rate", "low", "high",
    "rest_error_rate", "lift", "excess_errors", "excess_errors_low", "p_adjusted", "after_peeling", "status",
]  # fmt: skip


def losses(rows: int = 2000) -> pa.Table:
    draw = np.random.default_rng(0)
    late = draw.random(rows) < 0.2
    return pa.table({"loss": draw.random(rows) + late, "late": late, "site": draw.choice(["a", "b"], rows)})


def scored() -> pa.Table:
    table = predictions(2000)
    right = [a == b for a, b in zip(*(table[name].to_pylist() for name in ("truth", "prediction")), strict=True)]
    return table.append_column("confidence", pa.array(np.where(right, 0.95, 0.7)))


@pytest.mark.parametrize(
    ("table", "options"),
    [
        (predictions(2000), {}),
        (predictions(2000), {"group": "camera"}),
        (predictions(2000), {"metric": "fpr", "positive": "cat"}),
        (predictions(2000), {"metric": "fnr", "positive": "dog"}),
        (predictions(200, night=0.05), {}),
        (scored(), {}),
        (losses(), {"loss": "loss", "metric": "loss"}),
        (losses(), {"failed": "loss > 1.5", "exclude": ["loss"]}),
        (predictions(50).append_column("gone", pa.nulls(50)), {"factors": ["source"]}),
    ],
    ids=["error", "group", "fpr", "fnr", "nothing found", "scores", "loss", "criterion", "tiny"],
)
def test_a_report_is_what_its_schema_says(table: pa.Table, options: dict[str, Any]) -> None:
    printed = json.loads(errata.analyze(table, **options).json())
    assert list(printed)[: len(FIRST)] == FIRST
    VALID.validate(printed)


def test_the_schema_is_one_and_refuses_what_it_does_not_know() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    printed = errata.analyze(predictions(2000)).to_json()
    assert [list(finding) for finding in printed["findings"]] == [FINDING] * len(printed["findings"])
    assert printed["findings"][0]["slice"] == "source = 'night'"
    printed["findings"][0]["slices"] = ""
    with pytest.raises(jsonschema.ValidationError, match="slices"):
        VALID.validate(printed)
