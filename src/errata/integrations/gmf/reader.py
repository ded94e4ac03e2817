"""GMF: incidents of the AI Incident Database, labelled with goal, technology and technical failure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field

from errata.integrations.files.entries import Foreign, document, listed, read_as, shorter
from errata.nouns.case_import import Entry

SOURCE = "gmf"
LONGEST_QUOTE = 160
"""Quotes are of press reports and name people: no more of one is kept than shows what a label rests on."""
_GROUPS = {"task": "Goal", "technology": "Technology", "failure": "Technical failure"}


class Labelled(Foreign):
    """One label with the quotes that support it."""

    label: str = Field(min_length=1)
    confidence: Literal["known", "potential"]
    snippets: tuple[str, ...] = ()
    comment: str = ""


class Taxonomies(Foreign):
    """The three groups of labels."""

    task: tuple[Labelled, ...] = ()
    technology: tuple[Labelled, ...] = ()
    failure: tuple[Labelled, ...] = ()


class Incident(Foreign):
    """One incident."""

    incident_id: int = Field(ge=1)
    taxonomies: Taxonomies


def read(path: str) -> Iterator[Entry]:
    """The incidents of a file as entries of an import."""
    found = document(path)
    licence = found.get("licence") if isinstance(found, dict) else None
    kept = {"licence": licence} if isinstance(licence, str) else {}
    yield from read_as(listed(path, found, "incidents"), Incident, lambda one: {**_values(one), **kept})


def _values(one: Incident) -> dict[str, Any]:
    goals = [label.label for label in one.taxonomies.task] or ["goal not said"]
    observed, places = _quotes(one)
    return {
        "id": str(one.incident_id),
        "title": shorter(f"AI incident {one.incident_id}: {', '.join(goals)}", 300),
        "case_kind": "incident",
        "why": "It is an incident of the AI Incident Database, and its technical failures were labelled there.",
        "summary": "\n".join(_summary(one)),
        "observed": observed,
        "sensitivity": "confidential",
        "labels": [_label(label, places) for label in one.taxonomies.failure],
        "links": [
            {"predicate": "hadPrimarySource", "object": f"https://incidentdatabase.ai/cite/{one.incident_id}"},
        ],
    }


def _summary(one: Incident) -> Iterator[str]:
    for name, title in _GROUPS.items():
        labels: tuple[Labelled, ...] = getattr(one.taxonomies, name)
        for status in ("known", "potential"):
            if named := [label.label for label in labels if label.confidence == status]:
                yield f"{title}, {status}: {', '.join(named)}."
        for label in labels:
            if label.comment.strip():
                yield f"{label.label}: {' '.join(label.comment.split())}"


def _quotes(one: Incident) -> tuple[str, dict[str, tuple[int, int]]]:
    """The quotes that failures rest on, one a line, and where each stands."""
    text, places = "", {}
    for label in one.taxonomies.failure:
        for snippet in label.snippets:
            short = shorter(snippet, LONGEST_QUOTE)
            if short and short not in places:
                places[short] = (len(text), len(text) + len(short))
                text += short + ("…\n" if len(short) < len(" ".join(snippet.split())) else "\n")
    return text.rstrip("\n"), places


def _label(label: Labelled, places: dict[str, tuple[int, int]]) -> dict[str, Any]:
    shorts = dict.fromkeys(shorter(snippet, LONGEST_QUOTE) for snippet in label.snippets)
    spans = [(places[short], short) for short in shorts if short]
    return {
        "match": [f"gmf:{label.label}", label.label],
        "status": label.confidence,
        "note": " ".join(label.comment.split()),
        "spans": [
            {"field": "observed", "start": start, "end": end, "quote": short} for (start, end), short in spans
        ],
    }  # fmt: skip
