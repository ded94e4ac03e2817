"""``--weight``: rates are of what the rows stand for, and a column that is no weight is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from errata.core.errors import ColumnError, ValueFault
from errata.integrations.files import open_source, table_source
from errata.nouns.report import Report
from errata.nouns.roles import Roles
from errata.nouns.slice import Slice
from errata.show.terminal import report_text
from errata.show.words import command
from errata.store.catalog import Store
from errata.verbs.analyze import AnalyzeOptions, analyze_source
from errata.verbs.analyze_run import analyze_run
from tests.catalogs import log
from tests.schemas import agrees

ROLES = Roles(truth="truth", prediction="prediction")


def rows(size: int = 6_000, seed: int = 4) -> pa.Table:
    """Traffic of which night is a fifth, sampled so that half of the rows are of the night; lens b fails there."""
    rng = np.random.default_rng(seed)
    night, lens = rng.random(size) < 0.5, rng.choice(["a", "b", "c"], size)
    failed = rng.random(size) < np.where(night & (lens == "b"), 0.4, 0.05)
    return pa.table(
        {
            "source": np.where(night, "night", "day"),
            "lens": lens,
            "weight": np.where(night, 0.4, 1.6),
            "one": np.full(size, 2.5),
            "loss": rng.gamma(2, 1, size) * np.where(failed, 3, 1),
            "truth": np.zeros(size, int),
            "prediction": failed.astype(int),
        }
    )


def analyze(data: pa.Table, roles: Roles = ROLES, **options: Any) -> Report:
    return analyze_source(table_source(data), roles, AnalyzeOptions(**options))


def test_rates_are_those_of_what_the_rows_stand_for() -> None:
    data = rows()
    report = analyze(data, Roles(**{**ROLES.to_json(), "exclude": ("one", "loss")}), weight="weight")
    weights = data["weight"].to_numpy()
    failed = data["prediction"].to_numpy() == 1
    assert report.run.failed == int(failed.sum())
    assert report.run.error_rate == pytest.approx(weights @ failed / weights.sum())
    assert [one.slice for one in report.slices()] == ["lens = 'b' and source = 'night'"]
    found = report.slices()[0]
    inside = Slice.parse(found.slice).mask(data.column)
    assert (found.rows, found.failed) == (int(inside.sum()), int((inside & failed).sum()))
    rest = weights[~inside] @ failed[~inside] / weights[~inside].sum()
    assert found.rest_error_rate == pytest.approx(rest)
    excess = weights[inside] @ (failed[inside] - rest) / weights.mean()
    assert found.excess_errors == pytest.approx(excess)
    assert 0 < found.excess_errors_low < found.excess_errors
    assert {one.column: one.reason for one in report.left_out}["weight"].startswith("it is the weight")


@pytest.mark.parametrize("metric", ["error", "loss"])
def test_rows_that_all_weigh_alike_give_the_report_without_weights(metric: str) -> None:
    roles = Roles(truth="truth", prediction="prediction", loss="loss", exclude=("weight", "one"))
    plain, weighted = (analyze(rows(), roles, metric=metric, weight=weight) for weight in (None, "one"))
    assert [one.to_json() for one in plain.findings] == [one.to_json() for one in weighted.findings]
    assert (plain.run, plain.metrics, plain.searched) == (weighted.run, weighted.metrics, weighted.searched)
    assert "every row has the same one: the figures are those without weights" in weighted.notes


def test_rows_that_weigh_nearly_alike_give_nearly_that_report() -> None:
    data = rows()
    nearly = 1 + 1e-6 * np.random.default_rng(0).random(data.num_rows)
    data = data.set_column(2, "weight", pa.array(nearly))
    roles = Roles(truth="truth", prediction="prediction", exclude=("one", "loss"))
    plain, weighted = analyze(data.drop_columns("weight"), roles), analyze(data, roles, weight="weight")
    one, other = plain.slices()[0], weighted.slices()[0]
    assert one.slice == other.slice
    assert other.error_rate == pytest.approx(one.error_rate, abs=1e-5)
    assert (other.low, other.high) == pytest.approx((one.low, one.high), abs=1e-4)
    assert other.excess_errors == pytest.approx(one.excess_errors, rel=1e-3)
    assert weighted.searched.threshold == pytest.approx(plain.searched.threshold, abs=0.4)


def test_losses_are_weighted_and_rows_of_no_weight_left_out() -> None:
    data = rows()
    weights = data["weight"].to_numpy().copy()
    weights[:100] = 0
    data = data.set_column(2, "weight", pa.array(weights))
    roles = Roles(loss="loss", factors=("lens", "source"))
    report = analyze(data.drop_columns(["truth", "prediction"]), roles, weight="weight", metric="loss")
    loss = data["loss"].to_numpy()
    assert report.metrics["loss"].value == pytest.approx(weights @ loss / weights.sum())
    assert report.run.rows == 5_900
    assert "100 rows of weight 0 left out" in report.notes
    assert report.slices()[0].slice == "lens = 'b' and source = 'night'"


def test_the_report_says_what_it_left_unweighted() -> None:
    report = analyze(rows(), weight="weight", analyses=("slices", "confusion", "calibration", "trend"))
    assert report.weight == "weight"
    agrees("errata.report-1", report.to_json())
    assert {(one.analysis, one.reason) for one in report.not_done} == {
        (name, "it counts every row alike, whatever it weighs") for name in ("calibration", "trend")
    }
    text = report_text(report, width=100, colour=False)
    assert "weight=weight" in text
    assert "rates are weighted by weight, counts are of rows" in text
    assert "confused pairs and the calibration error know no weights" in " ".join(text.split())
    assert command(report).endswith("--weight weight --only slices,confusion,calibration,trend")


@pytest.mark.parametrize(
    ("weights", "says"),
    [
        ([1.0, -1, 1, 1], "1 weight of 4 missing, negative or infinite"),
        ([1.0, None, 1, None], "2 weights of 4 missing, negative or infinite"),
        ([1.0, float("nan"), 1, 1], "1 weight of 4 missing"),
        ([1.0, float("inf"), 1, 1], "1 weight of 4 missing"),
        ([0.0, 0, 0, 0], "every weight of 'w' is 0"),
        (["a", "b", "c", "d"], "the weight 'w' is not a number"),
        ([True, False, True, True], "the weight 'w' is not a number"),
    ],
)
def test_what_is_no_weight_is_refused(weights: list[Any], says: str) -> None:
    data = pa.table({"truth": [0, 0, 1, 1], "prediction": [0, 1, 1, 1], "w": weights})
    with pytest.raises(ValueFault) as caught:
        analyze(data, weight="w")
    assert caught.value.code == "bad-weight"
    assert says in str(caught.value)
    with pytest.raises(ColumnError, match="no column 'v', given as weight"):
        analyze(data, weight="v")


def test_weights_beyond_what_a_sum_holds_are_weights() -> None:
    data = rows(500)
    huge = np.where(np.arange(500) % 2 == 0, 1e308, 1e307)
    report = analyze(data.set_column(2, "weight", pa.array(huge)), weight="weight")
    assert report.run.error_rate is not None
    assert 0 < report.run.error_rate < 1


def test_known_rows_that_weigh_next_to_nothing_have_a_rate() -> None:
    data = rows(500)
    known = np.arange(500) % 2 == 0
    data = data.set_column(2, "weight", pa.array(np.where(known, 1e-170, 1.0)))
    failed = pa.array(np.arange(500) % 10 == 0, mask=~known)
    data = data.drop_columns(["truth", "prediction"]).append_column("bad", failed)
    report = analyze(data, Roles(failed="bad"), weight="weight", allow_unknown=True)
    assert report.run.error_rate == pytest.approx(0.2)


def test_a_run_is_weighed_as_its_file_is(store: Store) -> None:
    log(store, rows(), roles=ROLES)
    of_run = analyze_run(store, 1, AnalyzeOptions(weight="weight"))
    assert of_run.weight == "weight"
    again = analyze_run(store, 1, AnalyzeOptions(weight="weight"))
    assert (again.weight, again.run) == ("weight", of_run.run)
    assert analyze_run(store, 1, AnalyzeOptions()).weight is None


def test_real_predictions_weighed_by_the_people_behind_them(sample_data: Path) -> None:
    source = open_source(sample_data / "predictions" / "visits_v1.parquet")
    options = AnalyzeOptions(weight="latency_ms", depth=2, within="deductible = 'yes'")
    report = analyze_source(source, Roles(group="person_run"), options)
    assert report.run.low is not None and report.run.error_rate is not None and report.run.high is not None
    assert report.run.low < report.run.error_rate < report.run.high
