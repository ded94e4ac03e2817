"""``analyze``: what a report says of its rows is what its rows say, whatever the order, the format and the types."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from errata.core.errors import ErrataError, UsageError
from errata.integrations.files import open_source, table_source
from errata.nouns.report import Report
from errata.nouns.roles import Roles
from errata.nouns.slice import Slice
from errata.verbs.analyze import AnalyzeOptions, analyze_source

PLAIN = Roles(truth="truth", prediction="prediction")


def analyze(data: pa.Table, roles: Roles = PLAIN, **options: Any) -> Report:
    return analyze_source(table_source(data), roles, AnalyzeOptions(**options))


def with_factors(rate: NDArray[np.float64], seed: int = 0, **factors: Any) -> pa.Table:
    """Rows of three classes that fail with these rates."""
    rng = np.random.default_rng([seed, 1])
    truth = rng.integers(0, 3, len(rate))
    failed = rng.random(len(rate)) < rate
    prediction = np.where(failed, (truth + rng.integers(1, 3, len(rate))) % 3, truth)
    return pa.table({"truth": truth, "prediction": prediction, **factors})


def shown(report: Report) -> list[tuple[Any, ...]]:
    """What two reports of the same rows have in common."""
    return [(f.fingerprint, f.slice, f.rows, f.failed, f.error_rate, f.excess_errors_low) for f in report.findings]


def says_what_its_rows_say(report: Report, data: pa.Table) -> None:
    """Each slice, read back from its text, has the rows and failures that the finding counts."""
    failed = (data["truth"].to_numpy() != data["prediction"].to_numpy()) & data["truth"].is_valid().to_numpy()
    known = data["truth"].is_valid().to_numpy()
    for finding in report.slices():
        inside = Slice.parse(finding.slice).mask(data.column) & known
        assert (finding.rows, finding.failed) == (int(inside.sum()), int((inside & failed).sum())), finding.slice
        rest = failed[known & ~inside].mean()
        assert finding.rest_error_rate == pytest.approx(rest)
        assert finding.excess_errors == pytest.approx(inside[failed].sum() - inside.sum() * rest)


ROWS = 3_000
SIDE = np.random.default_rng(5).integers(0, 4, ROWS)
WORST = np.where(SIDE == 2, 0.5, 0.08)


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("site", np.array(["a", "b", "c", "d"])[SIDE], "site = 'c'"),
        ("site", np.array(["a", "b", "it's \"c\"", "日本"])[SIDE], "site = 'it''s \"c\"'"),
        ("größe in m", np.array(["a", "b", "c", "d"])[SIDE], '"größe in m" = \'c\''),
        ('a "b"', np.array(["a", "b", "c", "d"])[SIDE], '"a ""b""" = \'c\''),
        ("and", SIDE == 2, '"and" = true'),
        ("all", SIDE == 2, '"all" = true'),
        ("n", SIDE, "n = 2"),
        ("n", SIDE.astype(np.uint64) + np.uint64(2**63), f"n = {2**63 + 2}"),
        ("x", SIDE / 10, "x = 0.2"),
        ("x", (SIDE / 10).astype(np.float32), "x = 0.2"),
        ("x", pa.array([Decimal(int(n)) / 4 for n in SIDE]), "x = 0.5"),
        ("x", pa.array([None if n == 2 else float(n) for n in SIDE]), "x is null"),
        ("x", np.where(SIDE == 2, np.nan, SIDE), "x is null"),
        ("x", pa.array([None if n == 2 else f"v{n}" for n in SIDE]).dictionary_encode(), "x is null"),
        ("x", SIDE + np.random.default_rng(1).random(ROWS), "2 <= x and x < 3"),
        ("x", (SIDE + np.random.default_rng(1).random(ROWS)).astype(np.float32), "2 <= x and x < 3"),
        ("x", -np.abs(SIDE - 2) + np.random.default_rng(1).random(ROWS), "x >= 0"),
        ("n", SIDE * 100 + np.random.default_rng(1).integers(0, 100, ROWS), "200 <= n and n < 300"),
    ],
    ids=str,
)  # fmt: skip
def test_the_worst_slice_is_named_so_that_its_text_finds_its_rows(name: str, values: Any, expected: str) -> None:
    data = with_factors(WORST, **{name: values})
    edges = {"x": [1.0, 2.0, 3.0], "n": [100.0, 200.0, 300.0]} if " < " in expected else None
    report = analyze(data, edges=edges)
    assert [finding.slice for finding in report.slices()] == [expected]
    says_what_its_rows_say(report, data)


