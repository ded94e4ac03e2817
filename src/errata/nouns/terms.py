"""Edits of a vocabulary's terms: each takes what the vocabulary says and returns what it says next.

Nothing is ever taken away, so that a label of long ago can still be read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from errata.core.errors import Conflict, UsageError
from errata.core.names import nearest
from errata.nouns.vocabulary import KIND, LANGUAGE, Concept, VocabularyBody

EDITABLE = tuple(name for name in Concept.model_fields if name not in ("replaced_by", "deprecated"))


def added(body: VocabularyBody, term: str, values: Mapping[str, Any]) -> VocabularyBody:
    """With one more concept; its label is made of its id unless given. Raises Conflict ``term-taken``, ValueFault."""
    if term in body.concepts:
        raise Conflict(
            "term-taken", f"{body.name} has a term {term!r}", next=f"errata vocabulary show {body.name}:{term}"
        )
    _check_fields(values)
    return _with(body, {term: {"pref_label": _spoken(term), **values}})


def edited(body: VocabularyBody, term: str, changes: Mapping[str, Any]) -> VocabularyBody:
    """With changes to one concept; texts by language are added to those that are there. Raises UsageError."""
    _check_fields(changes)
    old = body.concepts[term].model_dump()
    new = {
        name: {**old[name], **_by_language(value)} if isinstance(old[name], dict) else value
        for name, value in changes.items()
    }
    return _with(body, {term: {**old, **new}})


def renamed(body: VocabularyBody, term: str, new: str, label: str, reason: str) -> VocabularyBody:
    """With a concept under another id: what was below it and related to it follows, the old id says where it went."""
    if new in body.concepts:
        raise Conflict(
            "term-taken",
            f"{body.name} has a term {new!r} already",
            expected="an id that is free",
            next=f"errata vocabulary term merge {body.name}:{term} --into {new}",
        )
    check_alive(body, term)
    old = body.concepts[term].model_dump()
    concepts = {at: _following(concept, term, new) for at, concept in _dumped(body).items() if at != term}
    concepts[new] = {**old, "pref_label": {**old["pref_label"], LANGUAGE: label or _spoken(new)}}
    concepts[term] = {**old, "related": (), "exact_match": (), "replaced_by": (new,), "deprecated": reason}
    return _made(body, concepts)


def split(body: VocabularyBody, term: str, into: Sequence[str], reason: str) -> VocabularyBody:
    """With a concept replaced by two or more; those that are not there yet are made beside it.

    Raises UsageError ``split-into-what`` for fewer, Conflict ``has-narrower`` when others stand below it.
    """
    check_alive(body, term)
    if len(set(into)) < 2 or term in into:
        raise UsageError(
            "split-into-what",
            f"{term} is split into two other terms at least",
            found=" ".join(into) or "none",
            next=f"errata vocabulary term split {body.name}:{term} ONE OTHER --reason TEXT",
        )
    if below := [at for at in body.narrower(term) if not body.concepts[at].deprecated]:
        raise Conflict(
            "has-narrower",
            f"{term} has narrower terms: {', '.join(below)}",
            expected="a term with nothing below it",
            next=f"errata vocabulary term edit {body.name}:{below[0]} --broader TERM",
        )
    concepts = _dumped(body)
    for at in into:
        if at in concepts:
            check_alive(body, at)
        else:
            concepts[at] = {"pref_label": _spoken(at), "broader": body.concepts[term].broader}
    concepts[term] |= {"replaced_by": tuple(dict.fromkeys(into)), "deprecated": reason}
    return _made(body, concepts)


def merged(body: VocabularyBody, terms: Sequence[str], into: str, reason: str) -> VocabularyBody:
    """With concepts replaced by one that is there: it takes over their labels, and what stood below them."""
    check_alive(body, into)
    concepts = _dumped(body)
    for term in terms:
        check_alive(body, term)
        if term == into or into in body.descendants(term):
            raise UsageError(
                "merge-into-what",
                f"{term} cannot be merged into {into}, which is the same or below it",
                expected="a term beside or above it",
                next=f"errata vocabulary show {body.name}:{term}",
            )
        concepts = {at: _following(concept, term, into) if at != term else concept for at, concept in concepts.items()}
        old, target = body.concepts[term], concepts[into]
        for tag in {*old.pref_label, *old.alt_labels}:
            names = (*target["alt_labels"].get(tag, ()), *_one(old.pref_label.get(tag)), *old.alt_labels.get(tag, ()))
            own = target["pref_label"].get(tag)
            target["alt_labels"][tag] = tuple(name for name in dict.fromkeys(names) if name != own)
        matches = (*target["close_match"], *old.exact_match, *old.close_match)
        target["close_match"] = tuple(m for m in dict.fromkeys(matches) if m not in target["exact_match"])
        target["related"] = tuple(at for at in target["related"] if at not in terms and at != into)
        concepts[term] |= {"replaced_by": (into,), "deprecated": reason, "related": ()}
    return _made(body, concepts)


def deprecated(body: VocabularyBody, term: str, reason: str, instead: Sequence[str] = ()) -> VocabularyBody:
    """With a concept that is not to be used any more, and what is used instead, if anything."""
    check_alive(body, term)
    for other in instead:
        check_alive(body, other)
    return _with(
        body, {term: {**body.concepts[term].model_dump(), "deprecated": reason, "replaced_by": tuple(instead)}}
    )


def _check_fields(values: Mapping[str, Any]) -> None:
    for name in values:
        if name not in EDITABLE:
            close = nearest(name, list(EDITABLE), 1)
            raise UsageError(
                "not-editable",
                f"{name!r} of a term cannot be edited",
                expected=f"one of {', '.join(EDITABLE)}",
                next=f"--{close[0].replace('_', '-')} TEXT" if close else "",
            )


def check_alive(body: VocabularyBody, term: str) -> None:
    """Raises Conflict ``deprecated-term``, with what is used instead, unless the concept may be used."""
    if why := body.concepts[term].deprecated:
        instead = body.replacements(term)
        raise Conflict(
            "deprecated-term",
            f"{body.name}:{body.path(term)} is not used any more: {why}",
            expected=f"one of {', '.join(body.path(at) for at in instead)}" if instead else "a term that is used",
            next=f"errata vocabulary show {body.name}:{body.path(instead[0]) if instead else term}",
        )


def _following(concept: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    related = tuple(dict.fromkeys(new if at == old else at for at in concept["related"]))
    return {**concept, "broader": new if concept["broader"] == old else concept["broader"], "related": related}


def _dumped(body: VocabularyBody) -> dict[str, dict[str, Any]]:
    return {at: concept.model_dump() for at, concept in body.concepts.items()}


def _with(body: VocabularyBody, concepts: Mapping[str, Any]) -> VocabularyBody:
    return _made(body, {**_dumped(body), **concepts})


def _made(body: VocabularyBody, concepts: Mapping[str, Any]) -> VocabularyBody:
    made = KIND.make({**body.model_dump(), "concepts": concepts})
    assert isinstance(made, VocabularyBody)
    return made


def _by_language(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {LANGUAGE: value}


def _one(text: str | None) -> tuple[str, ...]:
    return () if text is None else (text,)


def _spoken(term: str) -> str:
    """``false-alarm`` → ``False alarm``."""
    return term.replace("-", " ").capitalize()
