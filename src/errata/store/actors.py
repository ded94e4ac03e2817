"""Actors: who has acted in a catalog, in whatever project."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from errata.core.clock import stamp
from errata.nouns.sensitivity import EVERYTHING
from errata.store import tables
from errata.store.catalog import Transaction

_ACTOR = tables.actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Somebody who acted: since when, and up to where they see; None when nothing was said of that."""

    name: str
    at: datetime
    clearance: str | None

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"name": self.name, "at": stamp(self.at), "clearance": self.clearance or EVERYTHING}


def actors(connection: sa.Connection) -> list[Actor]:
    """Everybody, in the order in which they came."""
    rows = connection.execute(sa.select(_ACTOR).order_by(_ACTOR.c.id))
    return [Actor(name=row.name, at=row.at, clearance=row.clearance) for row in rows]


def clear(transaction: Transaction, name: str, clearance: str) -> None:
    """Let an actor see up to a level."""
    transaction.connection.execute(sa.update(_ACTOR).where(_ACTOR.c.name == name).values(clearance=clearance))
