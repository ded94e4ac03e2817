"""Vocabularies: enter one, change its terms, each change one revision with a reason."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from errata.core.errors import Conflict, FileError, NotFound, UsageError
from errata.nouns import terms
from errata.nouns.record import Record
from errata.nouns.skos import from_skos, to_skos
from errata.nouns.vocabulary import ACTIVE, KIND, RETIRED, SHIPPED, VocabularyBody, parse_term, shipped
from errata.store import labels, records
from errata.store.catalog import Store, Transaction
from errata.store.vocabularies import find
from errata.store.vocabularies import named as vocabularies_named

MAX_SIZE = 20_000_000
Edit = Callable[[VocabularyBody], VocabularyBody]


def add_vocabulary(store: Store, source: str | Mapping[str, Any], *, name: str | None = None) -> Record:
    """Enter a vocabulary: one that comes with Errata by its name, one of a file (YAML, JSON or SKOS JSON-LD), or one
    of plain values. ``name`` is what it shall be called when the file's own cannot be.

    Raises NotFound ``no-such-vocabulary``, FileError, ValueFault, Conflict ``name-taken``.
    """
    body = _given(source, name)
    with store.write("vocabulary add") as transaction:
        if vocabularies_named(transaction.connection, store, body.name):
            raise Conflict(
                "name-taken",
                f"there is a vocabulary called {body.name!r}",
                expected="a name that is free",
                next=f"errata vocabulary show {body.name}",
            )
        return records.create(transaction, KIND, body, reason="added")


def get_vocabulary(store: Store, named: str) -> Record:
    """A vocabulary at its newest revision. Raises NotFound."""
    with store.read() as connection:
        return find(connection, store, named)


def counts(store: Store, named: str) -> dict[str, int]:
    """How many labels each term has; those of rounds count when they are adjudicated. Raises NotFound."""
    with store.read() as connection:
        return labels.counts(connection, store, find(connection, store, named).number)


def skos(store: Store, named: str) -> dict[str, Any]:
    """A vocabulary as SKOS in JSON-LD. Raises NotFound."""
    body = get_vocabulary(store, named).body
    assert isinstance(body, VocabularyBody)
    return to_skos(body)


def add_term(store: Store, term: str, values: Mapping[str, Any], *, reason: str = "") -> Record:
    """A vocabulary with one more term; ``term`` is ``VOCABULARY:ID``. Raises Conflict ``term-taken``, ValueFault."""
    named, at = parse_term(term)
    step = values.get("broader")

    def edit(body: VocabularyBody) -> VocabularyBody:
        broader = {"broader": body.resolve(step)} if step else {}
        return terms.added(body, at.rsplit("/", 1)[-1], {**values, **broader})

    return _change(store, "vocabulary term add", named, edit, reason or f"added {at}")


def edit_term(store: Store, term: str, changes: Mapping[str, Any], *, reason: str = "") -> Record:
    """A vocabulary with a term that says something else. Raises NotFound, UsageError, ValueFault."""
    if not changes:
        raise UsageError("no-change", "nothing was asked to change", next="errata vocabulary term edit --help")
    named, at = parse_term(term)

    def edit(body: VocabularyBody) -> VocabularyBody:
        step = changes.get("broader")
        broader = {"broader": body.resolve(step)} if step else {}
        return terms.edited(body, body.resolve(at), {**changes, **broader})

    return _change(store, "vocabulary term edit", named, edit, reason or f"edited {at}")


def rename_term(store: Store, term: str, new: str, *, reason: str, label: str = "") -> Record:
    """A term under another id; labels of the old one stay readable and can be moved. Raises Conflict."""
    named, at = parse_term(term)
    _check_reason(reason)
    return _change(
        store,
        "vocabulary term rename",
        named,
        lambda body: terms.renamed(body, body.resolve(at), new, label, reason),
        reason,
    )


def split_term(store: Store, term: str, into: Sequence[str], *, reason: str) -> Record:
    """A term replaced by two or more; whoever moves its labels chooses. Raises UsageError, Conflict."""
    named, at = parse_term(term)
    _check_reason(reason)
    return _change(
        store, "vocabulary term split", named, lambda body: terms.split(body, body.resolve(at), into, reason), reason
    )


def merge_terms(store: Store, given: Sequence[str], into: str, *, reason: str) -> Record:
    """Terms replaced by one that is there. Raises UsageError, Conflict."""
    parsed = [parse_term(one) for one in given]
    _check_reason(reason)
    if len({named for named, _ in parsed}) != 1:
        raise UsageError(
            "merge-into-what",
            "terms of one vocabulary are merged",
            found=", ".join(given) or "none",
            next="errata vocabulary term merge failure-mode:ONE failure-mode:OTHER --into TERM --reason TEXT",
        )
    return _change(
        store,
        "vocabulary term merge",
        parsed[0][0],
        lambda body: terms.merged(body, [body.resolve(at) for _, at in parsed], body.resolve(into), reason),
        reason,
    )


def deprecate_term(store: Store, term: str, *, reason: str, instead: Sequence[str] = ()) -> Record:
    """A term that is not to be used any more. Raises Conflict ``deprecated-term`` when it is not already."""
    named, at = parse_term(term)
    _check_reason(reason)
    return _change(
        store,
        "vocabulary term deprecate",
        named,
        lambda body: terms.deprecated(body, body.resolve(at), reason, [body.resolve(one) for one in instead]),
        reason,
    )


def retire_vocabulary(store: Store, named: str, *, reason: str, instead: str | None = None) -> Record:
    """Nothing new is labelled with it from now on; its labels stay, and are found as before. ``instead`` is the
    vocabulary that is used from now on.

    Raises NotFound, UsageError ``no-reason``, ``not-another``, Conflict ``bad-move`` when it is retired already.
    """
    _check_reason(reason)
    with store.write("vocabulary retire") as transaction:
        record = find(transaction.connection, store, named)
        KIND.check_move(record.body.name, record.state, RETIRED)
        other = find(transaction.connection, store, instead).body.name if instead else ""
        if other == record.body.name:
            raise UsageError(
                "not-another", f"{other} cannot be used instead of itself", expected="the name of another vocabulary"
            )
        body = record.body.model_copy(update={"instead": other})
        return records.revise(transaction, record, body, state=RETIRED, reason=reason)


def restore_vocabulary(store: Store, named: str, *, reason: str) -> Record:
    """A retired vocabulary may be used again. Raises NotFound, UsageError ``no-reason``, Conflict ``bad-move``."""
    _check_reason(reason)
    with store.write("vocabulary restore") as transaction:
        record = find(transaction.connection, store, named)
        KIND.check_move(record.body.name, record.state, ACTIVE)
        body = record.body.model_copy(update={"instead": ""})
        return records.revise(transaction, record, body, state=ACTIVE, reason=reason)


def _change(store: Store, verb: str, named: str, edit: Edit, reason: str) -> Record:
    with store.write(verb) as transaction:
        record = find(transaction.connection, store, named)
        old: VocabularyBody = record.body
        new = edit(old)
        if new == old:
            return record
        revised = records.revise(transaction, record, new, reason=reason)
        _project_moved(transaction, record.number, old, new)
        return revised


def _project_moved(transaction: Transaction, number: int, old: VocabularyBody, new: VocabularyBody) -> None:
    """What has labels of a term whose path changed is found by its new one."""
    moved = [at for at in old.concepts if old.path(at) != new.path(at)]
    if moved:
        subjects = labels.labelled_records(transaction.connection, transaction.store, number, moved)
        records.project_again(transaction, subjects)


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise UsageError(
            "no-reason",
            "a term goes out of use with a reason",
            expected="why, for whoever meets an old label",
            next="--reason TEXT",
        )


def _given(source: str | Mapping[str, Any], name: str | None) -> VocabularyBody:
    if isinstance(source, str):
        place = Path(source)
        if (body := shipped(source)) is not None and not place.exists():
            return body
        values = _read_file(place)
    else:
        values = source
    if "@graph" in values or "@context" in values:
        return from_skos(values, name)
    made = KIND.make({**values, **({"name": name} if name else {})})
    assert isinstance(made, VocabularyBody)
    return made


def _read_file(place: Path) -> Mapping[str, Any]:
    import yaml

    if not place.exists():
        raise NotFound(
            "no-such-vocabulary",
            f"Errata ships no vocabulary {str(place)!r}, and there is no such file",
            expected=f"{', '.join(SHIPPED)}, or a file of YAML, JSON or SKOS JSON-LD",
            next=f"errata vocabulary add {SHIPPED[0]}",
        )
    try:
        if place.stat().st_size > MAX_SIZE:
            raise ValueError(f"{place.stat().st_size:,} bytes")
        text = place.read_text(encoding="utf-8")
        values = json.loads(text) if place.suffix in (".json", ".jsonld") else yaml.safe_load(text)
        if not isinstance(values, dict):
            raise ValueError(f"a {type(values).__name__}")
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as exc:
        raise FileError(
            "bad-vocabulary-file",
            f"{place} cannot be read as a vocabulary",
            expected="YAML, JSON or SKOS JSON-LD with concepts",
            found=" ".join(str(exc).split())[:300],
            next="errata vocabulary export failure-mode shows one",
        ) from exc
    return values
