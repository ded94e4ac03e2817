from __future__ import annotations

import math
import string

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from errata.core.errors import ColumnError, GrammarError
from errata.nouns.criterion import Column, Compare, Expression, Holds, In, IsNull, Node, Not, join, parse_expression
from errata.nouns.tokens import can_be_written

TABLE = pa.table(
    {
        "latency_ms": pa.array([100, 600, None, 700, 501], pa.int32()),
        "budget_ms": pa.array([100.0, 500.5, 500.0, math.nan, None]),
        "refused": pa.array([True, False, None, None, False]),
        "source": pa.array(["night", "day", None, "dusk", "night"]).dictionary_encode(),
        "other": pa.array(["night", "night", "day", None, "dusk"]),
        "single": pa.array([0.1, 0.2, None, math.nan, 0.3], pa.float32()),
        "when": pa.array([0, 1, 2, 3, 4], pa.timestamp("us")),
    }
)


@pytest.mark.parametrize(
    ("text", "truth"),
    [
        ("latency_ms > 500 or refused", [1, 1, -1, 1, 1]),
        ("latency_ms > 500 and not refused", [0, 1, -1, -1, 1]),
        ("latency_ms > 500.5", [0, 1, -1, 1, 1]),
        ("latency_ms <= 500.5", [1, 0, -1, 0, 0]),
        ("latency_ms = 500.5", [0, 0, -1, 0, 0]),
        ("500 < latency_ms", [0, 1, -1, 1, 1]),
        ("latency_ms > budget_ms", [0, 1, -1, -1, -1]),
        ("latency_ms is null", [0, 0, 1, 0, 0]),
        ("budget_ms is not null", [1, 1, 1, 0, 0]),
        ("budget_ms != 100", [0, 1, 1, -1, -1]),
        ("source in ('night', 'dusk')", [1, 0, -1, 1, 1]),
        ("source not in ('night')", [0, 1, -1, 1, 0]),
        ("source < 'e'", [0, 1, -1, 1, 0]),
        ("source = other", [1, 0, -1, -1, 0]),
        ("latency_ms in (100, 501.0)", [1, 0, -1, 0, 1]),
        ("single = 0.1", [1, 0, -1, -1, 0]),
        ("single > 0.1", [1, 1, -1, -1, 1]),
        ("refused = false", [0, 1, -1, -1, 1]),
        ("refused", [1, 0, -1, -1, 0]),
        ("latency_ms <> 100 or latency_ms is null", [0, 1, 1, 1, 1]),
    ],
)
def test_an_expression_holds_does_not_or_is_unknown(text: str, truth: list[int]) -> None:
    result = parse_expression(text).evaluate(TABLE.column)
    assert result.dtype == np.int8
    assert result.tolist() == truth


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("LATENCY_MS>500 OR refused", "LATENCY_MS > 500 or refused"),
        ("(a) and ((b or c))", "a and (b or c)"),
        ("(a and b) or c", "a and b or c"),
        ("a or (b or c)", "a or b or c"),
        ("not (a and b)", "not (a and b)"),
        ("not a is null", "a is not null"),
        ("not a in (1)", "a not in (1)"),
        ("1.0 <> a", "a != 1"),
        ("a in (1, 1.0, 2)", "a in (1, 2)"),
        ("\"a b\" = 'o''clock'", "\"a b\" = 'o''clock'"),
    ],
)
def test_one_expression_has_one_text(written: str, canonical: str) -> None:
    assert parse_expression(written).text == canonical


