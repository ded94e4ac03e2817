"""A record: what people edit, by revision. One mechanism for every kind; a kind is one file in this room.

A kind says what its body is, which states it has and which moves between them are allowed, what may be edited by hand,
by which facets it is found, and how a body written under an older schema is read today.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from errata.core.canonical import digest_of
from errata.core.clock import stamp
from errata.core.errors import Bug, Conflict, UsageError, ValueFault
from errata.core.names import nearest
from errata.core.units import count

KINDS = {
    "case": "errata.nouns.case",
    "check": "errata.nouns.check",
    "suite": "errata.nouns.suite",
    "plan": "errata.nouns.plan",
    "saved-search": "errata.nouns.saved_search",
    "vocabulary": "errata.nouns.vocabulary",
    "round": "errata.nouns.round",
    "rubric": "errata.nouns.rubric",
    "template": "errata.nouns.template",
    "rule": "errata.nouns.rule",
    "rota": "errata.nouns.rota",
}


HEAD = ("schema", "key", "kind", "state", "revision", "created_by", "created_at", "changed_by", "changed_at")
"""What the JSON of a record says of it besides its body."""
ABOUT = ("case", "check", "duplicate-of", "subject")
"""The facets by which what is about a record is found."""


class Body(BaseModel):
    """What a record says. Bodies are frozen: an edit makes the next revision."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_max_length=100_000)

    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of record; ``name`` and ``version`` make the schema name of its bodies, ``case/1``.

    ``moves`` maps a state to the states that may follow it; the first state is where a record begins. ``facets`` are
    (name, value) pairs by which it is found, ``counted`` the names whose values a search counts, ``words`` the texts
    beside the title that free text finds, ``sorts`` what lists are ordered by: ``date`` (ISO, a day), ``severity``
    (0 is none) and ``excess``. ``about`` are the keys of the records without which it would not be: it is as sensitive
    as they are, and one of the facets ``ABOUT`` names each. ``upcasts`` maps an older version to the function that
    turns its body into the next version's; ``ways`` a field that is not written by hand to the command that sets it.
    """

    name: str
    version: int
    body: type[Body]
    moves: Mapping[str, tuple[str, ...]]
    editable: tuple[str, ...]
    facets: Callable[[Any], list[tuple[str, str]]] = lambda body: []
    counted: tuple[str, ...] = ()
    words: Callable[[Any], Iterable[str]] = lambda body: texts(body.model_dump(exclude={"title"}))
    sorts: Callable[[Any], Mapping[str, Any]] = lambda body: {}
    about: Callable[[Any], Iterable[str]] = lambda body: ()
    upcasts: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = field(default_factory=dict)
    ways: Mapping[str, str] = field(default_factory=dict)

    @property
    def schema(self) -> str:
        """The name of the current body schema."""
        return f"{self.name}/{self.version}"

    @property
    def first(self) -> str:
        """The state in which a record of this kind begins."""
        return next(iter(self.moves))

    def make(self, values: Mapping[str, Any]) -> Body:
        """A body of ``values``. Raises ValueFault with one line a fault."""
        try:
            return self.body.model_validate(dict(values))
        except ValidationError as exc:
            raise ValueFault("bad-body", f"this {self.name} cannot be kept", details=faults_of(exc, self.name)) from exc

    def read(self, schema: str, values: dict[str, Any]) -> Body:
        """A stored body, brought up to the current version; what is stored stays as it is."""
        name, _, version = schema.partition("/")
        if name != self.name or not version.isdigit() or int(version) > self.version:
            raise Bug("bad-schema", f"a {self.name} cannot be read from a body of schema {schema}")
        for step in range(int(version), self.version):
            values = self.upcasts[step](values)
        return self.make(values)

    def edited(self, body: Body, changes: Mapping[str, Any]) -> Body:
        """``body`` with ``changes``. Raises UsageError for what cannot be edited by hand."""
        self.check_editable(changes)
        return self.make({**body.model_dump(), **changes})

    def check_editable(self, names: Iterable[str]) -> None:
        """Raises UsageError ``not-editable`` for a field that people do not write."""
        for name in names:
            if name not in self.editable:
                close = [] if name in self.body.model_fields else nearest(name, list(self.editable))
                raise UsageError(
                    "not-editable",
                    f"{name!r} of a {self.name} cannot be edited",
                    expected=f"one of {', '.join(self.editable)}",
                    next=f"--set {close[0]}=TEXT" if close else self.ways.get(name, ""),
                )

    def check_move(self, key: str, before: str, after: str) -> None:
        """Raises Conflict unless ``after`` may follow ``before``."""
        if after not in self.moves[before]:
            raise Conflict(
                "bad-move",
                f"{key} is {before}, so it cannot become {after}",
                expected=f"from {before}: {', '.join(self.moves[before]) or 'nothing'}",
                found=after,
                next=f"errata {self.name} history {key}",
            )


def texts(value: Any) -> Iterator[str]:
    """Every text inside plain values, in order."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from texts(one)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from texts(one)


