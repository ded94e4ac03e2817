"""While a round is open, everybody sees their own labels of it and nobody else's: the one predicate that says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from errata.store import tables

if TYPE_CHECKING:
    from errata.store.catalog import Store

_LABEL, _RECORD, _EVENT = tables.label, tables.record, tables.event


def visible(store: Store) -> sa.ColumnElement[bool]:
    """Which labels the actor may see: all but those that others gave in a round that is open."""
    return sa.or_(_LABEL.c.round.is_(None), _LABEL.c.actor == store.actor, _LABEL.c.round.not_in(_open(store)))


def audible(store: Store) -> sa.ColumnElement[bool]:
    """Which events the actor may see: all but those about labels that are hidden from them."""
    hidden = sa.select(sa.literal("label:") + sa.cast(_LABEL.c.number, sa.String)).where(
        _LABEL.c.project == store.project.id, _LABEL.c.round.in_(_open(store)), _LABEL.c.actor != store.actor
    )
    return _EVENT.c.subject.not_in(hidden)


def _open(store: Store) -> sa.Select[Any]:
    return sa.select(_RECORD.c.number).where(
        _RECORD.c.project == store.project.id, _RECORD.c.kind == "round", _RECORD.c.state == "open"
    )
