"""Vocabularies by the names that people type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from errata.core.errors import NotFound
from errata.core.names import is_key, nearest
from errata.nouns.vocabulary import SHIPPED
from errata.store import records

if TYPE_CHECKING:
    import sqlalchemy as sa

    from errata.nouns.record import Record
    from errata.store.catalog import Store


def find(connection: sa.Connection, store: Store, name: str) -> Record:
    """A vocabulary by its name or key. Raises NotFound ``no-such-vocabulary``, ``no-such-record``, ``wrong-kind``."""
    if is_key(name):
        return records.get(connection, store, name, "vocabulary")
    if found := named(connection, store, name):
        return found[0]
    known = [one.name for one in records.records(connection, store, "vocabulary")]
    if name in SHIPPED:
        step = f"errata vocabulary add {name}"
    elif known:
        step = f"errata vocabulary show {(nearest(name, known, 1) or known)[0]}"
    else:
        step = f"errata vocabulary add {SHIPPED[0]}"
    raise NotFound(
        "no-such-vocabulary",
        f"project {store.project.name} has no vocabulary {name!r}",
        expected=f"one of {', '.join(known)}" if known else "one that was added",
        next=step,
    )


def named(connection: sa.Connection, store: Store, name: str) -> list[Record]:
    """The vocabulary of this name, if there is one."""
    return records.records(connection, store, "vocabulary", facet=("vocabulary", name))
