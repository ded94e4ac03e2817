"""Subscriptions, and what is new of each: events by others that the actor may see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from errata.nouns.query import Query
from errata.nouns.subscription import Subscription
from errata.store import tables
from errata.store.blind import audible
from errata.store.events import Event
from errata.store.search import matching

if TYPE_CHECKING:
    from errata.store.catalog import Store, Transaction

SHOWN = 50
"""The most events that are shown of one subscription."""
_SUB, _EVENT = tables.subscription, tables.event


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What is new of one subscription: its newest events, newest first, and how many there are in all."""

    subject: str
    query: bool
    total: int
    events: tuple[Event, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        events = [one.to_json() for one in self.events]
        return {"subject": self.subject, "query": self.query, "total": self.total, "events": events}


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """What is new of every subscription; ``upto`` is the last entry of the log that was looked at."""

    upto: int
    news: tuple[News, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"upto": self.upto, "news": [one.to_json() for one in self.news]}


def add(transaction: Transaction, subject: str) -> Subscription:
    """Watch from now on; what is watched already stays as it is."""
    known = {one.subject: one for one in subscriptions(transaction.connection, transaction.store)}
    if subject in known:
        return known[subject]
    seen = last(transaction.connection)
    values = {"actor": transaction.actor, "subject": subject, "at": transaction.at, "seen": seen}
    transaction.insert(_SUB, values)
    transaction.event("subscription", before=None, after=None, reason=subject)
    return Subscription(subject=subject, at=transaction.at, seen=seen)


def remove(transaction: Transaction, subject: str) -> bool:
    """Watch it no more; whether it was watched."""
    mine = (*_mine(transaction.store), _SUB.c.subject == subject)
    if not transaction.connection.execute(sa.delete(_SUB).where(*mine)).rowcount:
        return False
    transaction.event("subscription", before=None, after=None, reason=subject)
    return True


def subscriptions(connection: sa.Connection, store: Store) -> list[Subscription]:
    """What the actor watches, oldest first."""
    query = sa.select(_SUB).where(*_mine(store)).order_by(_SUB.c.at, _SUB.c.subject)
    return [Subscription(subject=row.subject, at=row.at, seen=row.seen) for row in connection.execute(query)]


def mark(transaction: Transaction, upto: int) -> None:
    """Everything up to this entry of the log was seen; what was seen stays seen."""
    seen = min(upto, last(transaction.connection))
    older = (*_mine(transaction.store), _SUB.c.seen < seen)
    transaction.connection.execute(sa.update(_SUB).where(*older).values(seen=seen))


def last(connection: sa.Connection) -> int:
    """The number of the newest entry of the log."""
    return int(connection.execute(sa.select(sa.func.max(_EVENT.c.seq))).scalar() or 0)


def inbox(connection: sa.Connection, store: Store) -> Inbox:
    """What is new of everything that the actor watches and that has news."""
    upto = last(connection)
    found = [_news(connection, store, one) for one in subscriptions(connection, store)]
    return Inbox(upto=upto, news=tuple(one for one in found if one.total))


def _news(connection: sa.Connection, store: Store, about: Subscription) -> News:
    where = [
        _EVENT.c.project == store.project.id,
        _EVENT.c.seq > about.seen,
        _EVENT.c.actor != store.actor,
        audible(store),
    ]
    if not about.query:
        where.append(_EVENT.c.subject == about.subject)
    entries = connection.execute(
        sa.select(_EVENT.c.seq, _EVENT.c.subject).where(*where).order_by(_EVENT.c.seq.desc())
    ).all()
    if about.query and entries:
        numbers = matching(connection, store, Query.parse(about.subject), "case")
        keys = {store.key(number) for number in numbers.tolist()}
        entries = [row for row in entries if row.subject in keys]
    return News(
        subject=about.subject,
        query=about.query,
        total=len(entries),
        events=_events(connection, [row.seq for row in entries[:SHOWN]]),
    )


def _events(connection: sa.Connection, numbers: Sequence[int]) -> tuple[Event, ...]:
    query = sa.select(_EVENT).where(_EVENT.c.seq.in_(numbers)).order_by(_EVENT.c.seq.desc())
    return tuple(
        Event(row.seq, row.at, row.actor, row.verb, row.subject, row.before, row.after, row.reason)
        for row in connection.execute(query)
    )


def _mine(store: Store) -> list[sa.ColumnElement[bool]]:
    return [_SUB.c.project == store.project.id, _SUB.c.actor == store.actor]
