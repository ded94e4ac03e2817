"""A file of truth: which column names the rows, which says what was right, and which row of a run each is of."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from errata.core.errors import ColumnError, ValueFault
from errata.core.units import count, plural
from errata.nouns.roles import Roles
from errata.nouns.run import Run
from errata.tasks import truths
from errata.tasks.columns import check_column, is_label, listed

if TYPE_CHECKING:
    import pyarrow as pa

    from errata.nouns.source import Source


@dataclass(frozen=True, slots=True)
class Given:
    """What a file of truth says: its id column, and the truth of each row; ``empty`` rows have none."""

    source: Source
    id: str
    column: str
    truth: pa.ChunkedArray
    empty: int


def read_truth(source: Source, run: Run, roles: Roles, id: str | None, truth: str | None) -> Given:
    """Find the id and the truth in a file, by name where they are not given. Raises ColumnError, ValueFault."""
    from errata.tasks.ids import refuse_repeated

    for name, role in ((id, "id"), (truth, "truth")):
        if name is not None:
            check_column(source, name, role)
    id = id or _id_column(source, run, roles)
    truth = truth or _truth_column(source, run, roles, id)
    if id == truth:
        raise ColumnError(
            "one-column-two-roles",
            f"column {id!r} cannot be both the id and the truth",
            expected="one column of ids and one of truth",
            where=source.name,
            next=f"--id {shlex.quote(id)} --truth COLUMN",
        )
    try:
        refuse_repeated(source, id)
    except ValueFault as fault:
        fault.next = (
            "drop the copies: an id has one truth"
            if fault.code == "repeated-id"
            else "drop those rows, or fill the ids"
        )
        raise
    column = source.column(truth)
    if not is_label(column.type) and column.null_count < len(column):
        raise ValueFault(
            "type-mismatch",
            f"column {truth!r} cannot be the truth: its values are of type {column.type}",
            expected="text, numbers or booleans",
            where=f"{source.name}, column {truth}",
            next="--truth COLUMN",
        )
    settled = truths.settled(column)
    if settled.null_count == len(settled):
        raise ValueFault(
            "no-truth-yet",
            f"no row of {source.name} has a truth",
            expected="a value in at least one row",
            where=f"{source.name}, column {truth}",
            next="--truth COLUMN, or wait until there is one",
        )
    return Given(source, id, truth, settled, int(settled.null_count))


def _id_column(source: Source, run: Run, roles: Roles) -> str:
    names = source.schema.names
    found: str | None = next((name for name in (roles.id, "id", "sample_id") if name in names), None)
    if found is None:
        raise ColumnError(
            "no-id-column",
            f"no column of {source.name} is called {roles.id!r}, as the ids of {run.ref} are",
            expected=f"a column called {roles.id}, id or sample_id, or --id COLUMN",
            found=listed(names),
            where=source.name,
            next=f"errata log {shlex.quote(source.name)} --truth-for {run.ref} --id COLUMN",
        )
    return found


def _truth_column(source: Source, run: Run, roles: Roles, id: str) -> str:
    from errata.tasks.roles import infer_known_roles

    names: list[str] = source.schema.names
    if roles.truth is not None and roles.truth in names and roles.truth != id:
        return roles.truth
    named = infer_known_roles(source, Roles(id=id))[0].truth
    if named is not None:
        return named
    others: list[str] = [name for name in names if name != id]
    if len(others) == 1:
        return others[0]
    raise ColumnError(
        "no-truth",
        f"which column of {source.name} is the truth is not clear",
        expected="one column called truth, label or target, one column beside the id, or --truth COLUMN",
        found=listed(names),
        where=source.name,
        next=f"errata log {shlex.quote(source.name)} --truth-for {run.ref} --truth COLUMN",
    )


def joined(source: Source, run: Run, roles: Roles, given: Given) -> tuple[NDArray[np.int64], int, tuple[str, ...]]:
    """For each row of a run the row of the file that has its id, −1 for none; how many there are; and what to say.

    Ids of different types are compared as text. Raises ValueFault when no id of the file is one of the run's.
    """
    import pyarrow.compute as pc

    from errata.tasks.pairing import as_text, plain

    assert roles.id is not None
    here, there = plain(source.column(roles.id)), plain(given.source.column(given.id))
    notes: tuple[str, ...] = ()
    if here.type != there.type:
        kinds = f"{here.type} in {run.ref} and {there.type} in {given.source.name}"
        here, there = (as_text(_whole(column)) for column in (here, there))
        notes = (f"ids are {kinds}: they were compared as text",)
    at = pc.fill_null(pc.index_in(here, value_set=there.combine_chunks()), -1).to_numpy().astype(np.int64)
    matched = int((at >= 0).sum())
    if not matched:
        raise ValueFault(
            "no-id-matches",
            f"no id of {given.source.name} is one of {run.ref}",
            details=list(notes),
            expected=f"ids such as {_examples(here)} ({count(len(here))} of them)",
            found=f"{_examples(there)} ({plural(len(there), 'row')})",
            where=f"{given.source.name}, column {given.id}",
            next="--id COLUMN with the ids of the predictions, or --truth-for another run",
        )
    return at, matched, notes


def _whole(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Floats that are all whole as the whole numbers that they stand for."""
    import pyarrow as pa

    if not pa.types.is_floating(column.type):
        return column
    try:
        return column.cast(pa.int64())
    except pa.ArrowInvalid:
        return column


def _examples(column: pa.ChunkedArray) -> str:
    return ", ".join(repr(value) for value in column[:3].to_pylist())
