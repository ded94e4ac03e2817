"""Links between records, facts and what lies outside of the catalog: retracted, never deleted."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from errata.nouns.link import Link
from errata.store import sight, tables
from errata.store.catalog import Store, Transaction

_LINK = tables.link


def link(transaction: Transaction, subject: str, predicate: str, target: str) -> None:
    """Say that ``subject`` stands in a PROV relation to ``target``: once if said twice, again if it was retracted."""
    same = _same_link(transaction, subject, predicate, target)
    again = sa.update(_LINK).where(*same).values(retracted_by=None, retracted_at=None)
    if not transaction.connection.execute(again).rowcount:
        said = {"subject": subject, "predicate": predicate, "object": target}
        transaction.insert(_LINK, {**said, "actor": transaction.actor, "at": transaction.at})


def link_new(transaction: Transaction, said: Iterable[tuple[str, str, str]]) -> int:
    """Enter (subject, predicate, object) of subjects that have no links yet, each once; how many there are."""
    rows = [
        {"subject": subject, "predicate": predicate, "object": target, "actor": transaction.actor, "at": transaction.at}
        for subject, predicate, target in dict.fromkeys(said)
    ]
    transaction.insert(_LINK, rows)
    return len(rows)


def links_from(connection: sa.Connection, store: Store, subjects: Iterable[str]) -> dict[str, set[tuple[str, str]]]:
    """What each of these was ever said to stand in a relation to, as (predicate, object), retracted links too."""
    query = sa.select(_LINK.c.subject, _LINK.c.predicate, _LINK.c.object).where(
        _LINK.c.project == store.project.id, _LINK.c.subject.in_(list(subjects))
    )
    found: dict[str, set[tuple[str, str]]] = {}
    for row in connection.execute(query):
        found.setdefault(row.subject, set()).add((row.predicate, row.object))
    return found


def unlink(transaction: Transaction, subject: str, predicate: str, target: str) -> bool:
    """Retract a link that stands; whether there was one."""
    same = _same_link(transaction, subject, predicate, target)
    values = {"retracted_by": transaction.actor, "retracted_at": transaction.at}
    seen = [sight.shown_key(transaction.store, column) for column in (_LINK.c.subject, _LINK.c.object)]
    standing = sa.update(_LINK).where(*same, *seen, _LINK.c.retracted_at.is_(None)).values(values)
    return bool(transaction.connection.execute(standing).rowcount)


def links(connection: sa.Connection, store: Store, subject: str) -> list[Link]:
    """The links from and to ``subject``, oldest first, retracted ones too."""
    query = (
        sa.select(_LINK)
        .where(
            _LINK.c.project == store.project.id,
            sa.or_(_LINK.c.subject == subject, _LINK.c.object == subject),
            sight.shown_key(store, _LINK.c.subject),
            sight.shown_key(store, _LINK.c.object),
        )
        .order_by(_LINK.c.at, _LINK.c.subject, _LINK.c.predicate, _LINK.c.object)
    )
    names = ("subject", "predicate", "object", "actor", "at", "retracted_by", "retracted_at")
    return [Link(**{name: row[name] for name in names}) for row in connection.execute(query).mappings()]


def _same_link(transaction: Transaction, subject: str, predicate: str, target: str) -> list[sa.ColumnElement[bool]]:
    said = {"project": transaction.project, "subject": subject, "predicate": predicate, "object": target}
    return [_LINK.c[name] == value for name, value in said.items()]
