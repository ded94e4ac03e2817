"""What operations answer, as the JSON that is published, and read back from it on the other side of the network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime
from functools import cache
from typing import Any

from errata.nouns.page import Page
from errata.nouns.record import HEAD, Change, Record, Revision, kind_named

_REFERENCES = ("run:", "finding:", "gate:", "comment:")


def written(answers: str, value: Any) -> Any:
    """An answer as plain values."""
    if answers == "plain" or value is None:
        return value
    if answers == "text":
        return {"text": value}
    if answers == "report":
        return value.whole()
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
    if answers == "gate":
        return {**value.to_json(), "result": value.result}  # which says more of the run than that it is run:3
    if answers == "gates":
        return [written("gate", one) for one in value]
    if answers == "round":
        return {**value.to_json(), "vocabulary_body": value.vocabulary.model_dump(mode="json")}
    if answers == "health":
        return {**value.to_json(), "unused_tops": [list(one) for one in value.unused_tops]}
    if isinstance(value, (list, tuple)):  # a page of a search is neither
        return [one.to_json() for one in value]
    return value.to_json()


def read(answers: str, values: Any) -> Any:
    """An answer from the plain values that came over the network."""
    if answers == "plain" or values is None:
        return values
    if answers == "text":
        return values["text"]
    one = _READERS.get(answers)
    if one is not None:
        return one(values)
    return [_READERS[answers.removesuffix("s")](value) for value in values]


def written_page(answers: str, page: Any) -> Any:
    """A page as plain values: ``{"runs": [...], "cursor": ...}``; that of a search says more."""
    if not isinstance(page, Page):
        return page.to_json()
    return {answers: written(answers, page), "cursor": page.cursor}


def read_page(answers: str, values: Mapping[str, Any]) -> Any:
    """A page from the plain values that came over the network."""
    return _hits(values) if "query" in values else Page(read(answers, values[answers]), values["cursor"])


def record(values: Mapping[str, Any]) -> Record:
    """A record from its JSON."""
    kind = kind_named(values["kind"])
    body = kind.make({name: value for name, value in values.items() if name not in HEAD})
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
    kept = {name: value for name, value in values.items() if name not in ("schema", "retracted")}
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

    return _fact(Gate, values)


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

    found = (_finding(one) if "number" in one else _fact(Finding, one) for one in values["findings"])
    return read_report(dict(values), tuple(found))


def _job(values: Mapping[str, Any]) -> Any:
    from errata.nouns.job import Job

    return _fact(Job, values)


def _patterns(values: Mapping[str, Any]) -> Any:
    from errata.nouns.patterns import read_patterns

    return read_patterns(values)


def _round(values: Mapping[str, Any]) -> Any:
    from errata.nouns.agreement import Agreement
    from errata.nouns.round import Item, RoundBody, RoundView

    ours = {*HEAD, *RoundBody.model_fields}
    return RoundView(
        record=record({name: value for name, value in values.items() if name in ours}),
        vocabulary=kind_named("vocabulary").make(values["vocabulary_body"]),  # type: ignore[arg-type]
        items=tuple(_adapter(Item).validate_python(one) for one in values["items"]),
        done=values["done"],
        complete=values["complete"],
        agreement=None if values["agreement"] is None else _fact(Agreement, values["agreement"]),
    )


def _health(values: Mapping[str, Any]) -> Any:
    from errata.verbs.vocabulary_health import Health

    rows = {"overloaded": ("term", "labels"), "outdated": ("term", "labels", "choices")}
    rows["unclear"] = ("term", "round", "alpha")
    kept = {name: [[one[part] for part in parts] for one in values[name]] for name, parts in rows.items()}
    return _fact(Health, {**values, **kept})


def _described(values: Mapping[str, Any]) -> Any:
    from errata.nouns.label import Described, Subject

    texts = tuple((name, text) for name, text in values["texts"])
    return Described(**{**values, "subject": Subject.parse(values["subject"]), "texts": texts})


def _capture(values: Mapping[str, Any]) -> Any:
    from errata.nouns.candidates import CandidateSet

    return _adapter(CandidateSet).validate_python(values)


def _candidates(values: Mapping[str, Any]) -> Any:
    from errata.nouns.candidates import Candidates

    counted = ("digest", "drawn", "fresh", "known")
    manifest = {name: value for name, value in values.items() if name not in counted}
    return Candidates.read(values["digest"], manifest)


def _captured(values: Any) -> Any:
    from errata.verbs.capture import Captured

    return [
        Captured(rule=one["rule"], candidates=None, reason=one["reason"])
        if "digest" not in one
        else Captured(rule=one["rule"], candidates=_candidates(one), known=one["known"])
        for one in values
    ]


def _estimate(values: Mapping[str, Any]) -> Any:
    from errata.nouns.candidates import Estimate

    return _fact(Estimate, values)


def _profile(values: Mapping[str, Any]) -> Any:
    from errata.nouns.profile import Profile

    return _adapter(Profile).validate_python({name: value for name, value in values.items() if name != "schema"})


def _elsewhere(values: Mapping[str, Any]) -> Any:
    from errata.verbs.elsewhere import Elsewhere

    return Elsewhere(**values)


def _samples(values: Mapping[str, Any]) -> Any:
    from errata.verbs.looking import Looked

    return Looked(values["samples"], values["total"])


def _late_truth(values: Mapping[str, Any]) -> Any:
    from errata.nouns.late_truth import LateTruth

    said = {name: value for name, value in values.items() if name not in ("schema", "run", "notes")}
    return LateTruth(run=_run(values["run"]), notes=tuple(values["notes"]), **said)


def _comparison(values: Mapping[str, Any]) -> Any:
    from errata.nouns.comparison import Comparison

    return _whole(Comparison, values)


def _drift(values: Mapping[str, Any]) -> Any:
    from errata.nouns.drift import Drift

    sides = {name: values[name]["source"] for name in ("a", "b")}
    rows = {f"{name}_rows": values[name]["rows"] for name in ("a", "b")}
    return _whole(Drift, {**values, **sides, **rows})


def _diagnosis(values: Mapping[str, Any]) -> Any:
    from errata.store.soundness import Diagnosis

    return _whole(Diagnosis, values)


def _imported(values: Mapping[str, Any]) -> Any:
    from errata.nouns.case_import import Imported

    return _whole(Imported, values)


def gate_result(values: Mapping[str, Any]) -> Any:
    """What a gate said, as it was stored."""
    from errata.nouns.verdict import GateResult

    run, baseline = values["run"], values["baseline"] or {"source": None, "pairs": None}
    return _whole(GateResult, {**values, **run, "baseline": baseline["source"], "pairs": baseline["pairs"]})


def _whole(cls: Any, values: Mapping[str, Any]) -> Any:
    """A frozen dataclass from its JSON, as its fields are called and nothing else."""
    names = {one.name for one in fields(cls)}
    return _adapter(cls).validate_python({name: value for name, value in values.items() if name in names})


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
    "round": _round,
    "health": _health,
    "described": _described,
    "capture": _capture,
    "candidates": _candidates,
    "captured": _captured,
    "estimate": _estimate,
    "profile": _profile,
    "samples": _samples,
    "elsewhere": _elsewhere,
    "late-truth": _late_truth,
    "comparison": _comparison,
    "drift": _drift,
    "diagnosis": _diagnosis,
    "imported": _imported,
    "reindexed": lambda values: values["records"],
}
