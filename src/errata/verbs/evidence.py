"""Freezing evidence: the failed samples of a slice, as a manifest that never changes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from errata.core.canonical import canonical_json
from errata.nouns.candidates import Candidate
from errata.nouns.evidence import CAP, MEDIA_CAP, Draw, Evidence
from errata.store.catalog import Store, Transaction
from errata.store.files import Staged
from errata.verbs.parts import Judged, counted, samples_at, slice_mask


class Frozen:
    """Evidence that is written and flushed; ``keep`` makes it part of the catalog within a transaction."""

    def __init__(self, evidence: Evidence, manifest: Staged, pictures: list[tuple[Staged, str]]) -> None:
        self.evidence = evidence
        self.manifest = manifest
        self.pictures = pictures

    def keep(self, transaction: Transaction) -> None:
        """Name the manifest and its pictures as blobs."""
        for picture, kind in self.pictures:
            transaction.blob(picture, kind)
        transaction.blob(self.manifest, "application/json")

    def discard(self, store: Store) -> None:
        """Throw away what was not kept."""
        store.files.discard([self.manifest, *(picture for picture, _ in self.pictures)])


def freeze(store: Store, judged: Judged, slice_text: str, metric: str, seed: int = 0) -> Frozen:
    """The failed samples of a slice: all of them, or a seeded uniform draw of ``CAP``, in the order of the run.

    The first ``MEDIA_CAP`` of them keep their pictures, by digest, when the run has a column of pictures. Raises
    ColumnError when the run has not the slice's columns.
    """
    failed = np.flatnonzero(counted(judged, metric)[1] & slice_mask(judged, slice_text))
    rows = failed
    if len(failed) > CAP:
        rows = np.sort(np.random.default_rng(seed).choice(failed, CAP, replace=False))
    return _frozen(store, judged, rows, slice_text, metric, len(failed), seed)


def freeze_candidates(store: Store, judged: Judged, chosen: Sequence[Candidate]) -> Frozen:
    """The samples of some candidates of a run, each with how likely it was to be drawn."""
    rows = np.array([one.sample.row for one in chosen], np.int64)
    draws = [Draw(probability=one.probability, stratum=one.stratum, copies=one.copies) for one in chosen]
    return _frozen(store, judged, rows, "all", "error", len(rows), 0, draws)


def _frozen(
    store: Store,
    judged: Judged,
    rows: NDArray[np.int64],
    slice_text: str,
    metric: str,
    failed: int,
    seed: int,
    draws: Sequence[Draw] = (),
) -> Frozen:
    samples, pictures = samples_at(judged, rows, MEDIA_CAP, slice_text)
    run = judged.run
    evidence = Evidence(
        digest="",
        run=run.number,
        run_digest=run.digest,
        model=run.model,
        dataset=run.dataset or "",
        slice=slice_text,
        metric=metric,
        failed=failed,
        drawn=len(rows),
        pictured=sum(1 for one in samples if one.image),
        seed=seed,
        roles=run.roles,
        samples=tuple(samples),
        draws=tuple(draws),
    )
    manifest = store.files.stage(canonical_json(evidence.manifest()).encode())
    kinds = {one.image.digest: one.image.media_type for one in samples if one.image}
    staged = [(store.files.stage(data), kinds[digest]) for digest, data in pictures.items()]
    return Frozen(replace(evidence, digest=manifest.digest), manifest, staged)


def read_evidence(store: Store, digest: str) -> Evidence:
    """The evidence of this digest, verified. Raises StorageError when it is gone or altered."""
    return Evidence.read(digest, json.loads(store.files.read(digest)))
