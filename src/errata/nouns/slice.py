"""A slice: a conjunction of conditions on columns, with one canonical text.

    all
    contrast < 0.4 and source = 'night'
    0.2 <= contrast and contrast < 0.4 and "node id" = 'B7' and lens is null

A column takes part once: it equals a value, is null, or lies in a half-open interval. Missing values (null and NaN
alike) match ``is null`` and nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from errata.core.errors import ColumnError, GrammarError
from errata.nouns import tokens

if TYPE_CHECKING:
    import pyarrow as pa

BAD_SLICE = "bad-slice"
MAX_CONDITIONS = 64
_FORMS = "column = value, column is null, column < 3, column >= 3, joined by and; all for every row"


@dataclass(frozen=True, slots=True)
class Condition:
    """What one column must hold: ``equals`` a value, is ``null``, or a ``range`` low <= x < high (either edge open).

    Numbers are kept plain (``3.0`` becomes ``3``), so that equal conditions have equal texts. Raises GrammarError for
    what no text can say: control characters, numbers that are not finite, an interval that holds nothing.
    """

    column: str
    kind: str
    value: str | bool | int | float | None = None
    low: float | int | None = None
    high: float | int | None = None

    def __post_init__(self) -> None:
        if not self.column or not tokens.can_be_written(self.column):
            raise GrammarError(BAD_SLICE, f"a column called {ascii(self.column)[:80]} cannot stand in a slice")
        if self.kind == "equals":
            self._check_value()
        elif self.kind == "range":
            self._check_edges()
        elif self.kind != "null":
            raise ValueError(f"a condition is equals, null or range, not {self.kind!r}")

    def _check_value(self) -> None:
        value = self.value
        if isinstance(value, str):
            if not tokens.can_be_written(value):
                raise GrammarError(
                    BAD_SLICE,
                    f"a value of {self.column} cannot stand in a slice",
                    expected=f"printable text of at most {tokens.MAX_WORD:,} characters",
                    found=ascii(value[:60]),
                )
        elif not isinstance(value, bool):
            if not isinstance(value, int | float):
                raise ValueError(f"a condition's value is text, a number or a boolean, not {value!r}")
            object.__setattr__(self, "value", tokens.plain_number(value))

    def _check_edges(self) -> None:
        if self.low is None and self.high is None:
            raise ValueError("an interval has at least one edge")
        for edge in ("low", "high"):
            number = getattr(self, edge)
            if number is not None:
                object.__setattr__(self, edge, tokens.plain_number(number))
        if self.low is not None and self.high is not None and not self.low < self.high:
            raise GrammarError(
                BAD_SLICE,
                f"no value of {self.column} is at least {self.low!r} and less than {self.high!r}",
                expected="a lower edge below the upper one",
            )

    @property
    def text(self) -> str:
        """The condition in canonical form."""
        name = tokens.write_name(self.column)
        if self.kind == "null":
            return f"{name} is null"
        if self.kind == "equals":
            assert self.value is not None
            return f"{name} = {tokens.write_literal(self.value)}"
        if self.low is None:
            assert self.high is not None
            return f"{name} < {tokens.write_literal(self.high)}"
        low = tokens.write_literal(self.low)
        if self.high is None:
            return f"{name} >= {low}"
        return f"{low} <= {name} and {name} < {tokens.write_literal(self.high)}"

    def mask(self, column: pa.ChunkedArray) -> NDArray[np.bool_]:
        """Which rows of ``column`` match, bool, one per row.

        Raises ColumnError when the column's type can never hold the value (text where numbers are, and the reverse).
        """
        import pyarrow as pa

        if pa.types.is_null(column.type):
            return np.full(len(column), self.kind == "null")
        parts = [self._chunk_mask(chunk) for chunk in column.chunks]
        return np.concatenate(parts) if parts else np.zeros(0, np.bool_)

    def _chunk_mask(self, chunk: pa.Array) -> NDArray[np.bool_]:
        import pyarrow as pa
        import pyarrow.compute as pc

        if pa.types.is_dictionary(chunk.type):
            # The few distinct values are looked at once; rows only look theirs up.
            of_values = self._chunk_mask(chunk.dictionary)
            missing = np.full(1, self.kind == "null")
            index = pc.fill_null(chunk.indices.cast(pa.int64()), -1).to_numpy(zero_copy_only=False)
            looked_up: NDArray[np.bool_] = np.concatenate([of_values, missing])[index]
            return looked_up
        if self.kind == "null":
            return np.asarray(chunk.is_null(nan_is_null=True).to_numpy(zero_copy_only=False), np.bool_)
        if self.kind == "equals" and isinstance(self.value, str | bool):
            if not _can_hold(chunk.type, self.value):
                raise self._type_error(chunk.type)
            equal = pc.equal(chunk, pa.scalar(self.value, chunk.type))
            return np.asarray(pc.fill_null(equal, False).to_numpy(zero_copy_only=False), np.bool_)
        return self._number_mask(chunk)

    def _number_mask(self, chunk: pa.Array) -> NDArray[np.bool_]:
        values = numbers_of(chunk)
        if values is None:
            raise self._type_error(chunk.type)
        if self.kind == "equals":
            assert isinstance(self.value, int | float)
            match = np.asarray(values == _equal_in(values.dtype, self.value), np.bool_)
        else:
            match = np.ones(len(values), np.bool_)
            if self.low is not None:
                match &= values >= edge_in(values.dtype, self.low)
            if self.high is not None:
                match &= values < edge_in(values.dtype, self.high)
        if chunk.null_count:
            match &= np.asarray(chunk.is_valid().to_numpy(zero_copy_only=False), np.bool_)
        return match

    def _type_error(self, kind: pa.DataType) -> ColumnError:
        return ColumnError(
            "condition-type",
            f"the column {self.column} holds {type_words(kind)}, which {self.text} can never match",
            expected=_example(self.column, kind),
            found=self.text,
        )


@dataclass(frozen=True, slots=True)
class Slice:
    """Conditions on different columns, sorted by column. Make one with ``Slice.of`` or ``Slice.parse``."""

    conditions: tuple[Condition, ...] = ()

    def __post_init__(self) -> None:
        ordered = tuple(sorted(self.conditions, key=lambda condition: condition.column))
        names = [condition.column for condition in ordered]
        for first, second in pairwise(names):
            if first == second:
                raise GrammarError(
                    BAD_SLICE,
                    f"two conditions on {tokens.write_name(first)}",
                    expected="one condition on a column (an interval is one: 1 <= x and x < 2)",
                )
        if len(ordered) > MAX_CONDITIONS:
            raise GrammarError(BAD_SLICE, f"{len(ordered)} conditions", expected=f"at most {MAX_CONDITIONS}")
        object.__setattr__(self, "conditions", ordered)
        if len(self.text) > tokens.MAX_TEXT:
            raise GrammarError(BAD_SLICE, "the slice's text is too long", expected=f"at most {tokens.MAX_TEXT:,}")

    @staticmethod
    def of(*conditions: Condition) -> Slice:
        """The slice of all these conditions; of none, every row. Raises GrammarError for two on one column."""
        return Slice(conditions)

    @staticmethod
    def parse(text: str) -> Slice:
        """Read a slice, canonical or not. Raises GrammarError(``bad-slice``) with the position."""
        return _parse(text)

    @property
    def text(self) -> str:
        """The canonical text; ``all`` when there is no condition."""
        return " and ".join(condition.text for condition in self.conditions) or "all"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the conditions are on, sorted."""
        return tuple(condition.column for condition in self.conditions)

    def within(self, other: Slice) -> Slice:
        """The rows of both: conditions on one column are joined. Raises GrammarError where no row can be in both.

        Values and missing values win over intervals, which they are taken to lie in.
        """
        conditions = {condition.column: condition for condition in other.conditions}
        for own in self.conditions:
            outer = conditions.get(own.column)
            if outer is None or own.kind != "range":
                conditions[own.column] = own
            elif outer.kind == "range":
                lows = [low for low in (own.low, outer.low) if low is not None]
                highs = [high for high in (own.high, outer.high) if high is not None]
                low, high = max(lows, default=None), min(highs, default=None)
                conditions[own.column] = Condition(own.column, "range", low=low, high=high)
        return Slice.of(*conditions.values())

    def mask(self, column: Callable[[str], pa.ChunkedArray], rows: int | None = None) -> NDArray[np.bool_]:
        """Which rows match, bool, one per row; ``column`` gives a column by name.

        ``rows`` is how many rows there are; the slice of every row cannot know it otherwise. Raises ColumnError when
        a column's type can never match its condition, and whatever ``column`` raises for a name it does not know.
        """
        if not self.conditions:
            if rows is None:
                raise ValueError("the slice of every row needs to be told how many rows there are")
            return np.ones(rows, np.bool_)
        result = self.conditions[0].mask(column(self.conditions[0].column))
        for condition in self.conditions[1:]:
            result &= condition.mask(column(condition.column))
        return result

    def __str__(self) -> str:
        return self.text


