from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from errata.analysis.tally import Axis, Counts, Tally
from errata.engine.local import tally as engine
from errata.engine.local.tally import tally

EDGES = (-2.5, 0.0, 0.1, 1.0, 1e9)


def _table(rows: int, seed: int = 0) -> pa.Table:
    rng = np.random.default_rng(seed)
    x = rng.normal(0, 3, rows)
    x[rng.random(rows) < 0.05] = np.nan
    city = rng.choice(["Zürich", "東京", "", "a'b", "Ω"], rows)
    times = rng.integers(-10_000_000, 10_000_000, rows) * 1_000_000
    big = rng.choice([2**63 - 1, -(2**63), 2**53, 2**53 + 1, 7, -7], rows)
    return pa.table(
        {
            "x": pa.array(x, mask=rng.random(rows) < 0.1),
            "city": pa.array(city, mask=rng.random(rows) < 0.1).dictionary_encode(),
            "n": pa.array(rng.integers(-40, 40, rows), mask=rng.random(rows) < 0.1),
            "big": pa.array(big, pa.int64()),
            "hurt": pa.array(rng.random(rows) < 0.3, mask=rng.random(rows) < 0.1),
            "moment": pa.array(times, pa.timestamp("us", "UTC"), mask=rng.random(rows) < 0.1),
        }
    )


def _counted(counts: Counts) -> dict[tuple[Any, ...], tuple[int, ...]]:
    found = {}
    for cell, rows, sums in zip(counts.cells, counts.rows, counts.sums, strict=True):
        key = tuple(counts.labels[at][code] for at, code in enumerate(cell))
        found[key] = (int(rows), *(round(float(one), 6) for one in sums))
    return found


def _batches(table: pa.Table, sizes: Sequence[int]) -> Iterator[pa.RecordBatch]:
    start = 0
    for size in [*sizes, table.num_rows]:
        # Text is encoded anew in each batch, so that codes differ where labels do not.
        part = table.slice(start, size)
        for name in table.schema.names:
            if pa.types.is_dictionary(table.schema.field(name).type):
                at = part.schema.get_field_index(name)
                part = part.set_column(at, name, part.column(name).cast(pa.string()).dictionary_encode())
        yield from part.combine_chunks().to_batches() or [pa.RecordBatch.from_pylist([], table.schema)]
        start += size


AXES = {
    "by value": (Axis("city"), "city"),
    "64-bit": (Axis("big"), "big"),
    "integers": (Axis("n"), "n"),
    "booleans": (Axis("hurt"), "hurt"),
    "edges": (
        Axis("x", edges=EDGES),
        "case when isnan(x) or x is null then null else " + " + ".join(f"(x >= {e})::int" for e in EDGES) + " end",
    ),
    "edges of 64-bit": (
        Axis("big", edges=(-(2.0**63), 0.0, 2.0**53, 2.0**63)),
        "(big >= -9223372036854775808)::int + (big >= 0)::int + (big >= 9007199254740992)::int",
    ),
    "equal bins": (
        Axis("x", equal=(-1.0, 1.0, 16)),
        "case when isnan(x) or x is null then null when x = 1 then 15 "
        "else greatest(-1, least(16, floor((x - -1e0) * 8e0)::bigint)) end",
    ),
    "time": (Axis("moment", seconds=3600), "floor(epoch_us(moment) / 3600000000e0)::bigint * 3600"),
}


@pytest.mark.parametrize("one", AXES)
@pytest.mark.parametrize("other", ["by value", "booleans", "edges"])
def test_counts_are_those_of_group_by(one: str, other: str) -> None:
    sample = _table(3000)
    tallied = Tally((AXES[one][0], AXES[other][0]), ("n",))
    counts = tally(_batches(sample, [1000, 0, 1, 900]), [tallied])[0]
    rows = duckdb.query(
        f"select {AXES[one][1]} a, {AXES[other][1]} b, count(*), coalesce(sum(n), 0) from sample group by all"
    ).fetchall()
    assert _counted(counts) == {(a, b): (n, float(total)) for a, b, n, total in rows}
    assert counts.total == 3000


def test_a_table_too_large_to_be_dense_counts_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    table = _table(2000)
    tallied = Tally((Axis("n"), Axis("city"), Axis("moment", seconds=60), Axis("hurt")), ("x", "n"))
    dense = tally(_batches(table, [500, 700]), [tallied])[0]
    monkeypatch.setattr(engine, "DENSE", 64)
    monkeypatch.setattr(engine, "PENDING", 100)
    assert tally(_batches(table, [500, 700]), [tallied])[0] == dense
    assert len(dense.rows) > 1500


def test_infinities_are_in_the_outer_bins_and_in_no_sum() -> None:
    batch = pa.record_batch({"x": pa.array([-math.inf, math.inf, 1.0, None, math.nan, 1.7e308])})
    edges = tuple(float(e) for e in np.linspace(-1, 1, 40))
    binned, equal, ends = tally(
        [batch],
        [
            Tally((Axis("x", edges=edges),), ("x",)),
            Tally((Axis("x", equal=(0.0, 2.0, 4)),)),
            Tally((Axis("x", edges=(-1.7976931348623157e308, math.inf)),)),
        ],
    )
    assert _counted(binned) == {(0,): (1, 0.0), (40,): (3, round(1.0 + 1.7e308, 6)), (None,): (2, 0.0)}
    assert _counted(equal) == {(-1,): (1,), (2,): (1,), (4,): (2,), (None,): (2,)}
    assert _counted(ends) == {(0,): (1,), (1,): (2,), (2,): (1,), (None,): (2,)}


