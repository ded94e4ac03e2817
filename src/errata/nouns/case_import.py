"""One entry of an import: a case as somebody else tells it, with its labels and links, under the name it has there.

The published schema ``errata.case-import/1`` is made of the model in this file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, ValidationError, create_model, model_validator

from errata.core.errors import ErrataError
from errata.nouns.case import EDITABLE, CaseBody
from errata.nouns.case_parts import Piece
from errata.nouns.label import Span, read_span, texts_of
from errata.nouns.link import check_object, check_predicate
from errata.nouns.record import faults_of
from errata.nouns.vocabulary import parse_term

SCHEMA = "errata.case-import/1"
FAILURE_MODES = "failure-mode"


def _checked(check: Any, text: str) -> str:
    try:
        check(text)
    except ErrataError as exc:
        raise ValueError(exc.message) from exc
    return text


class ImportSpan(Piece):
    """Where in a text of this entry a label can be read: ``start`` and ``end``, or words that stand there once."""

    field: str = Field(min_length=1, description="A text of this entry, such as summary or timeline.0.what.")
    start: int | None = Field(default=None, ge=0)
    end: int | None = Field(default=None, ge=0)
    quote: str | None = None


class ImportLabel(Piece):
    """A term that holds of the case. ``term`` is one that the project has; ``match`` are names that another list has
    for it, the surest first: the first of which the vocabulary has an exact match or a label becomes its term."""

    term: Annotated[str, AfterValidator(lambda text: _checked(parse_term, text))] | None = Field(
        default=None, description="VOCABULARY:TERM, such as failure-mode:localization/shift."
    )
    match: tuple[str, ...] = Field(default=(), description="Names elsewhere: gmf:Concept Drift, Concept Drift.")
    vocabulary: str = Field(default=FAILURE_MODES, description="Where match is looked for.")
    status: Literal["known", "potential"] = "known"
    confidence: float | None = Field(default=None, ge=0, le=1)
    spans: tuple[ImportSpan, ...] = ()
    note: str = ""

    @model_validator(mode="after")
    def _one_of(self) -> ImportLabel:
        if (self.term is None) == (not self.match):
            raise ValueError("either term or match is given")
        return self


class ImportLink(Piece):
    """A relation of the case to something: a term of W3C PROV, and a key, run:3, an address or KIND:TEXT."""

    predicate: Annotated[str, AfterValidator(lambda text: _checked(check_predicate, text))]
    object: Annotated[str, AfterValidator(lambda text: _checked(check_object, text))]


class _Head(Piece):
    model_config = ConfigDict(title=SCHEMA, allow_inf_nan=False)

    schema_: Literal["errata.case-import/1"] = Field(default="errata.case-import/1", alias="schema")
    id: str = Field(
        min_length=1,
        max_length=200,
        pattern=r"^\S(.*\S)?$",
        description="What the entry is called where it comes from, and will be called again.",
    )
    labels: tuple[ImportLabel, ...] = ()
    links: tuple[ImportLink, ...] = ()


@cache
def model() -> type[_Head]:
    """The model of an entry: what people write of a case, and ``id``, ``labels``, ``links``."""
    told: Any = {name: (one.annotation, one) for name, one in CaseBody.model_fields.items() if name in EDITABLE}
    told["source"] = (
        str,
        Field(
            default="",
            max_length=100,
            pattern=r"^([^\s:]([^:\n]*[^\s:])?)?$",
            description="Where the entry comes from: ids are kept apart by it.",
        ),
    )
    return create_model("CaseImport", __base__=_Head, **told)


def schema() -> dict[str, Any]:
    """The JSON Schema of an entry."""
    made = model().model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:errata:schema:{SCHEMA}",
        "title": SCHEMA,
        "description": "One line of what errata import cases reads: a case, with its labels and links.",
        **{name: value for name, value in made.items() if name not in ("title", "description")},
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry as a reader hands it on: where it stood (from 1), as it stood, its values or what is wrong with it."""

    at: int
    raw: str
    name: str = ""
    values: Mapping[str, Any] | None = None
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An entry that can be kept. ``said`` are the fields that it speaks of, ``spans`` those of each of its labels."""

    at: int
    raw: str
    id: str
    source: str
    body: CaseBody
    said: frozenset[str]
    labels: tuple[ImportLabel, ...]
    spans: tuple[tuple[Span, ...], ...]
    links: tuple[ImportLink, ...]

    @property
    def alias(self) -> str:
        """``atlas:AML.CS0003``: by what the case is found when the same entry comes again."""
        return f"{self.source}:{self.id}"

    @property
    def texts(self) -> dict[str, str]:
        """The texts of the entry by their fields."""
        return _texts(self.body)


def read_entry(entry: Entry, source: str) -> Told | list[str]:
    """What an entry says, or what is wrong with it, a line a fault; ``source`` is where it comes from if not said."""
    if entry.values is None:
        return list(entry.faults)
    try:
        made = model().model_validate({**entry.values, "source": entry.values.get("source") or source})
    except ValidationError as exc:
        return faults_of(exc, "entry")
    values = {name: getattr(made, name) for name in EDITABLE if name in made.model_fields_set}
    if not values["source"]:
        return ["source: it is not given, and ids are kept apart by it (or --source NAME)"]
    alias = f"{values['source']}:{made.id}"
    values["aliases"] = tuple(dict.fromkeys([alias, *values.get("aliases", ())]))
    body = CaseBody.model_validate(values)
    spans, faults = _spans(body, made.labels)
    return faults or Told(
        at=entry.at,
        raw=entry.raw,
        id=made.id,
        source=values["source"],
        body=body,
        said=frozenset(values),
        labels=made.labels,
        spans=spans,
        links=made.links,
    )


def _texts(body: CaseBody) -> dict[str, str]:
    return dict(texts_of(body.model_dump(mode="json", exclude_unset=True)))


def _spans(body: CaseBody, labels: tuple[ImportLabel, ...]) -> tuple[tuple[tuple[Span, ...], ...], list[str]]:
    """The spans of each label as they stand in the texts, and what is wrong with the others."""
    fields = {span.field for label in labels for span in label.spans}
    plain = {name: getattr(body, name) for name in fields if name in body.model_fields_set}
    simple = len(plain) == len(fields) and all(isinstance(text, str) for text in plain.values())
    texts = plain if simple else _texts(body)
    found: list[tuple[Span, ...]] = []
    faults = []
    for at, label in enumerate(labels):
        spans = []
        for number, span in enumerate(label.spans):
            given = {"field": span.field, "start": span.start, "end": span.end, "quote": span.quote}
            try:
                spans.append(read_span(given, texts))
            except ErrataError as exc:
                faults.append(f"labels.{at}.spans.{number}: {exc.message}, {exc.found or exc.expected}")
        found.append(tuple(spans))
    return tuple(found), faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """An entry that cannot be kept: where it stood, what it is called if that can be told, and every fault."""

    at: int
    name: str
    faults: tuple[str, ...]

    def text(self, what: str) -> str:
        """``line 3 (AML.CS0003): title: it is empty``."""
        return f"{what} {self.at}{f' ({self.name})' if self.name else ''}: {'; '.join(self.faults)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What came of an import. ``ended`` are cases that were withdrawn or merged since, and stay as they are;
    ``unmapped`` counts the names that no term has; ``aside`` is the file that holds the entries that were refused."""

    format: str
    path: str
    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    same: int = 0
    ended: int = 0
    refused: tuple[Refused, ...] = ()
    labels: int = 0
    links: int = 0
    unmapped: Mapping[str, int] = field(default_factory=dict)
    aside: str | None = None
    dry_run: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain values of the schema ``errata.import/1``."""
        return {
            "schema": "errata.import/1",
            "format": self.format,
            "path": self.path,
            "new": list(self.new),
            "changed": list(self.changed),
            "same": self.same,
            "ended": self.ended,
            "refused": [{"at": one.at, "name": one.name, "faults": list(one.faults)} for one in self.refused],
            "labels": self.labels,
            "links": self.links,
            "unmapped": dict(Counter(self.unmapped).most_common()),
            "aside": self.aside,
            "dry_run": self.dry_run,
        }
