"""Labels: what is said of records, runs, findings and samples. Rows are added and retracted, never rewritten."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from errata.core.canonical import digest_of
from errata.core.clock import stamp
from errata.core.errors import NotFound
from errata.nouns.label import Label, Span
from errata.nouns.record import kind_named
from errata.nouns.vocabulary import VocabularyBody
from errata.store import events, sight, tables
from errata.store.blind import visible

if TYPE_CHECKING:
    from errata.nouns.record import Record
    from errata.store.catalog import Store, Transaction

_LABEL, _RECORD, _REVISION = tables.label, tables.record, tables.revision
_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a new label says. ``vocabulary`` and ``round`` are the numbers of records."""

    subject: str
    vocabulary: int
    revision: int
    term: str
    status: str = "known"
    confidence: float | None = None
    spans: tuple[Span, ...] = ()
    note: str = ""
    round: int | None = None
    adjudicates: bool = False


def counting() -> sa.ColumnElement[bool]:
    """Labels that count outside of rounds: those of no round and those that adjudicate one, unless retracted."""
    return sa.and_(_LABEL.c.retracted_at.is_(None), sa.or_(_LABEL.c.round.is_(None), _LABEL.c.adjudicates == sa.true()))


def add(transaction: Transaction, said: Sequence[Said], terms: Mapping[str, str], reason: str = "") -> list[int]:
    """Add labels, each with its event; their numbers. ``terms`` are the full names of terms, for the audit log.

    The event of a label in a round is about the label, so that it can be hidden with it; of any other, about its
    subject.
    """
    numbers = list(transaction.take("labels", len(said))) if said else []
    rows = [
        {
            "number": number,
            "subject": one.subject,
            "vocabulary": one.vocabulary,
            "vocabulary_revision": one.revision,
            "term": one.term,
            "status": one.status,
            "confidence": one.confidence,
            "spans": [span.to_json() for span in one.spans],
            "note": one.note,
            "round": one.round,
            "adjudicates": one.adjudicates,
            "actor": transaction.actor,
            "at": transaction.at,
        }
        for number, one in zip(numbers, said, strict=True)
    ]
    transaction.insert(_LABEL, rows)
    entries = []
    for row, one in zip(rows, said, strict=True):
        blind = one.round is not None and not one.adjudicates
        ref = f"label:{row['number']}"
        text = f"{terms[one.term]} of {one.subject}" if blind else f"{ref} {terms[one.term]}"
        entries.append((ref if blind else one.subject, None, _seal(row), ": ".join(t for t in (text, reason) if t)))
    events.append(transaction, entries)
    return numbers


def retract(transaction: Transaction, labels: Sequence[Label], reason: str) -> None:
    """Take labels back; they stay, with who, when and why."""
    connection = transaction.connection
    connection.execute(
        sa.update(_LABEL)
        .where(_LABEL.c.project == transaction.project, _LABEL.c.number.in_([label.number for label in labels]))
        .values(retracted_by=transaction.actor, retracted_at=transaction.at, retracted_reason=reason)
    )
    rows = {
        row["number"]: dict(row)
        for row in connection.execute(
            sa.select(_LABEL).where(
                _LABEL.c.project == transaction.project, _LABEL.c.number.in_([label.number for label in labels])
            )
        ).mappings()
    }
    entries = []
    for label in labels:
        blind = label.round is not None and not label.adjudicates
        said = f"{label.full} of {label.subject}" if blind else f"{label.id} {label.full}"
        subject = label.id if blind else label.subject
        entries.append((subject, _seal(rows[label.number]), None, f"{said}: {reason}"))
    events.append(transaction, entries)


def labels(connection: sa.Connection, store: Store, *where: sa.ColumnElement[bool]) -> list[Label]:
    """The labels that the actor may see, oldest first."""
    query = (
        sa.select(_LABEL).where(_LABEL.c.project == store.project.id, visible(store), *where).order_by(_LABEL.c.number)
    )
    rows = connection.execute(query).mappings().all()
    then = _bodies(connection, store, {(row["vocabulary"], row["vocabulary_revision"]) for row in rows})
    today = heads(connection, store, {row["vocabulary"] for row in rows})
    found = []
    for row in rows:
        body, term = then[row["vocabulary"], row["vocabulary_revision"]], row["term"]
        found.append(
            Label(
                number=row["number"],
                subject=row["subject"],
                vocabulary=store.key(row["vocabulary"]),
                vocabulary_name=body.name,
                revision=row["vocabulary_revision"],
                term=term,
                path=body.path(term),
                name=body.concepts[term].said(),
                definition=body.concepts[term].meaning(),
                status=row["status"],
                confidence=row["confidence"],
                spans=tuple(Span(**span) for span in row["spans"]),
                note=row["note"],
                round=None if row["round"] is None else store.key(row["round"]),
                adjudicates=row["adjudicates"],
                actor=row["actor"],
                at=row["at"],
                choices=tuple(today[row["vocabulary"]].replacements(term)),
                retracted_by=row["retracted_by"],
                retracted_at=row["retracted_at"],
                retracted_reason=row["retracted_reason"],
            )
        )
    return found


def get(connection: sa.Connection, store: Store, number: int) -> Label:
    """One label that the actor may see. Raises NotFound ``no-such-label``."""
    found = labels(connection, store, _LABEL.c.number == number)
    if not found:
        raise NotFound(
            "no-such-label", f"there is no label:{number} in project {store.project.name}", next="errata label list"
        )
    return found[0]


def faults(connection: sa.Connection, store: Store) -> list[str]:
    """What is wrong with the project's labels: one that is gone, or is not what the log says that was given."""
    rows = connection.execute(sa.select(_LABEL).where(_LABEL.c.project == store.project.id)).mappings().all()
    return events.unlike(connection, store, "label", {row["number"]: _seal(dict(row)) for row in rows})


