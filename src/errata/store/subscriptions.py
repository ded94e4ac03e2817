"""Subscriptions, and what is new of each: events by others that the actor may see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from errata.core.names import is_key
from errata.nouns.query import Query
from errata.nouns.subscription import Subscription
from errata.store import sight, tables
from errata.store.blind import audible
from errata.store.events import Event, last, told
from errata.store.projections import with_facet
from errata.store.search import matching

if TYPE_CHECKING:
    from errata.store.catalog import Store, Transaction

SHOWN = 50
"""The most events that are shown of one subscription."""
_SUB, _EVENT, _VERDICT = tables.subscription, tables.event, tables.verdict
_FACET, _VALUE = tables.facet, tables.facet_value


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
        """Plain values of the schema ``errata.inbox/1``."""
        return {"schema": "errata.inbox/1", "upto": self.upto, "news": [one.to_json() for one in self.news]}


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
    mine = (*_mine(store), sight.shown_key(store, _SUB.c.subject))
    query = sa.select(_SUB).where(*mine).order_by(_SUB.c.at, _SUB.c.subject)
    return [Subscription(subject=row.subject, at=row.at, seen=row.seen) for row in connection.execute(query)]


def mark(transaction: Transaction, upto: int) -> None:
    """Everything up to this entry of the log was seen; what was seen stays seen."""
    seen = min(upto, last(transaction.connection))
    older = (*_mine(transaction.store), _SUB.c.seen < seen)
    transaction.connection.execute(sa.update(_SUB).where(*older).values(seen=seen))


def inbox(connection: sa.Connection, store: Store) -> Inbox:
    """What is new of everything that the actor watches and that has news."""
    newest = sa.select(_EVENT.c.seq).where(_EVENT.c.project == store.project.id, audible(store))
    upto = int(connection.execute(newest.order_by(_EVENT.c.seq.desc()).limit(1)).scalar() or 0)
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
        where.append(sa.or_(_EVENT.c.subject == about.subject, *_around(store, about.subject)))
    rows = connection.execute(sa.select(_EVENT).where(*where).order_by(_EVENT.c.seq.desc())).all()
    if about.query and rows:
        numbers = matching(connection, store, Query.parse(about.subject), "case")
        keys = {store.key(number) for number in numbers.tolist()}
        around = _cases_of(connection, store, {row.subject for row in rows})
        rows = [row for row in rows if row.subject in keys or not keys.isdisjoint(around.get(row.subject, ()))]
    found = told(connection, store, rows)
    return News(subject=about.subject, query=about.query, total=len(found), events=tuple(found[:SHOWN]))


def _around(store: Store, subject: str) -> list[sa.ColumnElement[bool]]:
    """What is news of a case, besides what is done to itself: its checks and plans, and gates that it did not pass."""
    if not is_key(subject):
        return []
    keys = sight.keys_of(store, with_facet(store, "case", [subject]))
    number = int(subject.rpartition("-")[2])
    gates = sa.select(_gate_name()).where(*_not_passed(store), _VERDICT.c.case == number)
    return [_EVENT.c.subject.in_(keys), _EVENT.c.subject.in_(gates)]


def _cases_of(connection: sa.Connection, store: Store, subjects: set[str]) -> dict[str, set[str]]:
    """Of which cases what happened to each of these subjects is news, besides the cases themselves."""
    found: dict[str, set[str]] = {}
    numbers = {int(name.rpartition("-")[2]) for name in subjects if is_key(name)}
    if numbers:
        query = sa.select(_FACET.c.number, _VALUE.c.value).join(_VALUE, _VALUE.c.id == _FACET.c.value)
        mine = (_VALUE.c.project == store.project.id, _VALUE.c.name == "case", _FACET.c.number.in_(numbers))
        for row in connection.execute(query.where(*mine)):
            found.setdefault(store.key(row.number), set()).add(row.value)
    gates = {int(name.partition(":")[2]) for name in subjects if name.startswith("gate:")}
    if gates:
        query = sa.select(_VERDICT.c.gate, _VERDICT.c.case).where(*_not_passed(store), _VERDICT.c.gate.in_(gates))
        for row in connection.execute(query):
            found.setdefault(f"gate:{row.gate}", set()).add(store.key(row.case))
    return found


def _gate_name() -> sa.ColumnElement[str]:
    return sa.literal("gate:") + sa.cast(_VERDICT.c.gate, sa.String)


def _not_passed(store: Store) -> list[sa.ColumnElement[bool]]:
    mine = (_VERDICT.c.project == store.project.id, _VERDICT.c.case.is_not(None), _VERDICT.c.verdict != "pass")
    return list(mine)


def _mine(store: Store) -> list[sa.ColumnElement[bool]]:
    return [_SUB.c.project == store.project.id, _SUB.c.actor == store.actor]
