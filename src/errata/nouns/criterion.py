"""A failure criterion: an expression over columns that says when a row failed, whatever its task says.

    latency_ms > 500 or refused
    not (answer is null) and source in ('night', 'dusk') and latency_ms > budget_ms

It holds, does not, or is unknown, by SQL's three-valued logic: a comparison with a missing value (null or NaN) is
unknown, ``unknown or true`` is true, ``unknown and false`` is false.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from errata.core.errors import ColumnError
from errata.nouns import tokens
from errata.nouns.slice import numbers_of, type_words

if TYPE_CHECKING:
    import pyarrow as pa

    Columns = Callable[[str], pa.ChunkedArray]

BAD_EXPRESSION = "bad-expression"
MAX_DEPTH = 50
_FORMS = "such as latency_ms > 500 or refused; with = != < <= > >=, is null, in (…), not, and, or, parentheses"
_SIGNS = ("=", "!=", "<", "<=", ">", ">=")
_TURNED = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_NUMPY: dict[str, Callable[[Any, Any], Any]] = {
    "=": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}
_ARROW = {"=": "equal", "!=": "not_equal", "<": "less", "<=": "less_equal", ">": "greater", ">=": "greater_equal"}

# Inside, truth is ordered, so that and is the minimum, or the maximum, and not turns it round.
_FALSE, _UNKNOWN, _TRUE = 0, 1, 2
_Truth = NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Column:
    """Another column on the right of a comparison."""

    name: str


@dataclass(frozen=True, slots=True)
class Compare:
    """``column sign other``; ``other`` is a value or a Column."""

    column: str
    sign: str
    other: tokens.Literal | Column


@dataclass(frozen=True, slots=True)
class IsNull:
    """``column is null``: never unknown."""

    column: str


@dataclass(frozen=True, slots=True)
class In:
    """``column in (values)``; the values are all text or all numbers."""

    column: str
    values: tuple[tokens.Literal, ...]


@dataclass(frozen=True, slots=True)
class Holds:
    """A boolean column by itself."""

    column: str


@dataclass(frozen=True, slots=True)
class Not:
    """``not part``."""

    part: Node


@dataclass(frozen=True, slots=True)
class Joined:
    """``parts`` joined by ``and`` or ``or``."""

    word: str
    parts: tuple[Node, ...]


Node = Compare | IsNull | In | Holds | Not | Joined


@dataclass(frozen=True, slots=True)
class Expression:
    """A failure criterion. Make one with ``parse_expression``."""

    root: Node

    @property
    def text(self) -> str:
        """The canonical text: one spelling, and no parentheses that change nothing."""
        return _write(self.root)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it reads, each once, in order of appearance."""
        return tuple(dict.fromkeys(_columns(self.root)))

    def evaluate(self, column: Columns) -> NDArray[np.int8]:
        """Per row 1 (holds), 0 (does not), -1 (unknown); ``column`` gives a column by name.

        Raises ColumnError when the types of a comparison do not go together.
        """
        outside = np.array([0, -1, 1], np.int8)
        result: NDArray[np.int8] = outside[_evaluate(self.root, column)]
        return result

    def __str__(self) -> str:
        return self.text


def parse_expression(text: str) -> Expression:
    """Read a failure criterion. Raises GrammarError(``bad-expression``) with the position."""
    reader = tokens.Reader(text, BAD_EXPRESSION)
    if reader.ahead.kind == "end":
        reader.refuse("the expression is empty", expected=_FORMS)
    root = _any(reader, 0)
    if reader.ahead.kind != "end":
        reader.refuse(f"and, or or the end was expected, not {reader.seen()}", expected=_FORMS)
    return Expression(root)


def _any(reader: tokens.Reader, depth: int) -> Node:
    return _join("or", lambda: _join("and", lambda: _one(reader, depth), reader), reader)


