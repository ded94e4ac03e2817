"""Runs and their sealed parts, and the reference edges of each dataset."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from errata.core.errors import NotFound
from errata.nouns.part import OUTCOMES, TRUTH, Part
from errata.nouns.run import Run
from errata.store import tables
from errata.store.catalog import Store, Transaction

if TYPE_CHECKING:
    from pathlib import Path

_RUN, _PART, _REF = tables.run, tables.part, tables.reference


def insert_run(transaction: Transaction, run: Run, ids_digest: str | None, environment: str | None) -> None:
    """Write one run; ``environment`` is the digest of its blob."""
    values = asdict(run)
    for name in ("model", "dataset"):
        text = values.pop(name)
        head, _, version = (text or "").partition("@")
        values[name], values[f"{name}_version"] = (head, version) if text else (None, None)
    actor, at = values.pop("logged_by"), values.pop("logged_at")
    for name in ("environment", "known", "error_rate", "parts"):
        values.pop(name)
    values["notes"] = list(run.notes)
    transaction.insert(_RUN, {**values, "ids_digest": ids_digest, "environment": environment, "actor": actor, "at": at})


def get_run(connection: sa.Connection, store: Store, number: int) -> Run:
    """One run with its environment and parts. Raises NotFound ``no-such-run``."""
    row = connection.execute(_select(store).where(_RUN.c.number == number)).mappings().first()
    if row is None:
        last = connection.execute(_select(store).order_by(_RUN.c.number.desc()).limit(1)).mappings().first()
        raise NotFound(
            "no-such-run",
            f"there is no run:{number} in project {store.project.name}",
            expected=f"run:1 to run:{last['number']}" if last else "a run; none is logged yet",
            next="errata run list" if last else "errata log FILE --model NAME@V --dataset NAME@V",
        )
    environment = json.loads(store.files.read(row["environment"])) if row["environment"] else {}
    return replace(run_of(row, environment), parts=tuple(parts_of(connection, store, number)))


def list_runs(connection: sa.Connection, store: Store) -> list[Run]:
    """Every run, newest first, without environments."""
    query = _select(store).order_by(_RUN.c.number.desc())
    return [run_of(row, {}) for row in connection.execute(query).mappings()]


def same_pair(connection: sa.Connection, store: Store, model: str, dataset: str | None) -> list[Run]:
    """The runs of this model version on this dataset version, by repeat."""
    query = _select(store).where(*_versioned("model", model), *_versioned("dataset", dataset)).order_by(_RUN.c.repeat)
    return [run_of(row, {}) for row in connection.execute(query).mappings()]


def of_dataset(connection: sa.Connection, store: Store, dataset: str) -> list[tuple[Run, str | None]]:
    """The runs on this dataset version with the digests of their sorted ids, oldest first."""
    query = _select(store).where(*_versioned("dataset", dataset), _RUN.c.dataset_digest.is_not(None))
    rows = connection.execute(query.order_by(_RUN.c.number)).mappings()
    return [(run_of(row, {}), row["ids_digest"]) for row in rows]


def insert_part(
    transaction: Transaction, run: int, kind: str, digest: str, rows: int, size: int, seq: int = 1, **said: Any
) -> None:
    """Name a sealed file as a part of a run; ``said`` are fields of ``Part`` beyond these."""
    values = {"run": run, "kind": kind, "seq": seq, "digest": digest, "rows": rows, "bytes": size, "at": transaction.at}
    transaction.insert(_PART, {"actor": transaction.actor, **values, **said})


def parts_of(connection: sa.Connection, store: Store, run: int) -> list[Part]:
    """The parts of a run in the order in which they came: its predictions, outcomes, then truth with new outcomes."""
    query = sa.select(_PART).where(_PART.c.project == store.project.id, _PART.c.run == run)
    found = [Part(**{name: row[name] for name in Part.__slots__}) for row in connection.execute(query).mappings()]
    # Truth n came after outcomes n, and gave outcomes n + 1.
    return sorted(found, key=lambda part: (part.seq - (part.kind != TRUTH), part.kind == OUTCOMES))


def newest_seq(connection: sa.Connection, store: Store, run: int, kind: str) -> int:
    """The number of a run's newest part of this kind; 0 when it has none."""
    query = sa.select(sa.func.max(_PART.c.seq)).where(
        _PART.c.project == store.project.id, _PART.c.run == run, _PART.c.kind == kind
    )
    return int(connection.execute(query).scalar() or 0)


