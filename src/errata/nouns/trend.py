"""Trend: how the error rate, the volume and the latency went over time. It stands in a report under ``analyses``."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Bucket:
    """One hour or day (UTC). ``rate`` with its pointwise 95 % interval is of the rows of known outcome, None without.

    ``expected``: the rate of the level that the bucket belongs to, at its time of day and week. ``p50``, ``p95`` and
    ``p99``: quantiles of latency in the column's own unit; None where the bucket has too few rows for one.
    """

    time: str
    rows: int
    known: int
    failed: int
    rate: float | None
    low: float | None
    high: float | None
    expected: float | None
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None


@dataclass(frozen=True, slots=True)
class ChangePoint:
    """From ``time`` on the error rate was another one. Rates are of the stretches up to the next change on either side.

    ``difference`` is after − before, corrected for nothing; its interval and those of the rates are pointwise 95 %.
    ``p`` is of the split among all that its stretch could have. ``began``: versions first seen within a bucket of it.
    """

    time: str
    before: float
    before_low: float
    before_high: float
    before_rows: int
    after: float
    after_low: float
    after_high: float
    after_rows: int
    difference: float
    low: float
    high: float
    p: float
    began: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Anomaly:
    """A bucket whose error rate its level and its season do not explain. ``excess``: errors beyond those expected."""

    time: str
    rows: int
    failed: int
    rate: float
    low: float
    high: float
    expected: float
    excess: float
    p_adjusted: float


@dataclass(frozen=True, slots=True)
class VersionTrend:
    """One version of the model: all its rows, when it was first and last seen, its buckets that hold rows, and the
    quantiles of its latency, None of too few rows."""

    version: str
    rows: int
    known: int
    failed: int
    rate: float | None
    low: float | None
    high: float | None
    first: str
    last: str
    buckets: tuple[Bucket, ...]
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LaggedFactor:
    """How a factor's drift goes with the error rate, at the lag where it does so most.

    ``lag`` in buckets, ``hours`` the same: above 0 the factor comes first. ``series``: the slice whose share of rows is
    followed; None for the mean of a factor that has an order. ``r``: correlation of what neither series foresees of
    itself; its 95 % interval and ``p`` hold over all lags and series of the factor, ``p_adjusted`` over all factors.
    ``related``: no false discovery among the factors.
    """

    factor: str
    series: str | None
    lag: int
    hours: float
    r: float
    low: float
    high: float
    p: float
    p_adjusted: float
    buckets: int
    related: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """What happened over time. ``season``: what the baseline follows, ``hour of day``, ``day of week`` or nothing.

    ``dispersion``: how many times larger the variance between buckets is than independent rows' would be, at least 1.
    ``latency_error``: a latency quantile is off by at most this share of itself, because latencies are counted in bins.
    ``lagged``: every factor that could be followed over time, with its lag of at most ``lags`` buckets; None where
    none was followed.
    """

    time: str
    bucket: str
    buckets: tuple[Bucket, ...]
    empty: int
    change_points: tuple[ChangePoint, ...]
    anomalies: tuple[Anomaly, ...]
    season: tuple[str, ...]
    dispersion: float
    false_alarm_rate: float
    false_discovery_rate: float
    draws: int
    latency: str | None = None
    latency_error: float | None = None
    version: str | None = None
    versions: tuple[VersionTrend, ...] = ()
    lagged: tuple[LaggedFactor, ...] = ()
    lags: int | None = None
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)
