"""Any record: read it, list its kind, edit it, read its history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from errata.core.errors import UsageError
from errata.core.names import nearest
from errata.nouns.page import Page
from errata.nouns.record import Record, Revision, kind_named
from errata.store import records
from errata.store.catalog import Store
from errata.store.paging import Asked, cut


def edit_record(
    store: Store, key: str, kind: str, changes: Mapping[str, Any], *, reason: str = "", revision: int | None = None
) -> Record:
    """The next revision of a record with ``changes`` to what may be edited; the same again changes nothing.

    ``revision`` is the one that the editor saw. Raises NotFound, UsageError for what cannot be edited, Conflict
    ``edit-conflict`` when it was revised since.
    """
    if not changes:
        raise UsageError("no-change", "nothing was asked to change", next=f"errata {kind} edit --help")
    with store.write(f"{kind} edit") as transaction:
        record = records.get(transaction.connection, store, key, kind)
        body = kind_named(kind).edited(record.body, changes)
        if body == record.body:
            return record
        return records.revise(transaction, replace(record, revision=revision or record.revision), body, reason=reason)


def get_record(store: Store, key: str, kind: str | None = None) -> Record:
    """One record, of this kind when it is given. Raises NotFound."""
    with store.read() as connection:
        return records.get(connection, store, key, kind)


def list_records(
    store: Store,
    kind: str,
    state: str | None = None,
    case: str | None = None,
    *,
    limit: int | None = None,
    cursor: str | None = None,
) -> Page[Record]:
    """The records of a kind, oldest first; of one state, or about one case. Raises UsageError for an unknown state."""
    states = tuple(kind_named(kind).moves)
    if state is not None and state not in states:
        close = nearest(state, list(states), 1) or states
        raise UsageError(
            "no-such-state",
            f"a {kind} is never {state}",
            expected=", ".join(states),
            next=f"errata {kind} list --state {close[0]}",
        )
    with store.read() as connection:
        return records.records(
            connection,
            store,
            kind,
            states=(state,) if state else None,
            facet=("case", case) if case else None,
            asked=Asked(limit, cursor),
        )


def history(
    store: Store, key: str, kind: str, *, limit: int | None = None, cursor: str | None = None
) -> Page[Revision]:
    """Every revision of a record, oldest first, with what each changed. Raises NotFound."""
    with store.read() as connection:
        found = records.history(connection, store, key, kind)
    return cut(store, found, lambda one: [one.revision], Asked(limit, cursor), {"list": "history", "key": key})
