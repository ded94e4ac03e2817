"""``analyze --only drift``: the later half of a file against the earlier one."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import errata
from errata.nouns.analyses import read_analyses
from tests.nouns.test_report import VALID


def log(rows: int = 4000, shift: float = 0.0, night: float = 0.3, seed: int = 0) -> pa.Table:
    rng = np.random.default_rng(seed)
    later = np.arange(rows) >= rows // 2
    truth = rng.integers(0, 2, rows)
    wrong = rng.random(rows) < 0.1
    return pa.table(
        {
            "truth": truth,
            "prediction": np.where(wrong, 1 - truth, truth),
            "brightness": rng.normal(size=rows) + shift * later,
            "source": np.where(rng.random(rows) < np.where(later, night, 0.3), "night", "day"),
            "time": pa.array(1_700_000_000 + 60 * np.arange(rows), pa.timestamp("s", "UTC")),
        }
    )


def drifted(table: pa.Table, **options: Any) -> Any:
    report = errata.analyze(table, only=["drift"], **options)
    printed = json.loads(report.json())
    VALID.validate(printed)
    assert printed["not_done"] == []
    assert read_analyses(printed["analyses"]) == report.analyses
    assert "drift within the source" in str(report)
    return report.analyses["drift"]


def test_a_column_that_moved_is_an_alarm_and_one_that_did_not_is_none() -> None:
    found = drifted(log(shift=1.0, night=0.6))
    assert {one.column: one.alarm for one in found.columns} == {
        "brightness": True, "source": True, "truth": False, "prediction": False,
    }  # fmt: skip
    assert (found.split, found.a_rows, found.b_rows) == ("2023-11-16 07:33:20 UTC", 2000, 2000)
    by_name = {one.column: one for one in found.columns}
    assert (by_name["brightness"].direction, by_name["source"].toward) == ("up", "night")
    assert by_name["brightness"].shift == pytest.approx(1.0, abs=0.1)


def test_it_says_what_drift_says_of_the_two_halves() -> None:
    table = log(shift=0.5)
    found = drifted(table)
    of_two = errata.drift(table.slice(0, 2000).drop_columns("time"), table.slice(2000).drop_columns("time"))
    expected = {one.column: (one.effect, one.p_adjusted) for one in of_two.columns}
    for one in found.columns:
        assert (one.effect, one.p_adjusted) == pytest.approx(expected[one.column], rel=1e-9)
    assert found.attribution == of_two.attribution


def test_halves_of_one_traffic_are_not_told_apart() -> None:
    alarms = [any(one.alarm for one in drifted(log(600, seed=seed)).columns) for seed in range(40)]
    assert sum(alarms) <= 5


def test_rows_without_a_time_are_in_neither() -> None:
    table = log(1000)
    times = table.column("time").to_pylist()
    times[:10] = [None] * 10
    table = table.set_column(4, "time", pa.array(times, pa.timestamp("s", "UTC")))
    found = drifted(table)
    assert (found.a_rows + found.b_rows, found.timeless) == (990, 10)


@pytest.mark.parametrize(
    ("times", "reason"),
    [
        ([1_700_000_000] * 100, "every row has the same time in time: there are no two halves"),
        ([None] * 100, "no row has a time in time"),
    ],
)
def test_without_two_halves_it_says_so(times: list[Any], reason: str) -> None:
    table = log(100).set_column(4, "time", pa.array(times, pa.timestamp("s", "UTC")))
    report = errata.analyze(table, only=["drift"], time="time")
    assert [(one.analysis, one.reason) for one in report.not_done] == [("drift", reason)]


def test_groups_are_not_told_apart_by_their_own_likeness() -> None:
    rng = np.random.default_rng(2)
    table = log(2000)
    user = np.arange(2000) // 50
    table = table.append_column("user", pa.array(user)).set_column(2, "brightness", pa.array(rng.normal(size=40)[user]))
    independent = {one.column: one.alarm for one in drifted(table.drop_columns("user")).columns}
    grouped = {one.column: one.alarm for one in drifted(table, group="user").columns}
    assert (independent["brightness"], grouped["brightness"]) == (True, False)
