"""A run's sealed predictions as a source, and its rows as samples."""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from errata.core.errors import Conflict
from errata.nouns.evidence import Media, Sample
from errata.nouns.outcome import UNKNOWN, Outcomes
from errata.nouns.part import OUTCOMES, PREDICTIONS, TRUTH
from errata.nouns.roles import Roles
from errata.nouns.run import Run
from errata.store import runs
from errata.store.catalog import Store

if TYPE_CHECKING:
    import pyarrow as pa

    from errata.nouns.source import Source

MOST_PICTURE = 20_000_000
_SIGNS = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF8", "image/gif"))


@dataclass(frozen=True, slots=True)
class Judged:
    """A run that completed, with its rows and their outcomes."""

    run: Run
    source: Source
    outcomes: Outcomes


def merged(stored: Roles, given: Roles | None) -> Roles:
    """The stored roles, except where one is given; what is to be derived is added to what was."""
    if given is None:
        return stored
    values = {field.name: getattr(given, field.name) for field in fields(Roles)}
    values["derive"] = tuple(dict.fromkeys((*stored.derive, *given.derive)))
    return replace(stored, **{name: value for name, value in values.items() if value not in (None, ())})


def source_of_run(store: Store, number: int, as_of: int | None = None) -> tuple[Run, Source]:
    """A run and its rows: its predictions as they were logged, with the newest truth.

    ``as_of`` asks for the truth of those outcomes (1: as logged, 2: after the first late truth, …). Raises NotFound for
    a run that is not there, has no predictions, or no such outcomes.
    """
    from errata.integrations.files.overlay import Overlay
    from errata.integrations.files.parquet import ParquetSource

    with store.read() as connection:
        run = runs.get_run(connection, store, number)
        path = runs.part_path(connection, store, number, PREDICTIONS)
        newest = runs.newest_seq(connection, store, number, TRUTH)
        if as_of is not None:
            runs.part_path(connection, store, number, OUTCOMES, as_of)
        late = newest if as_of is None else as_of - 1
        truth_path = runs.part_path(connection, store, number, TRUTH, late) if late else None
    # A sealed part is named by the digest of its bytes.
    source: Source = ParquetSource(run.ref, [(run.ref, path)], identities=[path.stem])
    if truth_path is not None:
        truth = ParquetSource(run.ref, [(run.ref, truth_path)], identities=[truth_path.stem])
        source = Overlay(source, truth, truth.schema.names[0])
    return run, source


def roles_of_run(run: Run, source: Source, given: Roles | None = None) -> Roles:
    """The roles that a run was logged with, but for those that are ``given``; no truth where there was none yet."""
    stored = run.typed_roles()
    if stored.truth is not None and stored.truth not in source.schema.names:
        stored = replace(stored, truth=None)
    return merged(stored, given)


def read_run(store: Store, number: int, given: Roles | None = None, as_of: int | None = None) -> Judged:
    """The predictions and outcomes of a run; roles that are ``given`` count instead of those it was logged with.

    ``as_of`` is as of ``source_of_run``. Raises NotFound for a run that is not there or has no predictions.
    """
    from errata.tasks.outcomes import read_outcomes
    from errata.verbs.derived import derived

    run, source = source_of_run(store, number, as_of)
    with_derived, roles = derived(source, roles_of_run(run, source, given))
    return Judged(run, source, read_outcomes(with_derived, roles, allow_unknown=True))


def slice_mask(judged: Judged, text: str) -> NDArray[np.bool_]:
    """Which rows of a run lie in the slice. Raises ColumnError when the run has not its columns.

    Derived factors are computed from their names, whether the run was logged with them or not.
    """
    from errata.nouns.slice import Slice
    from errata.tasks.columns import check_column
    from errata.verbs.derived import with_columns

    found = Slice.parse(text)
    source = with_columns(judged.source, found.columns)
    for name in found.columns:
        check_column(source, name, "slice")
    return found.mask(source.column, source.rows)


