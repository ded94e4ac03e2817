from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from statsmodels.stats.contingency_tables import StratifiedTable
from statsmodels.stats.multitest import multipletests

from benchmarks.groups import solved
from errata.analysis import stages as module
from errata.analysis.stages import Asked, Step, holm, stages
from errata.analysis.tally import Axis
from errata.nouns.stages import Stages


def _stages(columns: dict[str, Any], failed: Any, group: Any = None, **more: Any) -> Stages | str:
    table = pa.table({**columns, "@failed": failed, **({} if group is None else {"group": group})})
    steps = [Step(name, Axis(name), lambda label, name=name: f"{name} = {label!r}") for name in columns]  # type: ignore[misc]
    asking = stages(Asked(steps=steps, group=None if group is None else Axis("group"), **more))
    found: Stages | str = solved(asking, table, passes=1)
    return found


def _told(columns: dict[str, Any], failed: Any, group: Any = None, **more: Any) -> Stages:
    found = _stages(columns, failed, group, **more)
    assert isinstance(found, Stages)
    return found


def _pipeline(seed: int, rows: int = 500, effect: float = 0.35) -> tuple[dict[str, Any], Any]:
    """Retrieval misses at random; where it does, rerank and answer are poor, and the row fails."""
    rng = np.random.default_rng(seed)
    parse = rng.choice(["ok", "repaired"], rows, p=[0.8, 0.2])
    retrieve = np.where(rng.random(rows) < 0.2, "miss", "hit")
    rerank = np.where((retrieve == "miss") ^ (rng.random(rows) < 0.1), "low", "high")
    return {"parse": parse, "retrieve": retrieve, "rerank": rerank}, rng.random(rows) < 0.15 + effect * (
        retrieve == "miss"
    )


def test_the_stage_where_paths_depart_and_not_the_one_that_follows_from_it() -> None:
    found = _told(*_pipeline(1))
    assert found.departs == "retrieve"
    parse, retrieve, rerank = found.stages
    assert [one.verdict for one in found.stages] == ["no evidence", "departs", "no evidence"]
    assert rerank.alone.p_adjusted <= 0.01, "alone it says as much"
    assert rerank.beyond is not None and rerank.beyond.low == 0
    assert retrieve.beyond is not None and 0 < retrieve.beyond.low < retrieve.beyond.bits < retrieve.beyond.high
    assert retrieve.share == pytest.approx(retrieve.beyond.bits / found.uncertainty)
    worst = retrieve.worst[0]
    assert worst.slice == "retrieve = 'miss'" and worst.stands_out
    assert worst.excess_errors_low is not None and 0 < worst.excess_errors_low < worst.excess_errors
    assert parse.worst == () and parse.beyond is not None
    assert (parse.alone.bits, parse.alone.high) == (parse.beyond.bits, parse.beyond.high), "nothing comes before it"
    assert (found.rows, found.groups) == (500, None)


def test_a_value_is_held_against_the_same_path() -> None:
    """By hand. Path a: x fails 6 of 10, y 2 of 10. Path b: x fails 9 of 10, y 8 of 20. Of x's 15 errors
    10 · 2/10 + 10 · 8/20 = 6 were expected."""
    rows = [("a", "x", 6, 4), ("a", "y", 2, 8), ("b", "x", 9, 1), ("b", "y", 8, 12)]
    one = np.repeat([r[0] for r in rows], [r[2] + r[3] for r in rows])
    two = np.repeat([r[1] for r in rows], [r[2] + r[3] for r in rows])
    failed = np.concatenate([[True] * r[2] + [False] * r[3] for r in rows])
    worst = _told({"one": one, "two": two}, failed).stages[1].worst
    x = worst[0]
    assert (x.slice, x.rows, x.failed, x.comparable, x.excess_errors) == ("two = 'x'", 20, 15, 20, pytest.approx(9.0))
    assert x.expected == pytest.approx(0.3)
    test = StratifiedTable([np.array([[6, 4], [2, 8]]), np.array([[9, 1], [8, 12]])]).test_null_odds(correction=False)
    assert x.p_adjusted == pytest.approx(test.pvalue)  # both values make the same test, so nothing is adjusted


