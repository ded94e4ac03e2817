"""A failure criterion: an expression over columns that says when a row failed, whatever its task says.

    latency_ms > 500 or refused
    not (answer is null) and source in ('night', 'dusk') and latency_ms > budget_ms

It holds, does not, or is unknown, by SQL's three-valued logic: a comparison with a missing value (null or NaN) is
unknown, ``unknown or true`` is true, ``unknown and false`` is false.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from errata.nouns import tokens

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    Columns = Callable[[str], pa.ChunkedArray]

BAD_EXPRESSION = "bad-expression"
MAX_DEPTH = 50
_FORMS = "such as latency_ms > 500 or refused; with = != < <= > >=, is null, in (…), not, and, or, parentheses"
_SIGNS = ("=", "!=", "<", "<=", ">", ">=")
_TURNED = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


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
        return write(self.root)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it reads, each once, in order of appearance."""
        return tuple(dict.fromkeys(_columns(self.root)))

    def evaluate(self, column: Columns) -> NDArray[np.int8]:
        """Per row 1 (holds), 0 (does not), -1 (unknown); ``column`` gives a column by name.

        Raises ColumnError when the types of a comparison do not go together.
        """
        from errata.nouns.truth import evaluate

        return evaluate(self.root, column)

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
    if len({family(value) for value in values}) > 1:
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


def family(value: tokens.Literal) -> str:
    """What a column must hold to be compared with ``value``: text, booleans or numbers."""
    return "text" if isinstance(value, str) else "booleans" if isinstance(value, bool) else "numbers"


def write(node: Node) -> str:
    """The canonical text of ``node``."""
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
            return f"not ({write(part)})" if isinstance(part, Joined) else f"not {write(part)}"
        case Joined(word, parts):
            # or binds loosest: only inside and does it need parentheses.
            texts = (f"({write(p)})" if isinstance(p, Joined) and word == "and" else write(p) for p in parts)
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