def counted(judged: Judged, metric: str, positive: str | None = None) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which rows a metric is about, and which of them count against it (bool, one a row of the run).

    ``positive`` is the class that fpr and fnr are about, if not the run's own.
    """
    from errata.tasks.metric import measure

    outcomes = judged.outcomes
    if positive is not None:
        outcomes = replace(outcomes, roles=replace(outcomes.roles, positive=positive))
    measured = measure(outcomes, metric)
    about = np.zeros(judged.source.rows, bool)
    failed = np.zeros(judged.source.rows, bool)
    rows = np.arange(judged.source.rows) if measured.rows is None else measured.rows
    about[rows] = True
    failed[rows] = measured.failed
    return about, failed


def groups_of(judged: Judged) -> NDArray[np.int64] | None:
    """The group of each row as a dense code; a row without one is a group of its own. None without the role."""
    from errata.tasks.pairing import group_numbers

    name = judged.run.roles.get("group")
    return None if name is None else group_numbers(judged.source.column(name))


def values_of(judged: Judged, role: str) -> list[Any]:
    """The ids or groups of a run's rows. Raises Conflict ``no-ids`` when the run has none."""
    name = judged.run.roles.get(role)
    if name is None:
        raise Conflict(
            f"no-{role}s",
            f"{judged.run.ref} has no {role}s, so its samples cannot be told apart",
            expected=f"a run logged with --{role} COLUMN",
            next=f"errata log FILE --model … --dataset … --{role} COLUMN",
        )
    return [plain(value) for value in judged.source.column(name).to_pylist()]


def samples_at(
    judged: Judged, rows: Sequence[int] | NDArray[np.int64], pictures: int, slice: str = "all"
) -> tuple[list[Sample], dict[str, bytes]]:
    """The samples in these rows, with the picture of the first ``pictures`` of them; and those pictures by digest.

    Beside their columns they have the derived factors that the run was logged with, and those of ``slice``.
    """
    import pyarrow as pa

    from errata.tasks.columns import is_binary

    roles = judged.run.roles
    index = pa.array(np.asarray(rows, np.int64))
    columns: dict[str, list[Any]] = {}
    for field in judged.source.schema:
        if not is_binary(field.type) and field.name != roles.get("image"):
            columns[field.name] = [plain(v) for v in judged.source.column(field.name).take(index).to_pylist()]
    columns |= _derived_values(judged, index, slice)
    images, kept = _images(judged, index.slice(0, pictures))
    outcomes = judged.outcomes
    samples = []
    for at, row in enumerate(int(row) for row in rows):
        values = {name: column[at] for name, column in columns.items()}
        failed = int(outcomes.failed[row])
        loss = float(outcomes.loss[row]) if outcomes.loss is not None else math.nan
        samples.append(
            Sample(
                row=row,
                id=values.get(roles["id"]) if "id" in roles else None,
                group=values.get(roles["group"]) if "group" in roles else None,
                failed=None if failed == UNKNOWN else bool(failed),
                loss=None if math.isnan(loss) else loss,
                values=values,
                image=images[at] if at < len(images) else None,
            )
        )
    return samples, kept


def _derived_values(judged: Judged, index: pa.Array, slice: str) -> dict[str, list[Any]]:
    import pyarrow as pa

    from errata.factors.derivation import derivations
    from errata.factors.derived import computed
    from errata.nouns.slice import Slice

    source = judged.source
    names = dict.fromkeys([*judged.run.typed_roles().derive, *Slice.parse(slice).columns])
    found = derivations([name for name in names if name not in source.schema.names])
    return {
        name: [
            plain(v)
            for v in computed(one, pa.table({of: source.column(of).take(index) for of in one.columns})).to_pylist()
        ]
        for name, one in found.items()
    }


def _images(judged: Judged, index: Any) -> tuple[list[Media | None], dict[str, bytes]]:
    import hashlib

    name = judged.run.roles.get("image")
    if name is None or not len(index):
        return [], {}
    found: list[Media | None] = []
    kept: dict[str, bytes] = {}
    for value in judged.source.column(name).take(index).to_pylist():
        data = picture_bytes(value, judged.run)
        kind = media_type(data) if data is not None else None
        if data is None or kind is None:
            found.append(None)  # gone, or of a kind that no page can show
            continue
        digest = hashlib.sha256(data).hexdigest()
        kept[digest] = data
        found.append(Media(digest=digest, media_type=kind))
    return found, kept


def picture_bytes(value: Any, run: Run) -> bytes | None:
    """The picture in a cell: its bytes, those in a struct's field ``bytes``, or those of the file that it names.

    A path is looked up from here and from the folder of the file that was logged; None when there is nothing.
    """
    if isinstance(value, dict):
        value = value.get("bytes") or value.get("path")
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str) or not value:
        return None
    for folder in (Path(), Path(run.source or "").parent):
        try:
            path = folder / value
            if path.is_file() and path.stat().st_size <= MOST_PICTURE:
                return path.read_bytes()
        except (OSError, ValueError):
            continue
    return None


def media_type(data: bytes) -> str | None:
    """The type of a picture by its first bytes; None for what no page can show."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for sign, kind in _SIGNS if data.startswith(sign)), None)


def plain(value: Any) -> Any:
    """A cell as JSON holds it: times as ISO text, bytes as base64, what is not finite as missing."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return value
