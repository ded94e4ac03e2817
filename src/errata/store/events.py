"""The audit log, which is also the outbox: who did what to which subject, each entry sealed by the one before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from errata.core.canonical import digest_of
from errata.core.clock import stamp
from errata.store import sight, tables
from errata.store.blind import audible
from errata.store.inserting import insert_all
from errata.store.tables import event

if TYPE_CHECKING:
    from errata.store.catalog import Store, Transaction

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Event:
    """One entry: ``before`` and ``after`` are digests of the subject's content."""

    seq: int
    at: datetime
    actor: str
    verb: str
    subject: str
    before: str | None
    after: str | None
    reason: str

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return {**values, "at": stamp(self.at)}


def append(transaction: Transaction, entries: Iterable[tuple[str, str | None, str | None, str]]) -> None:
    """Add entries (subject, digest before, digest after, reason) at the end of the chain."""
    last = sa.select(event.c.hash).order_by(event.c.seq.desc()).limit(1)
    previous = transaction.connection.execute(last).scalar() or GENESIS
    rows = []
    for subject, before, after, reason in entries:
        values = {
            "project": transaction.project,
            "at": transaction.at,
            "actor": transaction.actor,
            "verb": transaction.verb,
            "subject": subject,
            "before": before,
            "after": after,
            "reason": reason,
            "policy": None,
            "previous": previous,
        }
        transaction.subjects.append(subject)
        previous = _seal(values)
        rows.append({**values, "hash": previous})
    if rows:
        insert_all(transaction.store.home, transaction.connection, event, rows)


def last(connection: sa.Connection) -> int:
    """The number of the last entry, 0 before the first."""
    return int(connection.execute(sa.select(sa.func.coalesce(sa.func.max(event.c.seq), 0))).scalar_one())


def events(store: Store, subject: str | None = None, limit: int = 200) -> list[Event]:
    """The newest entries of the project that the actor may see, newest first; of one subject when it is given."""
    mine = (event.c.project == store.project.id, audible(store))
    query = sa.select(event).where(*mine).order_by(event.c.seq.desc()).limit(limit)
    if subject is not None:
        query = query.where(event.c.subject == subject)
    found: list[Event] = []
    with store.read() as connection:
        some = connection.execute(query).all()
        while some and len(found) < limit:
            found += told(connection, store, some)
            last = len(some) < limit
            some = [] if last else connection.execute(query.where(event.c.seq < some[-1].seq)).all()
    return found[:limit]


def told(connection: sa.Connection, store: Store, rows: Sequence[Any]) -> list[Event]:
    """Rows of the log as the actor may be told them: none that names a hidden record; of a gate what they see of it."""
    from errata.store import gates

    left = sight.silent(connection, store, rows)
    seen = {} if sight.everything(store) else gates.verdicts(connection, store, [row.subject for row in left])
    found = []
    for row in left:
        reason = row.reason
        if row.subject.startswith("gate:") and not sight.everything(store):
            if row.subject not in seen:
                continue
            reason = f"{reason.rpartition(': ')[0]}: {seen[row.subject]}"
        found.append(Event(row.seq, row.at, row.actor, row.verb, row.subject, row.before, row.after, reason))
    return found


def broken_link(connection: sa.Connection) -> int | None:
    """The number of the first entry that is not what was written or does not follow the one before; else None."""
    previous = GENESIS
    for row in connection.execute(sa.select(event).order_by(event.c.seq)).mappings():
        values = {name: row[name] for name in row if name not in ("seq", "hash")}
        if row["previous"] != previous or row["hash"] != _seal(values):
            return int(row["seq"])
        previous = row["hash"]
    return None


def unlike(connection: sa.Connection, store: Store, kind: str, seals: Mapping[int, str]) -> list[str]:
    """What is wrong with rows of a kind that are numbered without a gap and whose digest the log has: ``seals``."""
    count = sa.select(tables.project.c[f"{kind}s"]).where(tables.project.c.id == store.project.id)
    given = range(1, int(connection.execute(count).scalar_one()) + 1)
    logged = set(connection.execute(sa.select(event.c.after).where(event.c.project == store.project.id)).scalars())
    where = f" of project {store.project.name}"
    gone = [f"{kind}:{number}{where} is gone" for number in given if number not in seals]
    return gone + [
        f"{kind}:{number}{where} is not what was written" for number, seal in seals.items() if seal not in logged
    ]


def _seal(values: dict[str, Any]) -> str:
    return digest_of({**values, "at": stamp(values["at"])})