def faults_of(error: ValidationError, whole: str) -> list[str]:
    """What is wrong with values, a line a field; ``whole`` is what they are together."""
    return [f"{'.'.join(map(str, one['loc'])) or whole}: {said(one)}" for one in error.errors()]


def said(fault: Mapping[str, Any]) -> str:
    """What is wrong with a value, in our words; the library's where we have none."""
    context = fault.get("ctx", {})
    if fault["type"] in ("string_too_short", "too_short") and context.get("min_length") == 1:
        return "it is empty"
    if fault["type"] == "string_too_long":
        return f"it is longer than {count(context['max_length'])} characters"
    plain = {"missing": "it is not given", "extra_forbidden": "there is no such field", "string_type": "it is no text"}
    plain |= {"tuple_type": "it is no list", "float_parsing": "it is no number"}
    return plain.get(fault["type"], str(fault["msg"]).removeprefix("Value error, "))


@functools.cache
def kind_named(name: str) -> Kind:
    """The kind of this name, from its own file."""
    kind = importlib.import_module(KINDS[name]).KIND
    assert isinstance(kind, Kind)
    return kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A record at its head revision. What its body says is read as its own: ``case.title``, ``case.slice``."""

    key: str
    number: int
    kind: str
    state: str
    revision: int
    body: Any
    created_by: str
    created_at: datetime
    changed_by: str
    changed_at: datetime

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(object.__getattribute__(self, "body"), name)

    def __repr__(self) -> str:
        return f"<{self.kind} {self.key}: {self.body.title!r}, {self.state}, revision {self.revision}>"

    def to_json(self) -> dict[str, Any]:
        """Plain values of the schema of its kind, ``errata.case/1``: key, kind, state and revision, then the body."""
        name = {"schema": f"errata.{self.kind}/1"}
        head = {"key": self.key, "kind": self.kind, "state": self.state, "revision": self.revision}
        times = {
            "created_by": self.created_by,
            "created_at": stamp(self.created_at),
            "changed_by": self.changed_by,
            "changed_at": stamp(self.changed_at),
        }
        return {**name, **head, **self.body.model_dump(mode="json"), **times}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One field that differs between two revisions."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One revision of a record: the whole body, who wrote it, when and why; ``changes`` are those to the one before."""

    key: str
    revision: int
    schema: str
    state: str
    body: dict[str, Any]
    digest: str
    actor: str
    at: datetime
    reason: str
    changes: tuple[Change, ...] = ()

    def __repr__(self) -> str:
        changed = ", ".join(one.field for one in self.changes) or "nothing"
        return f"<{self.key}, revision {self.revision} by {self.actor} at {stamp(self.at)}: {changed} changed>"

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "key": self.key,
            "revision": self.revision,
            "schema": self.schema,
            "state": self.state,
            "digest": self.digest,
            "actor": self.actor,
            "at": stamp(self.at),
            "reason": self.reason,
            "changes": [{"field": c.field, "before": c.before, "after": c.after} for c in self.changes],
            "body": self.body,
        }


def differences(before: Mapping[str, Any], after: Mapping[str, Any], prefix: str = "") -> tuple[Change, ...]:
    """The fields that differ, nested ones with dots (``closed_by.run``), in alphabetical order."""
    found: list[Change] = []
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            found += differences(old, new, f"{prefix}{name}.")
        elif old != new:
            found.append(Change(field=prefix + name, before=old, after=new))
    return tuple(found)


def body_digest(schema: str, state: str, body: Mapping[str, Any]) -> str:
    """What a revision is sealed by."""
    return digest_of({"schema": schema, "state": state, "body": body})