def _join(word: str, part: Callable[[], Node], reader: tokens.Reader) -> Node:
    parts = [part()]
    while reader.accept("keyword", word):
        parts.append(part())
    return join(word, *parts)


def join(word: str, *parts: Node) -> Node:
    """``parts`` joined by ``and`` or ``or``, without nesting what is joined by the same word; one part stays itself."""
    flat: list[Node] = []
    for part in parts:
        flat += part.parts if isinstance(part, Joined) and part.word == word else [part]
    return flat[0] if len(flat) == 1 else Joined(word, tuple(flat))


def _one(reader: tokens.Reader, depth: int) -> Node:
    if depth > MAX_DEPTH:
        reader.refuse("the expression is nested too deeply", expected=f"at most {MAX_DEPTH} levels")
    if reader.accept("keyword", "not"):
        return Not(_one(reader, depth + 1))
    if reader.accept("sign", "("):
        inner = _any(reader, depth + 1)
        reader.expect("sign", ")", what="a closing parenthesis")
        return inner
    return _predicate(reader)


def _predicate(reader: tokens.Reader) -> Node:
    start = reader.ahead
    if start.kind in {"string", "number"} or (start.kind == "keyword" and start.value in {"true", "false"}):
        return _turned(reader)
    name = str(reader.expect("name", what="a column").value)
    if reader.accept("keyword", "is"):
        turned = reader.accept("keyword", "not")
        reader.expect("keyword", "null", what="null after is")
        return Not(IsNull(name)) if turned else IsNull(name)
    if reader.accept("keyword", "not"):
        reader.expect("keyword", "in", what="in after not")
        return Not(_in(name, reader))
    if reader.accept("keyword", "in"):
        return _in(name, reader)
    sign = _sign(reader)
    if sign is None:
        return Holds(name)
    if other := reader.accept("name"):
        return Compare(name, sign, Column(str(other.value)))
    return _comparison(name, sign, _literal(reader), reader, start.at)


def _turned(reader: tokens.Reader) -> Node:
    at = reader.ahead.at
    value = _literal(reader)
    sign = _sign(reader)
    if sign is None:
        reader.refuse(f"a value by itself says nothing; {reader.seen()} follows it", expected=_FORMS, at=at)
    column = reader.expect("name", what="a column (two values need no comparing)")
    return _comparison(str(column.value), _TURNED[sign], value, reader, at)


def _sign(reader: tokens.Reader) -> str | None:
    sign = reader.accept("sign", "<>", *_SIGNS)
    return None if sign is None else str(sign.value).replace("<>", "!=")


def _comparison(name: str, sign: str, value: tokens.Literal, reader: tokens.Reader, at: int) -> Compare:
    if isinstance(value, bool) and sign not in {"=", "!="}:
        reader.refuse("booleans have no order", expected="= or !=", at=at)
    return Compare(name, sign, value)


def _in(name: str, reader: tokens.Reader) -> In:
    at = reader.ahead.at
    reader.expect("sign", "(", what="a list in parentheses")
    values = [_literal(reader)]
    while reader.accept("sign", ","):
        values.append(_literal(reader))
    reader.expect("sign", ")", what="a comma or the closing parenthesis")
    if len({_family(value) for value in values}) > 1:
        reader.refuse("the values of a list are of different types", expected="all text, or all numbers", at=at)
    return In(name, tuple(dict.fromkeys(values)))


def _literal(reader: tokens.Reader) -> tokens.Literal:
    token = reader.ahead
    if token.kind in {"string", "number"}:
        return reader.take().value
    if reader.accept("keyword", "true"):
        return True
    if reader.accept("keyword", "false"):
        return False
    if token.kind == "keyword" and token.value == "null":
        reader.refuse("a comparison with null is never true", expected="column is null")
    reader.refuse(f"a value was expected, not {reader.seen()}", expected="'text', a number, true or false")


def _family(value: tokens.Literal) -> str:
    return "text" if isinstance(value, str) else "booleans" if isinstance(value, bool) else "numbers"


