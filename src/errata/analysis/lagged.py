"""Does a factor drift before errors do: correlation of the error rate with the drift of each factor, at every lag.

Two series that each depend on their own past correlate by chance far more often than independent values do (Yule 1926).
So each is made white first (Haugh 1976): seasons that it has are taken out, an autoregression is fitted to it by least
squares, its order by Akaike's criterion (1974), and what it did not foresee is correlated. The largest |r| √n over lags
and over the series of a factor is held against what it is when blocks of the errors' residuals are dealt anew (random
lengths, n^⅓ on average, as in the stationary bootstrap of Politis and Romano 1994): p and intervals hold over all lags.
p is adjusted over factors (Benjamini and Hochberg 1995).

A factor that has an order is followed by its mean ridit (Bross 1958): the mean share of all rows with a lower value,
half of those with the same; any other by the share of each of its values.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from errata.analysis import seasons
from errata.analysis.distances import false_discovery
from errata.analysis.tally import Axis, Counts, Label
from errata.core.units import plural
from errata.nouns.trend import LaggedFactor

Series = NDArray[np.float64]
DRAWS = 999
LEAST = 40
"""With fewer buckets nothing is told."""
LEAST_SHARE = 0.8
"""So many of the buckets between the first and the last hold known outcomes."""
MOST_LAGS = {seasons.HOUR: 24, seasons.DAY: 14}
MOST_SERIES = 8
LEAST_ROWS = 0.01
LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class Followed:
    """A factor: by what ``axis`` it is counted, whether its labels have an order, and how one reads as a slice; None
    for a label that no slice names."""

    name: str
    axis: Axis
    ordered: bool
    written: Callable[[Label], str | None]


@dataclass(frozen=True, slots=True)
class Errors:
    """Buckets of known outcomes: their beginnings (seconds, rising), rows, failures and those expected by season."""

    times: NDArray[np.int64]
    rows: Series
    failed: Series
    usual: Series
    size: int


@dataclass(frozen=True, slots=True)
class Related:
    """The strongest correlation of one factor: which of its series, at what lag (above 0: the factor first)."""

    series: int
    lag: int
    r: float
    low: float
    high: float
    p: float
    buckets: int


def lagged(
    errors: Errors, factors: Sequence[tuple[Followed, Counts]], seed: int
) -> tuple[tuple[LaggedFactor, ...], int | None, list[str]]:
    """The strongest relation of each factor, most certain first; the largest lag looked at, None where nothing could
    be; and notes. Counts are by hour and the factor's axis."""
    if not factors:
        return (), None, []
    place = (errors.times - errors.times[0]) // errors.size
    buckets = int(place[-1]) + 1
    if len(place) < LEAST:
        few = plural(len(place), "bucket")
        return (), None, [f"{few} with known outcomes: too few to say whether factors drift before errors ({LEAST})"]
    if len(place) < LEAST_SHARE * buckets:
        return (), None, ["too many buckets without known outcomes to say whether factors drift before errors"]
    lags = min(MOST_LAGS[errors.size], buckets // 5)
    standard = np.full(buckets, np.nan)
    standard[place] = seasons.residuals(errors.failed, errors.rows, errors.usual)
    error = whitened(standard)
    names: list[tuple[Followed, list[str | None]]] = []
    followed: list[NDArray[np.float64]] = []
    still, many = [], []
    for factor, counts in factors:
        if counts.too_many is not None:
            many.append(factor.name)
            continue
        said, series = _series(factor, counts, errors, buckets)
        white = [whitened(one) for one in series]
        moving = [at for at, one in enumerate(white) if np.nanstd(one) > 1e-12]
        if not moving:
            still.append(factor.name)
            continue
        names.append((factor, [said[at] for at in moving]))
        followed.append(np.stack([white[at] for at in moving]))
    notes = [f"not followed over time: {', '.join(still)} (no drift at all)"] if still else []
    notes += [f"not followed over time: {', '.join(many)} (too many distinct values)"] if many else []
    related = relations(error, followed, lags, seed)
    adjusted = false_discovery([one.p for one in related]) if related else []
    found = [
        LaggedFactor(
            factor=factor.name,
            series=said[one.series],
            lag=one.lag,
            hours=one.lag * errors.size / seasons.HOUR,
            r=one.r,
            low=one.low,
            high=one.high,
            p=one.p,
            p_adjusted=p,
            buckets=one.buckets,
            related=p <= LEVEL,
        )
        for (factor, said), one, p in zip(names, related, adjusted, strict=True)
    ]
    return tuple(sorted(found, key=lambda one: (not one.related, -abs(one.r), one.factor))), lags, notes


def relations(error: Series, followed: Sequence[NDArray[np.float64]], lags: int, seed: int) -> list[Related]:
    """The strongest correlation of each factor (its series × buckets) with the error; all white, NaN where missing."""
    if not followed:
        return []
    rng = np.random.default_rng(seed)
    buckets = len(error)
    mine, has = _standard(error), ~np.isnan(error)
    dealt = np.stack([mine[_blocks(buckets, rng)] for _ in range(DRAWS)])
    found = []
    for series in followed:
        theirs = np.stack([_standard(one) for one in series])
        there = ~np.isnan(series)
        shifted, pairs = [], []
        for lag in range(-lags, lags + 1):
            shifted.append(np.stack([_shifted(one, lag) for one in theirs]))
            pairs.append(np.stack([(_shifted(one, lag) * has).sum() for one in there.astype(np.float64)]))
        table, n = np.concatenate(shifted), np.maximum(np.concatenate(pairs), 4.0)
        scale = 1 / np.sqrt(n)
        seen = table @ mine * scale
        largest = np.abs((dealt @ table.T) * scale).max(axis=1)
        at = int(np.argmax(np.abs(seen)))
        p = (1 + int((largest >= abs(seen[at]) - 1e-12).sum())) / (DRAWS + 1)
        critical = float(np.quantile(largest, 1 - LEVEL))
        r = float(np.clip(seen[at] * scale[at], -1 + 1e-9, 1 - 1e-9))
        half = critical / math.sqrt(max(n[at] - 3, 1.0))
        low, high = math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half)
        lag, which = divmod(at, len(series))
        found.append(Related(which, lag - lags, r, low, high, p, int(n[at])))
    return found


