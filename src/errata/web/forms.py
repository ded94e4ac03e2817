"""The form below an analysis: what can be chosen, from the columns that the run has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from errata.core.columns import is_list, is_number, is_text, value_type
from errata.nouns.roles import COLUMN_ROLES
from errata.web.asking import Asked

MOST = 60
"""The most columns that are offered to be ticked."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One value that can be chosen."""

    value: str
    label: str
    on: bool


@dataclass(frozen=True, slots=True)
class Field:
    """``kind`` is ``select``, ``several`` (to be ticked), ``text`` or ``number``; ``least``, ``most`` and ``step`` are
    a number's."""

    name: str
    label: str
    kind: str
    id: str
    choices: tuple[Choice, ...] = ()
    value: str = ""
    hint: str = ""
    least: str = ""
    most: str = ""
    step: str = ""


def fields(
    options: Sequence[str], asked: Asked, schema: pa.Schema, roles: dict[str, Any], runs: Sequence[Any]
) -> list[Field]:
    """A field for each option that an analysis takes."""
    return [field for name in options for field in _field(name, asked, schema, roles, runs)]


def _field(name: str, asked: Asked, schema: pa.Schema, roles: dict[str, Any], runs: Sequence[Any]) -> list[Field]:
    named = {roles.get(role) for role in COLUMN_ROLES} - {roles.get("time"), roles.get("group")}
    scores = roles.get("scores") or ()
    free = [one for one in schema if one.name not in named and one.name not in scores]
    groups = [one.name for one in free if _names_things(one.type)]
    factors = [one.name for one in free if _names_things(one.type) or is_number(value_type(one.type))]
    value = getattr(asked, name)
    if name == "time":
        times = [one.name for one in schema if pa.types.is_timestamp(one.type) or pa.types.is_date(one.type)]
        return [_select(name, "Time of the prediction", times, value, roles.get("time"), "no column holds times")]
    if name == "group":
        return [
            _select(
                name,
                "Task that is tried again",
                [one.name for one in schema if _names_things(one.type)],
                value,
                roles.get("group"),
            )
        ]
    if name == "score":
        numbers = [one.name for one in schema if pa.types.is_floating(one.type)]
        return [_select(name, "Confidence in the prediction", numbers, value, roles.get("score"))]
    if name == "model_from":
        return [_select(name, "Version of the model", groups, value, None)]
    if name == "bucket":
        choices = (("auto", "as the rows allow"), ("hour", "hour"), ("day", "day"))
        return [Field(name, "By", "select", name, tuple(Choice(v, label, v == value) for v, label in choices))]
    if name == "clusters":
        ways = (("kmeans", "k-means"), ("hdbscan", "HDBSCAN (density)"))
        return [Field(name, "By", "select", name, tuple(Choice(v, label, v == value) for v, label in ways))]
    if name == "embedding":
        columns = [one.name for one in schema if is_list(one.type)]
        return [_several(name, "Alike in (otherwise the embedding, or the numeric factors)", columns + factors, value)]
    if name == "split":
        hint = "COLUMN or COLUMN=TRAIN"
        return [Field(name, "What tells training rows apart", "text", name, (), value or "", hint)]
    if name == "sizes":
        return [Field(name, "Size of the training set, a column or parameter", "text", name, (), value or "")]
    if name in ("nodes", "fairness", "strata", "stages"):
        labels = {"nodes": "Machines, hardware, versions", "fairness": "Groups", "stages": "Stages, in their order",
                  "strata": "Tell traffic apart by (otherwise by what differs most)"}  # fmt: skip
        lists = [one.name for one in schema if is_list(one.type)] if name == "stages" else []
        return [_several(name, labels[name], factors if name == "strata" else groups + lists, value)]
    if name == "heatmap":
        first, second = [*value, "", ""][:2]
        return [
            _select(name, "Down", factors, first, None, usual="what says most about failures"),
            _select(name, "Across", factors, second, None, usual="what says most about failures", id="heatmap-across"),
        ]
    if name in ("traffic", "train"):
        usual = "nothing: as if factors were independent" if name == "traffic" else "this run"
        offers = [Choice("", usual, not value)]
        offers += [Choice(one.ref, f"{one.ref} {one.model} on {one.dataset}", one.ref == value) for one in runs]
        label = "How often combinations occur, from" if name == "traffic" else "Training rows are those of"
        return [Field(name, label, "select", name, tuple(offers))]
    written = "" if value is None else str(value)
    if name == "precision":
        hint = "a share: 0.05 is ±5 percent points"
        return [Field(name, "An interval suffices at ±", "number", name, (), written, hint, "0.001", "0.499", "any")]
    if name == "strength":
        return [Field(name, "Factors in a combination, at most", "number", name, (), written, "", "1", "3", "1")]
    if name == "costs":
        return [Field(name, "What errors cost", "text", name, (), written, "fp=1,fn=5")]
    return [Field(name, "Positive class", "text", name, (), written or str(roles.get("positive") or ""))]


def _select(
    name: str, label: str, columns: Sequence[str], value: str | None, role: str | None, none: str = "", *,
    usual: str = "", id: str | None = None,
) -> Field:  # fmt: skip
    """Of one column; what the run was logged with stands first."""
    first = usual or (f"{role}, as logged" if role else "choose a column" if columns else none or "none fits")
    choices = [Choice("", first, not value)]
    offered = [*columns, *([value] if value and value not in columns else [])]
    choices += [Choice(one, one, one == value) for one in offered if one != role or one == value]
    return Field(name, label, "select", id or name, tuple(choices))


def _several(name: str, label: str, columns: Sequence[str], value: Sequence[str]) -> Field:
    offered = [*value, *(one for one in columns if one not in value)]
    hint = f"{len(offered) - MOST:,} more: name them in the address, ?{name}=COLUMN" if len(offered) > MOST else ""
    chosen = tuple(Choice(one, one, one in value) for one in offered[:MOST])
    return Field(name, label, "several", name, chosen, hint=hint or ("" if chosen else "no column fits"))


def _names_things(kind: pa.DataType) -> bool:
    """Whether values of a type name something: texts, whole numbers, truth values."""
    value = value_type(kind)
    return bool(is_text(value) or pa.types.is_integer(value) or pa.types.is_boolean(value))
