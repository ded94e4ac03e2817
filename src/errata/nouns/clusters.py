"""Clusters of failures: groups of failed rows that are alike. They stand in a report under ``analyses``."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Condition:
    """A slice that failed rows of a cluster lie in more often than rows that passed do.

    ``share`` is of the failed rows, ``passing_share`` of those that passed; ``ratio`` of the two has its 95 % interval.
    """

    slice: str
    share: float
    passing_share: float
    ratio: float
    low: float
    high: float
    p_adjusted: float


@dataclass(frozen=True, slots=True)
class Term:
    """A word or two that stand in more texts of failed rows of a cluster than of rows that passed.

    ``log_odds`` is the logarithm of the ratio of the odds, drawn toward 0 by the prior, ``z`` in standard deviations.
    """

    term: str
    share: float
    passing_share: float
    log_odds: float
    z: float
    p_adjusted: float


@dataclass(frozen=True, slots=True)
class ClassPair:
    """One class taken for another: ``rows`` failed rows of the cluster, their share of them, and of other failures.

    ``p_adjusted`` is of its being no more frequent than there.
    """

    truth: str
    prediction: str
    rows: int
    share: float
    rest_share: float | None
    p_adjusted: float


@dataclass(frozen=True, slots=True)
class ClusterSample:
    """A failed row, by its number in the source (from 0) and its id, and how far it lies from the cluster's centre."""

    row: int
    id: str | None
    distance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """One cluster, numbered from 1 by excess errors.

    ``all_rows`` and ``all_failed`` are of the whole source: every row lies at its nearest cluster. All else is counted
    on the rows that took no part in making the clusters: ``rows`` of which ``failed``, the rate with its pointwise
    95 % interval, the rate of all other rows, the excess errors, and their lower bound that holds for all clusters at
    once. ``stability`` is the mean Jaccard index, ``stable`` whether that is at least 0.6. ``samples`` begin with the
    medoid. ``name`` is made of what distinguishes it from rows that passed.
    """

    number: int
    name: str
    all_rows: int
    all_failed: int
    rows: int
    failed: int
    error_rate: float | None
    low: float
    high: float
    rest_error_rate: float | None
    excess_errors: float
    excess_errors_low: float
    stability: float
    stable: bool
    conditions: tuple[Condition, ...] = ()
    terms: tuple[Term, ...] = ()
    pairs: tuple[ClassPair, ...] = ()
    samples: tuple[ClusterSample, ...] = ()


@dataclass(frozen=True, slots=True)
class NumberTried:
    """A number of clusters (None: as density has it), its stability and separation, and those of rows without any."""

    number: int | None
    stability: float
    separation: float
    reference_stability: float
    reference_separation: float


@dataclass(frozen=True, slots=True)
class MapPoint:
    """A drawn row on the map. ``cluster`` is None of noise, and where there are no clusters."""

    x: float
    y: float
    failed: bool
    cluster: int | None
    row: int
    id: str | None


@dataclass(frozen=True, slots=True)
class Outlier:
    """A failed row that lies far from its cluster: ``times`` as far as the cluster's rows do (root mean square)."""

    row: int
    id: str | None
    cluster: int | None
    times: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Clusters:
    """Clusters of failures, most excess errors first; none where ``number`` is None.

    ``by``: ``embedding``, ``numbers`` or ``text``, in ``columns``. Rows have ``dimensions``, points ``axes`` that keep
    the share ``kept`` of the variance. ``p`` is of no clusters at all, over all numbers ``tried`` on ``tried_rows``;
    None where there were too few. ``noise`` are rows of the source that density leaves outside, of which
    ``noise_failed``. ``failures`` and ``rows`` are those that could be placed, ``unplaced`` those that could not.
    ``conditions`` and ``terms`` set all failed rows apart from those that passed. ``explained``: the share of the
    variance along each axis of the map.
    """

    by: str
    columns: tuple[str, ...]
    dimensions: int
    axes: int
    kept: float
    method: str
    number: int | None
    p: float | None
    tried: tuple[NumberTried, ...]
    tried_rows: int
    rows: int
    failures: int
    unplaced: int
    counted_rows: int
    counted_failed: int
    clusters: tuple[Cluster, ...]
    conditions: tuple[Condition, ...]
    terms: tuple[Term, ...]
    outliers: tuple[Outlier, ...]
    map: tuple[MapPoint, ...]
    explained: tuple[float, ...]
    false_discovery_rate: float
    noise: int = 0
    noise_failed: int = 0
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)