def whitened(series: Series) -> Series:
    """What an autoregression of the series does not foresee, NaN where it or its past is missing."""
    known = series[~np.isnan(series)]
    if len(known) < 10 or known.std() <= 1e-12 * max(1.0, float(np.abs(known).max())):
        return np.zeros(len(series))
    centred = series - known.mean()
    most = max(1, min(int(10 * math.log10(len(known))), len(known) // 10))
    past = np.stack([_shifted(centred, step, np.nan) for step in range(1, most + 1)], axis=1)
    whole = ~np.isnan(centred) & ~np.isnan(past).any(axis=1)
    if whole.sum() < 4 * most:
        most = 1
        past, whole = past[:, :1], ~np.isnan(centred) & ~np.isnan(past[:, 0])
    y, x = centred[whole], past[whole]
    square, cross, whole_square = x.T @ x, x.T @ y, float(y @ y)
    best, weights = math.log(max(whole_square / len(y), 1e-300)), np.zeros(0)
    for order in range(1, most + 1):
        fit = np.linalg.lstsq(square[:order, :order], cross[:order], rcond=None)[0]
        left = max(whole_square - float(cross[:order] @ fit), 1e-12 * whole_square)
        criterion = math.log(max(left / len(y), 1e-300)) + 2 * order / len(y)
        if criterion < best:
            best, weights = criterion, fit
    foreseen = past[:, : len(weights)] @ weights if len(weights) else np.zeros(len(series))
    return np.asarray(centred - foreseen, np.float64)


def _series(factor: Followed, counts: Counts, errors: Errors, buckets: int) -> tuple[list[str | None], list[Series]]:
    """What is followed of a factor, and how far each bucket lies from what is usual, in standard errors."""
    hours = np.array([-1 if label is None else int(label) for label in counts.labels[0]], np.int64)
    place = (hours // errors.size * errors.size - errors.times[0]) // errors.size
    kept = np.array([label is not None for label in counts.labels[0]], bool) & (place >= 0) & (place < buckets)
    labels = list(counts.labels[1])
    held = np.zeros((buckets, len(labels)))
    cells = counts.cells[kept[counts.cells[:, 0]]] if len(counts.cells) else counts.cells
    rows = counts.rows[kept[counts.cells[:, 0]]] if len(counts.cells) else counts.rows
    np.add.at(held, (place[cells[:, 0]], cells[:, 1]), rows)
    every = held.sum(axis=1)
    times = errors.times[0] + np.arange(buckets) * errors.size
    said: list[str | None] = []
    series = []

    def add(name: str | None, values: NDArray[np.float64], among: NDArray[np.float64]) -> None:
        """A series with the mean Σ held · values / among."""
        there = among > 0
        mean = np.divide(held @ values, among, out=np.zeros(buckets), where=there)
        usual = _usual(mean, among, times, errors.size)
        said.append(name)
        series.append(np.where(there, (mean - usual) * np.sqrt(among), np.nan))

    missing = np.array([label is None for label in labels], bool)
    if factor.ordered and not missing.all():
        known = held[:, ~missing].sum(axis=0)
        ridit = np.zeros(len(labels))
        ridit[~missing] = (np.cumsum(known) - known / 2) / max(known.sum(), 1.0)
        add(None, ridit, held[:, ~missing].sum(axis=1))
    total = held.sum(axis=0)
    ranked = [int(at) for at in np.argsort(-total, kind="stable") if total[at] >= LEAST_ROWS * total.sum()]
    shares = [at for at in ranked if missing[at]] if factor.ordered else ranked
    if not factor.ordered and len(total) == 2:
        shares = shares[-1:]  # the share of one is that of the other turned round
    for at in shares[:MOST_SERIES]:
        text = factor.written(labels[at])
        if text is not None:
            add(text, np.eye(len(labels))[at], every)
    return said, series


def _usual(mean: Series, rows: Series, times: NDArray[np.int64], size: int) -> Series:
    """The weighted mean, by hour of day and day of week where an F test at 1 % finds such a season."""
    from scipy.special import fdtrc

    there = rows > 0
    usual = np.full(len(mean), float((mean * rows).sum() / max(rows.sum(), 1.0)))
    freedom = int(there.sum()) - 1
    for position in seasons.positions(times[there], size).values():
        left = (mean - usual)[there]
        weight = rows[there]
        dense = np.unique(position, return_inverse=True)[1].reshape(-1)
        shift = (np.bincount(dense, weight * left) / np.bincount(dense, weight))[dense]
        more = int(dense.max())
        rest = float((weight * (left - shift) ** 2).sum())
        gained = float((weight * left**2).sum()) - rest
        if more < 1 or freedom - more < 1 or gained <= 0:
            continue
        if rest <= 0 or fdtrc(more, freedom - more, gained / more / (rest / (freedom - more))) <= seasons.LEVEL:
            usual[there] += shift
            freedom -= more
    return usual


def _standard(series: Series) -> Series:
    """With mean 0 and variance 1, and 0 where missing."""
    known = ~np.isnan(series)
    found = np.zeros(len(series))
    spread = float(series[known].std()) if known.any() else 0.0
    if spread > 0:
        found[known] = (series[known] - series[known].mean()) / spread
    return found


def _shifted(series: Series, lag: int, fill: float = 0.0) -> Series:
    """The value so many buckets before each bucket; ``fill`` where there is none."""
    found = np.full(len(series), fill)
    if lag > 0:
        found[lag:] = series[:-lag]
    elif lag < 0:
        found[:lag] = series[-lag:]
    else:
        found[:] = series
    return found


def _blocks(buckets: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """The buckets in an order in which blocks of random length stay together."""
    cuts = np.flatnonzero(rng.random(buckets - 1) < buckets ** (-1 / 3)) + 1
    parts = np.split(np.arange(buckets), cuts)
    return np.concatenate([parts[at] for at in rng.permutation(len(parts))])
