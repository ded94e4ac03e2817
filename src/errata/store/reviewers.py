"""Who made a case what it is: its authors and its labellers, none of whom may verify it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from errata.nouns.case import author_fields
from errata.nouns.record import Record, Revision
from errata.store import blind, labels, records, tables
from errata.store.catalog import Store

_LABEL = tables.label


def writing(connection: sa.Connection, store: Store, case: Record) -> tuple[list[str], int]:
    """Who opened the case or changed what people write of it, as they came, and the newest revision in which one of
    them did."""
    revisions = records.history(connection, store, case.key)
    return _authors(revisions), max(one.revision for one in _told(revisions))


def labellers(connection: sa.Connection, store: Store, cases: Sequence[Record]) -> dict[str, list[str]]:
    """Who labelled each of these cases by key, retracted labels included; whoever answered in an open round, only to
    themselves."""
    said: dict[str, set[str]] = {case.key: set() for case in cases}
    query = sa.select(_LABEL.c.subject, _LABEL.c.actor).where(
        _LABEL.c.project == store.project.id, _LABEL.c.subject.in_(list(said)), blind.visible(store)
    )
    for row in connection.execute(query.distinct()):
        said[row.subject].add(row.actor)
    return {key: sorted(names) for key, names in said.items()}


def made_by(connection: sa.Connection, store: Store, cases: Sequence[Record]) -> dict[str, tuple[list[str], list[str]]]:
    """The authors and the labellers of each of these cases by key, in two queries."""
    labelled = labellers(connection, store, cases)
    histories = records.histories(connection, store, cases)
    return {key: (_authors(revisions), labelled[key]) for key, revisions in histories.items()}


def labelled(connection: sa.Connection, store: Store, keys: Sequence[str]) -> set[str]:
    """Those of these records that have a label that counts: an answer in an open round says nothing yet."""
    query = sa.select(_LABEL.c.subject).where(
        _LABEL.c.project == store.project.id, _LABEL.c.subject.in_(keys), labels.counting()
    )
    return set(connection.execute(query).scalars())


def _authors(revisions: Sequence[Revision]) -> list[str]:
    return list(dict.fromkeys(one.actor for one in _told(revisions)))


def _told(revisions: Sequence[Revision]) -> Iterator[Revision]:
    """The revisions in which somebody opened the case or changed what people write of it."""
    before: dict[str, object] | None = None
    for revision in revisions:
        if before is None or author_fields(before, revision.body):
            yield revision
        before = revision.body
