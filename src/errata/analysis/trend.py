"""Error rate, volume and latency over time; since when the error rate is another one; which buckets stand out.

Everything is counted by the hour (UTC) in one pass and put together into days where those are asked for. ``seasons``
holds the baseline, ``change_points`` the search for changes; docs/trend.md states each formula.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from errata.analysis import distances, seasons
from errata.analysis.change_points import DRAWS, LEAST, LEVEL, Split, change_points
from errata.analysis.intervals import newcombe, wilson
from errata.analysis.lagged import Errors, Followed, lagged
from errata.analysis.tally import FAILED, Axis, Counts, Tally
from errata.core.units import count, plural
from errata.nouns.trend import Anomaly, Bucket, ChangePoint, LaggedFactor, Trend, VersionTrend

TIME = "@time"
"""A reserved column: the time of a row as a timestamp."""
FALSE_DISCOVERY_RATE = 0.05
MOST_HOURS = 200_000
"""Of an axis of time: more than twenty years of hours."""
OCTAVE = 8
LATENCY_EDGES: tuple[float, ...] = tuple(float(2.0 ** (k / OCTAVE)) for k in range(-10 * OCTAVE, 20 * OCTAVE + 1))
"""Eight bins to the doubling, from a thousandth to a million, whatever the unit: with half a year of hours they still
make a table that is counted by position."""
LATENCY_ERROR = 2.0 ** (1 / OCTAVE) - 1
QUANTILES = (0.5, 0.95, 0.99)
BEYOND = 5
"""A quantile is told where so many rows are expected beyond it."""
ROWS_AN_HOUR = 30
ALIKE = 0.3

Asking = Generator[list[Tally], list[Counts], "Trend | str"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """``bucket``: ``hour``, ``day`` or ``auto``. ``judged``: rows have outcomes.

    ``latency`` and ``version`` are columns, where there are such. ``effect``: the design effect of rows that depend on
    each other. ``time`` is how people call the column, ``@time`` holds it. ``factors`` are followed beside the errors.
    """

    time: str
    bucket: str = "auto"
    judged: bool = True
    latency: str | None = None
    version: str | None = None
    effect: float = 1.0
    seed: int = 0
    factors: tuple[Followed, ...] = ()


@dataclass(frozen=True, slots=True)
class _Series:
    """Buckets that hold rows, in order of time."""

    times: NDArray[np.int64]
    rows: NDArray[np.int64]
    known: NDArray[np.float64]
    failed: NDArray[np.float64]


def trend(asked: Asked) -> Asking:
    """Ask for the counts by hour; return the trend, or why there is none."""
    hours = Axis(TIME, seconds=seasons.HOUR, most=MOST_HOURS)
    outcome = (Axis(FAILED),) if asked.judged else ()
    tallies = [Tally((hours, *outcome))]
    if asked.latency is not None:
        tallies.append(Tally((hours, Axis(asked.latency, edges=LATENCY_EDGES))))
    if asked.version is not None:
        tallies.append(Tally((Axis(asked.version), hours, *outcome)))
    if asked.version is not None and asked.latency is not None:
        tallies.append(Tally((Axis(asked.version), Axis(asked.latency, edges=LATENCY_EDGES))))
    followed = asked.factors if asked.judged else ()
    tallies += [Tally((hours, one.axis)) for one in followed]
    answers = iter((yield tallies))
    counts = next(answers)
    latency = None if asked.latency is None else next(answers)
    versions = None if asked.version is None else next(answers)
    slow = next(answers) if asked.version is not None and asked.latency is not None else None
    return _trend(asked, counts, latency, versions, slow, list(zip(followed, answers, strict=True)))


def _trend(
    asked: Asked,
    counts: Counts,
    latency: Counts | None,
    versions: Counts | None,
    slow: Counts | None,
    factors: Sequence[tuple[Followed, Counts]],
) -> Trend | str:
    effect = asked.effect
    if counts.too_many is not None:
        return f"{asked.time} spans more than {count(MOST_HOURS)} hours that hold rows"
    hourly = [label for label in counts.labels[0] if label is not None]
    notes: list[str] = []
    if not hourly:
        return f"no row has a time in {asked.time}"
    untimed = counts.total - _series(counts, 0, seasons.HOUR, judged=False).rows.sum()
    if untimed:
        notes.append(f"{plural(int(untimed), 'row')} without a time in {asked.time}")
    size = _bucket_size(asked.bucket, _series(counts, 0, seasons.HOUR, asked.judged))
    series = _series(counts, 0, size, asked.judged)
    name = "hour" if size == seasons.HOUR else "day"
    if len(series.times) == 1:
        return f"every row falls in one {name}, {_written(int(series.times[0]))}: nothing comes before or after it"
    empty = int(series.times[-1] - series.times[0]) // size + 1 - len(series.times)
    if empty:
        notes.append(f"{plural(empty, name)} in between without a row")
    told = _Told(asked, series, size, effect)
    changes, anomalies, fit, season, scatter, said = told.errors()
    related, lags, more = told.lagged(season, factors)
    quantiles = {} if latency is None else _quantiles(latency, size)
    if latency is not None and not quantiles:
        notes.append(f"no row has a latency in {asked.latency}")
    buckets = _buckets(series, effect, fit, quantiles)
    by_version: tuple[VersionTrend, ...] = ()
    if versions is not None:
        if versions.too_many is not None:
            notes.append(f"{versions.too_many} has too many distinct values to be the model's version")
        else:
            by_version = _versions(versions, slow, size, asked.judged, effect)
            changes = [_with_versions(one, by_version, size) for one in changes]
    return Trend(
        time=asked.time,
        bucket=name,
        buckets=buckets,
        empty=empty,
        change_points=tuple(changes),
        anomalies=tuple(anomalies),
        season=tuple(season),
        dispersion=scatter,
        false_alarm_rate=LEVEL,
        false_discovery_rate=FALSE_DISCOVERY_RATE,
        draws=DRAWS,
        latency=asked.latency if quantiles else None,
        latency_error=LATENCY_ERROR if quantiles else None,
        version=asked.version if by_version else None,
        versions=by_version,
        lagged=related,
        lags=lags,
        notes=(*notes, *said, *more),
    )


def _bucket_size(bucket: str, hourly: _Series) -> int:
    """Hours where they hold enough rows and are not too many to read, else days, unless that leaves hardly any."""
    if bucket != "auto":
        return seasons.HOUR if bucket == "hour" else seasons.DAY
    days = (hourly.times[-1] - hourly.times[0]) / seasons.DAY
    if days < 2 * LEAST:
        return seasons.HOUR
    return seasons.HOUR if days <= 62 and hourly.rows.mean() >= ROWS_AN_HOUR else seasons.DAY


def _series(counts: Counts, axis: int, size: int, judged: bool, only: NDArray[np.bool_] | None = None) -> _Series:
    """The buckets of one axis of hours, ``only`` some cells of it."""
    labels = np.array([-1 if label is None else int(label) for label in counts.labels[axis]], np.int64)
    timed = np.array([label is not None for label in counts.labels[axis]], bool)
    at = counts.cells[:, axis]
    kept = timed[at] if only is None else timed[at] & only
    times, index = np.unique(labels[at[kept]] // size * size, return_inverse=True)
    rows = np.bincount(index, counts.rows[kept], len(times)).astype(np.int64)
    if not judged:
        return _Series(times, rows, np.zeros(len(times)), np.zeros(len(times)))
    outcome = counts.labels[axis + 1]
    states = np.array([0 if label is None else 2 if label is True else 1 for label in outcome] or [0], np.int64)
    state = states[counts.cells[kept, axis + 1]]
    known = np.bincount(index, counts.rows[kept] * (state > 0), len(times)).astype(np.float64)
    failed = np.bincount(index, counts.rows[kept] * (state == 2), len(times)).astype(np.float64)
    return _Series(times, rows, known, failed)


class _Told:
    """Change points and anomalies of one series."""

    def __init__(self, asked: Asked, series: _Series, size: int, effect: float) -> None:
        self.seed, self.effect, self.size = asked.seed, effect, size
        self.has = series.known > 0
        self.series = series
        self.times = series.times[self.has]
        self.rows = series.known[self.has]
        self.failed = series.failed[self.has]

    def errors(
        self,
    ) -> tuple[list[ChangePoint], list[Anomaly], NDArray[np.float64] | None, list[str], float, list[str]]:
        """Changes, anomalies, expected errors of each bucket, the seasons taken, the dispersion, and notes."""
        if not len(self.times):
            return [], [], None, [], 1.0, ["no row with a time has a known outcome: volume and latency alone"]
        if len(self.times) < 2 * LEAST:
            few = f"{plural(len(self.times), 'bucket')} with known outcomes: too few to say what changed (6 at least)"
            return [], [], None, [], self.effect, [few]
        places = seasons.positions(self.times, self.size)
        levels = np.zeros(len(self.times), np.int64)
        season: list[str] = []
        splits: list[Split] = []
        # A change hides a season and a season a change, so each is looked for again beside the other.
        for _ in range(2):
            season = seasons.seasons_of(self.failed, self.rows, levels, places)
            usual = self._usual(levels, season, places)
            splits = change_points(self.failed, self.rows, usual, self.seed)
            levels = np.searchsorted([one.at for one in splits], np.arange(len(self.times)), side="right")
        factors = [levels, *(places[one] for one in season)]
        fit = seasons.expected(self.failed, self.rows, factors)
        parameters = 1 + sum(len(np.unique(one)) - 1 for one in factors)
        scatter = max(self.effect, seasons.dispersion(self.failed, self.rows, fit, parameters))
        changes = [self._change(one.at, one.p, levels, scatter) for one in splits]
        said = self._alike(fit)
        whole: NDArray[np.float64] = np.full(len(self.series.times), np.nan)
        whole[self.has] = fit
        return changes, self._anomalies(fit, factors, scatter), whole, season, scatter, said

    def lagged(
        self, season: list[str], factors: Sequence[tuple[Followed, Counts]]
    ) -> tuple[tuple[LaggedFactor, ...], int | None, list[str]]:
        """How the drift of each factor goes with errors: only seasons are usual, for a change may have come from it."""
        if not len(self.times):
            return (), None, []
        places = seasons.positions(self.times, self.size)
        usual = seasons.expected(self.failed, self.rows, [places[one] for one in season])
        return lagged(Errors(self.times, self.rows, self.failed, usual, self.size), factors, self.seed)

    def _usual(self, levels: NDArray[np.int64], season: list[str], places: seasons.Positions) -> NDArray[np.float64]:
        """Expected errors by season alone, had there been one level throughout."""
        fit = seasons.expected(self.failed, self.rows, [levels, *(places[one] for one in season)])
        held = np.bincount(levels, self.rows)
        level = (np.bincount(levels, fit) / held)[levels]
        overall = self.failed.sum() / self.rows.sum()
        relative = np.divide(fit, level, out=np.zeros(len(fit)), where=level > 0)
        relative = np.where(level > 0, relative, self.rows)
        usual: NDArray[np.float64] = np.minimum(relative * overall, seasons.MOST * self.rows)
        return usual

    def _change(self, at: int, p: float, levels: NDArray[np.int64], scatter: float) -> ChangePoint:
        sides = []
        for level in (levels[at] - 1, levels[at]):
            there = levels == level
            sides.append((float(self.failed[there].sum()), float(self.rows[there].sum())))
        (k, n), (m, o) = sides
        before, after = wilson(k / scatter, n / scatter), wilson(m / scatter, o / scatter)
        low, high = newcombe(m / scatter, o / scatter, k / scatter, n / scatter)
        time = _written(int(self.times[at]))
        return ChangePoint(time, k / n, *before, int(n), m / o, *after, int(o), m / o - k / n, low, high, p)

    def _anomalies(
        self, fit: NDArray[np.float64], factors: Sequence[NDArray[np.int64]], scatter: float
    ) -> list[Anomaly]:
        """Both tails of the binomial with rows divided by the dispersion; the baseline's own doubt widens it.

        A bucket is held against what the others make of its place: its own errors are taken out of the baseline, in
        proportion to how much of the baseline it is.
        """
        from scipy.special import betainc

        share = np.zeros(len(fit))
        for one in factors:
            dense = np.unique(one, return_inverse=True)[1]
            held = np.bincount(dense, fit)[dense]
            share = np.maximum(share, np.divide(fit, held, out=np.zeros(len(fit)), where=held > 0))
        alone = share > 1 - 1e-9
        others = np.where(alone, fit, (fit - share * self.failed) / np.maximum(1 - share, 1e-9))
        usual = np.clip(others, 1e-9 * self.rows, seasons.MOST * self.rows) / self.rows
        widened = scatter * (1 + np.divide(share, 1 - share, out=np.zeros(len(fit)), where=~alone))
        n, k = self.rows / widened, self.failed / widened
        step = 1 / widened
        above = np.where(k <= 0, 1.0, betainc(np.maximum(k, 1e-12), n - k + step, usual))
        below = np.where(k >= n, 1.0, 1 - betainc(k + step, np.maximum(n - k, 1e-12), usual))
        p = np.where(alone, 1.0, np.minimum(1.0, 2 * np.minimum(above, below)))
        adjusted = distances.false_discovery(p.tolist())
        found = []
        for at in np.flatnonzero(np.array(adjusted) <= FALSE_DISCOVERY_RATE):
            k_at, n_at = float(self.failed[at]), float(self.rows[at])
            low, high = wilson(k_at / scatter, n_at / scatter)
            found.append(
                Anomaly(
                    _written(int(self.times[at])),
                    int(n_at),
                    int(k_at),
                    k_at / n_at,
                    low,
                    high,
                    float(usual[at]),
                    k_at - n_at * float(usual[at]),
                    adjusted[at],
                )
            )
        return sorted(found, key=lambda one: (one.p_adjusted, one.time))

    def _alike(self, fit: NDArray[np.float64]) -> list[str]:
        """That neighbouring buckets depend on each other, which the search for changes assumes they do not."""
        standard = seasons.residuals(self.failed, self.rows, fit)
        standard = standard - standard.mean()
        if len(standard) < 20 or not standard.any():
            return []
        alike = float((standard[1:] * standard[:-1]).sum() / (standard**2).sum())
        if alike <= max(ALIKE, 3 / math.sqrt(len(standard))):
            return []
        return [f"neighbouring buckets are alike beyond level and season (correlation {alike:.2f}): change may be slow"]


def _buckets(
    series: _Series,
    effect: float,
    fit: NDArray[np.float64] | None,
    quantiles: dict[int, tuple[float | None, ...]],
) -> tuple[Bucket, ...]:
    found = []
    for at, time in enumerate(series.times.tolist()):
        known, failed = float(series.known[at]), float(series.failed[at])
        low, high = wilson(failed / effect, known / effect) if known else (None, None)
        usual = None if fit is None or not known else float(fit[at]) / known
        found.append(
            Bucket(
                _written(time),
                int(series.rows[at]),
                int(known),
                int(failed),
                failed / known if known else None,
                low,
                high,
                usual,
                *quantiles.get(time, (None, None, None)),
            )
        )
    return tuple(found)


def _quantiles(latency: Counts, size: int) -> dict[int, tuple[float | None, ...]]:
    """The quantiles of each bucket, from its histogram."""
    bins = len(LATENCY_EDGES) + 1
    hours = [label for label in latency.labels[0] if label is not None]
    rows, _ = latency.dense([hours, list(range(bins))])
    starts = np.array(hours, np.int64) // size * size
    found = {}
    for start in np.unique(starts).tolist():
        held = rows[starts == start].sum(axis=0)
        if held.sum():
            found[start] = tuple(quantile(held, q) for q in QUANTILES)
    return found


def _latencies(slow: Counts) -> dict[object, tuple[float | None, ...]]:
    """The quantiles of each version's latencies, whenever they were."""
    rows, _ = slow.dense([slow.labels[0], list(range(len(LATENCY_EDGES) + 1))])
    return {label: tuple(quantile(rows[at], q) for q in QUANTILES) for at, label in enumerate(slow.labels[0])}


