"""The body of a record as a form: a field for everything that people write, drawn from the body's own types."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from errata.nouns.case import KINDS
from errata.nouns.record import Kind
from errata.web.acts import Offer
from errata.web.writing import Form

EMPTY_ROWS = 2
"""So many empty rows stand under those that are filled."""
GROUPS: Mapping[str, Sequence[tuple[str, Sequence[str]]]] = {
    "case": (
        ("What it is", ("title", "case_kind", "occurred", "why", "summary")),
        ("What it affects", ("models", "datasets", "systems", "deployment")),
        ("What happened", ("input", "expected", "observed", "trigger", "detection", "timeline")),
        ("What explains it, and what was done", ("cause", "hypotheses", "resolution", "remedies")),
        ("What it costs", ("impact",)),
        ("Who answers for it, and who may read it", ("owner", "sensitivity", "licence", "consent", "permitted_use",
                                                     "retention")),
        ("Elsewhere", ("aliases", "duplicate_of", "source")),
    )
}  # fmt: skip
_LONG = ("why", "summary", "input", "expected", "observed", "cause", "trigger", "detection", "resolution", "criterion")
_SHORT_CELLS = ("at", "unit", "plan", "estimate", "low", "high")
_LABELS = {"case_kind": "Kind", "why": "Why it qualifies", "occurred": "When", "duplicate_of": "Duplicate of"}
_MEANING = {"case_kind": KINDS}
_HINTS = {
    "occurred": "2026, 2026-01 or 2026-01-05",
    "duplicate_of": "the key of another case",
    "models": "one a field: NAME@V",
    "datasets": "one a field: NAME@V",
    "timeline": "when, as far as it is known, and what happened",
    "actions": "one a field",
}
_ROW = re.compile(r"(\d{1,4})\.([a-z_]+)\Z")


@dataclass(frozen=True, slots=True)
class Cell:
    """One input: of a field that has one, or in a row of a table. ``kind`` is ``text``, ``long`` or ``select``."""

    name: str
    label: str
    kind: str
    value: str
    offers: Sequence[Offer] = ()
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a body: its inputs, the question that it answers, whether it is needed, and what is wrong with it.

    ``kind`` is ``one``, ``list`` (of texts) or ``rows``.
    """

    name: str
    label: str
    kind: str
    question: str
    hint: str
    needed: str
    cells: Sequence[Sequence[Cell]]
    fault: str = ""

    @property
    def wrong(self) -> str:
        """Everything that is wrong with it, in one line."""
        inside = (
            f"{f'row {at}, ' if self.kind == 'rows' else ''}{cell.label}: {cell.fault}"
            for at, row in enumerate(self.cells, 1)
            for cell in row
            if cell.fault
        )
        return "; ".join([*([self.fault] if self.fault else []), *inside])

    @property
    def empty(self) -> bool:
        """Whether nothing is filled in, and nothing is wrong."""
        return not self.fault and not any(
            cell.value or cell.fault for row in self.cells for cell in row if cell.kind != "select"
        )


def label_of(name: str) -> str:
    """What a field is called on a page."""
    return _LABELS.get(name) or name.replace("_", " ").capitalize()


def grouped(kind: Kind, order: Sequence[str] = ()) -> list[tuple[str, list[str]]]:
    """The fields that people write, in groups; those of a template's ``order`` first, under no heading of their own."""
    groups = GROUPS.get(kind.name, (("", kind.editable),))
    rest = [(title, [name for name in names if name not in order]) for title, names in groups]
    first = [("", [name for name in order if name in kind.editable])] if order else []
    return [(title, names) for title, names in [*first, *rest] if names]


def read(kind: Kind, form: Form) -> dict[str, Any]:
    """What a form says, as plain values: every field that people write and that the form has."""
    sent = {name.partition(".")[0] for name in form}
    return {name: _read(name, kind.body.model_fields[name], form) for name in kind.editable if name in sent}


def _read(name: str, field: FieldInfo, form: Form) -> Any:
    piece = _piece(field.annotation)
    if piece is not None:
        return _rows(name, piece, form)
    if _is_list(field.annotation):
        return form.several(name)
    text = form.one(name)
    return None if not text and _optional(field.annotation) else text