def messy(rows: int, seed: int) -> pa.Table:
    """Factors of many types, with gaps, some of which matter."""
    rng = np.random.default_rng(seed)
    site = rng.choice(["a", "it's", "日本", ""], rows)
    heat = np.round(rng.gamma(2, 10, rows), 2)
    night = rng.random(rows) < 0.3
    rate = 0.05 + 0.4 * ((site == "it's") & night) + 0.25 * (heat > 30)
    return with_factors(
        rate,
        seed,
        site=pa.array(site, mask=rng.random(rows) < 0.05),
        heat=pa.array(heat, mask=rng.random(rows) < 0.1),
        night=night,
        lens=rng.integers(0, 3, rows).astype(np.int8),
        gain=rng.normal(size=rows).astype(np.float32),
    )


@given(seed=st.integers(0, 10_000), rows=st.integers(1, 1_500), support=st.sampled_from([0.01, 0.05, 0.2]))
@settings(max_examples=20)
def test_what_is_listed_says_what_its_rows_say(seed: int, rows: int, support: float) -> None:
    data = messy(rows, seed)
    report = analyze(data, min_support=support, depth=2)
    says_what_its_rows_say(report, data)
    excess = [finding.excess_errors for finding in report.slices()]
    assert excess == sorted(excess, reverse=True)
    for finding in report.slices():
        assert finding.low <= finding.error_rate <= finding.high
        assert finding.excess_errors_low <= finding.excess_errors
        assert finding.rows >= support * rows
        assert finding.p_adjusted <= 0.05
        assert finding.after_peeling is not None and finding.after_peeling.rows <= finding.rows


@given(seed=st.integers(0, 1_000), order=st.integers(0, 1_000))
@settings(max_examples=15)
def test_neither_the_order_of_rows_nor_that_of_columns_matters(seed: int, order: int) -> None:
    data = messy(1_200, seed)
    rng = np.random.default_rng(order)
    moved = data.take(pa.array(rng.permutation(len(data)))).select([str(n) for n in rng.permutation(data.column_names)])
    one, other = analyze(data, depth=2), analyze(moved, depth=2)
    assert one.searched.slices == other.searched.slices
    assert one.binned == other.binned
    # What chance deals depends on the order of rows, and with it how surely a finding beats it, and its bound.
    for this, that in ((one, other), (other, one)):
        listed = {f.slice: (f.fingerprint, f.rows, f.failed) for f in that.slices()}
        strong = {f.slice: (f.fingerprint, f.rows, f.failed) for f in this.slices() if f.p_adjusted < 1e-4}
        assert strong.items() <= listed.items()


@pytest.mark.parametrize("suffix", ["parquet", "arrow", "csv", "jsonl"])
def test_the_same_rows_in_another_format_have_the_same_findings(tmp_path: Path, suffix: str) -> None:
    data = messy(2_000, 7)
    file = tmp_path / f"preds.{suffix}"
    if suffix == "parquet":
        pa.parquet.write_table(data, file)
    elif suffix == "arrow":
        pa.feather.write_feather(data, str(file), compression="uncompressed")
    elif suffix == "csv":
        data = data.set_column(2, "site", pa.array([v or "none" for v in data["site"].to_pylist()]))
        pa.csv.write_csv(data, file)
    else:
        import json

        file.write_text("\n".join(json.dumps(row) for row in data.to_pylist()))
    of_file = analyze_source(open_source(file), PLAIN, AnalyzeOptions())
    of_table = analyze(data)
    assert shown(of_file) == shown(of_table)
    assert len(of_file.slices()) >= 2
    assert of_file.searched == of_table.searched


def test_the_same_seed_says_the_same_and_another_nearly_so() -> None:
    data = messy(2_000, 3)
    assert analyze(data, seed=5).to_json() == analyze(data, seed=5).to_json()
    assert [f.slice for f in analyze(data, seed=5).slices()] == [f.slice for f in analyze(data, seed=6).slices()]


def test_fingerprints_depend_on_what_was_asked_and_where() -> None:
    data = with_factors(WORST, side=SIDE)
    first, again = analyze(data).slices()[0], analyze(data, seed=9, min_support=0.05, top=3).slices()[0]
    assert first.fingerprint == again.fingerprint
    assert len(first.fingerprint) == 64
    other_rows = analyze(with_factors(WORST, seed=3, side=SIDE)).slices()[0]
    assert other_rows.failed != first.failed
    assert other_rows.fingerprint == first.fingerprint
    missed = analyze(data, Roles(truth="truth", prediction="prediction", positive="1"), metric="fnr").slices()[0]
    assert missed.slice == first.slice
    assert missed.fingerprint != first.fingerprint