@given(
    st.lists(st.floats(-50, 50, width=32), min_size=17, max_size=300, unique=True),
    st.lists(st.one_of(st.floats(allow_nan=False), st.floats(-60, 60)), max_size=200),
)
def test_the_grid_finds_the_bin_that_comparing_finds(cuts: list[float], values: list[float]) -> None:
    edges = np.sort(np.array(cuts))
    x = np.array([*values, *cuts])
    counts = tally([pa.record_batch({"x": x})], [Tally((Axis("x", edges=tuple(edges.tolist())),))])[0]
    expected = Counter(int((edges <= one).sum()) for one in x)
    assert _counted(counts) == {(code,): (n,) for code, n in expected.items()}


@given(
    st.lists(
        st.tuples(
            st.one_of(st.none(), st.sampled_from(["α", "b", ""])),
            st.one_of(st.none(), st.floats(width=32), st.integers(-3, 3).map(float)),
            st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1), st.integers(-2, 2)),
        ),
        max_size=60,
    ),
    st.lists(st.integers(0, 60), max_size=4),
)
def test_the_parts_add_up_to_the_whole(rows: list[tuple[Any, ...]], cuts: list[int]) -> None:
    schema = pa.schema([("a", pa.string()), ("x", pa.float32()), ("n", pa.int64())])
    whole = pa.table(dict(zip(schema.names, zip(*rows, strict=True), strict=True)) if rows else schema.empty_table())
    whole = pa.table({f.name: whole.column(f.name).cast(f.type) for f in schema})
    tallies = [
        Tally((Axis("a"), Axis("x", edges=(0.0, 0.5)))),
        Tally((Axis("n"),), ("x",)),
        Tally((Axis("x"), Axis("n", equal=(-2.0, 2.0, 3)))),
        Tally(()),
    ]
    at = sorted({0, len(rows), *(min(cut, len(rows)) for cut in cuts)})
    parts = [whole.slice(a, b - a) for a, b in pairwise(at)] or [whole]
    alone = [tally(part.to_batches(), tallies) for part in parts]
    for number, expected in enumerate(tally(whole.to_batches(), tallies)):
        total = Counts.nothing(tallies[number])
        for counts in alone:
            total = total + counts[number]
        assert total == expected
        assert Counts.of_json(total.to_json()) == total
        assert Counts.of_arrow(total.to_arrow()) == total


def test_what_only_one_part_has_is_kept() -> None:
    one = tally([pa.record_batch({"a": ["x", "y"]})], [Tally((Axis("a"),))])[0]
    two = tally([pa.record_batch({"a": ["z", None, "y"]})], [Tally((Axis("a"),))])[0]
    assert _counted(one + two) == {("x",): (1,), ("y",): (2,), ("z",): (1,), (None,): (1,)}
    assert (one + two).labels == (("x", "y", "z", None),)


def test_an_axis_of_too_many_values_is_given_up_alone() -> None:
    batches = [pa.record_batch({"id": [f"{start}-{k}" for k in range(60)], "a": ["x"] * 60}) for start in range(10)]
    many, few = tally(batches, [Tally((Axis("id", most=500),)), Tally((Axis("a"),))])
    assert many.too_many == "id" and many.total == 0
    assert _counted(few) == {("x",): (600,)}
    halves = [tally(part, [Tally((Axis("id", most=500),))])[0] for part in (batches[:5], batches[5:])]
    assert [half.too_many for half in halves] == [None, None]
    assert (halves[0] + halves[1]).too_many == "id"
    assert Counts.of_json(many.to_json()) == many and Counts.of_arrow(many.to_arrow()) == many


def test_a_copy_in_single_precision_has_the_same_labels() -> None:
    values = [0.1, 0.25, -0.0, 3.0]
    single, double = (
        tally([pa.record_batch({"x": pa.array(values, kind)})], [Tally((Axis("x"),))])[0]
        for kind in (pa.float32(), pa.float64())
    )
    assert single.labels == double.labels == ((0.0, 0.1, 0.25, 3.0),)


def test_counts_of_different_tallies_do_not_add_up() -> None:
    with pytest.raises(ValueError, match="different tallies"):
        Counts.nothing(Tally((Axis("a"),))) + Counts.nothing(Tally((Axis("b"),)))


def test_a_type_that_cannot_be_counted_is_refused() -> None:
    batch = pa.record_batch({"a": ["x"], "v": pa.array([[1.0]])})
    for axis in (Axis("a", edges=(0.0,)), Axis("v"), Axis("a", seconds=60)):
        with pytest.raises(TypeError):
            tally([batch], [Tally((axis,))])
    with pytest.raises(KeyError):
        tally([batch], [Tally((Axis("gone"),))])