def about(subjects: Iterable[str]) -> sa.ColumnElement[bool]:
    """Labels of these subjects."""
    return _LABEL.c.subject.in_(list(subjects))


def within(vocabulary: int, terms: Iterable[str] | None = None) -> sa.ColumnElement[bool]:
    """Labels of one vocabulary; of some of its terms when given."""
    mine = _LABEL.c.vocabulary == vocabulary
    return mine if terms is None else sa.and_(mine, _LABEL.c.term.in_(list(terms)))


def of_round(number: int | None) -> sa.ColumnElement[bool]:
    """Labels of one round, or of none."""
    return _LABEL.c.round.is_(None) if number is None else _LABEL.c.round == number


def by(actor: str) -> sa.ColumnElement[bool]:
    """Labels that one actor gave."""
    return _LABEL.c.actor == actor


def standing() -> sa.ColumnElement[bool]:
    """Labels that were not retracted."""
    return _LABEL.c.retracted_at.is_(None)


def counts(connection: sa.Connection, store: Store, vocabulary: int) -> dict[str, int]:
    """How many labels that count each term of a vocabulary has."""
    query = (
        sa.select(_LABEL.c.term, sa.func.count())
        .where(_LABEL.c.project == store.project.id, within(vocabulary), counting(), _of_seen(store))
        .group_by(_LABEL.c.term)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def terms_by(connection: sa.Connection, store: Store, actor: str) -> dict[tuple[int, str], int]:
    """How many labels that count an actor gave of each (number of a vocabulary, term)."""
    query = (
        sa.select(_LABEL.c.vocabulary, _LABEL.c.term, sa.func.count())
        .where(_LABEL.c.project == store.project.id, by(actor), counting(), _of_seen(store))
        .group_by(_LABEL.c.vocabulary, _LABEL.c.term)
        .order_by(_LABEL.c.vocabulary, _LABEL.c.term)
    )
    return {(row[0], row[1]): row[2] for row in connection.execute(query)}


def answered(connection: sa.Connection, store: Store, round: int) -> dict[str, int]:
    """How many subjects of a round each actor has labelled; while it is open, nobody's business but their own."""
    query = (
        sa.select(_LABEL.c.actor, sa.func.count(sa.distinct(_LABEL.c.subject)))
        .where(_LABEL.c.project == store.project.id, of_round(round), standing(), _LABEL.c.adjudicates == sa.false())
        .group_by(_LABEL.c.actor)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def _of_seen(store: Store) -> sa.ColumnElement[bool]:
    return sight.shown_key(store, _LABEL.c.subject)


def labelled_records(connection: sa.Connection, store: Store, vocabulary: int, terms: Iterable[str]) -> list[str]:
    """What has a label that counts of some terms of a vocabulary, whoever asks."""
    query = (
        sa.select(_LABEL.c.subject)
        .where(_LABEL.c.project == store.project.id, within(vocabulary, terms), counting())
        .distinct()
    )
    return list(connection.execute(query).scalars())


def facets_of(transaction: Transaction, records: Sequence[Record]) -> dict[int, list[tuple[str, str]]]:
    """By which facets records are found for their labels: ``label`` and the vocabulary's name, each with the path."""
    numbers = {record.key: record.number for record in records}
    query = sa.select(_LABEL.c.subject, _LABEL.c.vocabulary, _LABEL.c.term).where(
        _LABEL.c.project == transaction.project, about(numbers), counting()
    )
    rows = transaction.connection.execute(query.order_by(_LABEL.c.number)).all()
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    today = heads(transaction.connection, transaction.store, {row.vocabulary for row in rows})
    for row in rows:
        body = today[row.vocabulary]
        found[numbers[row.subject]] += [(name, body.path(row.term)) for name in ("label", body.name)]
    return found


def body_at(connection: sa.Connection, store: Store, number: int, revision: int) -> VocabularyBody:
    """What a vocabulary said at a revision."""
    return _bodies(connection, store, [(number, revision)])[number, revision]


def heads(connection: sa.Connection, store: Store, numbers: Iterable[int]) -> dict[int, VocabularyBody]:
    """What some vocabularies say today."""
    wanted = list(numbers)
    query = sa.select(_RECORD.c.number, _RECORD.c.head).where(
        _RECORD.c.project == store.project.id, _RECORD.c.number.in_(wanted)
    )
    pairs = {(row.number, row.head) for row in connection.execute(query)} if wanted else set()
    return {number: body for (number, _), body in _bodies(connection, store, pairs).items()}


def _bodies(
    connection: sa.Connection, store: Store, pairs: Iterable[tuple[int, int]]
) -> dict[tuple[int, int], VocabularyBody]:
    wanted, kind = sorted(pairs), kind_named("vocabulary")
    found = {}
    for first in range(0, len(wanted), _AT_ONCE):
        query = sa.select(_REVISION).where(
            _REVISION.c.project == store.project.id,
            sa.tuple_(_REVISION.c.number, _REVISION.c.revision).in_(wanted[first : first + _AT_ONCE]),
        )
        for row in connection.execute(query):
            body = kind.read(row.schema, row.body)
            assert isinstance(body, VocabularyBody)
            found[row.number, row.revision] = body
    return found


def _seal(row: Mapping[str, Any]) -> str:
    names = ("subject", "vocabulary", "vocabulary_revision", "term", "status", "confidence", "spans", "note", "round",
             "adjudicates", "actor")  # fmt: skip
    return digest_of({**{name: row[name] for name in names}, "at": stamp(row["at"])})
