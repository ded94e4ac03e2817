"""``errata analyze --only repeats``, from a table to the words; on real agents too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import errata
from errata.nouns.repeats import FAILING, FLAKY, PASSING, Repeats
from errata.show.paint import Paint
from errata.show.repeats_text import lines


def repeats(data: Any, **options: Any) -> Repeats:
    report = errata.analyze(data, only=["repeats"], **options)
    assert not report.not_done, report.not_done
    found = report.analyses["repeats"]
    assert isinstance(found, Repeats)
    return found


def text(found: Repeats, width: int = 80) -> str:
    told = lines(found, width, Paint(False))
    assert max(map(len, told)) <= width
    return " ".join(" ".join(told).split())


def test_agents_of_tau_bench(sample_data: Path) -> None:
    """50 tasks tried 4 times: 12 pass once, 10 always, 14 never, as the data's own README says."""
    found = repeats(sample_data / "agents" / "tau_airline_gpt4o.jsonl", failed="reward < 1", group="task_id")
    assert {one.state: one.tasks for one in found.states} == {FAILING: 14, FLAKY: 26, PASSING: 10}
    assert sum(one.passes == 1 for one in found.tasks) == 12
    one, four = found.passing[0], found.passing[3]
    assert (one.at, one.all) == (pytest.approx(0.42), pytest.approx(0.42))
    assert (four.at, four.all) == (pytest.approx(36 / 50), pytest.approx(10 / 50))
    assert found.p == pytest.approx(1 / 2000)
    assert found.intraclass == pytest.approx(0.405, abs=0.001)
    assert found.tasks[0].passes == 2 and found.tasks[0].trials == 4
    told = text(found)
    assert "repeats of task_id · 50 tasks · 200 rows · 4 trials each" in told
    assert "● always failing 14 28.0 % [17.5, 41.7] · 5.53 if all were alike" in told
    assert "always failing: 0, 3, 4, 8, 9, 10, 14, 19, 22, 23, 25, 28, 32, 33." in told
    text(found, 60)


def test_tasks_may_be_named_by_text_and_rows_by_none() -> None:
    table = pa.table(
        {"task": ["a", "a", "b", "b", "c", None], "failed": [True, False, True, True, False, True], "ms": range(6)}
    )
    found = repeats(table, failed="failed", group="task")
    assert {one.task: one.state for one in found.tasks} == {
        "a": "flaky", "b": "always failing", "c": "tried once",
    }  # fmt: skip
    assert "1 row without task left out" in found.notes
    assert "how tasks scatter is not told of fewer than 10 repeated ones" in found.notes
    assert "whether tasks differ beyond chance: not told" in text(found)


def test_alike_tasks_are_no_evidence_of_a_difference() -> None:
    rng = np.random.default_rng(11)
    table = pa.table({"task": np.repeat(np.arange(40), 5), "failed": rng.random(200) < 0.5})
    found = repeats(table, failed="failed", group="task")
    assert found.p is not None and found.p > 0.05
    assert "no evidence that tasks differ at all" in text(found)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({}, "--group names no column: the task that is tried again and again"),
        ({"group": "row"}, "no value of row stands in two rows of known outcome: nothing was tried twice"),
        ({"group": "nothing"}, "no row of known outcome names a task in nothing"),
    ],
)
def test_why_not(options: dict[str, Any], reason: str) -> None:
    table = pa.table({"row": range(20), "failed": [True, False] * 10, "nothing": pa.nulls(20, pa.string())})
    report = errata.analyze(table, only=["repeats"], failed="failed", **options)
    assert [one.reason for one in report.not_done] == [reason]


def test_a_group_without_a_known_outcome_is_said() -> None:
    table = pa.table({"g": [1, 1], "x": pa.array([None, None], pa.bool_())})
    report = errata.analyze(table, only=["repeats"], failed="x", group="g")
    assert [one.reason for one in report.not_done] == ["no row has a known outcome"]


def test_all_pass_and_all_fail_are_told_without_a_test() -> None:
    for failed in (True, False):
        table = pa.table({"task": np.repeat(np.arange(12), 3), "failed": [failed] * 36})
        found = repeats(table, failed="failed", group="task")
        assert (found.p, found.method) == (None, "none")
        text(found)
