"""``errata analyze --only kinds`` over every task, from a table to the words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import errata
from errata.nouns.kinds import KindOfError, KindsOfError
from errata.show.kinds_text import lines
from errata.show.paint import Paint
from tests.schemas import reads_back


def kinds(table: Any, **options: Any) -> KindsOfError:
    report = errata.analyze(table, only=["kinds"], **options)
    assert not report.not_done, report.not_done
    found = report.analyses["kinds"]
    assert isinstance(found, KindsOfError)
    return found


def one(found: KindsOfError, kind: str) -> KindOfError:
    return next(each for each in found.kinds if each.kind == kind)


def not_done(table: Any, **options: Any) -> str:
    report = errata.analyze(table, only=["kinds"], **options)
    return report.not_done[0].reason


def text(found: KindsOfError, width: int = 80) -> str:
    told = lines(found, width, Paint(False))
    assert max(map(len, told)) <= width
    return " ".join(" ".join(told).split())


def test_false_positives_and_negatives_where_a_class_is_positive() -> None:
    table = pa.table({"truth": ["yes", "yes", "no", "no", "no"], "prediction": ["yes", "no", "yes", "yes", "no"]})
    found = kinds(table)
    assert (one(found, "false-positive").failed, one(found, "false-negative").failed) == (2, 1)
    assert found.none_of_them == 0
    assert {each.kind for each in found.kinds} == {"false-positive", "false-negative"}


def test_of_many_classes_the_kinds_are_for_the_confusion_to_say() -> None:
    table = pa.table({"truth": ["a", "b", "c"], "prediction": ["a", "c", "c"]})
    assert not_done(table).startswith("of these classes the kinds are their confusions (--only confusion)")
    positive = kinds(table, positive="c")
    assert (one(positive, "false-positive").failed, one(positive, "wrong-class").failed) == (1, 1)
    strange = kinds(pa.table({"truth": ["a", "b", "c"], "prediction": ["a", "q", "b"]}))
    assert (one(strange, "no-such-class").failed, one(strange, "wrong-class").failed) == (1, 2)


@pytest.mark.parametrize("kind", [pa.uint8(), pa.uint64(), pa.float64()])
def test_a_class_that_the_predictions_cannot_hold_is_none_of_them(kind: pa.DataType) -> None:
    table = pa.table({"truth": [0, -1, 300, 1], "prediction": pa.array([0, 1, 1, 5], kind)})
    found = kinds(table)
    assert (one(found, "no-such-class").failed, one(found, "wrong-class").failed) == (1, 3)


def test_each_part_of_a_criterion_is_a_kind_where_there_are_several() -> None:
    table = pa.table({"ms": [900, 10, 900, 10], "refused": [True, False, False, None]})
    found = kinds(table, failed="ms > 500 or refused")
    assert [(each.kind, each.failed, each.known) for each in found.kinds] == [("ms > 500", 2, 3), ("refused", 1, 3)]
    assert [(both.kinds, both.rows) for both in found.together] == [(("ms > 500", "refused"), 1)]
    assert "one expression says what failed" in not_done(table, failed="ms > 500")
    classes = table.append_column("truth", pa.array(list("abab"))).append_column("prediction", pa.array(list("abba")))
    beside = kinds(classes, failed="ms > 500")
    assert {each.kind: each.failed for each in beside.kinds} == {"ms > 500": 2, "wrong-class": 2}


def test_a_regression_is_too_high_or_too_low_where_it_failed() -> None:
    table = pa.table({"truth": [1.5, 2.5, 3.5, 4.5], "prediction": [1.5, 9.5, 0.5, 8.5], "off": [0, 7, 3, 4]})
    found = kinds(table, failed="off > 3")
    assert (one(found, "too-high").failed, one(found, "too-low").failed) == (2, 0)
    assert not_done(table) == "of a regression, --failed has to say what counts as failed"


def test_a_task_tells_its_own_with_what_it_could_not() -> None:
    rng = np.random.default_rng(0)
    rows = 400
    errors = [[{"text": "Error"}] if draw < 0.3 else [] for draw in rng.random(rows)]
    passed = rng.random(rows) > np.where([bool(one) for one in errors], 0.7, 0.2)
    table = pa.table({"answer": ["Done."] * rows, "tool_errors": errors, "reward": passed.astype(float)})
    found = kinds(table)
    error = one(found, "tool-error")
    assert error.verdict == "fails more" and error.difference is not None and 0.35 < error.difference < 0.65
    assert {each["kind"] for each in found.missing} >= {"retrieval-miss", "unfaithful", "irrelevant-context", "format"}
    told = text(found)
    assert "● tool-error: " in told and "· fails more" in told
    assert "not computed: retrieval-miss: no contexts (--contexts), no reference (--truth)" in told
    assert "in no row: no-answer, refused" in told
    text(found, 60)


def test_json_is_of_the_published_schema_and_reads_back() -> None:
    table = pa.table({"truth": [["a"], ["b"], ["a"]], "prediction": [["a"], ["a", "b"], []], "user": [1, 1, 2]})
    report = errata.analyze(table, only=["kinds", "repeats"], group="user")
    reads_back(report)


def test_groups_of_any_type_are_counted() -> None:
    from datetime import date
    from decimal import Decimal

    columns = {
        "text": ["u", "u", None, "v"], "number": [1.5, 1.5, None, 2.5],
        "day": [date(2026, 1, 1), date(2026, 1, 1), None, date(2026, 1, 2)],
        "decimal": [Decimal("1.5"), Decimal("1.5"), None, Decimal("2.5")],
    }  # fmt: skip
    table = pa.table({"truth": ["y", "n", "y", "y"], "prediction": ["n", "n", "n", "y"], **columns})
    for name in columns:
        assert one(kinds(table, group=name, positive="y"), "false-negative").failed == 2


def test_nothing_known_is_said() -> None:
    table = pa.table({"truth": pa.array([None, None], pa.string()), "prediction": ["y", "n"]})
    found = kinds(table, allow_unknown=True, truth="truth", positive="y")
    assert not found.judged
    assert {(one.known, one.rows, one.share) for one in found.kinds} == {(0, 0, None)}


def test_agents_of_tau_bench(sample_data: Path) -> None:
    found = kinds(sample_data / "agents" / "tau_airline_gpt4o.jsonl", failed="reward < 1", group="task_id")
    error = one(found, "tool-error")
    assert (found.rows, found.failed) == (200, 116)
    assert (error.rows, error.failed, error.failures) == (36, 27, 116)  # 9 of 36 recover
    assert error.verdict == "no evidence"
    assert "27/116 failures, 23.3 % [13.6, 36.8]" in text(found)


@pytest.mark.parametrize("width", [60, 80])
def test_the_words_without_any_failure_are_calm(width: int) -> None:
    table = pa.table({"truth": [["a"], ["b"]], "prediction": [["a"], ["b"]]})
    told = text(kinds(table), width)
    assert told.startswith("kinds of error · 0 failures in 2 rows") and "in no row: " in told
