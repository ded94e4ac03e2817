"""Findings of logged runs: list them, read one, look at its samples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from errata.core.errors import NotFound, UsageError
from errata.nouns.evidence import Sample
from errata.nouns.page import Page
from errata.nouns.record import Record
from errata.store import findings, records
from errata.store.catalog import Store
from errata.store.findings import StoredFinding
from errata.store.paging import Asked
from errata.verbs.parts import counted, media_type, picture_bytes, read_run, samples_at, slice_mask

MOST = 10_000


def list_findings(
    store: Store, run: int | None = None, *, limit: int | None = None, cursor: str | None = None
) -> Page[StoredFinding]:
    """The findings of every run's newest analysis, newest run first; of one run when given.

    Raises UsageError ``bad-limit``, ``bad-cursor``.
    """
    with store.read() as connection:
        return findings.list_findings(connection, store, run, Asked(limit, cursor))


def get_finding(store: Store, number: int) -> StoredFinding:
    """One finding. Raises NotFound."""
    with store.read() as connection:
        return findings.get_finding(connection, store, number)


def cases_of(store: Store, finding: StoredFinding) -> list[Record]:
    """The cases that have the finding's fingerprint, oldest first."""
    with store.read() as connection:
        return records.records(connection, store, "case", facet=("fingerprint", finding.fingerprint))


def samples_of(
    store: Store, number: int, limit: int = 200, failed: bool | None = True, seed: int = 0
) -> tuple[list[Sample], dict[str, bytes], int]:
    """Samples of a finding's slice, their pictures by digest, and how many there are.

    ``failed`` True gives those that count against the metric, False those that do not, None both. Beyond ``limit`` a
    seeded uniform draw is given, in the order of the run. Raises NotFound, UsageError.
    """
    finding = get_finding(store, number)
    return slice_samples(store, finding.run, finding.slice, finding.metric, limit, failed, seed, finding.positive)


def slice_samples(
    store: Store,
    run: int,
    slice: str,
    metric: str = "error",
    limit: int = 200,
    failed: bool | None = True,
    seed: int = 0,
    positive: str | None = None,
) -> tuple[list[Sample], dict[str, bytes], int]:
    """Samples of any slice of a run, as ``samples_of`` gives a finding's."""
    if not 1 <= limit <= MOST:
        raise UsageError("bad-limit", f"a limit of {limit}", expected=f"1 to {MOST}")
    judged = read_run(store, run)
    about, wrong = counted(judged, metric, positive)
    mask = slice_mask(judged, slice) & about
    if failed is not None:
        mask &= wrong == failed
    rows = np.flatnonzero(mask)
    total = len(rows)
    if total > limit:
        rows = np.sort(np.random.default_rng(seed).choice(rows, limit, replace=False))
    samples, pictures = samples_at(judged, rows, limit, slice)
    return samples, pictures, total


def row_samples(store: Store, run: int, rows: Sequence[int]) -> tuple[list[Sample], dict[str, bytes]]:
    """The samples in these rows (from 0) of a run, in this order, and their pictures; what is no row is left out."""
    judged = read_run(store, run)
    there = [row for row in rows if 0 <= row < judged.source.rows]
    return samples_at(judged, there, len(there))


def picture(store: Store, run: int, row: int) -> tuple[bytes, str] | None:
    """The picture of one row of a run and its media type; None when it has none that a page can show."""
    judged = read_run(store, run)
    name = judged.run.roles.get("image")
    if name is None or not 0 <= row < judged.source.rows:
        return None
    data = picture_bytes(judged.source.column(name)[row].as_py(), judged.run)
    kind = media_type(data) if data is not None else None
    return (data, kind) if data is not None and kind is not None else None


def blob(store: Store, digest: str) -> tuple[bytes, str]:
    """The bytes and media type of a blob of the project. Raises NotFound, StorageError when it is gone or altered."""
    with store.read() as connection:
        kind = store.media_type(connection, digest)
    if kind is None:
        raise NotFound("no-such-blob", f"there is no blob {digest[:12]!r} in project {store.project.name}")
    return store.files.read(digest), kind
