"""Sections of residuals, holdout and causes: what stands in them, and that 80 columns are enough."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

import errata
from errata.nouns.report import Estimate
from errata.show.charts.chart import Chart
from errata.show.section import p_value, plus, plus_estimate, points, rate
from errata.show.terminal import report_text


def regression(rows: int = 2000) -> pa.Table:
    rng = np.random.default_rng(0)
    said = rng.normal(10, 3, rows)
    site = rng.choice(["a", "b"], rows)
    error = rng.standard_t(4, rows) * (0.2 + 0.1 * np.abs(said)) + (site == "b")
    return pa.table({"truth": said - error, "prediction": said, "site": site})


def sized(samples: int = 800) -> pa.Table:
    rng = np.random.default_rng(1)
    hard = rng.random(samples)
    tables = []
    for size in (250, 500, 1000, 2000):
        wrong = hard < 0.05 + 5 * size**-0.5
        tables.append(pa.table({"truth": np.ones(samples, int), "prediction": np.where(wrong, 0, 1),
                                "sample": np.arange(samples), "train_size": [size] * samples}))  # fmt: skip
    return pa.concat_tables(tables)


def split() -> pa.Table:
    rng = np.random.default_rng(2)
    side = np.repeat(["train", "test"], 1000)
    wrong = rng.random(2000) < np.where(side == "test", 0.2, 0.05)
    return pa.table({"truth": np.ones(2000, int), "prediction": np.where(wrong, 0, 1), "split": side,
                     "x": rng.random(2000)})  # fmt: skip


@pytest.mark.parametrize("width", [80, 100])
@pytest.mark.parametrize(
    ("table", "name", "options", "words"),
    [
        (regression(), "residuals", {}, ["error = prediction − truth", "● predictions are too high on average: mean",
          "band over all of them", "site = 'b'", "the worst 1 % of rows carry", "Breusch–Pagan, studentized p < 0.001",
          "tails are heavier than a normal's"]),
        (split(), "holdout", {}, ["told apart by split", "holdout (test): ", "● gap +", "/1,000",
          "sides are read from names"]),
        (sized(), "causes", {"group": "sample"}, ["● more data would help: at twice the largest size (4,000)",
          "error by training size: 250:", "error = a + b·n^(−c): a ", "not tested: labels"]),
    ],
)  # fmt: skip
def test_sections_say_it_within_the_width(
    table: pa.Table, name: str, options: dict[str, str], words: list[str], width: int
) -> None:
    text = report_text(errata.analyze(table, only=[name], **options), width=width, colour=False)
    assert max(map(len, text.splitlines())) <= width
    whole = " ".join(text.split())
    for one in words:
        assert one in whole, one


def test_nothing_found_is_said_in_words() -> None:
    rng = np.random.default_rng(3)
    said = rng.normal(0, 1, 800)
    table = pa.table({"truth": said - rng.normal(0, 1, 800), "prediction": said, "site": rng.choice(["a", "b"], 800)})
    whole = " ".join(str(errata.analyze(table, only=["residuals"])).split())
    for one in (
        "✓ no evidence of a bias on average",
        "✓ no bin of the prediction is biased beyond chance",
        "✓ no slice has another bias than the rest (2 slices tried)",
        "✓ no evidence that spread depends on the prediction",
        "✓ no evidence of other tails than a normal's",
    ):
        assert one in whole, one


def test_numbers_have_signs_and_units() -> None:
    assert (plus(0.303), plus(-0.02), plus(0), plus(None)) == ("+0.303", "−0.0200", "0", "–")
    assert plus_estimate(Estimate(1.5, 1.0, 2.0)) == "+1.50 [+1.00, +2.00]"
    assert plus_estimate(Estimate(1.5, None, None)) == "+1.50 (too few rows for an interval)"
    assert rate(Estimate(0.081, 0.074, 0.086)) == "8.10 % [7.40, 8.60]"
    assert points(Estimate(0.021, 0.011, 0.031)) == "+2.1 pp [+1.1, +3.1]"
    assert (p_value(0.0312), p_value(1e-9)) == ("p = 0.0312", "p < 0.001")


def test_charts_hold_their_table_and_say_what_they_show() -> None:
    from errata.show.analyses_charts import analyses_charts
    from errata.show.html import report_page

    report = errata.analyze(regression(), only=["residuals"])
    (curve,) = analyses_charts(report)
    assert isinstance(curve, Chart) and len(curve.rows) == 10
    assert "a band that holds over all bins at once" in curve.sentence and "<svg" in curve.svg()
    assert "Errors by prediction" in report_page(report)
    (learned,) = analyses_charts(errata.analyze(sized(), only=["causes"], group="sample"))
    assert [row["size"] for row in learned.rows] == [250, 500, 1000, 2000]
    assert learned.sentence.endswith("more data would help.") and learned.csv().startswith("training,size,rows")
    assert analyses_charts(errata.analyze(split(), only=["causes"])) == []
