"""Rows that are named rather than given, ``run:3`` or ``upload:DIGEST/NAME``, and what is done with them.

A verb here takes rows as they are, too: then whoever calls it has them at hand, and nothing was sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from errata.core.errors import ErrataError, UsageError, ValueFault
from errata.core.names import names_run, parse_fact
from errata.nouns.roles import Roles
from errata.store import uploads
from errata.store.catalog import Store
from errata.store.uploads import Upload

if TYPE_CHECKING:
    from errata.nouns.late_truth import LateTruth
    from errata.nouns.run import Run
    from errata.nouns.source import Source

Rows: TypeAlias = "str | Source"
"""``upload:DIGEST/NAME``, or the rows themselves."""


def source_at(store: Store, rows: Rows, quarantine: bool = False, tz: str | None = None) -> Source:
    """The rows that are named, or given. Raises UsageError ``bad-upload``, NotFound, FileError."""
    from errata.integrations.files import open_source

    if not isinstance(rows, str):
        return rows
    if names_run(rows):
        from errata.verbs.parts import source_of_run

        return source_of_run(store, parse_fact(rows, "run"))[1]
    with opened(store, rows) as (path, name):
        return open_source(path, quarantine=quarantine, tz=tz, called=name)


@contextmanager
def opened(store: Store, named: str) -> Iterator[tuple[Path, str]]:
    """The file of an upload for the block, and its name, by which errors call it too. Raises NotFound, UsageError."""
    upload = Upload.parse(named)
    path = uploads.path_of(store.files, upload)
    try:
        yield path, upload.name
    except ErrataError as error:
        call(error, path, upload.name)
        raise


def call(error: ErrataError, path: Path, name: str) -> None:
    """Let an error call a file by its name, not by where it lies."""
    for said in ("message", "expected", "found", "where", "next"):
        setattr(error, said, getattr(error, said).replace(str(path), name))
    error.details = [one.replace(str(path), name) for one in error.details]
    error.args = (error.message,)


def roles_from(given: Mapping[str, Any] | None) -> Roles:
    """The roles that a request names. Raises ValueFault ``bad-request`` with a line for each fault."""
    from pydantic import TypeAdapter, ValidationError

    known = [one.name for one in fields(Roles)]
    if odd := sorted(set(given or {}) - set(known)):
        raise ValueFault("bad-request", f"{odd[0]!r} is no role of a column", expected=", ".join(sorted(known)))
    try:
        return TypeAdapter(Roles).validate_python(dict(given or {}))
    except ValidationError as exc:
        faults = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in exc.errors()]
        raise ValueFault("bad-request", "these roles cannot be read", details=faults) from exc


def log_versions_of(
    store: Store,
    rows: Rows,
    model_from: str,
    model: str | None = None,
    dataset: str | None = None,
    params: Mapping[str, Any] | None = None,
    seed: int | None = None,
    repeat: int | None = None,
    environment: Mapping[str, Any] | None = None,
    allow_unknown: bool = False,
    quarantine: bool = False,
    tz: str | None = None,
    roles: Mapping[str, Any] | None = None,
) -> list[Run]:
    """Log one run for each model version that a column names, all of them or none. Raises as ``log_versions`` does."""
    from errata.verbs.log_versions import log_versions

    return log_versions(
        store,
        source_at(store, rows, quarantine, tz),
        roles_from(roles),
        model_from=model_from,
        model=model,
        dataset=dataset,
        quarantine=quarantine,
        params=dict(params or {}),
        seed=seed,
        repeat=repeat,
        environment=dict(environment or {}),
        allow_unknown=allow_unknown,
    )


def add_truth_of(
    store: Store,
    number: int,
    rows: Rows,
    id: str | None = None,
    truth: str | None = None,
    replace: bool = False,
    reason: str = "",
    quarantine: bool = False,
    tz: str | None = None,
) -> LateTruth:
    """Join truth that came later to a run; its outcomes are recomputed. Raises NotFound, InputError, Conflict."""
    from errata.verbs.late_truth import TruthOptions, add_truth

    if isinstance(rows, str) and names_run(rows):
        raise UsageError("bad-upload", f"{rows} is a run, and no truth", expected="upload:DIGEST/NAME")
    options = TruthOptions(run=number, id=id, truth=truth, replace=replace, reason=reason)
    return add_truth(store, source_at(store, rows, quarantine, tz), options)