def quantile(rows: NDArray[np.int64], q: float) -> float | None:
    """The ``q`` quantile of a latency histogram, within its bin by the logarithm; None of too few rows."""
    total = int(rows.sum())
    if total * min(q, 1 - q) < BEYOND:
        return None
    held = np.cumsum(rows)
    at = int(np.searchsorted(held, q * total - 1e-9))
    if at == 0:
        return 0.0
    if at == len(LATENCY_EDGES):
        return LATENCY_EDGES[-1]
    before = int(held[at - 1])
    share = (q * total - before) / int(rows[at])
    return LATENCY_EDGES[at - 1] * float(2 ** (share / OCTAVE))


def _versions(counts: Counts, slow: Counts | None, size: int, judged: bool, effect: float) -> tuple[VersionTrend, ...]:
    """Versions in the order in which they were first seen; ``slow`` counts their latencies."""
    found = []
    latencies = {} if slow is None or slow.too_many is not None else _latencies(slow)
    for code, label in enumerate(counts.labels[0]):
        series = _series(counts, 1, size, judged, counts.cells[:, 0] == code)
        if label is None or not len(series.times):
            continue
        known, failed = float(series.known.sum()), float(series.failed.sum())
        low, high = wilson(failed / effect, known / effect) if known else (None, None)
        rate = failed / known if known else None
        ends = (_written(int(series.times[0])), _written(int(series.times[-1])))
        buckets = _buckets(series, effect, None, {})
        counted = (int(series.rows.sum()), int(known), int(failed))
        quantiles = latencies.get(label, (None,) * len(QUANTILES))
        found.append(VersionTrend(str(label), *counted, rate, low, high, *ends, buckets, *quantiles))
    return tuple(sorted(found, key=lambda one: (one.first, one.version)))


def _with_versions(change: ChangePoint, versions: tuple[VersionTrend, ...], size: int) -> ChangePoint:
    """With the versions first seen within a bucket of the change, those of the very beginning apart."""
    at = datetime.fromisoformat(change.time)
    first = min(one.first for one in versions)
    near = (
        one.version
        for one in versions
        if one.first != first and abs((datetime.fromisoformat(one.first) - at).total_seconds()) <= size
    )
    return replace(change, began=tuple(near))


def _written(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%MZ")


__all__ = ["Asked", "quantile", "trend"]
