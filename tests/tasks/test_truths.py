from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from errata.tasks.truths import alike, differs, settled, shares_values, together


def column(*values: object, kind: pa.DataType | None = None) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(values, kind)])


def test_a_column_is_settled_into_the_type_of_its_kind() -> None:
    assert settled(column("a", None).dictionary_encode()).type == pa.string()
    assert settled(column(1, 2, kind=pa.int8())).type == pa.int64()
    assert settled(column(0.5, float("nan"), kind=pa.float32())).to_pylist() == [0.5, None]
    assert settled(column(True, None)).to_pylist() == [True, None]
    assert settled(column(2**63 + 1, kind=pa.uint64())).to_pylist() == [2**63 + 1]


@pytest.mark.parametrize(
    ("values", "other", "expected"),
    [
        (("7", "8", None), pa.int64(), [7, 8, None]),
        ((7, 8), pa.string(), ["7", "8"]),
        ((1.0, 2.0), pa.int64(), [1, 2]),
        ((1.5, 2.0), pa.int64(), [1.5, 2.0]),
        ((1, 2), pa.float64(), [1.0, 2.0]),
        ((None, None), pa.string(), [None, None]),
        (("a",), pa.null(), ["a"]),
        (("07",), pa.int64(), None),
        (("cat",), pa.int64(), None),
    ],
)
def test_values_are_alike_where_they_are_written_the_same(
    values: tuple[object, ...], other: pa.DataType, expected: list[object] | None
) -> None:
    found = alike(column(*values), other)
    assert (None if found is None else found.to_pylist()) == expected


def test_truth_differs_where_both_are_known() -> None:
    assert differs(column("a", "b", None), column("a", "c", "d")).tolist() == [False, True, False]
    assert differs(column(0.1, 2.0), column(float(np.float32(0.1)), 2.5)).tolist() == [False, True]
    assert differs(column(16777216.0), column(16777217.0)).tolist() == [True], "whole numbers are compared exactly"
    assert differs(column(1, 2), column(1.0, 3.0)).tolist() == [False, True]
    assert differs(column(2**53, 2**53 + 1), column(2**53, 2**53)).tolist() == [False, True]
    assert differs(column(None, None), column("a", "b")).tolist() == [False, False]


def test_later_truth_counts_before_earlier() -> None:
    assert together(column("a", "b", None), column(None, "c", "d")).to_pylist() == ["a", "c", "d"]
    assert together(column(1, None), column(None, 2.5)).to_pylist() == [1.0, 2.5]
    assert together(column(None, None), column("a", None)).to_pylist() == ["a", None]


def test_columns_share_a_value_or_not() -> None:
    assert shares_values(column("a", "b"), column("b", None))
    assert not shares_values(column("a", None), column("b", None))