def _parse(text: str) -> Slice:
    reader = tokens.Reader(text, BAD_SLICE)
    if reader.ahead.kind == "end":
        reader.refuse("the slice is empty", expected=_FORMS)
    first = reader.ahead
    if first == tokens.Token("name", "all", first.at) and text[first.at] != '"' and len(reader.tokens) == 2:
        return Slice()
    found: dict[str, Condition] = {}
    while True:
        at = reader.ahead.at
        condition = _condition(reader)
        found[condition.column] = (
            _joined(found[condition.column], condition, reader, at) if (condition.column in found) else condition
        )
        if reader.ahead.kind == "end":
            return Slice.of(*found.values())
        if reader.ahead in (tokens.Token("keyword", word, reader.ahead.at) for word in ("or", "not")):
            reader.refuse(f"a slice has no {reader.ahead.value!r}: it joins conditions by and", expected=_FORMS)
        reader.expect("keyword", "and", what="and, or the end of the text,")


def _condition(reader: tokens.Reader) -> Condition:
    """One of ``column = value``, ``column is null``, ``column < n``, ``column >= n`` and the last two turned round."""
    if number := reader.accept("number"):
        sign = reader.expect("sign", "<=", ">", "=", what="<= or > after a number")
        column = _column(reader)
        assert isinstance(number.value, int | float)
        if sign.value == "=":
            return Condition(column, "equals", value=number.value)
        edges = {"low": number.value} if sign.value == "<=" else {"high": number.value}
        return Condition(column, "range", **edges)
    column = _column(reader)
    if reader.accept("keyword", "is"):
        reader.expect("keyword", "null", what="null after is")
        return Condition(column, "null")
    sign = reader.ahead
    if sign.kind == "sign" and sign.value in {">", "<=", "!=", "<>"}:
        reader.refuse(f"a slice has no '{sign.value}'", expected="intervals are column < b and column >= a")
    reader.expect("sign", "=", "<", ">=", what="=, <, >= or is null after a column")
    if sign.value == "=":
        return Condition(column, "equals", value=_literal(reader))
    edge = reader.expect("number", what="a number")
    assert isinstance(edge.value, int | float)
    return Condition(column, "range", **({"high": edge.value} if sign.value == "<" else {"low": edge.value}))


