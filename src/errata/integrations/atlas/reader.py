"""MITRE ATLAS: case studies of attacks on systems that learn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import Field

from errata.integrations.files.entries import Foreign, document, listed, read_as, shorter
from errata.nouns.case_import import Entry
from errata.nouns.case_parts import PartialDate
from errata.nouns.link import is_address

SOURCE = "atlas"
_KNOWN_TO = {"YEAR": 4, "MONTH": 7, "DATE": 10}
"""How much of a date was known, which is stored with the first day of it: ``2026-01-01`` may be a year."""


class Step(Foreign):
    """One step of an attack."""

    tactic: str = ""
    technique: str = Field(min_length=1)
    description: str = ""


class Reference(Foreign):
    """A document about it."""

    title: str | None = None
    url: str | None = None


class Study(Foreign):
    """One case study."""

    id: str = Field(min_length=1)
    name: str = Field(min_length=1)
    summary: str = Field(min_length=1)
    kind: Literal["exercise", "incident"] = Field(alias="case-study-type")
    date: PartialDate = Field(alias="incident-date")
    granularity: Literal["YEAR", "MONTH", "DATE"] = Field(default="DATE", alias="incident-date-granularity")
    procedure: tuple[Step, ...] = ()
    target: str = ""
    actor: str = ""
    reporter: str | None = None
    references: tuple[Reference, ...] | None = None


def read(path: str) -> Iterator[Entry]:
    """The case studies of a file as entries of an import."""
    found = document(path)
    terms = found.get("terms") if isinstance(found, dict) else None
    named = {str(at): str(name) for at, name in terms.items()} if isinstance(terms, dict) else {}
    licence = found.get("licence") if isinstance(found, dict) else None
    kept = {"licence": licence} if isinstance(licence, str) else {}
    entries = listed(path, found, "case_studies", "case-studies")
    yield from read_as(entries, Study, lambda one: {**_values(one, named), **kept})


def _values(one: Study, named: Mapping[str, str]) -> dict[str, Any]:
    references = one.references or ()
    titles = [reference.title.strip() for reference in references if reference.title]
    told = "\n".join(["", "", "References:", *(f"- {title}" for title in titles)]) if titles else ""
    links = dict.fromkeys(_object(reference) for reference in references if reference.url or reference.title)
    return {
        "id": one.id,
        "title": shorter(one.name, 300),
        "case_kind": one.kind,
        "why": f"It is a case study of MITRE ATLAS: an {one.kind}.",
        "summary": one.summary.strip() + told,
        "occurred": one.date[: _KNOWN_TO[one.granularity]],
        "systems": [one.target] if one.target else [],
        "observed": "\n\n".join(_step(at, step, named) for at, step in enumerate(one.procedure, 1)),
        "trigger": f"Actor: {one.actor}" if one.actor else "",
        "detection": f"Reported by {one.reporter}" if one.reporter else "",
        "labels": [
            {"match": _names(technique, named)} for technique in dict.fromkeys(step.technique for step in one.procedure)
        ],
        "links": [{"predicate": "hadPrimarySource", "object": target} for target in links],
    }


def _step(at: int, step: Step, named: Mapping[str, str]) -> str:
    tactic = f"{named.get(step.tactic, step.tactic)}: " if step.tactic else ""
    technique = f"{named[step.technique]} ({step.technique})" if step.technique in named else step.technique
    return f"{at}. {tactic}{technique}\n{step.description.strip()}".rstrip()


def _names(technique: str, named: Mapping[str, str]) -> list[str]:
    """What a vocabulary may know a technique by, or the one that it is a part of: `AML.T0051` of `AML.T0051.000`."""
    whole = ".".join(technique.split(".")[:2])
    return list(
        dict.fromkeys(
            name for one in (technique, whole) for name in (f"atlas:{one}", named.get(one, "")) if name
        )
    )  # fmt: skip


def _object(reference: Reference) -> str:
    url, title = (reference.url or "").strip(), " ".join((reference.title or "").split())
    return url if is_address(url) else f"document:{shorter(url or title, 900)}"
