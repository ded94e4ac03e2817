"""What is wrong with a file is said in a clear word, and the rest of the analyses goes on."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest

from errata.core.errors import ErrataError
from errata.integrations.files import table_source
from errata.nouns.report import Report
from errata.nouns.roles import Roles
from errata.store.catalog import Store
from errata.verbs.analyze import AnalyzeOptions, analyze_source
from errata.verbs.analyze_run import analyze_run
from errata.verbs.audits import chosen
from tests.catalogs import log

ROWS = 1200
START = np.datetime64("2026-01-01T00:00:00")
EVERY = AnalyzeOptions(analyses=chosen(every=True), nodes=("node",))


def table(**columns: object) -> pa.Table:
    """Two classes of which a tenth is wrong, with a score, a time, factors and nodes; some columns otherwise."""
    rng = np.random.default_rng(0)
    truth = rng.choice(["cat", "dog"], ROWS)
    said = np.where(rng.random(ROWS) < 0.1, np.where(truth == "cat", "dog", "cat"), truth)
    values = {
        "id": np.arange(ROWS),
        "truth": truth,
        "prediction": said,
        "score": rng.random(ROWS) / 2 + 0.5,
        "time": START + np.arange(ROWS) * np.timedelta64(600, "s"),
        "source": rng.choice(["a", "b", "c"], ROWS),
        "size": rng.random(ROWS),
        "node": rng.choice(["n1", "n2"], ROWS),
        **columns,
    }
    return pa.table({name: one if isinstance(one, pa.Array) else pa.array(one) for name, one in values.items()})


def reasons(report: Report) -> list[tuple[str, str]]:
    """Why an analysis was not made, a column is no factor, or a role is unset, by name (of a note: its first word)."""
    left = [(one.column, one.reason) for one in report.left_out]
    notes = [(note.partition(" ")[0], note) for note in report.notes]
    return [*notes, *left, *((one.analysis, one.reason) for one in report.not_done)]


def same(change: Callable[[], dict[str, object]]) -> Callable[[], pa.Table]:
    return lambda: table(**change())


CASES: dict[str, tuple[Callable[[], pa.Table], dict[str, str]]] = {
    "a gap in time": (
        same(lambda: {"time": START + (np.arange(ROWS) + (np.arange(ROWS) > 600) * 12960) * np.timedelta64(600, "s")}),
        {},
    ),
    "one moment": (
        same(lambda: {"time": np.full(ROWS, START)}),
        {"trend": "every row falls in one hour", "drift": "every row has the same time"},
    ),
    "no time": (
        same(lambda: {"time": pa.nulls(ROWS, pa.timestamp("us"))}),
        {"trend": "no row has a time", "drift": "no row has a time"},
    ),
    "one class": (same(lambda: {"truth": ["cat"] * ROWS, "prediction": ["cat"] * ROWS}), {}),
    "everything wrong": (same(lambda: {"truth": ["cat"] * ROWS, "prediction": ["dog"] * ROWS}), {}),
    "constant and empty columns": (
        same(
            lambda: {
                "source": ["a"] * ROWS,
                "size": np.zeros(ROWS),
                "node": ["n1"] * ROWS,
                "nothing": pa.nulls(ROWS),
                "nan": np.full(ROWS, np.nan),
            }
        ),
        {
            "nodes": "node: one value only (n1)",
            "source": "one value only",
            "size": "one value only",
            "nothing": "all its values are missing",
            "nan": "every value is missing",
        },
    ),
    "no score": (same(lambda: {"score": pa.nulls(ROWS, pa.float64())}), {"calibration": "no scores"}),
    "scores all zero": (
        same(lambda: {"score": np.zeros(ROWS)}),
        {"score": "score is unset: score is 0 in every row", "calibration": "no scores"},
    ),
    "scores by class all zero": (
        same(lambda: {"score": pa.nulls(ROWS), "score_cat": np.zeros(ROWS), "score_dog": np.zeros(ROWS)}),
        {"scores": "scores is unset: score_* is 0 in every row", "score_cat": "one value only"},
    ),
    "infinities": (
        same(lambda: {"size": np.where(np.arange(ROWS) % 7, np.random.default_rng(1).random(ROWS), np.inf)}),
        {},
    ),
    "nothing but infinities": (same(lambda: {"size": np.full(ROWS, -np.inf)}), {"size": "one value only"}),
    "ids beyond 2^53": (same(lambda: {"id": 2**53 + np.arange(ROWS)}), {}),
    "ids beyond 2^63": (same(lambda: {"id": pa.array([2**63 + row for row in range(ROWS)], pa.uint64())}), {}),
    "times of several offsets": (
        same(lambda: {"time": ["2026-01-01T00:00:00Z", "2026-01-01T02:00:00+02:00"] * (ROWS // 2)}),
        {"trend": "--time names no column"},
    ),
    "no truth yet": (same(lambda: {"truth": pa.nulls(ROWS)}), {"no": "no row has a truth yet"}),
    "no known truth": (same(lambda: {"truth": pa.nulls(ROWS, pa.string())}), {"nodes": "no row has a known outcome"}),
}


@pytest.mark.parametrize("name", CASES)
def test_it_is_said_and_the_rest_goes_on_in_a_file_and_in_a_run(store: Store, name: str) -> None:
    make, expected = CASES[name]
    rows = make()
    of_file = analyze_source(
        table_source(rows), Roles(), AnalyzeOptions(analyses=EVERY.analyses, nodes=("node",), allow_unknown=True)
    )
    run = log(store, rows, allow_unknown=True)
    for report in (of_file, analyze_run(store, run.number, EVERY)):
        assert report.run.rows == ROWS
        found = reasons(report)
        unsaid = {name: word for name, word in expected.items() if not any(n == name and word in w for n, w in found)}
        assert unsaid == {}, found
        assert len(report.analyses) + len(report.not_done) == len(EVERY.analyses) - 2
        assert not any("error[" in one.reason for one in report.not_done)
        report.json()  # every number in it is finite


def test_a_window_without_rows_is_said(store: Store) -> None:
    report = analyze_source(table_source(CASES["a gap in time"][0]()), Roles(), EVERY)
    assert any("days in between without a row" in note for note in report.analyses["trend"].notes)  # type: ignore[attr-defined]


def test_one_class_has_no_thresholds_to_choose(store: Store) -> None:
    report = analyze_source(table_source(table(truth=["cat"] * ROWS)), Roles(), EVERY)
    notes = report.analyses["operating-points"].notes  # type: ignore[attr-defined]
    assert "every row is cat: nothing can be taken for it" in notes


def test_a_factor_with_a_million_values_is_left_out_and_the_rest_searched() -> None:
    rows = 1_000_000
    rng = np.random.default_rng(0)
    night = rng.random(rows) < 0.2
    failed = rng.random(rows) < np.where(night, 0.3, 0.1)
    many = pa.table(
        {
            "truth": pa.array(np.zeros(rows, np.int8)),
            "prediction": pa.array(failed.astype(np.int8)),
            "user": pa.array(rng.permutation(rows)).cast(pa.string()),
            "night": pa.array(night),
        }
    )
    report = analyze_source(
        table_source(many), Roles(), AnalyzeOptions(depth=1, nodes=("user",), analyses=("slices", "nodes"))
    )
    assert [one.slice for one in report.slices()] == ["night = true"]
    assert {one.column: one.reason for one in report.left_out}["user"].startswith(
        "1,000,000 values, none in 10,000 rows"
    )
    assert [(one.analysis, one.reason) for one in report.not_done] == [
        ("nodes", "user: more than 10,000 distinct values")
    ]


@pytest.mark.parametrize(
    ("columns", "code", "words"),
    [
        ({"score": np.where(np.arange(ROWS) == 5, np.inf, 0.5)}, "score-out-of-range", "inf"),
        ({"truth": np.where(np.arange(ROWS) == 5, np.inf, 0.5), "prediction": np.zeros(ROWS)}, "not-finite", "inf"),
        ({"id": 2.0**53 + np.arange(ROWS)}, "repeated-id", "9007199254740992 in rows 1, 2"),
        ({"time": ["2026-01-01T00:00:00Z", "2026-01-01T02:00:00"] * (ROWS // 2)}, "mixed-times", ""),
    ],
)
def test_what_contradicts_its_role_is_refused_with_its_place(
    store: Store, columns: dict[str, object], code: str, words: str
) -> None:
    for use in (
        lambda: analyze_source(table_source(table(**columns)), Roles(), EVERY),
        lambda: log(store, table(**columns)),
    ):
        with pytest.raises(ErrataError) as failure:
            use()
        assert failure.value.code == code
        assert words in failure.value.found
        assert failure.value.next
