"""Candidate sets: one fact a run and rule revision; the candidates themselves are in a blob."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from errata.nouns.candidates import Candidates, CandidateSet
from errata.nouns.page import Page
from errata.store import tables
from errata.store.catalog import Store, Transaction
from errata.store.paging import ALL, Asked, paged

_SET = tables.candidate_set
_COUNTS = ("seen", "unknown", "matched", "distinct", "drawn", "fresh")


def insert(transaction: Transaction, found: Candidates) -> None:
    """Enter a capture, with its event on the run."""
    number = int(found.rule.rpartition("-")[2])
    counts = {name: getattr(found, name) for name in _COUNTS}
    row = {"run": found.run, "rule": number, "revision": found.revision, "outcomes": found.outcomes}
    about = {"title": found.title, "digest": found.digest, "actor": transaction.actor, "at": transaction.at}
    transaction.insert(_SET, {**row, **about, **counts})
    reason = f"{found.rule} revision {found.revision}: {found.drawn} of {found.matched}"
    transaction.event(f"run:{found.run}", before=None, after=found.digest, reason=reason)


def sets(connection: sa.Connection, store: Store, run: int | None = None, asked: Asked = ALL) -> Page[CandidateSet]:
    """Every capture, newest first; of one run when it is given."""
    query = sa.select(_SET).where(_SET.c.project == store.project.id)
    if run is not None:
        query = query.where(_SET.c.run == run)
    by = [(_SET.c.at, True), (_SET.c.run, True), (_SET.c.rule, False), (_SET.c.revision, True), (_SET.c.outcomes, True)]
    return paged(
        connection,
        store,
        query,
        by,
        lambda rows: [_set(store, row._mapping) for row in rows],
        lambda one: [one.at, one.run, int(one.rule.rpartition("-")[2]), one.revision, one.outcomes],
        asked,
        {"list": "captures", "run": run},
    )


def _set(store: Store, row: sa.RowMapping) -> CandidateSet:
    values: dict[str, Any] = {name: row[name] for name in CandidateSet.__slots__ if name != "rule"}
    return CandidateSet(rule=store.key(row["rule"]), **values)