def test_of_pipelines_in_which_nothing_departs_few_show_a_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DRAWS", 199)
    monkeypatch.setattr(module, "BOOTSTRAPS", 20)
    found = [_told(*_pipeline(seed, 200, effect=0.0)) for seed in range(100)]
    assert sum(one.departs is not None for one in found) <= 11


def test_of_grouped_ones_few_do_so_either(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tasks are hard or easy, and decide where the path begins: without groups one pipeline in six shows a stage."""
    monkeypatch.setattr(module, "DRAWS", 199)
    monkeypatch.setattr(module, "BOOTSTRAPS", 20)
    shown = {True: 0, False: 0}
    for seed in range(80):
        rng = np.random.default_rng(seed)
        task = np.repeat(np.arange(50), 4)
        hard, kind = rng.beta(0.4, 0.4, 50)[task], rng.integers(0, 3, 50)[task]
        path = {f"s{at}": np.where(rng.random(200) < at / 3, rng.integers(0, 3, 200), kind) for at in range(3)}
        failed = rng.random(200) < hard
        for grouped in shown:
            shown[grouped] += _told(path, failed, task if grouped else None).departs is not None
    assert shown[True] <= 9
    assert shown[False] >= 12


@pytest.mark.parametrize("grouped", [False, True])
def test_a_planted_departure_is_found(grouped: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DRAWS", 199)
    monkeypatch.setattr(module, "BOOTSTRAPS", 20)
    found = [_told(*_pipeline(seed, 300), np.arange(300) // 3 if grouped else None).departs for seed in range(40)]
    assert found.count("retrieve") >= 34


def test_the_interval_of_a_gain_holds_the_true_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fifth of the rows fails at one half, the rest at 15 %: 0.0723 bits."""
    monkeypatch.setattr(module, "DRAWS", 199)
    monkeypatch.setattr(module, "BOOTSTRAPS", 200)
    held = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        stage = rng.random(400) < 0.2
        gain = _told({"one": stage}, rng.random(400) < np.where(stage, 0.5, 0.15)).stages[0].alone
        held += gain.low <= 0.0723 <= gain.high
    assert held >= 88


def test_holm_is_statsmodels() -> None:
    p = [0.01, 0.04, 0.03, 0.9, 0.005]
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1].tolist())
    assert holm([]) == []


def test_the_same_seed_gives_the_same_answer_whatever_the_order_of_rows() -> None:
    columns, failed = _pipeline(2, 300)
    order = np.random.default_rng(0).permutation(300)
    mixed = {name: values[order] for name, values in columns.items()}
    assert _told(columns, failed, seed=4) == _told(mixed, failed[order], seed=4)


def test_too_little_is_said_to_be_so() -> None:
    every_other = np.array([True, False] * 20)
    assert _stages({"one": ["a"] * 40}, np.ones(40, bool)) == (
        "every row failed: there is no passing path to depart from"
    )
    assert _stages({"one": ["a"] * 40}, np.zeros(40, bool)) == "no row failed: there is no failing path to depart from"
    nothing = pa.nulls(40, pa.bool_())
    assert _stages({"one": ["a"] * 40}, nothing) == "no row with a logged path has a known outcome"
    assert _stages({"one": ["a"] * 40}, every_other, np.zeros(40, np.int64)) == (
        "all rows are of one group: nothing tells chance from it"
    )
    alone = _told({"one": np.arange(40), "two": ["a", "b"] * 20}, every_other).stages[1]
    assert (alone.verdict, alone.beyond, alone.comparable) == ("inconclusive", None, 0)
    few = _told({"one": ["a", "b"] * 20}, every_other, np.repeat(np.arange(4), 10))
    assert few.notes == ("4 groups alone: what chance makes of so few is roughly known",)
    some = _told({"one": ["a", "b"] * 20}, pa.array([None, *every_other[1:].tolist()]))
    assert some.rows == 39 and some.notes == ("1 row of unknown outcome",)
