"""Columns that only repeat the outcome are no factors, wherever in the file that shows."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from errata.integrations.files import table_source
from errata.nouns.report import Report
from errata.nouns.roles import Roles
from errata.verbs.analyze import AnalyzeOptions, analyze_source

ROWS = 20_000


def table(order: str = "as it comes") -> pa.Table:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, ROWS)
    wrong = rng.random(ROWS) < 0.1
    prediction = np.where(wrong, (truth + rng.integers(1, 3, ROWS)) % 3, truth)
    sorted_by = {"as it comes": np.arange(ROWS), "by truth": np.argsort(truth), "by outcome": np.argsort(wrong)}
    truth, prediction = truth[sorted_by[order]], prediction[sorted_by[order]]
    return pa.table(
        {
            "truth": truth,
            "prediction": prediction,
            "correct": truth == prediction,
            "label_name": np.array(["cat", "dog", "fox"])[truth],
            "said": np.array(["cat", "dog", "fox"])[prediction],
            "animal": np.array(["pet", "pet", "wild"])[truth],
            "site": rng.choice(["a", "b"], ROWS),
        }
    )


def left_out(report: Report) -> dict[str, str]:
    return {one.column: one.reason for one in report.left_out}


def analyze(data: pa.Table, roles: Roles | None = None, **options: object) -> Report:
    return analyze_source(table_source(data), roles or Roles(), AnalyzeOptions(**options))  # type: ignore[arg-type]


@pytest.mark.parametrize("order", ["as it comes", "by truth", "by outcome"])
def test_the_outcome_the_truth_and_the_prediction_are_left_out_under_any_name(order: str) -> None:
    reasons = left_out(analyze(table(order)))
    assert reasons["correct"] == "it equals the outcome"
    assert reasons["label_name"] == "it is the truth under another name (--factors admits it)"
    assert reasons["said"] == "it is the prediction under another name"
    assert "animal" not in reasons  # two classes share a value: that is a factor
    assert "site" not in reasons


def test_factors_admits_what_it_names() -> None:
    report = analyze(table(), Roles(factors=("label_name", "site")))
    assert "label_name" not in left_out(report)


def test_the_loss_in_other_numbers_is_no_factor() -> None:
    rng = np.random.default_rng(1)
    truth, guess = rng.normal(size=2_000), rng.normal(size=2_000)
    error = np.abs(truth - guess)
    data = pa.table(
        {"truth": truth, "prediction": guess, "squared": error**2, "goodness": -error, "residual": truth - guess}
    )
    reasons = left_out(analyze(data))
    assert reasons["squared"] == reasons["goodness"] == "it rises or falls with the loss and nothing else"
    assert "residual" not in reasons


def test_a_slice_that_always_fails_is_a_finding_when_others_fail_too() -> None:
    rng = np.random.default_rng(2)
    camera = rng.choice(["A1", "B7", "C3"], 3_000)
    failed = (camera == "B7") | (rng.random(3_000) < 0.05)
    report = analyze(pa.table({"truth": np.ones(3_000, int), "prediction": np.where(failed, 0, 1), "camera": camera}))
    assert [finding.slice for finding in report.slices()] == ["camera = 'B7'"]
