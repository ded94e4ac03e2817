"""Is the catalog what was written, and does nothing lie about that no row names?"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from errata.nouns.part import OUTCOMES, PREDICTIONS, TRUTH
from errata.store import comments, events, labels, projections, records, tables
from errata.store.begun import halves
from errata.store.catalog import Store, Transaction, stores
from errata.store.files import SHELVES, Shelf

SCHEMA = "errata.doctor/1"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """``faults`` are what should not be; ``orphans`` files that a crash left; ``removed`` whether they are gone now."""

    faults: tuple[str, ...]
    orphans: tuple[str, ...]
    removed: bool
    checked: dict[str, int] = field(default_factory=dict)

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong; orphans are not."""
        return not self.faults

    def to_json(self) -> dict[str, Any]:
        """Plain values of the schema ``errata.doctor/1``."""
        return {
            "schema": SCHEMA,
            "sound": self.sound,
            "faults": list(self.faults),
            "orphans": list(self.orphans),
            "removed": self.removed,
            "checked": self.checked,
        }


def examine(
    store: Store, *, remove: bool, also: Callable[[Transaction, Diagnosis], None] = lambda *_: None
) -> Diagnosis:
    """Verify the database, every digest, the revisions, labels and comments of every project and the chain of events;
    remove orphan files.

    The writer's lock is held, so that no file of a write under way is taken for an orphan. With ``remove`` False they
    are only named. ``also`` is called last, before the lock is given back.
    """
    with store.write("doctor") as transaction:
        connection = transaction.connection
        faults = store.home.faults(connection)
        if (seq := events.broken_link(connection)) is not None:
            faults.append(f"event {seq} is not what was written, or follows one that is gone")
        for mine in stores(connection, store.home, store.actor):
            for room in (records, labels, comments, projections):
                faults += room.faults(connection, mine)
        faults += _halves(connection)
        named: dict[Shelf, set[str]] = {
            "parts": set(connection.execute(sa.select(tables.part.c.digest)).scalars()),
            "blobs": set(connection.execute(sa.select(tables.blob.c.digest)).scalars()),
        }
        orphans = [*store.files.abandoned(), *halves(store.root, store.home.address)]
        counted = (tables.project, tables.event, tables.revision, tables.label, tables.comment)
        checked = {f"{table.name}s": _count(connection, table) for table in counted}
        for shelf in SHELVES:
            standing = store.files.standing(shelf)
            faults += [f"{shelf}/{digest} is gone" for digest in sorted(named[shelf] - set(standing))]
            orphans += [path for digest, path in sorted(standing.items()) if digest not in named[shelf]]
            kept = sorted(named[shelf] & set(standing))
            faults += [
                f"{shelf}/{digest} is not what was stored" for digest in kept if _digest(standing[digest]) != digest
            ]
            checked[shelf] = len(kept)
        if remove:
            store.files.remove(orphans)
        names = tuple(os.path.relpath(path, store.root) for path in orphans)
        found = Diagnosis(tuple(faults), names, remove and bool(names), checked)
        also(transaction, found)
    return found


def _halves(connection: sa.Connection) -> list[str]:
    """Complete runs that lack one of their parts, or do not say what their newest outcomes say."""
    seqs: dict[tuple[int, int], dict[str, set[int]]] = {}
    counts: dict[tuple[int, int], tuple[int, Any]] = {}
    for row in connection.execute(sa.select(tables.part)):
        seqs.setdefault((row.project, row.run), {}).setdefault(row.kind, set()).add(row.seq)
        if row.kind == OUTCOMES and row.seq > counts.get((row.project, row.run), (0, None))[0]:
            counts[row.project, row.run] = row.seq, (row.failed, row.unknown)
    faults = []
    for run in connection.execute(sa.select(tables.run).where(tables.run.c.rows.is_not(None))):
        parts = seqs.get((run.project, run.number), {})
        late = len(parts.get(TRUTH, ()))
        wanted = {PREDICTIONS: {1}, OUTCOMES: set(range(1, late + 2)), TRUTH: set(range(1, late + 1))}
        for kind, numbers in wanted.items():
            if parts.get(kind, set()) != numbers:
                faults.append(f"run:{run.number} is half: its {kind} are not whole")
        newest = counts.get((run.project, run.number), (0, None))[1]
        if newest is not None and newest != (run.failed, run.unknown):
            faults.append(f"run:{run.number} does not say what its newest outcomes say")
    return faults


def _count(connection: sa.Connection, table: sa.Table) -> int:
    return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def _digest(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
