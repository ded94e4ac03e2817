from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from statsmodels.stats.proportion import proportions_ztest

from benchmarks.groups import solved
from errata.analysis.nodes import Stratum, nodes
from errata.analysis.tally import Axis
from errata.nouns.nodes import NodeRate, Nodes


def _nodes(table: pa.Table, *columns: str, by: tuple[str, ...] = (), given: bool = False, **more: Any) -> Nodes:
    asking = nodes(columns, [Stratum(name, Axis(name)) for name in by], given=given, **more)
    found: Nodes = solved(asking, table)
    return found


def _of(cells: list[tuple[str, str, int, int]]) -> pa.Table:
    """Rows from (node, kind, rows, failed)."""
    columns: dict[str, list[Any]] = {"node": [], "kind": [], "@failed": []}
    for node, kind, rows, failed in cells:
        columns["node"] += [node] * rows
        columns["kind"] += [kind] * rows
        columns["@failed"] += [True] * failed + [False] * (rows - failed)
    return pa.table(columns)


def _node(found: Nodes, name: str) -> NodeRate:
    return next(one for one in found.columns[0].nodes if one.node == name)


TRAFFIC = _of(
    [
        ("a", "easy", 800, 40), ("a", "hard", 200, 60),
        ("b", "easy", 800, 40), ("b", "hard", 200, 60),
        ("c", "easy", 200, 10), ("c", "hard", 800, 240),
    ]
)  # fmt: skip


def test_a_node_that_gets_the_hard_traffic_is_not_at_fault() -> None:
    """By hand: others fail 80 of 1,600 easy and 120 of 400 hard ones; 200 · 5 % + 800 · 30 % = 250 are expected."""
    found = _nodes(TRAFFIC, "node", by=("kind",))
    assert found.columns[0].strata == ("kind",)
    c = _node(found, "c")
    assert (c.rate, c.rest, c.expected, c.ratio) == pytest.approx((0.25, 0.1, 250.0, 1.0))
    assert (c.within, c.mix) == pytest.approx((0.0, 0.15))
    assert c.fault == "traffic"
    assert found.columns[0].nodes[0] is c
    assert _node(found, "a").fault is None and _node(found, "b").fault is None


def test_without_strata_the_same_node_looks_at_fault() -> None:
    c = _node(_nodes(TRAFFIC, "node"), "c")
    assert c.fault == "node" and c.within == pytest.approx(0.15)


def test_a_node_that_fails_more_on_like_traffic_is_at_fault() -> None:
    worse = _of([("a", "easy", 800, 40), ("b", "easy", 800, 40), ("c", "easy", 800, 40), ("d", "easy", 800, 88)])
    found = _nodes(worse, "node", by=("kind",))
    d = _node(found, "d")
    assert (d.fault, d.expected, d.ratio, d.excess) == ("node", 40.0, 2.2, 48.0)
    assert d.shrunk_low < d.shrunk < d.rate
    assert [one.fault for one in found.columns[0].nodes] == ["node", None, None, None]


def test_hard_traffic_hides_no_fault() -> None:
    hidden = _of([("a", "easy", 200, 10), ("a", "hard", 800, 240), ("b", "easy", 200, 10), ("b", "hard", 800, 240),
                  ("c", "easy", 1000, 150)])  # fmt: skip
    c = _node(_nodes(hidden, "node", by=("kind",)), "c")
    assert c.rate < c.rest and c.fault == "node"


def test_with_one_kind_the_test_is_that_of_two_proportions() -> None:
    table = _of([("a", "x", 500, 40), ("b", "x", 700, 80)])
    a = _node(_nodes(table, "node"), "a")
    p = proportions_ztest([40, 80], [500, 700])[1]
    assert a.p_adjusted == pytest.approx(p)  # both nodes make the same test, so nothing is adjusted
    assert a.within_p_adjusted == pytest.approx(p)


