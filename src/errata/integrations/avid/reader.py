"""AVID: reports and vulnerabilities of the AI Vulnerability Database, in the shapes that its tools wrote over time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Literal

from pydantic import AliasChoices, Field, model_validator

from errata.integrations.files.entries import Foreign, documents, read_as, shorter
from errata.nouns.case_import import Entry
from errata.nouns.case_parts import PartialDate
from errata.nouns.link import is_address

SOURCE = "avid"
_KINDS = {"AIID Incident": "incident", "ATLAS Case Study": "exercise"}
"""What an entry is about, by its class; all others were measured or found by testing."""


class Told(Foreign):
    """A text in a language."""

    lang: str = ""
    value: str = ""


class Artifact(Foreign):
    """What is affected."""

    type: Literal["Dataset", "Model", "System"]
    name: str = Field(min_length=1)


class Affects(Foreign):
    """Whose it is, and what."""

    developer: tuple[str, ...] = ()
    deployer: tuple[str, ...] = ()
    artifacts: tuple[Artifact, ...] = Field(default=(), validation_alias=AliasChoices("artifacts", "artifact"))


class Problem(Foreign):
    """What kind of problem it is."""

    classof: str = Field(default="", validation_alias=AliasChoices("classof", "class"))
    type: str | None = None
    description: Told = Told()


class Reference(Foreign):
    """A document about it."""

    type: str | None = None
    label: str = ""
    url: str = ""


class Named(Foreign):
    """A term of the taxonomy: ``P0102: Concept drift``, or id and name apart."""

    id: str = ""
    name: str = Field(default="", validation_alias=AliasChoices("name", "stage"))

    @model_validator(mode="before")
    @classmethod
    def _apart(cls, value: Any) -> Any:
        if isinstance(value, str):
            at, _, name = value.partition(":")
            return {"id": at.strip(), "name": name.strip()}
        return value

    def text(self) -> str:
        """``P0102: Concept drift``."""
        return ": ".join(part for part in (self.id, self.name) if part)


class Taxonomy(Foreign):
    """Where the taxonomy of AVID puts it."""

    vuln_id: str | None = None
    risk_domain: tuple[str, ...] = ()
    sep_view: tuple[Named, ...] = ()
    lifecycle_view: tuple[Named, ...] = ()


class Impact(Foreign):
    """Taxonomies; only AVID's own is read."""

    avid: Taxonomy | None = None


class Metadata(Foreign):
    """What it is called."""

    report_id: str | None = None
    vuln_id: str | None = None

    @model_validator(mode="after")
    def _named(self) -> Metadata:
        if not (self.report_id or self.vuln_id):
            raise ValueError("neither report_id nor vuln_id is given")
        return self

    @property
    def id(self) -> str:
        """The one that it has."""
        return self.report_id or self.vuln_id or ""


class Report(Foreign):
    """A report, or a vulnerability."""

    data_type: Literal["AVID"]
    metadata: Metadata
    affects: Affects | None = None
    problemtype: Problem | None = None
    metrics: tuple[dict[str, Any], ...] | None = None
    references: tuple[Reference, ...] | None = None
    description: Told | None = None
    impact: Impact | None = None
    credit: tuple[Told, ...] | None = None
    reported_date: PartialDate | None = None
    published_date: PartialDate | None = None

    @model_validator(mode="after")
    def _said(self) -> Report:
        if not (self.title or self.details):
            raise ValueError("neither problemtype nor description says what it is about")
        return self

    @property
    def title(self) -> str:
        """The problem in one line."""
        return self.problemtype.description.value.strip() if self.problemtype else ""

    @property
    def details(self) -> str:
        """The whole story."""
        return self.description.value.strip() if self.description else ""


def read(path: str) -> Iterator[Entry]:
    """The entries of a file or folder as entries of an import."""
    yield from read_as(documents(path), Report, _values)


def _values(one: Report) -> dict[str, Any]:
    affects = one.affects or Affects()
    found = (one.impact.avid if one.impact else None) or Taxonomy()
    classof = one.problemtype.classof if one.problemtype else ""
    of_type = {kind: list(dict.fromkeys(a.name for a in affects.artifacts if a.type == kind)) for kind in
               ("Model", "Dataset", "System")}  # fmt: skip
    dates = {"reported to AVID": one.reported_date, "published by AVID": one.published_date}
    return {
        "id": one.metadata.id,
        "title": shorter(one.title or one.details, 300),
        "case_kind": _KINDS.get(classof, "evaluation"),
        "why": "It is an entry of the AI Vulnerability Database" + (f", of class {classof}." if classof else "."),
        "summary": "\n\n".join(
            text for text in (one.details or one.title, "\n".join(_told(one, affects, found))) if text
        ),
        "models": of_type["Model"],
        "datasets": of_type["Dataset"],
        "systems": of_type["System"],
        "observed": "\n".join(json.dumps(metric, ensure_ascii=False, sort_keys=True) for metric in one.metrics or ()),
        "timeline": [{"at": at, "what": what} for what, at in dates.items() if at],
        "labels": [{"match": _names(term)} for term in found.sep_view if term.text()],
        "links": _links(one, found),
    }


def _told(one: Report, affects: Affects, found: Taxonomy) -> Iterator[str]:
    said = {
        "Developer": affects.developer,
        "Deployer": affects.deployer,
        "Risk domain": found.risk_domain,
        "Effect": [term.text() for term in found.sep_view],
        "Stage": [term.text() for term in found.lifecycle_view],
        "Credit": [person.value for person in one.credit or ()],
    }
    for name, values in said.items():
        if texts := [value.strip() for value in values if value.strip()]:
            yield f"{name}: {'; '.join(texts)}."


def _names(term: Named) -> list[str]:
    return [name for name in (f"avid:{term.id}" if term.id else "", term.name) if name]


def _links(one: Report, found: Taxonomy) -> list[dict[str, str]]:
    links = []
    for reference in one.references or ():
        url, label = reference.url.strip(), " ".join(reference.label.split())
        if url or label:
            target = url if is_address(url) else f"document:{shorter(url or label, 900)}"
            source = reference.type == "source"
            links.append({"predicate": "hadPrimarySource" if source else "wasInformedBy", "object": target})
    if found.vuln_id and found.vuln_id != one.metadata.id:
        links.append({"predicate": "specializationOf", "object": f"document:{found.vuln_id}"})
    return links
