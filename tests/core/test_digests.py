"""A table has one digest, whatever its order, its file format and the types that hold its numbers."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from errata.core.digests import file_digest, table_digest
from errata.integrations.files import open_source


def digest(sort_by: str | None = None, **columns) -> str:
    return table_digest({name: pa.chunked_array([values]) for name, values in columns.items()}, sort_by)


def test_a_file_digest_is_sha256_of_its_bytes(tmp_path: Path):
    (tmp_path / "a").write_bytes(b"abc")
    assert file_digest(tmp_path / "a") == hashlib.sha256(b"abc").hexdigest()


def test_the_digest_of_a_table_is_the_same_next_year():
    table = {"id": ["a", "b", "c"], "x": [1.5, None, 3], "n": [1, 2, 3], "flag": [True, None, False]}
    assert digest(**table) == "1e8477567a0454c8551342fe5dbe98750a9a2887f02ba2af88ce95d8172299e0"
    assert digest("id", **table) == "fd0c7f0aebfa1faf94bd3dc2f2f1cdc134938e407b78d4bffe6fe02ab93da212"


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["", "a", "b", "é", None]),
        st.one_of(st.none(), st.floats(width=32)),
        st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)),
        st.one_of(st.none(), st.booleans()),
    ),
    min_size=1,
    max_size=12,
)
TYPES = (pa.string(), pa.float32(), pa.int64(), pa.bool_())


def table_of(rows: list[tuple], types=TYPES) -> dict[str, pa.ChunkedArray]:
    columns = zip(*rows, strict=True)
    return {f"c{i}": pa.chunked_array([pa.array(v, t)]) for i, (v, t) in enumerate(zip(columns, types, strict=True))}


@given(ROWS, st.randoms(use_true_random=False), st.sampled_from([None, "c0", "c2"]))
def test_the_order_of_rows_and_columns_does_not_matter(rows, random, sort_by):
    shuffled = rows.copy()
    random.shuffle(shuffled)
    names = [f"c{i}" for i in range(4)]
    random.shuffle(names)
    other = table_of(shuffled)
    assert table_digest(table_of(rows), sort_by) == table_digest({name: other[name] for name in names}, sort_by)


@given(ROWS, st.integers(0, 11), st.integers(0, 3))
def test_a_changed_value_changes_the_digest(rows, row, column):
    row %= len(rows)
    before = rows[row][column]
    after = {0: "changed", 1: 0.75 if before != 0.75 else 1.5, 2: 7 if before != 7 else 8, 3: before is not True}[
        column
    ]
    changed = [tuple(after if (i, j) == (row, column) else v for j, v in enumerate(r)) for i, r in enumerate(rows)]
    assert table_digest(table_of(rows)) != table_digest(table_of(changed))


@given(ROWS)
def test_the_types_that_hold_the_values_do_not_matter(rows):
    plain = table_of(rows)
    other = {
        "c0": plain["c0"].cast(pa.large_string()).dictionary_encode(),
        "c1": plain["c1"].cast(pa.float64()),
        "c2": pa.chunked_array([chunk.slice(i, 1) for chunk in plain["c2"].chunks for i in range(len(chunk))]),
        "c3": plain["c3"],
    }
    assert table_digest(plain) == table_digest(other)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ([1, 2, None], pa.array([1.0, 2.0, math.nan])),
        ([1, 2, 3], pa.array([1, 2, 3], pa.uint8())),
        ([0.5, 0.25], pa.array([0.5, 0.25], pa.float16())),
        ([1.5, 2.0], pa.array([1.5, 2.0]).cast(pa.decimal128(5, 2))),
        ([-0.0, 1.0], [0, 1]),
        ([float(np.float32(0.1))], [0.1]),
        ([16_777_216.5], pa.array([16_777_216.5], pa.float32())),
        ([None, None], pa.nulls(2)),
        ([math.nan, None], pa.nulls(2, pa.string())),
        (["a", "b"], pa.DictionaryArray.from_arrays(pa.array([1, 2], pa.int8()), pa.array(["unused", "a", "b"]))),
        (["a", None], pa.DictionaryArray.from_arrays(pa.array([0, 1]), pa.array(["a", None]))),
        (pa.array([1], pa.timestamp("s")), pa.array([1_000_000], pa.timestamp("us", "Europe/Berlin"))),
        (pa.array([1], pa.date32()), pa.array([86_400], pa.timestamp("s", "UTC"))),
        ([{"a": 1, "b": None}], [{"b": None, "a": 1}]),
    ],
)
def test_equal_values_have_one_digest(one, two):
    assert digest(x=one) == digest(x=two)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ([1, 0], [True, False]),
        ([1, 2], ["1", "2"]),
        ([b"a"], ["a"]),
        (["", "a"], [None, "a"]),
        ([0, 1], [None, 1]),
        ([2**53], [2**53 + 1]),
        ([1e300], [math.inf]),
        ([math.inf], [-math.inf]),
        ([0.1], [0.10001]),
        (["ab", "c"], ["a", "bc"]),
        ([1, 1, 2], [1, 2, 2]),
        ([1, 2], [1, 2, 2]),
        (pa.array([1], pa.timestamp("s")), [1_000_000]),
        (pa.array([1], pa.time32("s")), pa.array([1], pa.timestamp("s"))),
    ],
)
def test_values_that_differ_have_two(one, two):
    assert digest(x=one) != digest(x=two)


def test_names_and_pairings_count():
    assert digest(a=[1, 2], b=[3, 4]) != digest(a=[1, 2], b=[4, 3])
    assert digest(a=[1, 2], b=[3, 4]) != digest(b=[1, 2], a=[3, 4])
    assert digest(a=[1]) != digest(A=[1])


def test_no_rows_and_no_columns_have_digests_of_their_own():
    assert len({digest(), digest(a=pa.array([], pa.int64())), digest(a=[None])}) == 3


@pytest.mark.parametrize("name", ["digits_v1", "visits_v1"])
def test_a_csv_copy_of_real_predictions_has_the_digest_of_the_parquet(sample_data: Path, tmp_path: Path, name: str):
    original = sample_data / "predictions" / f"{name}.parquet"
    table = pq.read_table(original)
    pyarrow.csv.write_csv(table.take(np.random.default_rng(0).permutation(len(table))), tmp_path / "copy.csv")
    table.to_pandas().to_csv(tmp_path / "pandas.csv", index=False)
    table.to_pandas().to_json(tmp_path / "copy.jsonl", orient="records", lines=True, double_precision=15)
    digests = set()
    for path in (original, tmp_path / "copy.csv", tmp_path / "pandas.csv", tmp_path / "copy.jsonl"):
        source = open_source(path)
        digests.add(table_digest({column: source.column(column) for column in source.schema.names}, "id"))
    assert len(digests) == 1