@pytest.mark.parametrize(("metric", "about"), [("fpr", False), ("fnr", True)])
def test_false_positives_and_false_negatives_are_about_their_own_rows(metric: str, about: bool) -> None:
    data = with_factors(WORST, side=SIDE)
    report = analyze(data, Roles(truth="truth", prediction="prediction", positive="1"), metric=metric)
    (finding,) = report.slices()
    truth, prediction = data["truth"].to_numpy(), data["prediction"].to_numpy()
    population = (truth == 1) == about
    bad = population & ((prediction == 1) != about)
    assert finding.metric == metric
    assert (finding.rows, finding.failed) == (int((population & (SIDE == 2)).sum()), int((bad & (SIDE == 2)).sum()))
    assert finding.rest_error_rate == pytest.approx(bad[population & (SIDE != 2)].mean())
    assert report.run.failed == int((truth != prediction).sum())  # the run is about all rows


def test_a_metric_about_no_rows_says_so() -> None:
    data = pa.table({"truth": [1] * 60, "prediction": [0, 1, 1] * 20, "site": ["a", "b"] * 30})
    report = analyze(data, Roles(truth="truth", prediction="prediction", positive="1"), metric="fpr")
    assert (report.findings, report.searched.slices) == ((), 0)
    assert "no row has another truth than 1, so there are no false positives to find" in report.notes


def test_losses_are_compared_by_their_means() -> None:
    loss = np.random.default_rng(0).lognormal(0, 1.5, ROWS) * np.where(SIDE == 2, 4, 1)
    report = analyze(pa.table({"cost": loss, "side": SIDE}), Roles(loss="cost"), metric="loss")
    (finding,) = report.slices()
    assert (finding.slice, finding.failed) == ("side = 2", None)
    assert finding.error_rate == pytest.approx(loss[SIDE == 2].mean())
    assert finding.rest_error_rate == pytest.approx(loss[SIDE != 2].mean())
    assert finding.excess_errors == pytest.approx(loss[SIDE == 2].sum() - (SIDE == 2).sum() * loss[SIDE != 2].mean())
    assert report.metrics["loss"].value == pytest.approx(loss.mean())


def test_one_enormous_loss_hides_nothing_and_makes_nothing_up() -> None:
    loss = np.random.default_rng(0).exponential(1.0, ROWS)
    loss[17] = 1e9
    data = pa.table({"cost": loss, "side": SIDE})
    assert analyze(data, Roles(loss="cost"), metric="loss").slices() == ()


def test_a_regression_is_searched_by_its_absolute_error() -> None:
    truth = np.random.default_rng(0).normal(size=ROWS)
    noise = np.random.default_rng(1).normal(size=ROWS) * np.where(SIDE == 2, 3, 1)
    data = pa.table({"truth": truth, "prediction": truth + noise, "side": SIDE})
    report = analyze(data)
    assert report.run.task == "regression"
    (finding,) = report.slices()
    assert (finding.slice, finding.metric) == ("side = 2", "loss")
    assert finding.error_rate == pytest.approx(np.abs(noise[SIDE == 2]).mean())
    failed = analyze(data, Roles(truth="truth", prediction="prediction", failed="prediction > 3"))
    assert failed.run.failed == int((truth + noise > 3).sum())


def test_a_failure_criterion_needs_neither_truth_nor_prediction() -> None:
    slow = np.random.default_rng(0).exponential(100, ROWS) * np.where(SIDE == 2, 3, 1)
    report = analyze(pa.table({"latency_ms": slow, "side": SIDE}), Roles(failed="latency_ms > 500"))
    assert (report.run.task, report.run.failed) == ("criterion", int((slow > 500).sum()))
    assert [finding.slice for finding in report.slices()] == ["side = 2"]
    assert [one.column for one in report.left_out] == ["latency_ms"]


def test_rows_of_unknown_truth_leave_every_rate() -> None:
    data = with_factors(WORST, side=SIDE)
    gone = np.arange(ROWS) % 10 == 0
    data = data.set_column(0, "truth", pa.array(data["truth"].to_numpy(), mask=gone))
    with pytest.raises(ErrataError) as caught:
        analyze(data)
    assert (caught.value.code, caught.value.where) == ("null-truth", "table, column truth, first in row 1")
    report = analyze(data, allow_unknown=True)
    assert report.run.unknown == 300
    assert report.run.error_rate == pytest.approx(report.run.failed / 2_700)
    says_what_its_rows_say(report, data)


