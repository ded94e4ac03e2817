"""A column becomes a factor: codes and conditions that mean the same to a slice's mask."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from errata.factors.encode import Factor, NoFactor, edges_of, encode
from errata.nouns.slice import Slice


def factor(column: Any, min_rows: int = 1, name: str = "x", **options: Any) -> Factor:
    found = encode(name, chunked(column), min_rows, **options)
    assert isinstance(found, Factor), found
    return found


def chunked(column: Any) -> pa.ChunkedArray:
    array = column if isinstance(column, pa.Array | pa.ChunkedArray) else pa.array(column)
    return array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])


def texts(found: Factor) -> list[str]:
    return [choice.condition.text for choice in found.choices]


def means_what_it_says(column: Any, **options: Any) -> Factor:
    """Every condition, written and read back, has the rows of its codes."""
    found = factor(column, **options)
    for choice in found.choices:
        inside = (found.codes >= choice.low) & (found.codes <= choice.high)
        read = Slice.parse(Slice.of(choice.condition).text)
        assert read.mask(lambda _: chunked(column)).tolist() == inside.tolist(), read.text
    return found


def test_text_is_taken_value_by_value_in_order() -> None:
    found = means_what_it_says(["night", "day", None, "day", "it's"])
    assert texts(found) == ["x = 'day'", "x = 'it''s'", "x = 'night'", "x is null"]


def test_booleans_and_few_numbers_are_taken_value_by_value() -> None:
    assert texts(means_what_it_says([True, False, None])) == ["x = false", "x = true", "x is null"]
    assert texts(means_what_it_says([3, 1, 1, 2])) == ["x = 1", "x = 2", "x = 3"]
    assert texts(means_what_it_says([0.5, float("nan"), None, 1.0])) == ["x = 0.5", "x = 1", "x is null"]
    assert texts(means_what_it_says(list(range(12)))) == [f"x = {n}" for n in range(12)]


def test_more_than_twelve_numbers_are_cut() -> None:
    found = means_what_it_says(np.linspace(0, 1, 1001))
    assert edges_of([found]) == {"x": [0.1, 0.25, 0.5, 0.75, 0.9]}
    assert texts(found)[:2] == ["x < 0.1", "x < 0.25"]
    assert "x >= 0.9" in texts(found)
    assert "0.25 <= x and x < 0.5" in texts(found)
    assert len(found.choices) == 5 + 5 + 4


def test_single_precision_reads_as_it_was_written() -> None:
    found = means_what_it_says(pa.array([0.1, 0.2, 0.3, 0.1], pa.float32()))
    assert texts(found) == ["x = 0.1", "x = 0.2", "x = 0.3"]


def test_given_edges_are_used_as_they_are() -> None:
    found = means_what_it_says([1, 2, 3, 4, 5], edges=[2.5, 4.0])
    assert found.edges == (2.5, 4.0)
    assert texts(found) == ["x < 2.5", "x < 4", "x >= 2.5", "x >= 4", "2.5 <= x and x < 4"]


@pytest.mark.parametrize(
    "column",
    [
        pa.array(np.random.default_rng(0).random(500), pa.float32()),
        pa.array(np.random.default_rng(0).random(500).astype(np.float16)),
        pa.array([Decimal(n) / 100 for n in range(500)]),
        pa.array([None if n % 7 == 0 else n * 1.5 for n in range(500)]),
        pa.array([float("nan") if n % 7 == 0 else n * 1.5 for n in range(500)]),
        pa.array(np.r_[np.random.default_rng(0).random(480), np.full(10, np.inf), np.full(10, -np.inf)]),
        pa.array(range(-250, 250), pa.int16()),
        pa.array([n % 250 for n in range(500)], pa.uint8()),
        pa.array(2**62 + np.arange(0, 500_000, 1_000)),
        pa.array(np.uint64(2**63) + np.arange(0, 5_000_000, 10_000, dtype=np.uint64)),
        pa.array(np.array([-1, 1])[np.arange(500) % 2] * 1.7e308 * np.random.default_rng(0).random(500)),
        pa.array(5e-324 * np.arange(500)),
        pa.DictionaryArray.from_arrays(pa.array([n % 20 for n in range(500)]), pa.array([n / 8 for n in range(20)])),
        pa.DictionaryArray.from_arrays(pa.array([n % 3 for n in range(500)]), pa.array(["a", None, "b"])),
        pa.DictionaryArray.from_arrays(pa.array([n % 3 for n in range(500)]), pa.array(["a", "a", "b"])),
        pa.chunked_array([pa.array(["a", "b"] * 100).dictionary_encode(), pa.array(["c", None]).dictionary_encode()]),
        pa.array(["日本", "ß", " ", "", 'say "x"'] * 100),
        pa.array(["a", "b"] * 250, pa.large_string()),
        pa.array(["a", "b"] * 250, pa.string_view()),
    ],
    ids=str,
)  # fmt: skip
def test_each_condition_holds_the_rows_of_its_codes(column: Any) -> None:
    assert means_what_it_says(column).choices


@given(
    st.lists(st.none() | st.floats() | st.integers(-3, 3).map(float), min_size=1, max_size=80)
    | st.lists(st.none() | st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=80)
    | st.lists(st.none() | st.text(max_size=4), min_size=1, max_size=40)
    | st.lists(st.none() | st.booleans(), min_size=1, max_size=10)
)
def test_any_column_means_what_it_says_or_says_why_not(values: list[Any]) -> None:
    found = encode("x", chunked(values), 1)
    if isinstance(found, Factor):
        means_what_it_says(values)
    else:
        assert found.reason


def test_rare_values_share_a_code_that_no_slice_names() -> None:
    values = [f"v{n}" for n in range(400)] + ["often"] * 50
    found = means_what_it_says(values, min_rows=20)
    assert texts(found) == ["x = 'often'"]


def test_values_that_no_text_can_say_take_part_in_no_slice() -> None:
    found = means_what_it_says(["a\nb", "ok", "x" * 2_000, "ok"])
    assert (texts(found), found.unwritable) == (["x = 'ok'"], 2)
    found = means_what_it_says([0.0, 1.0, float("inf")])
    assert (texts(found), found.unwritable) == (["x = 0", "x = 1"], 1)


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        (["a"] * 9, "one value only"),
        ([1.5] * 9, "one value only"),
        ([None, None], "every value is missing"),
        ([float("nan")] * 9, "every value is missing"),
        (pa.array([None] * 9, pa.string()), "every value is missing"),
        (pa.DictionaryArray.from_arrays(pa.array([0] * 9), pa.array([f"v{n}" for n in range(300)])), "one value only"),
        ([f"v{n}" for n in range(1_000)], "1,000 values, none in 5 rows or more"),
        ([float("inf"), float("-inf")] * 9, "none of its values can stand in a slice"),
        (pa.array([[1]] * 9), "values of type list<item: int64> cannot be a condition"),
    ],
)
def test_what_cannot_be_a_factor_says_why(column: Any, reason: str) -> None:
    assert encode("x", chunked(column), 5) == NoFactor("x", reason)


def test_a_column_whose_name_no_text_can_say_is_no_factor() -> None:
    for name in ("", "a\nb"):
        assert encode(name, chunked(["a", "b"]), 1) == NoFactor(name, "its name cannot stand in a slice")
    assert texts(factor(["a", "b"], name="node id")) == ["\"node id\" = 'a'", "\"node id\" = 'b'"]
