from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from errata.core.errors import ColumnError, GrammarError
from errata.nouns.slice import Condition, Slice
from errata.nouns.tokens import can_be_written

TABLE = pa.table(
    {
        "source": pa.array(["night", "day", None, "o'clock", "night"]).dictionary_encode(),
        "contrast": pa.array([0.2, 0.4, math.nan, None, 0.39]),
        "single": pa.array([0.1, 0.4, math.nan, None, 0.39], pa.float32()),
        "level": pa.array([1, 2, None, 4, 5], pa.int8()),
        "flag": pa.array([True, False, None, True, False]),
        "odd name": pa.array(["a", "b", "c", "d", "e"]),
        "nothing": pa.nulls(5),
    }
)

words = st.text(max_size=20).filter(can_be_written)
names = words.filter(bool)
numbers = st.integers(-(2**64) + 1, 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def conditions(draw: st.DrawFn, column: str) -> Condition:
    kind = draw(st.sampled_from(["equals", "null", "low", "high", "range"]))
    if kind == "equals":
        return Condition(column, "equals", value=draw(words | st.booleans() | numbers))
    if kind == "null":
        return Condition(column, "null")
    low, high = sorted([draw(numbers), draw(numbers)])
    if kind == "low" or low == high:
        return Condition(column, "range", low=low)
    return Condition(column, "range", low=None if kind == "high" else low, high=high)


@st.composite
def slices(draw: st.DrawFn) -> Slice:
    columns = draw(st.lists(names, unique=True, max_size=4))
    return Slice.of(*[draw(conditions(column)) for column in columns])


@given(slices())
def test_a_slice_is_what_its_text_says(slice_: Slice) -> None:
    assert Slice.parse(slice_.text) == slice_
    assert Slice.parse(slice_.text).text == slice_.text


@given(st.text(max_size=60))
def test_any_text_is_a_slice_or_a_grammar_error(text: str) -> None:
    try:
        assert Slice.parse(Slice.parse(text).text) == Slice.parse(text)
    except GrammarError as error:
        assert error.code == "bad-slice"


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("all", "all"),
        ("source='night' AND contrast < .4", "contrast < 0.4 and source = 'night'"),
        ("x >= 0.2 and x < 0.40", "0.2 <= x and x < 0.4"),
        ("0.4 > x and 0.2 <= x", "0.2 <= x and x < 0.4"),
        ("3.0 <= x", "x >= 3"),
        ("x = -0.0", "x = 0"),
        ("x = 1e3", "x = 1000"),
        ("x = 1e300", "x = 1e+300"),
        ("lens IS NULL", "lens is null"),
        ('"lens" is null', "lens is null"),
        ("flag = TRUE", "flag = true"),
        ("truth = 'o''clock'", "truth = 'o''clock'"),
        ("\"node id\" = 'B7'", "\"node id\" = 'B7'"),
        ('"a""b" = 1', '"a""b" = 1'),
        ('"all" = 1', '"all" = 1'),
        ('"größe" = 1 and "and" = 2', '"and" = 2 and "größe" = 1'),
    ],
)
def test_one_slice_has_one_text(written: str, canonical: str) -> None:
    assert Slice.parse(written).text == canonical


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the slice is empty"),
        ("x", "=, <, >= or is null after a column was expected, not the end of the text"),
        ("x = 1 or y = 2", "a slice has no 'or'"),
        ("x > 3", "a slice has no '>'"),
        ("x != 3", "a slice has no '!='"),
        ("x == 3", "'==' is not a sign here"),
        ("x = 1 and x = 2", "a second condition on x"),
        ("x < 1 and x < 2", "a second condition on x"),
        ("x < 1 and x >= 2", "no value of x is at least 2 and less than 1"),
        ("x = night", "'night' is a column here"),
        ("'x' = 1", "single quotes hold values"),
        ("x = null", "nothing equals null"),
        ("x = 'a", "the string that starts here does not end"),
        ("x = 1e999", "1e999 is not a finite number"),
        ("x = nan", "'nan' is a column here"),
        ("x = 99999999999999999999", "beyond the whole numbers"),
        ("x = 1 -- and y = 2", "comments"),
        ("x = 1; drop table run", "comments and several statements"),
        ("x = 'a\x00b'", "control character U+0000"),
        ("x = '\u202egpj'", "control character U+202E"),
        ("x = 1 and", "a column was expected, not the end of the text"),
        ("größe = 1", "'ö' is not part of the grammar"),
        ("x = 3x", "a number runs into a name"),
        ("x = '" + "a" * 10_001 + "'", "the text is 10,007 characters long"),
    ],
)
def test_what_is_outside_the_grammar_is_refused(text: str, says: str) -> None:
    with pytest.raises(GrammarError) as refused:
        Slice.parse(text)
    assert says in refused.value.message
    assert refused.value.code == "bad-slice"