def part_path(connection: sa.Connection, store: Store, run: int, kind: str, seq: int | None = None) -> Path:
    """The sealed file of a run's newest ``predictions``, ``outcomes`` or ``truth``, or of the one numbered ``seq``.

    Raises NotFound when the run has none.
    """
    of_kind = (_PART.c.project == store.project.id, _PART.c.run == run, _PART.c.kind == kind)
    query = sa.select(_PART.c.digest, _PART.c.seq).where(*of_kind).order_by(_PART.c.seq.desc())
    rows = connection.execute(query).all()
    if not rows:
        get_run(connection, store, run)
        raise NotFound(
            "no-predictions", f"run:{run} has no {kind}: it did not complete", next=f"errata run show run:{run}"
        )
    digest = rows[0].digest if seq is None else next((row.digest for row in rows if row.seq == seq), None)
    if digest is None:
        raise NotFound(
            "no-such-part",
            f"run:{run} has no {kind} {seq}",
            expected=f"1 to {rows[0].seq}" if rows[0].seq > 1 else "1: no truth came later",
            next=f"errata run show run:{run}",
        )
    return store.files.part(digest)


def judge_anew(transaction: Transaction, run: Run) -> None:
    """Write down of a run what depends on its truth: roles, task, counts, interval, the digest of its dataset."""
    names = ("roles", "task", "failed", "unknown", "low", "high", "dataset_digest")
    values = {**{name: getattr(run, name) for name in names}, "notes": list(run.notes)}
    of_run = (_RUN.c.project == transaction.project, _RUN.c.number == run.number)
    transaction.connection.execute(sa.update(_RUN).where(*of_run).values(values))


def reference_edges(connection: sa.Connection, store: Store, dataset: str) -> dict[str, list[float]]:
    """The edges at which the numeric columns of a dataset are cut in this project, fixed by its first logs."""
    query = sa.select(_REF.c.column, _REF.c.edges).where(_REF.c.project == store.project.id, _REF.c.dataset == dataset)
    return {row.column: list(row.edges) for row in connection.execute(query)}


def fix_edges(transaction: Transaction, dataset: str, run: int, edges: Mapping[str, list[float]]) -> None:
    """Fix the edges of columns that have none yet; those that have keep theirs."""
    fixed = reference_edges(transaction.connection, transaction.store, dataset)
    rows = [
        {"dataset": dataset, "column": column, "edges": list(cuts), "run": run, "at": transaction.at}
        for column, cuts in edges.items()
        if column not in fixed
    ]
    transaction.insert(_REF, rows)


def _select(store: Store) -> sa.Select[Any]:
    return sa.select(_RUN).where(_RUN.c.project == store.project.id)


def _versioned(column: str, text: str | None) -> tuple[sa.ColumnElement[bool], ...]:
    if text is None:
        return (_RUN.c[column].is_(None),)
    name, _, version = text.partition("@")
    return _RUN.c[column] == name, _RUN.c[f"{column}_version"] == version


def run_of(row: sa.RowMapping, environment: dict[str, Any]) -> Run:
    """A run of its row."""
    known = (row["rows"] or 0) - (row["unknown"] or 0)
    return Run(
        number=row["number"],
        model=f"{row['model']}@{row['model_version']}",
        dataset=f"{row['dataset']}@{row['dataset_version']}" if row["dataset"] else None,
        repeat=row["repeat"],
        seed=row["seed"],
        state=row["state"],
        error=row["error"],
        digest=row["digest"],
        dataset_digest=row["dataset_digest"],
        params=row["params"],
        roles=row["roles"],
        task=row["task"],
        rows=row["rows"],
        failed=row["failed"],
        unknown=row["unknown"],
        error_rate=row["failed"] / known if known and row["failed"] is not None else None,
        low=row["low"],
        high=row["high"],
        source=row["source"],
        notes=tuple(row["notes"]),
        quarantined=row["quarantined"],
        environment=environment,
        logged_by=row["actor"],
        logged_at=row["at"],
    )