def _write(node: Node) -> str:
    match node:
        case Compare(column, sign, Column(other)):
            return f"{tokens.write_name(column)} {sign} {tokens.write_name(other)}"
        case Compare(column, sign, other):
            assert not isinstance(other, Column)
            return f"{tokens.write_name(column)} {sign} {tokens.write_literal(other)}"
        case IsNull(column):
            return f"{tokens.write_name(column)} is null"
        case In(column):
            return f"{tokens.write_name(column)} in {_list(node)}"
        case Holds(column):
            return tokens.write_name(column)
        case Not(IsNull(column)):
            return f"{tokens.write_name(column)} is not null"
        case Not(In(column) as within):
            return f"{tokens.write_name(column)} not in {_list(within)}"
        case Not(part):
            return f"not ({_write(part)})" if isinstance(part, Joined) else f"not {_write(part)}"
        case Joined(word, parts):
            # or binds loosest: only inside and does it need parentheses.
            texts = (f"({_write(p)})" if isinstance(p, Joined) and word == "and" else _write(p) for p in parts)
            return f" {word} ".join(texts)


def _list(node: In) -> str:
    return "(" + ", ".join(tokens.write_literal(value) for value in node.values) + ")"


def _columns(node: Node) -> Iterator[str]:
    match node:
        case Not(part):
            yield from _columns(part)
        case Joined(_, parts):
            for part in parts:
                yield from _columns(part)
        case Compare(column, _, Column(other)):
            yield from (column, other)
        case _:
            yield node.column


def _evaluate(node: Node, column: Columns) -> _Truth:
    match node:
        case Not(part):
            return np.asarray(_TRUE - _evaluate(part, column), np.int8)
        case Joined(word, parts):
            combine = np.minimum if word == "and" else np.maximum
            result = _evaluate(parts[0], column)
            for part in parts[1:]:
                result = combine(result, _evaluate(part, column))
            return result
        case IsNull(name):
            missing = column(name).is_null(nan_is_null=True) if _can_be_nan(column(name)) else column(name).is_null()
            return np.where(missing.to_numpy(), np.int8(_TRUE), np.int8(_FALSE))
        case Compare(name, sign, Column(other)):
            return _between_columns(node, name, sign, other, column)
        case _:
            values = column(node.column)
            return _concatenate([_chunk(node, chunk) for chunk in values.chunks])


def _can_be_nan(column: pa.ChunkedArray) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_floating(column.type))


def _concatenate(parts: list[_Truth]) -> _Truth:
    return np.concatenate(parts) if parts else np.zeros(0, np.int8)


