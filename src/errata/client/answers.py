"""What operations answer, as the JSON that is published, and read back from it on the other side of the network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime
from functools import cache
from typing import Any

from errata.nouns.record import Change, Record, Revision, kind_named

_REFERENCES = ("run:", "finding:", "gate:", "comment:")


def written(answers: str, value: Any) -> Any:
    """An answer as plain values."""
    if answers == "plain" or value is None:
        return value
    if answers == "text":
        return {"text": value}
    if answers == "linted":
        said = [{"code": one.code, "field": one.field, "found": one.found} for one in value.said]
        muted = [one.model_dump() for one in value.muted]
        return {"key": value.key, "missing": list(value.missing), "said": said, "muted": muted}
    if answers == "alikes":
        return [{**one.to_json(), "record": one.record.to_json()} for one in value]
    if answers == "rubric":
        own = isinstance(value, Record)
        return {"record": value.to_json() if own else None, "ships": None if own else value.model_dump(mode="json")}
    if answers == "templates":
        return [
            {"template": body.model_dump(mode="json"), "record": own.to_json() if own else None}
            for body, own in value.values()
        ]
    if isinstance(value, (list, tuple)):  # a page of a search is neither
        return [one.to_json() for one in value]
    return value.to_json()


def read(answers: str, values: Any) -> Any:
    """An answer from the plain values that came over the network."""
    if answers == "plain" or values is None:
        return values
    if answers == "text":
        return values["text"]
    if answers == "records" and isinstance(values, Mapping):
        return _hits(values)
    one = _READERS.get(answers)
    if one is not None:
        return one(values)
    return [_READERS[answers.removesuffix("s")](value) for value in values]


def record(values: Mapping[str, Any]) -> Record:
    """A record from its JSON."""
    names = ("key", "kind", "state", "revision", "created_by", "created_at", "changed_by", "changed_at")
    kind = kind_named(values["kind"])
    body = kind.make({name: value for name, value in values.items() if name not in names})
    return Record(
        key=values["key"],
        number=int(values["key"].rpartition("-")[2]),
        kind=values["kind"],
        state=values["state"],
        revision=values["revision"],
        body=body,
        created_by=values["created_by"],
        created_at=datetime.fromisoformat(values["created_at"]),
        changed_by=values["changed_by"],
        changed_at=datetime.fromisoformat(values["changed_at"]),
    )


def _hits(values: Mapping[str, Any]) -> Any:
    from errata.nouns.search import Facet, Hits

    facets = tuple(
        Facet(one["name"], tuple((value["value"], value["count"]) for value in one["values"]), one["more"])
        for one in values["facets"]
    )
    return Hits(
        query=values["query"],
        records=tuple(record(one) for one in values["records"]),
        total=values["total"],
        sort=values["sort"],
        unranked=values["unranked"] or "",
        facets=facets,
        cursor=values["cursor"],
    )


def _revision(values: Mapping[str, Any]) -> Revision:
    changes = tuple(Change(**one) for one in values["changes"])
    return Revision(**{**values, "at": datetime.fromisoformat(values["at"]), "changes": changes})


def _link(values: Mapping[str, Any]) -> Any:
    from errata.nouns.link import Link

    gone = values["retracted"] or {}
    at = datetime.fromisoformat(gone["at"]) if gone else None
    kept = {name: value for name, value in values.items() if name != "retracted"}
    kept["at"] = datetime.fromisoformat(kept["at"])
    return Link(**kept, retracted_by=gone.get("by"), retracted_at=at)


def _evidence(values: Mapping[str, Any]) -> Any:
    from errata.nouns.evidence import Evidence

    return Evidence.read(values["digest"], {name: value for name, value in values.items() if name != "digest"})


def _linted(values: Mapping[str, Any]) -> Any:
    from errata.nouns.case_parts import Mute
    from errata.nouns.lint import Said
    from errata.verbs.lint import Linted

    said = tuple(Said(**one) for one in values["said"])
    return Linted(values["key"], tuple(values["missing"]), said, tuple(Mute(**one) for one in values["muted"]))


@cache
def _adapter(cls: type) -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(cls)


def _fact(cls: type, values: Mapping[str, Any]) -> Any:
    """A frozen fact from its JSON: what its fields are called; ``run:3`` where a number stands."""
    kept = {}
    for one in fields(cls):
        if one.name in values:
            value = values[one.name]
            named = one.name in ("run", "baseline", "answers")
            reference = named and isinstance(value, str) and value.startswith(_REFERENCES)
            kept[one.name] = int(value.partition(":")[2]) if reference else value
    return _adapter(cls).validate_python(kept)


def _run(values: Mapping[str, Any]) -> Any:
    from errata.nouns.run import Run

    return _fact(Run, values)


def _finding(values: Mapping[str, Any]) -> Any:
    from errata.store.findings import StoredFinding

    return _fact(StoredFinding, values)


def _gate(values: Mapping[str, Any]) -> Any:
    from errata.store.gates import Gate

    about = ("gate", "number", "run", "purpose", "baseline", "actor", "at")
    result = {name: value for name, value in values.items() if name not in about}
    return _fact(Gate, {**values, "result": result})


def _label(values: Mapping[str, Any]) -> Any:
    from errata.nouns.label import Label

    return _fact(Label, {**values, "number": int(values["id"].partition(":")[2])})


def _comment(values: Mapping[str, Any]) -> Any:
    from errata.nouns.comment import Comment

    return _fact(Comment, {**values, "number": int(values["id"].partition(":")[2])})


def _subscription(values: Mapping[str, Any]) -> Any:
    from errata.nouns.subscription import Subscription

    return _fact(Subscription, values)


def _inbox(values: Mapping[str, Any]) -> Any:
    from errata.store.subscriptions import Inbox

    return _fact(Inbox, values)


def _alike(values: Mapping[str, Any]) -> Any:
    from errata.verbs.seen import Alike

    return Alike(record(values["record"]), values["score"], values["why"])


def _rubric(values: Mapping[str, Any]) -> Any:
    return record(values["record"]) if values["record"] else kind_named("rubric").make(values["ships"])


def _templates(values: Any) -> Any:
    made = [(kind_named("template").make(one["template"]), one["record"]) for one in values]
    return {body.name: (body, record(own) if own else None) for body, own in made}  # type: ignore[attr-defined]


def _event(values: Mapping[str, Any]) -> Any:
    from errata.store.events import Event

    return _fact(Event, values)


def _report(values: Mapping[str, Any]) -> Any:
    from errata.nouns.finding import Finding
    from errata.store.findings import read_report

    return read_report(dict(values), tuple(_fact(Finding, one) for one in values["findings"]))


def _job(values: Mapping[str, Any]) -> Any:
    from errata.nouns.job import Job

    return _fact(Job, values)


def _patterns(values: Mapping[str, Any]) -> Any:
    from errata.nouns.patterns import read_patterns

    return read_patterns(values)


_READERS: dict[str, Callable[[Any], Any]] = {
    "record": record,
    "revision": _revision,
    "link": _link,
    "evidence": _evidence,
    "linted": _linted,
    "run": _run,
    "finding": _finding,
    "gate": _gate,
    "job": _job,
    "event": _event,
    "alike": _alike,
    "rubric": _rubric,
    "templates": _templates,
    "label": _label,
    "comment": _comment,
    "subscription": _subscription,
    "inbox": _inbox,
    "report": _report,
    "patterns": _patterns,
}
