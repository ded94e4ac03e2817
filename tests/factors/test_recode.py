"""Codes of other rows under a known factor."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from errata.factors.encode import MISSING, OTHER, Factor, encode
from errata.factors.recode import recode

COLUMNS: dict[str, pa.Array] = {
    "text": pa.array(["night", "day", None, "night", "Zürich"] * 4),
    "dictionary": pa.array(["b", "a", "b", None] * 5).dictionary_encode(),
    "booleans": pa.array([True, False, None, True] * 5),
    "few wholes": pa.array([1, 2, 2, 3, -1] * 4, pa.int16()),
    "few singles": pa.array([0.1, 0.2, float("nan"), 0.1] * 5, pa.float32()),
    "many": pa.array(np.arange(200.0)),
    "many singles": pa.array(np.linspace(-1, 1, 200), pa.float32()),
    "large wholes": pa.array((1 << 60) + np.arange(200)),
    "some missing": pa.array([None, float("nan"), *np.arange(100.0)]),
}


@pytest.mark.parametrize("column", COLUMNS.values(), ids=COLUMNS)
def test_a_column_has_the_codes_that_encode_gave_it(column: pa.Array) -> None:
    chunked = pa.chunked_array([column])
    factor = encode("x", chunked, 1)
    assert isinstance(factor, Factor)
    assert recode(factor, chunked).tolist() == factor.codes.tolist()


def test_values_that_the_factor_does_not_name_are_other() -> None:
    factor = encode("x", pa.chunked_array([["a", "b", "b", "a"]]), 1)
    assert isinstance(factor, Factor)
    assert recode(factor, pa.chunked_array([["c", None, "b"]])).tolist() == [OTHER, MISSING, 1]


def test_one_is_not_true() -> None:
    factor = encode("x", pa.chunked_array([[True, False]]), 1)
    assert isinstance(factor, Factor)
    assert recode(factor, pa.chunked_array([[1, 0]])).tolist() == [OTHER, OTHER]


@given(
    st.lists(st.floats(allow_nan=True, allow_infinity=False, width=64), min_size=30, max_size=60), st.integers(1, 29)
)
def test_parts_have_the_codes_of_the_whole(values: list[float], cut: int) -> None:
    whole = pa.chunked_array([pa.array(values, pa.float64())])
    factor: Any = encode("x", whole, 1)
    if isinstance(factor, Factor):
        both = np.concatenate([recode(factor, whole.slice(0, cut)), recode(factor, whole.slice(cut))])
        assert both.tolist() == factor.codes.tolist()
