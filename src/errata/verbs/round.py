"""Labelling rounds: open, label blind, close, compare, adjudicate."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from errata.core.errors import Conflict, NotFound, UsageError
from errata.core.names import nearest
from errata.nouns.agreement import Agreement
from errata.nouns.label import Label, Subject, check_said
from errata.nouns.record import Record
from errata.nouns.round import ADJUDICATED, CLOSED, KIND, OPEN, Answer, Item, RoundView
from errata.nouns.vocabulary import RETIRED, VocabularyBody
from errata.store import labels, records, vocabularies
from errata.store.catalog import Store, Transaction
from errata.verbs.label import check_samples, check_subject


@dataclass(frozen=True, slots=True)
class _Round:
    """A round under way: its record, its vocabulary at the revision that it was opened with, and that one's number."""

    record: Record
    body: VocabularyBody
    vocabulary: int


def open_round(
    store: Store,
    *,
    title: str,
    vocabulary: str,
    subjects: Sequence[str],
    actors: Sequence[str],
    many: bool = False,
    choices: Sequence[str] = (),
    instructions: str = "",
) -> Record:
    """A round in which ``actors`` label ``subjects`` without seeing each other's answers.

    ``many`` allows several terms a subject, ``choices`` are the only ones to be given. Raises GrammarError, NotFound,
    Conflict, ValueFault.
    """
    parsed = [Subject.parse(text) for text in dict.fromkeys(subjects)]
    check_samples(store, parsed)
    with store.write("round open") as transaction:
        found = vocabularies.find(transaction.connection, store, vocabulary)
        body: VocabularyBody = found.body
        if found.state == RETIRED:
            raise Conflict("retired-vocabulary", f"{body.name} is retired", next="errata vocabulary list")
        for about in parsed:
            check_subject(transaction, about)
        values = {
            "title": title,
            "vocabulary": found.key,
            "vocabulary_revision": found.revision,
            "subjects": tuple(about.text for about in parsed),
            "actors": tuple(dict.fromkeys(actors)),
            "many": many,
            "choices": tuple(body.resolve(term.removeprefix(f"{body.name}:")) for term in choices),
            "instructions": instructions,
        }
        return records.create(transaction, KIND, KIND.make(values), reason="opened")


def label_in_round(
    store: Store, key: str, subject: str, terms: Sequence[str], *, confidence: float | None = None, note: str = ""
) -> list[Label]:
    """The actor's answer for one subject, instead of any given before; no term takes it back.

    Raises NotFound ``not-in-round``, Conflict ``round-closed``, ``not-a-labeller``, UsageError ``one-term``,
    ``not-a-choice``.
    """
    check_said("known", confidence)
    with store.write("round label") as transaction:
        at = _round(transaction, key)
        if at.record.state != OPEN:
            raise Conflict(
                "round-closed",
                f"{key} is {at.record.state}, so nobody labels in it any more",
                next=f"errata round show {key}",
            )
        if store.actor not in at.record.actors:
            raise Conflict(
                "not-a-labeller",
                f"{store.actor} does not label in {key}",
                expected=f"one of {', '.join(at.record.actors)}",
                next=f"ERRATA_ACTOR={at.record.actors[0]}",
            )
        _check_in(at, subject)
        chosen = _chosen(at, terms)
        old = labels.labels(
            transaction.connection,
            store,
            labels.of_round(at.record.number),
            labels.by(store.actor),
            labels.about([subject]),
            labels.standing(),
        )
        kept = [
            label for label in old if (label.term in chosen, label.note, label.confidence) == (True, note, confidence)
        ]
        gone = [label for label in old if label not in kept]
        if gone:
            labels.retract(transaction, gone, "answered anew")
        known = {label.term for label in kept}
        _say(transaction, at, subject, [term for term in chosen if term not in known], note, confidence=confidence)
        return labels.labels(
            transaction.connection,
            store,
            labels.of_round(at.record.number),
            labels.by(store.actor),
            labels.about([subject]),
            labels.standing(),
        )


def close_round(store: Store, key: str, reason: str = "") -> RoundView:
    """End the labelling: everybody may see every answer. What two or more agree on is decided at once.

    Raises NotFound, Conflict ``bad-move`` when it is closed, ``no-answers`` when nobody labelled.
    """
    with store.write("round close") as transaction:
        at = _round(transaction, key)
        KIND.check_move(key, at.record.state, CLOSED)
        if not labels.answered(transaction.connection, store, at.record.number):
            raise Conflict(
                "no-answers",
                f"nobody has labelled anything in {key}",
                expected="an answer at least",
                next=f"errata round label {key} {at.record.subjects[0]} TERM",
            )
        closed = records.revise(transaction, at.record, state=CLOSED, reason=reason or "closed")
        at = _Round(closed, at.body, at.vocabulary)
        items = _items(transaction, at)
        same = [item for item in items if len(item.answers) > 1 and item.alike == 1]
        for item in same:
            count = f"{len(item.answers)} of {len(item.answers)} agree"
            _say(transaction, at, item.subject, item.answers[0].terms, count, adjudicates=True)
        records.project_again(transaction, [item.subject for item in same])
        _finish(transaction, at)
    return view_round(store, key)