def _rows(name: str, piece: type[BaseModel], form: Form) -> list[dict[str, Any]]:
    rows: dict[int, dict[str, Any]] = {}
    for sent in form:
        at = _ROW.match(sent.removeprefix(f"{name}."))
        if sent.startswith(f"{name}.") and at and at[2] in piece.model_fields:
            wanted = piece.model_fields[at[2]].annotation
            text = form.one(sent)
            value = _number(text) if "float" in str(wanted) else text
            rows.setdefault(int(at[1]), {})[at[2]] = None if value == "" and _optional(wanted) else value
    chosen = {column for column, one in piece.model_fields.items() if _choices(one.annotation)}
    told = [
        row
        for _, row in sorted(rows.items())
        if any(value not in ("", None) for c, value in row.items() if c not in chosen)
    ]
    return [{column: row[column] for column in piece.model_fields if column in row} for row in told]


def _number(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text


def changed(before: Mapping[str, Any], typed: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed that differs from ``before``, but for white space that a form cannot keep."""
    return {name: value for name, value in typed.items() if plain(before.get(name)) != plain(value)}


def plain(value: Any) -> Any:
    """A value as a form would send it back."""
    if isinstance(value, str):
        return value.replace("\r\n", "\n").replace("\r", "\n").strip() or None
    if isinstance(value, Mapping):
        return {name: one for name in value if (one := plain(value[name])) is not None}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return value


def fields(
    kind: Kind,
    names: Sequence[str],
    values: Mapping[str, Any],
    *,
    asks: Mapping[str, str],
    requires: Sequence[str] = (),
    offers: Mapping[str, Sequence[Offer]] | None = None,
    faults: Sequence[str] = (),
) -> list[Field]:
    """Fields to be filled in, with what stands in them and what is wrong with them: lines ``timeline.0.at: …``."""
    wrong = {path: said for path, _, said in (line.partition(": ") for line in faults)}
    return [_field(kind, name, values.get(name), asks, requires, offers or {}, wrong) for name in names]


def _field(
    kind: Kind,
    name: str,
    value: Any,
    asks: Mapping[str, str],
    requires: Sequence[str],
    offers: Mapping[str, Sequence[Offer]],
    wrong: Mapping[str, str],
) -> Field:
    wanted = kind.body.model_fields[name].annotation
    given = offers.get(name, ())
    piece = _piece(wanted)
    cells: list[list[Cell]]
    if piece is not None:
        rows = [*(value or ()), *[{}] * EMPTY_ROWS]
        cells = [
            [
                _cell(f"{name}.{at}.{column}", column, info, row.get(column), wrong)
                for column, info in piece.model_fields.items()
            ]
            for at, row in enumerate(rows)
        ]
    elif _is_list(wanted):
        listed = [*(value or ()), *[""] * EMPTY_ROWS]
        cells = [
            [Cell(name, f"{label_of(name)} {at + 1}", "text", one, given, wrong.get(f"{name}.{at}", ""))]
            for at, one in enumerate(listed)
        ]
    else:
        text = "" if value is None else str(value)
        choices = _choices(wanted)
        said = "select" if choices else "long" if name in _LONG or "\n" in text else "text"
        meaning = _MEANING.get(name, {})
        choice = [(one, f"{one}: {meaning[one]}" if one in meaning else one) for one in choices]
        cells = [[Cell(name, label_of(name), said, text, choice or given)]]
    shape = "rows" if piece is not None else "list" if _is_list(wanted) else "one"
    inside = [said for path, said in wrong.items() if re.fullmatch(rf"{name}(\.\d+)?", path)]
    needed = "needed to submit it" if name in requires else ""
    if shape == "one" and kind.body.model_fields[name].is_required():
        needed = "needed"
    return Field(
        name, label_of(name), shape, asks.get(name, ""), _HINTS.get(name, ""), needed, cells, "; ".join(inside)
    )


def _cell(name: str, column: str, info: FieldInfo, value: Any, wrong: Mapping[str, str]) -> Cell:
    choices = _choices(info.annotation)
    text = (
        ""
        if value is None
        else f"{value:g}"
        if isinstance(value, float) and float(f"{value:g}") == value
        else str(value)
    )
    if choices and not text:
        text = str(info.default) if info.default in choices else choices[0]
    said = "select" if choices else "text" if column in _SHORT_CELLS else "long"
    return Cell(name, column.replace("_", " "), said, text, [(one, one) for one in choices], wrong.get(name, ""))


def _piece(wanted: Any) -> type[BaseModel] | None:
    inside = next(iter(get_args(wanted)), None) if get_origin(wanted) is tuple else None
    return inside if isinstance(inside, type) and issubclass(inside, BaseModel) else None


def _is_list(wanted: Any) -> bool:
    return get_origin(wanted) is tuple


def _optional(wanted: Any) -> bool:
    return type(None) in get_args(wanted)


def _choices(wanted: Any) -> Sequence[str]:
    return get_args(wanted) if get_origin(wanted) is Literal else ()
