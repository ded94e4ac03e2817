"""The published schemas that are made of types: what is printed, as the code has it."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, get_type_hints

from pydantic import BaseModel, WithJsonSchema, create_model

from errata.nouns import case_import
from errata.nouns.agreement import Agreement, Coefficient
from errata.nouns.candidates import CandidateSet
from errata.nouns.case_import import Imported
from errata.nouns.case_parts import Mute
from errata.nouns.comment import Comment
from errata.nouns.job import Job
from errata.nouns.label import Label
from errata.nouns.late_truth import LateTruth
from errata.nouns.link import Link
from errata.nouns.part import Part
from errata.nouns.record import KINDS, Kind, Revision, kind_named
from errata.nouns.round import Item
from errata.nouns.run import Run
from errata.nouns.subscription import Subscription
from errata.nouns.vocabulary import Concept, VocabularyBody
from errata.store.backup import Contents
from errata.store.events import Event
from errata.store.findings import StoredFinding
from errata.store.tokens import Token
from errata.verbs.vocabulary_health import Health

FOLDER = Path(__file__).resolve().parent.parent / "src/errata/nouns/schemas"
SHIPPED = ("rubric", "template")
"""Kinds of which some ship with Errata, and are no records until somebody enters them."""


def of(name: str) -> Any:
    """The type of what has a published schema of its own."""
    return Annotated[Any, WithJsonSchema({"published": name})]


def said(cls: type, /, *without: str, **more: Any) -> dict[str, Any]:
    """The fields of a frozen fact with their types, but for some, and ``more`` that it prints."""
    hints = get_type_hints(cls)
    return {**{one.name: hints[one.name] for one in fields(cls) if one.name not in without}, **more}


def piece(name: str, /, **has: Any) -> type[BaseModel]:
    """The type of an object within another."""
    return create_model(name, **{key: (kind, ...) for key, kind in has.items()})


PROJECT = piece("Project", name=str, key=str)
DUTY = piece("Duty", rota=str, title=str, day=str, on_duty=str | None, until=str | None)
FINDINGS, CASES = list[of("finding")], list[of("case")]
CHANGES = piece(
    "Changes", before=str, before_model=str, error_rate=piece("Rates", before=float | None, after=float | None),
    difference=float | None, appeared=FINDINGS, gone=FINDINGS,
)  # fmt: skip
MODEL = piece("Model", model=str, run=of("run"), analysed=bool, findings=FINDINGS, changes=CHANGES | None)
REVIEW = piece(
    "Review", authors=list[str], labellers=list[str], may_verify=list[str], verified=bool, said=str
)  # fmt: skip

MORE: dict[str, dict[str, Any]] = {
    "case": {
        "checks": list[of("check")], "plans": list[str], "review": REVIEW, "links": list[of("link")],
        "labels": list[of("label")], "evidence": str | None | of("evidence"),
    },
    "vocabulary": {"labels": dict[str, int]},
    "rota": {"duty": DUTY | None},
    "round": {
        "vocabulary_name": str, "items": list[piece("Item", **said(Item), alike=float)], "done": dict[str, int],
        "complete": bool, "waiting": list[str], "agreement": Agreement | None, "vocabulary_body": VocabularyBody,
    },
    "finding": {"samples": list[dict[str, Any]]},
    "job": {"known": bool, "project": str},
    "token": {"token": str},
    "stored-gate": {"result": of("gate")},
    "contents": {"file": str, "catalog": str, "sound": bool, "faults": list[str]},
    "vocabulary-health": {"unused_tops": list[tuple[str, bool]]},
}  # fmt: skip
"""What one command or operation adds, or says more of, and others do not."""

ANSWERS: dict[str, tuple[str | type, dict[str, Any]]] = {
    "run": (
        Run,
        {"run": str, **said(Run, "parts"), "paired": bool,
         "parts": list[piece("Part", **said(Part), error_rate=float | None)]},
    ),
    "truth": (LateTruth, said(LateTruth, run=of("run"))),
    "finding": (StoredFinding, said(StoredFinding, run=str)),
    "stored-gate": (
        "A gate as the catalog keeps it: the result of errata.gate/1, with what it was about.",
        {"gate": str, "number": int, "run": str, "baseline": str | None, "purpose": str,
         "verdict": Literal["pass", "fail", "inconclusive"], "checks": list[dict[str, Any]], "roles": dict[str, Any],
         "notes": list[str], "actor": str, "at": datetime},
    ),
    "label": (Label, {"id": str, **said(Label, "number")}),
    "comment": (Comment, {"id": str, **said(Comment, "number", answers=str | None)}),
    "link": (
        Link,
        said(Link, "retracted_by", "retracted_at", retracted=piece("Retracted", by=str, at=datetime) | None),
    ),
    "job": (Job, {"job": str, **said(Job, "known", "clearance")}),
    "subscription": (Subscription, said(Subscription, query=bool)),
    "inbox": (
        "What is new of what you watch.",
        {"upto": int, "news": list[piece("News", subject=str, query=bool, total=int, events=list[Event])]},
    ),
    "candidate-set": (CandidateSet, said(CandidateSet)),
    "capture": (
        "What rules made of a run: candidates, or why there are none.",
        {"run": str, "dry_run": bool,
         "captures": list[of("candidates") | piece("NotCaptured", rule=str, reason=str)]},
    ),
    "token": ("What a program shows to act as somebody; it itself is shown once.",
              said(Token, "at", "revoked_at", revoked=bool)),
    "import": (Imported, said(Imported)),
    "history": (
        "The revisions of a record; schema is that of the body.",
        {"key": str, "revisions": list[Revision]},
    ),
    "lint": (
        "What a case lacks, and what lint says of it.",
        {"key": str, "missing": list[str], "said": list[piece("Said", code=str, field=str, found=str)],
         "muted": list[Mute]},
    ),
    "term": (
        "A term of a vocabulary, and how many labels it has.",
        {"vocabulary": str, "name": str, "revision": int, "term": str, "path": str,
         **{name: one.annotation for name, one in Concept.model_fields.items()}, "labels": int},
    ),
    "vocabulary-health": (
        Health,
        said(
            Health, "unused_tops",
            overloaded=list[piece("Overloaded", term=str, labels=int)],
            outdated=list[piece("Outdated", term=str, labels=int, choices=list[str])],
            unclear=list[piece("Unclear", term=str, round=str, alpha=Coefficient)],
        ),
    ),
    "duty": ("Who is on duty today by each rota.", {"rotas": list[DUTY]}),
    "overview": (
        "What fails most, what came back, which cases wait, and what changed since the last run.",
        {"project": PROJECT, "counts": dict[str, int], "models": list[MODEL], "came_back": CASES, "waiting": CASES,
         "gate": of("stored-gate") | None},
    ),
    "demo": (
        "The story that the demo told.",
        {"seed": int, "catalog": str, "project": PROJECT, "runs": list[str],
         "cases": list[piece("Told", key=str, slice=str, factors=list[str], state=str)], "plans": list[str],
         "gates": dict[str, str], "closed": list[str], "came_back": list[str], "mended": list[str],
         "summary": list[str], "seconds": float},
    ),
    "backup": (
        "The manifest of a backup, as it stands in the file: every table and file by its SHA-256.",
        {"catalog": str, "errata": str, "made_at": str, "made_by": str, "projects": list[str],
         "tables": list[piece("Table", name=str, rows=int, sha256=str)], "files": dict[str, list[str]]},
    ),
    "contents": (Contents, said(Contents)),
    "init": ("A catalog that was made, or was there.", {"catalog": str, "project": str, "key": str, "made": bool}),
    "check-export": ("Checks as a file.", {"checks": int, "out": str | None, "text": str}),
    "vocabulary-export": ("Where a vocabulary was written as SKOS.", {"out": str}),
    "unlink": ("The link that holds no more: subject, predicate, object.", {"retracted": list[str]}),
    "unwatch": ("What is watched no more.", {"unwatched": str}),
    "token-revoke": ("The token that counts no more.", {"revoked": str}),
    "job-prune": ("How much was let go of.", {"jobs": int, "requests": int, "uploads": int}),
    "reindex": ("How many records were indexed anew.", {"records": int}),
    "serve": ("Where the pages are served.", {"url": str}),
}  # fmt: skip
"""What is printed, in words or by its type, and what it has."""


def published() -> dict[Path, str]:
    """Every such schema as text, by its file."""
    found = {name: _made(name, text, has) for name, (text, has) in ANSWERS.items()}
    found |= {kind: _of_kind(kind_named(kind)) for kind in KINDS}
    found["list"] = _list()
    whole = {name: _bundled(value, found) for name, value in found.items()} | {"case-import": case_import.schema()}
    return {
        FOLDER / f"errata.{name}-1.json": json.dumps(value, indent=2, ensure_ascii=False) + "\n"
        for name, value in whole.items()
    }


def _of_kind(kind: Kind) -> dict[str, Any]:
    """The schema of a record: its head, its body, and what is told beside it."""
    head = {"kind": Literal[kind.name], "state": Literal[tuple(kind.moves)], "revision": int}  # type: ignore[valid-type]
    times = {"created_by": str, "created_at": datetime, "changed_by": str, "changed_at": datetime}
    ships = kind.name in SHIPPED
    key = {"key": str | None if ships else str}
    body = {name: one.rebuild_annotation() for name, one in kind.body.model_fields.items()}
    text = f"A {kind.name.replace('-', ' ')} at its newest revision. {inspect.getdoc(kind.body)}"
    if ships:
        text += "\n\nOne that ships with Errata and is no record has a body alone, and null for its key."
    optional = {*head, *times} if ships else set()
    return _made(kind.name, text, {**key, **head, **body, **times}, optional)


def _made(name: str, about: str | type, has: Mapping[str, Any], optional: Collection[str] = ()) -> dict[str, Any]:
    more = MORE.get(name, {})
    values = piece(name, **{**has, **more}).model_json_schema(mode="serialization")
    values = {key: value for key, value in _plain(values).items() if key not in ("title", "description", "required")}
    titled = f"errata.{name}/1"
    values["properties"] = {"schema": {"const": titled}, **values["properties"]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:errata:schema:{titled}",
        "title": titled,
        "description": _words(about if isinstance(about, str) else inspect.getdoc(about) or ""),
        "type": "object",
        "required": [one for one in values["properties"] if one not in {*optional, *(more.keys() - has.keys())}],
        **values,
    }


def _plain(value: Any) -> Any:
    """A schema of pydantic as ours are: all that an object has is always printed, and nothing else."""
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("published"), str):
        return {"$ref": f"urn:errata:schema:errata.{value['published']}/1"}
    kept = {name: _plain(one) for name, one in value.items() if name != "default"}
    if isinstance(kept.get("title"), str):
        del kept["title"]
    if isinstance(kept.get("description"), str):
        kept["description"] = _words(kept["description"])
    if all(one.keys() == {"type"} for one in kept.get("anyOf", [{}])):
        kept = {"type": [one["type"] for one in kept.pop("anyOf")], **kept}
    if isinstance(kept.get("properties"), dict):
        kept |= {"required": list(kept["properties"]), "additionalProperties": False}
    return kept


def _words(text: str) -> str:
    """The words of a docstring for whoever reads JSON: in one line, and without Python."""
    return " ".join(re.sub(r"\bNone\b", "null", text.replace("``", "`")).split())


def _bundled(schema: dict[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """A schema that holds all others that it refers to, so that it is enough by itself."""
    held: dict[str, Any] = {}
    waiting = list(_referred(schema))
    while waiting:
        name = waiting.pop()
        if name not in held:
            path = FOLDER / f"errata.{name}-1.json"
            held[name] = known[name] if name in known else json.loads(path.read_text())
            waiting += _referred(held[name])
    if not held:
        return schema
    return {**schema, "$defs": {**schema.get("$defs", {}), **{f"errata.{name}/1": held[name] for name in sorted(held)}}}


def _referred(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if str(value.get("$ref", "")).startswith("urn:"):
            yield value["$ref"].removeprefix("urn:errata:schema:errata.").removesuffix("/1")
        value = list(value.values())
    for one in value if isinstance(value, list) else ():
        yield from _referred(one)


def _list() -> dict[str, Any]:
    each = {"type": "object", "required": ["schema"], "properties": {"schema": {"type": "string"}}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:errata:schema:errata.list/1",
        "title": "errata.list/1",
        "description": "A list under the name of what it lists, such as cases: each names a schema of its own. "
        "What can grow has the cursor of the next page, null on the last.",
        "type": "object",
        "required": ["schema"],
        "properties": {"schema": {"const": "errata.list/1"}, "cursor": {"type": ["string", "null"]}},
        "additionalProperties": {"type": "array", "items": each},
        "minProperties": 2,
        "maxProperties": 3,
    }