def test_an_expression_names_its_columns() -> None:
    assert parse_expression("b > a or not (c and b is null)").columns == ("b", "a", "c")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the expression is empty"),
        ("a >", "a value was expected"),
        ("a > null", "a comparison with null is never true"),
        ("1 < 2", "a column (two values need no comparing)"),
        ("1", "a value by itself says nothing"),
        ("a b", "and, or or the end was expected"),
        ("(a", "a closing parenthesis"),
        ("a in (1, 'x')", "of different types"),
        ("a in ()", "a value was expected"),
        ("a < true", "booleans have no order"),
        ("f(a) > 1", "and, or or the end was expected, not '('"),
        ("a + 1 > 2", "and, or or the end was expected, not '+'"),
        ("(" * 60 + "a" + ")" * 60, "nested too deeply"),
        ("a /* */ or b", "comments"),
    ],
)
def test_what_is_outside_the_grammar_is_refused(text: str, says: str) -> None:
    with pytest.raises(GrammarError) as refused:
        parse_expression(text)
    assert says in refused.value.message
    assert refused.value.code == "bad-expression"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("latency_ms", "holds numbers, which does not go with latency_ms"),
        ("refused > 1", "holds booleans, which does not go with refused > 1"),
        ("source = 1", "holds text, which does not go with source = 1"),
        ("latency_ms in ('a')", "holds numbers"),
        ("latency_ms > source", "holds text, which does not go with latency_ms > source"),
        ("when = '2026-01-01'", "holds values of type timestamp[us]"),
    ],
)
def test_types_that_do_not_go_together_are_refused(text: str, says: str) -> None:
    with pytest.raises(ColumnError) as refused:
        parse_expression(text).evaluate(TABLE.column)
    assert says in refused.value.message


_NUMBERS = {"i": pa.int64(), "j": pa.int16(), "x": pa.float64(), "y": pa.float64()}
_TEXTS = ["s", "t"]
_FLAGS = ["f", "g"]
_signs = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
_number = st.integers(-3, 3) | st.sampled_from([-1.5, 0.5, 2.5])
_text = st.sampled_from(["a", "b", "c'd", ""])
_number_names = st.sampled_from(sorted(_NUMBERS))
_text_names = st.sampled_from(_TEXTS)
_leaves: st.SearchStrategy[Node] = st.one_of(
    st.builds(Compare, _number_names, _signs, _number | st.builds(Column, _number_names)),
    st.builds(Compare, _text_names, _signs, _text | st.builds(Column, _text_names)),
    st.builds(Compare, st.sampled_from(_FLAGS), st.sampled_from(["=", "!="]), st.booleans()),
    st.builds(IsNull, st.sampled_from([*_NUMBERS, *_TEXTS, *_FLAGS])),
    st.builds(In, _number_names, st.lists(_number, min_size=1, max_size=3, unique=True).map(tuple)),
    st.builds(In, _text_names, st.lists(_text, min_size=1, max_size=3, unique=True).map(tuple)),
    st.builds(Holds, st.sampled_from(_FLAGS)),
)
_nodes = st.recursive(
    _leaves,
    lambda part: (
        part.map(Not)
        | st.builds(lambda w, ps: join(w, *ps), st.sampled_from(["and", "or"]), st.lists(part, min_size=2, max_size=3))
    ),
    max_leaves=8,
)


@given(_nodes)
def test_an_expression_is_what_its_text_says(node: Node) -> None:
    assert parse_expression(Expression(node).text) == Expression(node)


@given(st.text(st.sampled_from(string.printable + "ä"), max_size=40))
def test_any_text_is_an_expression_or_a_grammar_error(text: str) -> None:
    try:
        expression = parse_expression(text)
    except GrammarError:
        return
    assert parse_expression(expression.text) == expression


@st.composite
def _tables(draw: st.DrawFn) -> pa.Table:
    rows = draw(st.integers(1, 6))

    def values(of: st.SearchStrategy[object]) -> list[object]:
        return draw(st.lists(st.none() | of, min_size=rows, max_size=rows))

    columns = {name: pa.array(values(st.integers(-3, 3)), kind) for name, kind in _NUMBERS.items()}
    columns["s"] = pa.array(values(_text), pa.string()).dictionary_encode()
    columns["t"] = pa.array(values(_text), pa.string())
    columns |= {name: pa.array(values(st.booleans()), pa.bool_()) for name in _FLAGS}
    table = pa.table(columns)
    return pa.concat_tables([table.slice(0, rows // 2), table.slice(rows // 2)])


@settings(max_examples=150)
@given(_nodes, _tables())
def test_an_expression_means_what_it_means_in_sql(node: Node, table: pa.Table) -> None:
    expression = Expression(node)
    answer = duckdb.from_arrow(table).project(f"({expression.text}) as answer").fetchall()
    expected = [-1 if value is None else int(value) for (value,) in answer]
    assert expression.evaluate(table.column).tolist() == expected


def test_names_and_values_of_any_script_come_back() -> None:
    assert can_be_written("größe 夜 🌙")
    text = "\"größe 夜 🌙\" = '夜 🌙'"
    assert parse_expression(text).text == text
