"""Tokens: what a program shows to act as somebody over the network. Only their digests are kept."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from errata.store import tables
from errata.store.catalog import Project, Store, Transaction, ensure_actor

PREFIX = "errata_"
_TOKEN = tables.token


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token by its name: whom it acts as, whether it may write, up to where it sees, and whether it was revoked."""

    name: str
    actor: str
    writes: bool
    clearance: str
    at: datetime
    revoked_at: datetime | None

    def to_json(self) -> dict[str, Any]:
        """Plain values of the schema ``errata.token/1``."""
        values = {name: getattr(self, name) for name in ("name", "actor", "writes", "clearance")}
        return {"schema": "errata.token/1", **values, "revoked": self.revoked_at is not None}


def new(transaction: Transaction, name: str, actor: str, writes: bool, clearance: str) -> str:
    """Make a token of a name that is free, and return it; it cannot be read again."""
    text = PREFIX + secrets.token_urlsafe(32)
    ensure_actor(transaction.connection, actor, transaction.at)
    transaction.insert(
        _TOKEN,
        {
            "name": name,
            "digest": _digest(text),
            "actor": actor,
            "writes": writes,
            "clearance": clearance,
            "at": transaction.at,
            "revoked_at": None,
        },
    )
    return text


def tokens(connection: sa.Connection, store: Store) -> list[Token]:
    """Every token of the project, oldest first, revoked ones too."""
    query = sa.select(_TOKEN).where(_TOKEN.c.project == store.project.id).order_by(_TOKEN.c.at, _TOKEN.c.name)
    return [_token(row) for row in connection.execute(query)]


def revoke(transaction: Transaction, name: str) -> bool:
    """Let a token count no more; whether there was one that did."""
    mine = (_TOKEN.c.project == transaction.project, _TOKEN.c.name == name, _TOKEN.c.revoked_at.is_(None))
    return bool(
        transaction.connection.execute(sa.update(_TOKEN).where(*mine).values(revoked_at=transaction.at)).rowcount
    )


def known(store: Store, text: str) -> Token | None:
    """The token that this text is, unless it was revoked."""
    query = sa.select(_TOKEN).where(
        _TOKEN.c.project == store.project.id, _TOKEN.c.digest == _digest(text), _TOKEN.c.revoked_at.is_(None)
    )
    with store.read() as connection:
        row = connection.execute(query).first()
    return None if row is None else _token(row)


def in_catalog(store: Store, text: str) -> tuple[Token, Store] | None:
    """The token that this text is, unless it was revoked, and the project of the catalog that it is of."""
    project = tables.project
    query = (
        sa.select(_TOKEN, project.c.id, project.c.name.label("project_name"), project.c.prefix)
        .join(project, project.c.id == _TOKEN.c.project)
        .where(_TOKEN.c.digest == _digest(text), _TOKEN.c.revoked_at.is_(None))
    )
    with store.read() as connection:
        row = connection.execute(query).first()
    if row is None:
        return None
    of = Project(row.id, row.project_name, row.prefix)
    return _token(row), Store(store.home, of, row.actor, clearance=row.clearance)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _token(row: sa.Row[tuple[object, ...]]) -> Token:
    values = row._mapping
    return Token(**{name: values[name] for name in ("name", "actor", "writes", "clearance", "at", "revoked_at")})
