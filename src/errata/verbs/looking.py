"""Samples to look at: of a finding, of any slice of a run, of some of its rows, or those that changed between two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from errata.core.errors import UsageError
from errata.nouns.evidence import Sample
from errata.store.catalog import Store
from errata.verbs.finding import MOST, row_samples, samples_of, slice_samples

if TYPE_CHECKING:
    from errata.verbs.compare_run import ChangedSample

Outcome = Literal["failed", "passed", "any"]
_FAILED: Mapping[str, bool | None] = {"failed": True, "passed": False, "any": None}


@dataclass(frozen=True, slots=True)
class Looked:
    """Some of ``total`` samples as plain values, and their pictures by digest, which do not travel with them."""

    samples: Sequence[Mapping[str, Any]]
    total: int
    pictures: Mapping[str, bytes] = field(default_factory=dict, compare=False)

    def to_json(self) -> dict[str, Any]:
        """Plain values: the samples, and how many there are."""
        return {"samples": list(self.samples), "total": self.total}


def samples_of_finding(
    store: Store, number: int, limit: int = 200, outcome: Outcome = "failed", seed: int = 0
) -> Looked:
    """Samples of a finding's slice: those that count against the metric, those that do not, or any. Raises NotFound."""
    return _looked(*samples_of(store, number, limit, _FAILED[outcome], seed))


def samples_of_slice(
    store: Store, number: int, slice: str = "all", limit: int = 200, outcome: Outcome = "failed", seed: int = 0
) -> Looked:
    """Samples of any slice of a run. Raises NotFound, GrammarError, ColumnError."""
    return _looked(*slice_samples(store, number, slice, "error", limit, _FAILED[outcome], seed))


def samples_of_rows(store: Store, number: int, rows: str) -> Looked:
    """The samples in some rows of a run, ``0,7,21``, in this order; what is no row is left out. Raises NotFound."""
    named = [text.strip() for text in rows.split(",") if text.strip()]
    if not all(text.isascii() and text.isdecimal() and len(text) < 19 for text in named) or len(named) > MOST:
        raise UsageError("bad-rows", "these are no rows", expected=f"at most {MOST:,} numbers from 0 on: 0,7,21")
    samples, pictures = row_samples(store, number, [int(text) for text in named])
    return _looked(samples, pictures, len(samples))


def samples_that_changed(
    store: Store,
    a: int,
    b: int,
    kind: str = "newly_failing",
    slice: str = "all",
    limit: int = 200,
    seed: int = 0,
    metric: str = "error",
    pair_by: str | None = None,
    allow_different_truth: bool = False,
) -> Looked:
    """Samples that fail newly (or ``newly_passing``) from run ``a`` to run ``b``.

    Raises NotFound, UsageError ``not-paired``.
    """
    from errata.verbs.compare import CompareOptions
    from errata.verbs.compare_run import changed_samples

    options = CompareOptions(metric=metric, pair_by=pair_by, allow_different_truth=allow_different_truth)
    samples, pictures, total = changed_samples(store, a, b, kind, slice, limit, seed, options)
    return _looked(samples, pictures, total)


def _looked(samples: Sequence[Sample | ChangedSample], pictures: Mapping[str, bytes], total: int) -> Looked:
    return Looked([one.to_json() for one in samples], total, pictures)