def adjudicate(store: Store, key: str, subject: str, terms: Sequence[str], reason: str) -> RoundView:
    """Decide what a subject is, after the round was closed; this is the label that counts outside of it.

    The round is adjudicated once everything that was answered is decided. Raises NotFound ``not-in-round``, Conflict
    ``round-open``, UsageError ``no-reason``, ``one-term``, ``not-a-choice``.
    """
    if not reason.strip():
        raise UsageError("no-reason", "a decision has a reason", next="--reason TEXT")
    with store.write("round adjudicate") as transaction:
        at = _round(transaction, key)
        if at.record.state == OPEN:
            raise Conflict(
                "round-open",
                f"{key} is open: answers are decided on after it is closed",
                next=f"errata round close {key}",
            )
        _check_in(at, subject)
        chosen = _chosen(at, terms)
        if not chosen:
            raise UsageError("one-term", "a decision names a term", next=f"errata round show {key}")
        before = [
            label
            for label in labels.labels(
                transaction.connection,
                store,
                labels.of_round(at.record.number),
                labels.about([subject]),
                labels.standing(),
            )
            if label.adjudicates
        ]
        if before:
            labels.retract(transaction, before, f"decided anew: {reason}")
        _say(transaction, at, subject, chosen, reason, adjudicates=True)
        records.project_again(transaction, [subject])
        _finish(transaction, at)
    return view_round(store, key)


def view_round(store: Store, key: str) -> RoundView:
    """A round as the actor may see it. Raises NotFound."""
    with store.read() as connection:
        record = records.get(connection, store, key, "round")
        number = int(record.vocabulary.rpartition("-")[2])
        body = labels.body_at(connection, store, number, record.vocabulary_revision)
        items = _gathered(record, labels.labels(connection, store, labels.of_round(record.number), labels.standing()))
        done = labels.answered(connection, store, record.number)
    complete = all(done.get(actor, 0) == len(record.subjects) for actor in record.actors)
    if record.state == OPEN:
        mine = {store.actor: done[store.actor]} if store.actor in done else {}
        return RoundView(record=record, vocabulary=body, items=items, done=mine, complete=complete)
    agreed = _agreement(record, items)
    return RoundView(record=record, vocabulary=body, items=items, done=done, complete=complete, agreement=agreed)


def _agreement(record: Record, items: Sequence[Item]) -> Agreement:
    from errata.analysis.agreement import MASI, NOMINAL, agreement

    table = []
    for item in items:
        said = {answer.actor: answer.terms for answer in item.answers}
        row = [frozenset(said[actor]) if actor in said else None for actor in record.actors]
        table.append(row if record.many else [next(iter(one)) if one else None for one in row])
    return agreement(table, MASI if record.many else NOMINAL)


def _round(transaction: Transaction, key: str) -> _Round:
    record = records.get(transaction.connection, transaction.store, key, "round")
    number = int(record.vocabulary.rpartition("-")[2])
    body = labels.body_at(transaction.connection, transaction.store, number, record.vocabulary_revision)
    return _Round(record, body, number)


def _items(transaction: Transaction, at: _Round) -> tuple[Item, ...]:
    standing = (labels.of_round(at.record.number), labels.standing())
    return _gathered(at.record, labels.labels(transaction.connection, transaction.store, *standing))


def _gathered(record: Record, given: Sequence[Label]) -> tuple[Item, ...]:
    answers: dict[str, dict[str, list[Label]]] = defaultdict(lambda: defaultdict(list))
    decided: dict[str, list[Label]] = defaultdict(list)
    for label in given:
        if label.adjudicates:
            decided[label.subject].append(label)
        else:
            answers[label.subject][label.actor].append(label)
    return tuple(
        Item(
            subject=subject,
            answers=tuple(
                Answer(actor, tuple(sorted(one.term for one in said)), said[0].note)
                for actor, said in sorted(answers[subject].items())
            ),
            decided=tuple(sorted(one.term for one in decided[subject])) if subject in decided else None,
            decided_by=decided[subject][0].actor if subject in decided else "",
            note=decided[subject][0].note if subject in decided else "",
        )
        for subject in record.subjects
    )


def _finish(transaction: Transaction, at: _Round) -> None:
    if at.record.state == CLOSED and not any(item.waits for item in _items(transaction, at)):
        records.revise(transaction, at.record, state=ADJUDICATED, reason="everything that was answered is decided")


def _say(
    transaction: Transaction,
    at: _Round,
    subject: str,
    terms: Sequence[str],
    note: str,
    *,
    confidence: float | None = None,
    adjudicates: bool = False,
) -> None:
    said = [
        labels.Said(
            subject=subject,
            vocabulary=at.vocabulary,
            revision=at.record.vocabulary_revision,
            term=term,
            confidence=confidence,
            note=note,
            round=at.record.number,
            adjudicates=adjudicates,
        )
        for term in terms
    ]
    names = {term: f"{at.body.name}:{at.body.path(term)}" for term in terms}
    labels.add(transaction, said, names, f"{at.record.key}{f', {note}' if note else ''}")


def _check_in(at: _Round, subject: str) -> None:
    if subject not in at.record.subjects:
        close = nearest(subject, list(at.record.subjects), 1) or at.record.subjects[:1]
        raise NotFound(
            "not-in-round",
            f"{subject[:60]!r} is not in {at.record.key}",
            expected=f"one of its {len(at.record.subjects):,} subjects",
            next=f"errata round label {at.record.key} {close[0]} TERM",
        )


def _chosen(at: _Round, terms: Sequence[str]) -> list[str]:
    found = list(dict.fromkeys(at.body.resolve(term.removeprefix(f"{at.body.name}:")) for term in terms))
    if len(found) > 1 and not at.record.many:
        raise UsageError(
            "one-term",
            f"{at.record.key} takes one term a subject",
            found=" ".join(found),
            next=f"errata round show {at.record.key}",
        )
    allowed = at.record.choices or at.body.living()
    for term in found:
        if term not in allowed:
            raise UsageError(
                "not-a-choice",
                f"{term} is no choice of {at.record.key}",
                expected=f"one of {', '.join(list(allowed)[:12])}",
                next=f"errata round show {at.record.key}",
            )
    return found