def test_within_and_mix_add_up_to_the_difference() -> None:
    rng = np.random.default_rng(1)
    table = pa.table(
        {
            "node": rng.choice(["a", "b", "c"], 3000),
            "kind": rng.choice(["x", "y", "z"], 3000),
            "@failed": rng.random(3000) < 0.2,
        }
    )
    for one in _nodes(table, "node", by=("kind",), given=True).columns[0].nodes:
        assert one.comparable == one.rows and one.within is not None and one.mix is not None
        assert one.within + one.mix == pytest.approx(one.difference)


def test_traffic_that_no_other_node_has_is_not_compared() -> None:
    alone = _of([("a", "x", 100, 10), ("a", "own", 50, 40), ("b", "x", 100, 10)])
    a = _node(_nodes(alone, "node", by=("kind",), given=True), "a")
    assert (a.rows, a.comparable, a.expected) == (150, 100, 10.0)
    none = _of([("a", "x", 100, 10), ("b", "y", 100, 40)])
    found = _nodes(none, "node", by=("kind",), given=True).columns[0].nodes
    assert all(one.within is None and one.comparable == 0 and one.fault is None for one in found)
    # Left to itself, the analysis takes no factor that names the node.
    assert _nodes(none, "node", by=("kind",)).columns[0].strata == ()


def _log(rng: np.random.Generator, bad: float = 1.0) -> pa.Table:
    rows = 4000
    node = rng.integers(0, 10, rows)
    hard = rng.random(rows) < 0.1 + 0.08 * node
    rates = np.where(hard, 0.25, 0.05) * np.where(node == 3, bad, 1.0)
    return pa.table(
        {"node": node.astype(str), "kind": np.where(hard, "hard", "easy"), "@failed": rng.random(rows) < rates}
    )


def test_traffic_alone_blames_a_node_in_few_logs_and_intervals_hold() -> None:
    rng = np.random.default_rng(2)
    blamed = held = 0
    for _ in range(100):
        found = _nodes(_log(rng), "node", by=("kind",)).columns[0].nodes
        blamed += any(one.fault in ("node", "node and traffic", "better") for one in found)
        held += sum(one.within_low <= 0 <= one.within_high for one in found)  # type: ignore[operator]
    assert blamed <= 12  # of 5 expected
    assert 0.93 <= held / 1000 <= 0.97


def test_a_bad_node_is_found_among_uneven_traffic() -> None:
    rng = np.random.default_rng(3)
    found = [_nodes(_log(rng, 2.0), "node", by=("kind",)).columns[0].nodes for _ in range(20)]
    assert sum(any(one.node == "3" and one.fault == "node" for one in nodes_) for nodes_ in found) >= 16
    assert sum(one.fault in ("node", "better") and one.node != "3" for nodes_ in found for one in nodes_) <= 5


def test_what_cannot_be_compared_is_said() -> None:
    table = _of([("a", "x", 10, 1), ("b", "x", 10, 2)])
    table = table.append_column("one", pa.array(["n1"] * 20)).append_column("none", pa.nulls(20, pa.string()))
    table = table.append_column("some", pa.array([None] * 5 + ["n1"] * 5 + ["n2"] * 10))
    found = _nodes(table, "one", "none", "some")
    assert found.left_out == (
        {"column": "one", "reason": "one value only (n1): nothing to hold it against"},
        {"column": "none", "reason": "no row has both a value and a known outcome"},
    )
    assert found.notes == ("5 rows with no value of some belong to no node",)
    assert [one.column for one in found.columns] == ["some"]


def test_rows_that_depend_on_each_other_count_for_fewer() -> None:
    table = _of([("a", "x", 800, 40), ("b", "x", 800, 80)])
    alone, grouped = (_node(_nodes(table, "node", effect=effect), "b") for effect in (1.0, 8.0))
    assert (grouped.rows, grouped.failed, grouped.rate) == (alone.rows, alone.failed, alone.rate)
    assert alone.fault == "node" and grouped.fault is None
    assert grouped.high - grouped.low > 2 * (alone.high - alone.low)
