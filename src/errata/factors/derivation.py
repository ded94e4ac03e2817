"""A derived factor by its name: ``hour(time)``, ``ratio(price, "list price")``, ``since_deploy(time, '2026-01-01')``.

The name is all there is to it: a function that is known, of columns, and, where it takes them, of a moment and a word.
It has one canonical text, so that it can stand in a slice as a column does (``"hour(time)" = 3``), and is computed from
that text wherever the slice is looked up. Texts are parsed against what is listed here and never run.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from errata.core.errors import ColumnError, GrammarError
from errata.core.names import nearest
from errata.factors.function import Argument, Function, Parameter, fits
from errata.nouns import tokens

if TYPE_CHECKING:
    import pyarrow as pa

BAD = "bad-derivation"
_ROOMS = ("errata.factors.time", "errata.factors.text", "errata.factors.numeric")


@dataclass(frozen=True, slots=True)
class Column:
    """A column as an argument."""

    name: str


@dataclass(frozen=True, slots=True)
class Derivation:
    """A function applied to columns; ``arguments`` has one entry a parameter. Make one with ``Derivation.parse``."""

    function: str
    arguments: tuple[Column | datetime | str, ...]

    @staticmethod
    def parse(text: str) -> Derivation:
        """Read one derivation. Raises GrammarError(``bad-derivation``) with the position."""
        reader = tokens.Reader(text, BAD)
        found = _call(reader)
        if reader.ahead.kind != "end":
            reader.refuse(f"the end of the text was expected, not {reader.seen()}")
        return found

    @property
    def text(self) -> str:
        """The canonical name: columns as a slice writes them, moments in UTC, the usual word left away."""
        parameters = functions()[self.function].parameters
        said = [
            _written(one)
            for parameter, one in zip(parameters, self.arguments, strict=True)
            if not parameter.words or one != parameter.words[0]
        ]
        return f"{self.function}({', '.join(said)})"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it is derived from, each once."""
        return tuple(dict.fromkeys(one.name for one in self.arguments if isinstance(one, Column)))

    @property
    def kind(self) -> pa.DataType:
        """The type of its values."""
        return functions()[self.function].kind()

    def check(self, schema: pa.Schema, source: str) -> None:
        """Raise ColumnError for a column that ``schema`` has not, or whose type the function cannot take."""
        function = functions()[self.function]
        for parameter, one in zip(function.parameters, self.arguments, strict=True):
            if not isinstance(one, Column):
                continue
            if one.name not in schema.names:
                near = nearest(one.name, schema.names)
                raise ColumnError(
                    "no-such-column",
                    f"{source} has no column {one.name!r}, which {self.text} is derived from",
                    expected=f"one like {one.name!r}: {', '.join(near)}" if near else "the name of a column",
                    found=", ".join(schema.names[:40]),
                    where=source,
                    next=f"--derive {shlex.quote(self._with(one, near[0]).text if near else function.form)}",
                )
            assert parameter.column is not None
            kind = schema.field(one.name).type
            if not fits(kind, parameter.column):
                raise ColumnError(
                    "derive-type",
                    f"{self.text} cannot be derived: {one.name} does not hold {parameter.column}",
                    expected=f"{function.form} of a column of {parameter.column}",
                    found=str(kind),
                    where=source,
                    next=f"--derive '{function.form}' with another column",
                )

    def _with(self, old: Column, name: str) -> Derivation:
        """The same of another column."""
        return Derivation(self.function, tuple(Column(name) if one == old else one for one in self.arguments))

    def of(self, columns: dict[str, pa.Array]) -> pa.Array:
        """Its value per row, of the values of its ``columns``; null where one of them is missing."""
        arguments: list[Argument] = [columns[one.name] if isinstance(one, Column) else one for one in self.arguments]
        return functions()[self.function].of(arguments)


@cache
def functions() -> dict[str, Function]:
    """Every function by name."""
    return {one.name: one for room in _ROOMS for one in import_module(room).FUNCTIONS}


