from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from errata.integrations.files import table_source
from errata.tasks.pairing import group_codes, pair, rows_with

_ids = st.lists(st.integers(0, 30), min_size=1, unique=True)


@given(_ids, _ids, st.booleans())
def test_pairs_are_the_ids_that_both_have(first: list[int], second: list[int], as_text: bool) -> None:
    one = table_source(pa.table({"id": pa.array(first, pa.int16())}), "one")
    there = pa.array([str(value) for value in second], pa.string()) if as_text else pa.array(second, pa.int64())
    pairs = pair(one, "id", table_source(pa.table({"key": there}), "two"), "key")
    assert [(first[i], second[j]) for i, j in zip(pairs.first, pairs.second, strict=True)] == [
        (value, value) for value in first if value in second
    ]


def test_rows_are_found_by_value_whatever_its_type() -> None:
    column = pa.chunked_array([pa.array(["1", "2", None, "3"]).dictionary_encode()])
    assert list(rows_with(column, {1, "3"})) == [True, False, False, True]
    assert list(rows_with(pa.chunked_array([pa.array([1, 2, None])]), {"2"})) == [False, True, False]


def test_a_row_without_group_depends_on_nobody() -> None:
    codes = group_codes(pa.chunked_array([pa.array(["a", None, "a", None, "b"])]))
    assert codes[0] == codes[2]
    assert len(np.unique(codes)) == 4


def test_a_list_in_another_order_is_no_other_truth() -> None:
    from errata.tasks.pairing import texts_of

    one = pa.chunked_array([pa.array([["b", "a"], ["a"], None, []])])
    two = pa.chunked_array([pa.array([["a", "b", "a"], ["b"], None, []])])
    assert [a == b for a, b in zip(texts_of(one), texts_of(two), strict=True)] == [True, False, True, True]