def test_an_error_points_at_the_place() -> None:
    with pytest.raises(GrammarError) as refused:
        Slice.parse("contrast < and source = 'night'")
    assert refused.value.where == "character 12\ncontrast < and source = 'night'\n           ^"


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("all", [0, 1, 2, 3, 4]),
        ("source = 'night'", [0, 4]),
        ("source = 'o''clock'", [3]),
        ("source is null", [2]),
        ("contrast is null", [2, 3]),
        ("contrast < 0.4", [0, 4]),
        ("contrast >= 0.4", [1]),
        ("0.2 <= contrast and contrast < 0.39", [0]),
        ("contrast = 0.4", [1]),
        ("single = 0.1", [0]),
        ("single < 0.39", [0, 4]),
        ("single >= 0.1", [0, 1, 4]),
        ("single is null", [2, 3]),
        ("level = 2", [1]),
        ("level = 2.5", []),
        ("level = 300", []),
        ("level < 2.5", [0, 1]),
        ("level >= 300", []),
        ("level is null", [2]),
        ("flag = true", [0, 3]),
        ("flag is null", [2]),
        ("\"odd name\" = 'b' and level >= 2", [1]),
        ("nothing is null", [0, 1, 2, 3, 4]),
        ("nothing = 1", []),
    ],
)
def test_a_slice_finds_its_rows(text: str, rows: list[int]) -> None:
    mask = Slice.parse(text).mask(TABLE.column, TABLE.num_rows)
    assert mask.dtype == np.bool_
    assert list(np.flatnonzero(mask)) == rows


def test_chunks_and_dictionaries_with_a_null_among_their_values_match_alike() -> None:
    strange = pa.DictionaryArray.from_arrays(pa.array([0, 1, None, 2], pa.int8()), pa.array(["a", None, "b"]))
    column = pa.chunked_array([strange, strange.slice(2, 2)])
    assert list(Condition("x", "equals", value="b").mask(column)) == [False, False, False, True, False, True]
    assert list(Condition("x", "null").mask(column)) == [False, True, True, False, True, False]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("level = '2'", "level = 3 or level < 3"),
        ("source = 2", "source = 'value'"),
        ("source < 2", "source = 'value'"),
        ("flag = 'true'", "flag = true"),
    ],
)
def test_a_condition_that_can_never_match_is_an_error_not_an_empty_slice(text: str, expected: str) -> None:
    with pytest.raises(ColumnError) as refused:
        Slice.parse(text).mask(TABLE.column)
    assert refused.value.code == "condition-type"
    assert refused.value.expected == expected


def test_two_conditions_on_one_column_are_refused_when_made_too() -> None:
    with pytest.raises(GrammarError):
        Slice.of(Condition("x", "null"), Condition("x", "equals", value=1))
    with pytest.raises(GrammarError):
        Condition("x", "equals", value="a\nb")
    with pytest.raises(GrammarError):
        Condition("x", "range", low=2, high=2)


def test_an_error_shows_a_slice_to_write_instead() -> None:
    for text in ("contrast ~ 1", "", "x\x00"):
        with pytest.raises(GrammarError) as caught:
            Slice.parse(text)
        assert caught.value.next == """such as "contrast < 0.4 and source = 'night'\""""


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ("all", "x < 3", "x < 3"),
        ("x < 3", "all", "x < 3"),
        ("a = 1", "b is null", "a = 1 and b is null"),
        ("x >= 1", "x < 3", "1 <= x and x < 3"),
        ("1 <= x and x < 9", "0 <= x and x < 3", "1 <= x and x < 3"),
        ("x = 2", "x < 3", "x = 2"),
        ("x < 3", "x = 2", "x = 2"),
        ("x is null", "x is null", "x is null"),
    ],
)
def test_a_slice_within_another_is_the_rows_of_both(one: str, other: str, both: str) -> None:
    assert Slice.parse(one).within(Slice.parse(other)).text == both


def test_no_row_is_in_two_intervals_that_do_not_meet() -> None:
    with pytest.raises(GrammarError, match="no value of x"):
        Slice.parse("x < 3").within(Slice.parse("x >= 3"))
