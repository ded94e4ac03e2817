"""Kinds of error from counts: worked examples, false alarms on kinds that say nothing, power on those that do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from benchmarks.groups import solved
from errata.analysis.intervals import wilson
from errata.analysis.kinds import KIND, LESS, MORE, NO_EVIDENCE, TOO_FEW, code_of, kinds
from errata.analysis.tally import FAILED, Axis
from errata.engine.local.tally import tally
from errata.nouns.kinds import KindsOfError
from errata.nouns.outcome import KindCodes

NAMES = ("slow", "wrong", "late")


def found(
    of: Any, failed: Any, known: Any = None, group: Any = None, failing: tuple[bool | None, ...] = (None, None, None)
) -> KindsOfError:
    """The kinds of rows with these bits and outcomes."""
    of = np.asarray(of, np.int64)
    known = np.full(len(of), 7, np.int64) if known is None else np.asarray(known, np.int64)
    columns = {KIND: code_of(KindCodes(of, known)), FAILED: pa.array(failed, pa.bool_())}
    axis = None if group is None else Axis("g", most=1 << 20)
    table = pa.table(columns | ({} if group is None else {"g": pa.array(group)}))
    result = solved(kinds(NAMES, failing, axis), table, passes=1)
    assert isinstance(result, KindsOfError)
    return result


def by_name(result: KindsOfError) -> dict[str, Any]:
    return {one.kind: one for one in result.kinds}


def test_shares_of_rows_and_of_failures() -> None:
    result = found([1, 1, 3, 0, 2, 0, 0, 0], [True, True, True, True, False, False, None, False])
    slow, wrong = by_name(result)["slow"], by_name(result)["wrong"]
    assert (result.rows, result.failed, result.judged) == (7, 4, True)
    assert (slow.rows, slow.known, slow.failed, slow.failures) == (3, 7, 3, 4)
    assert (slow.low, slow.high) == pytest.approx(wilson(3, 7))
    assert (slow.failed_low, slow.failed_high) == pytest.approx(wilson(3, 4))
    assert (wrong.rows, wrong.failed) == (2, 1)
    assert (slow.rate, slow.rest) == (1.0, 0.25)
    assert slow.verdict == TOO_FEW
    assert (result.none_of_them, result.none_share) == (1, 0.25)
    assert [(one.kinds, one.rows, one.failed) for one in result.together] == [(("slow", "wrong"), 1, 1)]
    assert [one.kind for one in result.kinds] == ["slow", "wrong", "late"]


def test_rows_where_a_kind_is_unknown_leave_its_shares() -> None:
    result = found([1, 0, 0, 0], [True, True, False, False], known=[7, 6, 7, 7])
    slow = by_name(result)["slow"]
    assert (slow.known, slow.rows, slow.failures, slow.failed) == (3, 1, 1, 1)


def test_without_an_outcome_shares_of_rows_are_left() -> None:
    result = found([1, 0, 3], [None, None, None])
    assert not result.judged
    assert (result.rows, result.failed) == (3, 0)
    slow = by_name(result)["slow"]
    assert (slow.share, slow.failed_share, slow.rate, slow.verdict) == (2 / 3, None, None, None)


def test_what_is_a_failure_by_itself_is_not_compared() -> None:
    result = found([1] * 30 + [0] * 30, [True] * 30 + [False] * 30, failing=(True, False, None))
    assert by_name(result)["slow"].verdict is None
    assert by_name(result)["wrong"].verdict is None
    assert by_name(result)["late"].verdict == TOO_FEW


def test_planted_kinds_are_found_with_their_direction() -> None:
    rng = np.random.default_rng(3)
    of = (rng.random((3, 2000)) < 0.2).astype(np.int64)
    failed = rng.random(2000) < 0.2 + 0.15 * of[0] - 0.12 * of[1]
    one = by_name(found((of * [[1], [2], [4]]).sum(axis=0), failed))
    assert {name: kind.verdict for name, kind in one.items()} == {"slow": MORE, "wrong": LESS, "late": NO_EVIDENCE}
    assert one["slow"].difference_low < 0.15 < one["slow"].difference_high
    assert one["slow"].excess == pytest.approx(one["slow"].failed - one["slow"].rows * one["slow"].rest)


def test_four_copies_of_a_row_count_once() -> None:
    rng = np.random.default_rng(4)
    of, failed = (rng.random(150) < 0.3).astype(np.int64), rng.random(150) < 0.4
    alone = by_name(found(of, failed))["slow"]
    copies = by_name(found(np.repeat(of, 4), np.repeat(failed, 4), group=np.repeat(np.arange(150), 4)))["slow"]
    assert copies.rows == 4 * alone.rows
    assert (copies.low, copies.high) == pytest.approx((alone.low, alone.high), abs=0.005)
    assert copies.p_adjusted == pytest.approx(alone.p_adjusted, abs=0.03)


@pytest.mark.parametrize("grouped", [False, True])
def test_kinds_that_say_nothing_seldom_raise_an_alarm(grouped: bool) -> None:
    rng = np.random.default_rng(5)
    alarms, runs = 0, 300
    for _ in range(runs):
        group = np.repeat(np.arange(60), 5)
        hard = rng.beta(1, 3, 60)[group] if grouped else np.full(300, 0.25)
        of = np.zeros(300, np.int64)
        for place in range(3):
            often = rng.beta(1, 3, 60)[group] if grouped else np.full(300, 0.3)
            of |= (rng.random(300) < often).astype(np.int64) << place
        result = found(of, rng.random(300) < hard, group=group if grouped else None)
        alarms += any(one.verdict in (MORE, LESS) for one in result.kinds)
    assert alarms / runs < 0.05 + 3 * np.sqrt(0.05 * 0.95 / runs)


def test_intervals_of_shares_cover() -> None:
    rng = np.random.default_rng(6)
    covered, runs, truth = 0, 400, 1 / 5
    for _ in range(runs):
        group = np.repeat(np.arange(50), 4)
        of = (rng.random(200) < rng.beta(1, 4, 50)[group]).astype(np.int64)
        slow = by_name(found(of, np.ones(200, bool), group=group))["slow"]
        covered += slow.low <= truth <= slow.high
    assert 0.92 <= covered / runs <= 0.99


def test_more_combinations_than_are_counted_are_said() -> None:
    asking = kinds(NAMES, (None,) * 3, Axis("g", most=3))
    (asked,) = next(asking)
    batch = pa.record_batch({KIND: np.zeros(9, np.int64), FAILED: [True] * 9, "g": range(9)})
    with pytest.raises(StopIteration) as stop:
        asking.send(tally([batch], [asked]))
    assert stop.value.value == "more than 1,048,576 values of g"