def parse_all(texts: Iterable[str]) -> tuple[str, ...]:
    """The canonical names in texts such as ``hour(time), length(question)``, each once. Raises GrammarError."""
    found: dict[str, None] = {}
    for text in texts:
        reader = tokens.Reader(text, BAD)
        while True:
            found[_call(reader).text] = None
            if reader.ahead.kind == "end":
                break
            reader.expect("sign", ",", what="a comma, or the end of the text,")
    return tuple(found)


def derivation_of(name: str) -> Derivation | None:
    """The derivation that a column's name says; None where it says none."""
    try:
        return Derivation.parse(name)
    except GrammarError:
        return None


def _call(reader: tokens.Reader) -> Derivation:
    at = reader.ahead.at
    bare = reader.text[at : at + 1] != '"'
    name = reader.expect("name", what="a function")
    function = functions().get(str(name.value).lower()) if bare else None
    if function is None or reader.ahead != tokens.Token("sign", "(", reader.ahead.at):
        near = nearest(str(name.value), list(functions()))
        hint = ", ".join(one.form for one in functions().values())
        if function is None and reader.ahead.kind == "sign" and reader.ahead.value == "(":
            reader.refuse(
                f"there is no function {name.value!r}",
                expected=f"{near[0]} or another of {hint}" if near else hint,
                at=at,
            )
        reader.refuse(f"{str(name.value)!r} is no function of columns", expected=hint, at=at)
    reader.take()
    arguments: list[Column | datetime | str] = []
    for place, parameter in enumerate(function.parameters):
        if parameter.words and reader.ahead == tokens.Token("sign", ")", reader.ahead.at):
            arguments.append(parameter.words[0])
            continue
        if place:
            reader.expect("sign", ",", what=f"a comma and {_wanted(parameter)}")
        arguments.append(_argument(reader, parameter))
    if reader.ahead == tokens.Token("sign", ",", reader.ahead.at):
        reader.refuse(f"{function.name} takes no more than this", expected=function.form)
    reader.expect("sign", ")", what=")")
    return Derivation(function.name, tuple(arguments))


def _argument(reader: tokens.Reader, parameter: Parameter) -> Column | datetime | str:
    token = reader.ahead
    if token.kind == "string" and parameter.words:
        if token.value not in parameter.words:
            reader.refuse(f"the {parameter.name} cannot be {token.value!r}", expected=" or ".join(parameter.words))
        return str(reader.take().value)
    if token.kind == "string" and parameter.moment:
        return _moment(reader)
    if token.kind == "string":
        reader.refuse(
            f"{token.value!r} is a value: single quotes hold values, double quotes hold column names",
            expected=tokens.write_name(str(token.value) or "column"),
        )
    if parameter.column is None or token.kind != "name":
        reader.refuse(f"{_wanted(parameter)} was expected, not {reader.seen()}")
    return Column(str(reader.take().value))


def _moment(reader: tokens.Reader) -> datetime:
    at = reader.ahead.at
    text = str(reader.take().value)
    try:
        found = datetime.fromisoformat(text)
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        reader.refuse(f"{text!r} is no moment", expected="'2026-01-31' or '2026-01-31T09:00:00Z'", at=at)
    return found


def _wanted(parameter: Parameter) -> str:
    if parameter.words:
        return " or ".join(f"'{word}'" for word in parameter.words)
    return f"a column of {parameter.column}" + (" or a moment such as '2026-01-31'" if parameter.moment else "")


def _written(argument: Column | datetime | str) -> str:
    if isinstance(argument, Column):
        return tokens.write_name(argument.name)
    if isinstance(argument, str):
        return tokens.write_literal(argument)
    midnight = argument.time() == argument.time().min
    plain = argument.replace(tzinfo=None)
    return tokens.write_literal(plain.date().isoformat() if midnight else plain.isoformat() + "Z")


def derivations(names: Sequence[str]) -> dict[str, Derivation]:
    """Those of the names that say a derivation, by the name as it was given."""
    found = ((name, derivation_of(name)) for name in names)
    return {name: one for name, one in found if one is not None}
