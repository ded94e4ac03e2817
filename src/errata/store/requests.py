"""Requests over the network that were done: one that is sent again is answered, and not done again.

A row is written in the transaction that does the work, so that a request is remembered exactly when it happened. What
was answered is added when it is known; where a crash came between, the record that the work was about stands for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from errata.core.errors import Conflict
from errata.store import tables

if TYPE_CHECKING:
    from errata.store.catalog import Store, Transaction

_REQUEST = tables.request


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asked for under a key of theirs; ``digest`` is of the whole request."""

    key: str
    digest: str


@dataclass(frozen=True, slots=True)
class Done:
    """A request that was done: what it was about, and the answer where it is known."""

    subject: str | None
    status: int | None
    answer: Any


class Again(Exception):
    """The same request was done by another in the meantime; this transaction does not happen."""


def remember(transaction: Transaction, request: Request) -> None:
    """Say that this transaction does what the request asked for. Raises Again when another one did."""
    same = _same(transaction.store, transaction.actor, request.key)
    if transaction.connection.execute(sa.select(_REQUEST.c.key).where(*same)).first() is not None:
        raise Again
    said = {"actor": transaction.actor, "key": request.key, "digest": request.digest, "at": transaction.at}
    subject = next(iter(transaction.subjects), None)
    transaction.insert(_REQUEST, {**said, "subject": subject, "status": None, "answer": None})


def done(store: Store, request: Request) -> Done | None:
    """The same request, if it was done. Raises Conflict ``key-reused`` for another request under the same key."""
    with store.read() as connection:
        row = connection.execute(sa.select(_REQUEST).where(*_same(store, store.actor, request.key))).first()
    if row is None:
        return None
    if row.digest != request.digest:
        raise Conflict(
            "key-reused",
            "another request was made under this Idempotency-Key",
            expected="a key of its own for every request",
            found=f"a request about {row.subject}",
        )
    return Done(row.subject, row.status, row.answer)


def answered(store: Store, request: Request, status: int, answer: Any) -> None:
    """Keep what a request was answered; where it wrote nothing there is nothing to keep it with."""
    with store.home.writing(store.actor, "answer") as connection:
        said = sa.update(_REQUEST).where(*_same(store, store.actor, request.key))
        connection.execute(said.values(status=status, answer=answer))


def forget(transaction: Transaction, at: datetime) -> int:
    """Remember no more what was asked before; how many requests that were."""
    old = (_REQUEST.c.project == transaction.project, _REQUEST.c.at < at)
    return transaction.connection.execute(sa.delete(_REQUEST).where(*old)).rowcount


def asked_before(connection: sa.Connection, store: Store, at: datetime) -> bool:
    """Whether a request is remembered that was made before."""
    old = (_REQUEST.c.project == store.project.id, _REQUEST.c.at < at)
    return connection.execute(sa.select(_REQUEST.c.key).where(*old).limit(1)).first() is not None


def _same(store: Store, actor: str, key: str) -> list[sa.ColumnElement[bool]]:
    return [_REQUEST.c.project == store.project.id, _REQUEST.c.actor == actor, _REQUEST.c.key == key]