def _column(reader: tokens.Reader) -> str:
    token = reader.ahead
    if token.kind == "string":
        reader.refuse(
            f"{token.value!r} is a value: single quotes hold values, double quotes hold column names",
            expected=f"{tokens.write_name(str(token.value) or 'column')}",
        )
    return str(reader.expect("name", what="a column").value)


def _literal(reader: tokens.Reader) -> tokens.Literal:
    token = reader.ahead
    if token.kind in {"string", "number"}:
        return reader.take().value
    if reader.accept("keyword", "true"):
        return True
    if reader.accept("keyword", "false"):
        return False
    if token.kind == "name":
        reader.refuse(f"{token.value!r} is a column here", expected=f"a value: {tokens.write_literal(token.value)}")
    if token.kind == "keyword" and token.value == "null":
        reader.refuse("nothing equals null", expected="column is null")
    reader.refuse(f"a value was expected, not {reader.seen()}")


def _joined(one: Condition, other: Condition, reader: tokens.Reader, at: int) -> Condition:
    """Two open intervals on a column as one closed on both sides; anything else twice is refused."""
    edges = [(c.low, c.high) for c in (one, other) if c.kind == "range"]
    lows = [low for low, _ in edges if low is not None]
    highs = [high for _, high in edges if high is not None]
    if len(edges) == 2 and len(lows) == len(highs) == 1:
        if not lows[0] < highs[0]:
            reader.refuse(f"no value of {one.column} is at least {lows[0]!r} and less than {highs[0]!r}", at=at)
        return Condition(one.column, "range", low=lows[0], high=highs[0])
    reader.refuse(
        f"a second condition on {tokens.write_name(one.column)}",
        expected="one condition on a column (an interval is one: 1 <= x and x < 2)",
        at=at,
    )


def numbers_of(chunk: pa.Array) -> NDArray[Any] | None:
    """The numbers of a chunk in the column's own type (missing ones as 0 or NaN); None when it holds no numbers."""
    import pyarrow as pa

    kind = chunk.type
    if pa.types.is_decimal(kind):
        chunk = chunk.cast(pa.float64())
    elif kind == pa.float16():
        chunk = chunk.cast(pa.float32())
    elif not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        return None
    values: NDArray[Any] = (chunk.fill_null(0) if chunk.null_count else chunk).to_numpy(zero_copy_only=False)
    return values


def edge_in(dtype: np.dtype[Any], edge: int | float) -> Any:
    """The edge in a column's own type, such that ``x < edge`` and ``x >= edge`` mean what the exact edge means."""
    if np.issubdtype(dtype, np.integer):
        return math.ceil(edge)
    if dtype != np.float32:
        return float(edge)
    with np.errstate(over="ignore"):
        single = np.float32(edge)
    return np.nextafter(single, np.float32(np.inf)) if float(single) < edge else single


def _equal_in(dtype: np.dtype[Any], value: int | float) -> Any:
    """The value in a column's own type: ``x = 0.1`` finds 0.1 in single precision too."""
    if np.issubdtype(dtype, np.integer):
        return value if isinstance(value, int) else math.nan
    with np.errstate(over="ignore"):
        return dtype.type(value)


def _can_hold(kind: pa.DataType, value: str | bool) -> bool:
    import pyarrow as pa

    if isinstance(value, bool):
        return bool(pa.types.is_boolean(kind))
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def type_words(kind: pa.DataType) -> str:
    """What a column of this type holds, in words."""
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if _can_hold(kind, ""):
        return "text"
    if _can_hold(kind, True):
        return "booleans"
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return "numbers"
    return f"values of type {kind}"


def _example(column: str, kind: pa.DataType) -> str:
    name = tokens.write_name(column)
    forms = {"text": f"{name} = 'value'", "booleans": f"{name} = true", "numbers": f"{name} = 3 or {name} < 3"}
    return forms.get(type_words(kind), f"{name} is null, or a condition on another column")