def test_dependent_rows_have_wider_intervals_and_need_stronger_evidence() -> None:
    data = with_factors(WORST, side=SIDE)
    copies = pa.concat_tables([data] * 4).append_column("video", pa.array(np.tile(np.arange(ROWS), 4)))
    alone = analyze(copies.drop(["video"]))
    together = analyze(copies, Roles(truth="truth", prediction="prediction", group="video"))
    once = analyze(data)
    assert alone.run.error_rate == together.run.error_rate == once.run.error_rate
    assert (together.run.low, together.run.high) == pytest.approx((once.run.low, once.run.high), abs=2e-4)
    assert alone.run.low is not None and once.run.low is not None and alone.run.low > once.run.low + 0.005
    for one, four in zip(once.slices(), together.slices(), strict=True):
        assert (four.slice, four.rows, four.failed) == (one.slice, 4 * one.rows, 4 * (one.failed or 0))
        assert (four.low, four.high) == pytest.approx((one.low, one.high), abs=2e-3)
        assert four.excess_errors_low / 4 == pytest.approx(one.excess_errors_low, rel=0.05)


@pytest.mark.parametrize(
    ("rate", "failed"), [(np.zeros(500), 0), (np.ones(500), 500), (np.full(1, 1.0), 1), (np.full(5, 0.0), 0)]
)
def test_files_with_nothing_to_find(rate: NDArray[np.float64], failed: int) -> None:
    report = analyze(with_factors(rate, side=SIDE[: len(rate)]))
    assert (report.run.failed, report.slices(), report.searched.slices) == (failed, (), 0)
    assert report.searched.threshold is None


def test_a_file_of_truth_and_prediction_alone() -> None:
    report = analyze(with_factors(np.full(200, 0.2)))
    assert (report.slices(), report.searched.slices) == ((), 0)
    assert report.run.error_rate is not None


def test_every_column_is_a_factor_or_says_why_not() -> None:
    data = with_factors(
        WORST,
        site=SIDE,
        id=np.arange(ROWS),
        latency_ms=SIDE + 1.0,
        tags=pa.array([[1]] * ROWS),
        empty=pa.nulls(ROWS),
        same=["x"] * ROWS,
        note=[f"text {n}" for n in range(ROWS)],
    )
    report = analyze(data)
    reasons = {one.column: one.reason for one in report.left_out}
    assert reasons == {
        "truth": "it is the truth (--factors names it if it is to be one)",
        "prediction": "it is the prediction",
        "id": "it is the id",
        "latency_ms": "it measures latency, which the model does not see",
        "tags": "its values are nested",
        "empty": "all its values are missing",
        "same": "one value only",
        "note": "3,000 values, none in 30 rows or more",
    }


def test_too_many_slices_are_said() -> None:
    rng = np.random.default_rng(0)
    data = with_factors(np.full(400, 0.1), **{f"x{k:03}": rng.choice(["a", "b"], 400) for k in range(250)})
    report = analyze(data)
    assert (report.searched.depth, report.searched.slices) == (2, 125_000)
    (said,) = (note for note in report.notes if note.startswith("searched to"))
    assert said.startswith("searched to 2 conditions: one more would be 20,")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"depth": 5}, "--depth cannot be 5"),
        ({"depth": 0}, "--depth cannot be 0"),
        ({"min_support": 0.0}, "--min-support cannot be 0.0"),
        ({"min_support": 1.0}, "--min-support cannot be 1.0"),
        ({"top": 0}, "--top cannot be 0"),
        ({"seed": -1}, "--seed cannot be -1"),
    ],
)
def test_options_out_of_range_say_the_range(options: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        AnalyzeOptions(**options)
    assert (caught.value.code, caught.value.message) == ("bad-option", said)
    option, usual = caught.value.next.split()
    AnalyzeOptions(**{option[2:].replace("-", "_"): type(next(iter(options.values())))(usual)})
    assert caught.value.next.startswith("--")


def test_real_predictions(sample_data: Path) -> None:
    source = open_source(sample_data / "predictions" / "visits_v1.parquet")
    report = analyze_source(source, Roles(group="person_run"), AnalyzeOptions())
    assert (report.run.rows, report.run.failed) == (20_190, 8_421)
    data = pa.parquet.read_table(sample_data / "predictions" / "visits_v1.parquet")
    says_what_its_rows_say(report, data)
    assert report.slices()
