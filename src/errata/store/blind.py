"""While a round is open, everybody sees their own labels of it and nobody else's: the one predicate that says so.

What is said of records that the actor may not see is left out with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from errata.store import sight, tables

if TYPE_CHECKING:
    from errata.store.catalog import Store

_LABEL, _RECORD, _EVENT = tables.label, tables.record, tables.event


def visible(store: Store) -> sa.ColumnElement[bool]:
    """Which labels the actor may see: all but those that others gave in a round that is open."""
    own = sa.or_(_LABEL.c.round.is_(None), _LABEL.c.actor == store.actor, _LABEL.c.round.not_in(_open(store)))
    return sa.and_(own, sight.shown_key(store, _LABEL.c.subject))


def audible(store: Store) -> sa.ColumnElement[bool]:
    """Which events the actor may see: all but those about labels and records that are hidden from them."""
    hidden = sa.select(sa.literal("label:") + sa.cast(_LABEL.c.number, sa.String)).where(
        _LABEL.c.project == store.project.id, _LABEL.c.round.in_(_open(store)), _LABEL.c.actor != store.actor
    )
    heard = [_EVENT.c.subject.not_in(hidden)]
    if not sight.everything(store):
        secret = sa.select(sa.literal("label:") + sa.cast(_LABEL.c.number, sa.String)).where(
            _LABEL.c.project == store.project.id, _LABEL.c.subject.in_(sight.hidden_keys(store))
        )
        heard.append(_EVENT.c.subject.not_in(secret))
    return sa.and_(*heard, sight.shown_key(store, _EVENT.c.subject))


def _open(store: Store) -> sa.Select[Any]:
    return sa.select(_RECORD.c.number).where(
        _RECORD.c.project == store.project.id, _RECORD.c.kind == "round", _RECORD.c.state == "open"
    )
