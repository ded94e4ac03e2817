from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from errata.core.errors import ValueFault
from errata.tasks.lists import Lists, in_one_code, lists_of, separator_in


def found(lists: Lists) -> list[list[object] | None]:
    """The lists again, None where a row has none."""
    rows: list[list[object] | None] = [[] if known else None for known in lists.known]
    for row, item in zip(lists.row, lists.items.to_pylist(), strict=True):
        inside = rows[row]
        assert inside is not None
        inside.append(item)
    return rows


@pytest.mark.parametrize(
    ("column", "separator", "expected"),
    [
        (pa.array([["a", "b"], None, [], ["c", None]]), None, [["a", "b"], None, [], ["c"]]),
        (pa.array([["x"], ["a", "b"], None, [], ["c"]])[1:], None, [["a", "b"], None, [], ["c"]]),
        (pa.array([["a"], ["b"]], pa.large_list(pa.large_string())), None, [["a"], ["b"]]),
        (pa.array([["a", "b"], None, ["c", "d"]], pa.list_(pa.string(), 2)), None, [["a", "b"], None, ["c", "d"]]),
        (pa.array(["a; b", None, "", " ;c"]), ";", [["a", "b"], None, [], ["c"]]),
        (pa.array(["a; b", "c", "a; b"]).dictionary_encode(), ";", [["a", "b"], ["c"], ["a", "b"]]),
        (pa.array(['["a", 1]', "[]"]), "json", [["a", "1"], []]),
        (pa.array(["a", None, "b"]).dictionary_encode(), None, [["a"], None, ["b"]]),
        (pa.array([1.5, float("nan")]), None, [[1.5], None]),
        (pa.nulls(2), None, [None, None]),
        (pa.array([[], []]), None, [[], []]),
        (pa.array([[{"doc_id": 7, "score": 0.5}, {"doc_id": 8, "score": 0.1}], []]), None, [[7, 8], []]),
    ],
)
def test_a_list_is_read_however_it_is_written(
    column: pa.Array, separator: str | None, expected: list[list[object] | None]
) -> None:
    assert found(lists_of(column, separator, "labels")) == expected


def test_places_count_from_nought_in_each_list() -> None:
    lists = lists_of(pa.array([["a", "b"], [], ["c", "d", "e"]]), None, "x")
    assert lists.place.tolist() == [0, 1, 0, 1, 2]


def test_items_that_name_nothing_are_refused_in_words() -> None:
    with pytest.raises(ValueFault, match="the lists in 'x' hold values that name nothing"):
        lists_of(pa.array([[{"score": 0.5}]]), None, "x")
    with pytest.raises(ValueFault, match="a value of 'x' is no list"):
        lists_of(pa.array(["[1", "[2]"]), "json", "x")


def test_brackets_without_end_are_no_list() -> None:
    with pytest.raises(ValueFault, match="is no list"):
        lists_of(pa.array(["[" * 100_000]), "json", "labels")


def test_one_code_is_one_item_on_both_sides() -> None:
    a, b = (lists_of(pa.array(values), None, "x") for values in ([[1, 2], [3]], [[2.0], [9.0, 1.0]]))
    one, two, size = in_one_code(a, b, ("a", "b"))
    assert (one.tolist(), two.tolist(), size) == ([0, 1, 2], [1, 3, 0], 4)
    texts = lists_of(pa.array([["1"], ["2"]]), None, "x")
    with pytest.raises(ValueFault, match="are of different types"):
        in_one_code(a, texts, ("a", "b"))
    empty = lists_of(pa.array([[], []]), None, "x")
    assert in_one_code(empty, texts, ("a", "b"))[1].tolist() == [0, 1]


def test_the_separator_is_the_one_that_occurs() -> None:
    def text(*values: str) -> pa.ChunkedArray:
        return pa.chunked_array([pa.array(values).dictionary_encode()])

    assert separator_in([text("a;b", "c")], "f")[0] == ";"
    assert separator_in([text("a"), text("c|d")], "f")[0] == "|"
    assert separator_in([text('["a"]', " []")], "f")[0] == "json"
    assert separator_in([text("a", "b")], "f")[0] is None
    assert separator_in([pa.chunked_array([pa.array([["a;b"]])])], "f") == (None, None)
    with pytest.raises(ValueFault, match=r"both ';' and '\|'") as refused:
        separator_in([text("a;b"), text("c|d")], "f")
    assert refused.value.next == "--separator ';'"


def test_a_million_rows_of_few_labels_are_taken_apart_once() -> None:
    column = pa.DictionaryArray.from_arrays(np.zeros(1_000_000, np.int32), pa.array(["a;b;c"]))
    lists = lists_of(column, ";", "x")
    assert len(lists.items) == 3_000_000


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        (pa.array([2**53 + 1]), pa.array([2**53], pa.uint64()), False),
        (pa.array([-1, 2**53 + 1]), pa.array([2**63 + 1, 2**53 + 1], pa.uint64()), True),
        (pa.array([-1, 2**53 + 1]), pa.array([2**63 + 1, 2**53], pa.uint64()), False),
        (pa.array([2**53 + 1]), pa.array([7], pa.int32()), False),
        (pa.array([2**53 + 1]), pa.array([2.0**53]), False),
        (pa.array([12]), pa.array([12.0]), True),
        (pa.array([12]), pa.array([12.5]), False),
        (pa.array([1, 12], pa.int32()), pa.array([float("nan"), 12.0]), True),
    ],
)
def test_numbers_of_two_types_are_equal_only_where_they_are(one: pa.Array, two: pa.Array, same: bool) -> None:
    a, b = (lists_of(pa.array([items.to_pylist()], pa.list_(items.type)), None, "a") for items in (one, two))
    here, there, _ = in_one_code(a, b, ("a", "b"))
    assert bool(here[-1] == there[-1]) is same
