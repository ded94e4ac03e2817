"""OSV: vulnerabilities of open source packages, in the format that their databases share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field, model_validator

from errata.integrations.files.entries import Foreign, documents, read_as, shorter
from errata.nouns.case_import import Entry
from errata.nouns.link import is_address

SOURCE = "osv"
_PREDICATES = {
    "ADVISORY": "hadPrimarySource", "REPORT": "hadPrimarySource", "FIX": "wasInvalidatedBy",
    "INTRODUCED": "wasGeneratedBy",
}  # fmt: skip
_TIME = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$"


class Package(Foreign):
    """A package of an ecosystem."""

    ecosystem: str = Field(min_length=1)
    name: str = Field(min_length=1)


class Severity(Foreign):
    """A score, as its own standard writes it."""

    type: str
    score: str


class Range(Foreign):
    """Where it was introduced, and where it ended."""

    type: Literal["GIT", "SEMVER", "ECOSYSTEM"]
    repo: str | None = None
    events: tuple[dict[str, str], ...] = Field(min_length=1)


class Affected(Foreign):
    """What is affected: a package, and which versions of it."""

    package: Package | None = None
    severity: tuple[Severity, ...] | None = None
    ranges: tuple[Range, ...] | None = None
    versions: tuple[str, ...] | None = None


class Reference(Foreign):
    """A document about it."""

    type: str
    url: str


class Credit(Foreign):
    """Who had a part in it."""

    name: str
    type: str | None = None


class Vulnerability(Foreign):
    """One entry."""

    id: str = Field(min_length=1)
    modified: str = Field(pattern=_TIME)
    published: str | None = Field(default=None, pattern=_TIME)
    withdrawn: str | None = Field(default=None, pattern=_TIME)
    aliases: tuple[str, ...] | None = None
    upstream: tuple[str, ...] | None = None
    related: tuple[str, ...] | None = None
    summary: str = ""
    details: str = ""
    severity: tuple[Severity, ...] | None = None
    affected: tuple[Affected, ...] | None = None
    references: tuple[Reference, ...] | None = None
    credits: tuple[Credit, ...] | None = None

    @model_validator(mode="after")
    def _said(self) -> Vulnerability:
        if not (self.summary.strip() or self.details.strip()):
            raise ValueError("neither summary nor details says what it is about")
        return self


def read(path: str) -> Iterator[Entry]:
    """The entries of a file or folder as entries of an import."""
    yield from read_as(documents(path), Vulnerability, _values)


def _values(one: Vulnerability) -> dict[str, Any]:
    packages = [f"{of.package.ecosystem}/{of.package.name}" for of in one.affected or () if of.package]
    days = {"published": one.published, "withdrawn by who published it": one.withdrawn}
    credits = [f"{person.name} ({person.type})" if person.type else person.name for person in one.credits or ()]
    return {
        "id": one.id,
        "title": shorter(one.summary.strip() or one.details, 300),
        "case_kind": "near-miss",
        "why": "It is a vulnerability of software, published in the format of OSV.",
        "summary": (one.details.strip() or one.summary) + (f"\n\nCredit: {'; '.join(credits)}." if credits else ""),
        "systems": list(dict.fromkeys(packages)),
        "observed": "\n".join(_observed(one)),
        "aliases": list(one.aliases or ()),
        "timeline": sorted(({"at": at[:40], "what": what} for what, at in days.items() if at), key=lambda m: m["at"]),
        "links": list(_links(one)),
    }


def _observed(one: Vulnerability) -> Iterator[str]:
    for score in one.severity or ():
        yield f"Severity: {score.type} {score.score}"
    for of in one.affected or ():
        name = f"{of.package.ecosystem}/{of.package.name}" if of.package else "Affected"
        for score in of.severity or ():
            yield f"{name}: severity {score.type} {score.score}"
        for span in of.ranges or ():
            events = ", ".join(f"{what} {version}" for event in span.events for what, version in event.items())
            yield f"{name}: {span.type}{f' {span.repo}' if span.repo else ''}: {events}"
        if of.versions:
            yield f"{name}: versions {', '.join(of.versions)}"


def _links(one: Vulnerability) -> Iterator[dict[str, str]]:
    for reference in one.references or ():
        url = reference.url.strip()
        target = url if is_address(url) else f"document:{shorter(url, 900)}"
        if url:
            yield {"predicate": _PREDICATES.get(reference.type, "wasInformedBy"), "object": target}
    for other in one.upstream or ():
        yield {"predicate": "wasDerivedFrom", "object": f"document:{other}"}
    for other in one.related or ():
        yield {"predicate": "wasInfluencedBy", "object": f"document:{other}"}
