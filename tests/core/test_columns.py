"""Arrow columns as codes: dictionaries, nulls and chunks are known here alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from errata.core.columns import byte_codes, dictionary, floats, is_number, is_text, value_type


def chunked(*parts: Any) -> pa.ChunkedArray:
    return pa.chunked_array([part if isinstance(part, pa.Array) else pa.array(part) for part in parts])


WITH_NULL = pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, None]), pa.array(["a", None, "b"]))
TWICE = pa.DictionaryArray.from_arrays(pa.array([0, 1, 2]), pa.array(["a", "a", "b"]))


@pytest.mark.parametrize(
    ("column", "values"),
    [
        (chunked(["a", None], ["b", "a"]), ["a", None, "b", "a"]),
        (chunked(pa.array(["a", "b"]).dictionary_encode(), pa.array(["c", "a"]).dictionary_encode()), list("abca")),
        (chunked(WITH_NULL), ["a", None, "b", None]),
        (chunked(TWICE), ["a", "a", "b"]),
        (chunked(pa.array([], pa.string())), []),
        (pa.chunked_array([], pa.string()), []),
        (chunked(pa.array([None, None], pa.dictionary(pa.int8(), pa.string()))), [None, None]),
    ],
)
def test_codes_look_up_the_values(column: pa.ChunkedArray, values: list[str | None]) -> None:
    known, codes = dictionary(column)
    assert [None if code < 0 else known[code] for code in codes] == values
    assert len(set(known)) == len(known)
    small = byte_codes(column)
    assert small is not None
    known, narrow = small
    assert [None if code == 255 else known[code] for code in narrow] == values


@given(st.lists(st.none() | st.integers(0, 400), max_size=800), st.integers(1, 5))
def test_any_column_in_any_chunks(values: list[int | None], parts: int) -> None:
    pieces = [pa.array(part.tolist(), pa.int64()) for part in np.array_split(np.array(values, object), parts)]
    column = pa.chunked_array(pieces, pa.int64())
    known, codes = dictionary(column)
    assert [None if code < 0 else known[code] for code in codes] == values
    distinct = len({value for value in values if value is not None})
    assert (byte_codes(column) is None) == (distinct > 254)


def test_floats_are_nan_where_missing() -> None:
    assert floats(chunked([1, None], [3, 4])).tolist()[0::2] == [1.0, 3.0]
    assert np.isnan(floats(chunked([1, None]))[1])
    assert floats(chunked(pa.array([1.5, 2.5]).dictionary_encode())).tolist() == [1.5, 2.5]


def test_kinds() -> None:
    text = pa.dictionary(pa.int8(), pa.string())
    assert is_text(text) and is_text(pa.large_string()) and is_text(pa.string_view())
    assert is_number(pa.int8()) and is_number(pa.decimal128(5, 2)) and not is_number(pa.bool_())
    assert value_type(text) == pa.string()