def _chunk(node: Compare | In | Holds, chunk: pa.Array) -> _Truth:
    """The truth of a leaf that compares a column with values, for one chunk of it."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_null(chunk.type):
        return np.full(len(chunk), _UNKNOWN, np.int8)
    if pa.types.is_dictionary(chunk.type):
        of_values = np.append(_chunk(node, chunk.dictionary), np.int8(_UNKNOWN))
        looked_up: _Truth = of_values[pc.fill_null(chunk.indices.cast(pa.int64()), -1).to_numpy(zero_copy_only=False)]
        return looked_up
    holds = type_words(chunk.type)
    if isinstance(node, Holds):
        if holds != "booleans":
            raise _type_error(node, node.column, holds)
        return _from_arrow(chunk)
    values = node.values if isinstance(node, In) else (node.other,)
    assert not isinstance(values[0], Column)
    if holds != _family(values[0]):
        raise _type_error(node, node.column, holds)
    if holds == "numbers":
        return _numbers_chunk(node, chunk)
    if isinstance(node, In):
        within = pc.is_in(chunk, value_set=pa.array(list(node.values), chunk.type))
        return _from_arrow(pc.if_else(chunk.is_valid(), within, None))
    return _from_arrow(pc.call_function(_ARROW[node.sign], [chunk, pa.scalar(node.other, chunk.type)]))


def _from_arrow(truth: pa.Array) -> _Truth:
    import pyarrow as pa
    import pyarrow.compute as pc

    known = pc.if_else(truth, pa.scalar(_TRUE, pa.int8()), pa.scalar(_FALSE, pa.int8()))
    return np.asarray(pc.fill_null(known, _UNKNOWN).to_numpy(zero_copy_only=False), np.int8)


def _numbers_chunk(node: Compare | In, chunk: pa.Array) -> _Truth:
    values = numbers_of(chunk)
    assert values is not None
    if isinstance(node, In):
        true = np.zeros(len(values), np.bool_)
        for value in node.values:
            assert isinstance(value, int | float)
            true |= _compare_numbers(values, "=", value)
    else:
        assert isinstance(node.other, int | float)
        true = _compare_numbers(values, node.sign, node.other)
    return _with_missing(true, _missing(chunk))


def _compare_numbers(values: NDArray[Any], sign: str, other: int | float) -> NDArray[np.bool_]:
    """Exact where the column's type could round: whole numbers against 2.5, single precision against 0.1."""
    if values.dtype.kind in "iu":
        if sign in {"=", "!="}:
            return np.asarray(_NUMPY[sign](values, other if float(other).is_integer() else math.nan), np.bool_)
        other = math.ceil(other) if sign in {"<", ">="} else math.floor(other)
    elif values.dtype == np.float32:
        if sign in {"=", "!="}:
            with np.errstate(over="ignore"):
                return np.asarray(_NUMPY[sign](values, np.float32(other)), np.bool_)
        values = values.astype(np.float64)
    return np.asarray(_NUMPY[sign](values, other), np.bool_)


def _missing(chunk: pa.Array) -> NDArray[np.bool_]:
    import pyarrow as pa

    nan_too = pa.types.is_floating(chunk.type)
    return np.asarray(chunk.is_null(nan_is_null=nan_too).to_numpy(zero_copy_only=False), np.bool_)


def _with_missing(true: NDArray[np.bool_], missing: NDArray[np.bool_]) -> _Truth:
    return np.where(missing, np.int8(_UNKNOWN), np.where(true, np.int8(_TRUE), np.int8(_FALSE)))


def _between_columns(node: Node, name: str, sign: str, other: str, column: Columns) -> _Truth:
    import pyarrow as pa
    import pyarrow.compute as pc

    one, two = (_plain(column(each)) for each in (name, other))
    if pa.types.is_null(one.type) or pa.types.is_null(two.type):
        return np.full(len(one), _UNKNOWN, np.int8)
    holds = type_words(one.type)
    if holds != type_words(two.type):
        raise _type_error(node, other, type_words(two.type), than=f"{tokens.write_name(name)} holds {holds}")
    if holds == "numbers":
        left, right = numbers_of(one), numbers_of(two)
        assert left is not None and right is not None
        return _with_missing(np.asarray(_NUMPY[sign](left, right), np.bool_), _missing(one) | _missing(two))
    if holds != "text" and sign not in {"=", "!="} and one.type != two.type:
        raise _type_error(node, name, holds, than="they have no common order")
    if pa.types.is_large_string(two.type):
        one = one.cast(two.type)
    return _from_arrow(pc.call_function(_ARROW[sign], [one, two]))


def _plain(column: pa.ChunkedArray) -> pa.Array:
    import pyarrow as pa

    kind = column.type
    column = column.cast(kind.value_type) if pa.types.is_dictionary(kind) else column
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def _type_error(node: Node, name: str, holds: str, than: str = "") -> ColumnError:
    name = tokens.write_name(name)
    forms = {"text": f"{name} = 'value'", "booleans": f"{name}, or not {name}", "numbers": f"{name} > 0"}
    return ColumnError(
        "condition-type",
        f"the column {name} holds {holds}, which does not go with {_write(node)}",
        expected=than or forms.get(holds, f"{name} is null"),
        found=_write(node),
    )
