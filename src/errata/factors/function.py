"""What a derived factor is computed by: a function of columns, known by name, with the kinds of its arguments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from errata.core.columns import is_list, is_number, is_text

if TYPE_CHECKING:
    import pyarrow as pa

Argument = Any
"""A column's values (an Arrow array), a moment (an aware datetime in UTC), or a word."""

TIME, CLOCK, TEXT, COUNTED, NUMBER = "times", "times of day", "text", "text or lists", "numbers"
"""Kinds of columns, as a message calls them."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One place between the parentheses. ``column`` is the kind of column that may stand there, None if none may;
    ``moment`` says that a moment may; ``words`` are the words that may, the first of them where none is given."""

    name: str
    column: str | None = None
    moment: bool = False
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Function:
    """A function of columns. ``of`` gets one argument a parameter and returns a value per row, null where one of the
    columns is missing or the value is not finite. ``kind`` is the type of its values, as a call without arguments.
    """

    name: str
    parameters: tuple[Parameter, ...]
    kind: Callable[[], pa.DataType]
    of: Callable[[Sequence[Argument]], pa.Array]

    @property
    def form(self) -> str:
        """How it is called: ``hour(time)``."""
        return f"{self.name}({', '.join(one.name for one in self.parameters if not one.words)})"


def fits(kind: pa.DataType, wanted: str) -> bool:
    """Whether a column of this type is of the kind that a parameter wants."""
    from pyarrow import types

    if types.is_null(kind):
        return True
    clock = types.is_timestamp(kind)
    if wanted in (TIME, CLOCK):
        return bool(clock or (wanted == TIME and types.is_date(kind)))
    if wanted == NUMBER:
        return is_number(kind)
    return is_text(kind) or (wanted == COUNTED and is_list(kind))


def finite(values: NDArray[np.float64]) -> pa.Array:
    """Floats, null where they are not finite."""
    import pyarrow as pa

    return pa.array(values, pa.float64(), mask=~np.isfinite(values))


def share(values: NDArray[np.float64]) -> pa.Array:
    """Shares in steps of 0.0001, which a slice can name in four digits; null where not finite."""
    return finite(np.round(values, 4))


def by_value(column: pa.Array, of: Callable[[pa.Array], pa.Array]) -> pa.Array:
    """``of`` of the distinct values, looked up for each row, where a column comes with a dictionary."""
    import pyarrow as pa

    if not pa.types.is_dictionary(column.type):
        return of(column)
    return of(column.dictionary).take(column.indices)


def a_float() -> pa.DataType:
    """Of a function whose values are floats."""
    import pyarrow as pa

    return pa.float64()


def a_name() -> pa.DataType:
    """Of a function whose values are few words."""
    import pyarrow as pa

    return pa.dictionary(pa.int32(), pa.string())
