"""One column on two sides: how far apart its values lie, what chance makes of that, and which way they went."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from errata.analysis import distances
from errata.analysis.attribution import Split, split
from errata.analysis.tally import Axis, Counts, Label
from errata.core.units import plural
from errata.nouns.drift import CATEGORY, DOWN, MORE_MISSING, NUMBER, TOWARD, UP, DriftColumn

BINS = 256
LEAST_SHARE = 0.05
"""PSI, Jensen–Shannon and mix are of bins put together until each holds this share: their noise grows with the bins."""
LEAST_EXPECTED = 5
LARGEST = 1.7976931348623157e308

Int: TypeAlias = NDArray[np.int64]
Float: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Column:
    """A column to compare; ``edges`` cut a number, a category has none."""

    name: str
    role: str
    edges: tuple[float, ...] | None = None

    @property
    def axis(self) -> Axis:
        """Its bins. Infinities stand apart, below and above all else."""
        return Axis(self.name) if self.edges is None else Axis(self.name, edges=(-LARGEST, *self.edges, math.inf))

    def holds_one(self, labels: set[Label]) -> bool:
        """Whether these bins of a number are one, and it holds one value only."""
        edges = self.edges or ()
        at = next(iter(labels))
        if len(labels) != 1 or not isinstance(at, int) or not 2 <= at <= len(edges):
            return False
        return math.nextafter(edges[at - 2], math.inf) == edges[at - 1]


@dataclass(frozen=True, slots=True)
class Side:
    """One side's counts of one column: rows by bin, what is missing, sums by bin, failed and known rows by bin."""

    rows: Int
    missing: int
    sums: Float
    failed: Int
    known: Int
    folds: Int | None
    failure_effect: float


@dataclass(frozen=True, slots=True)
class Measured:
    """A column with its test of the values and its test of what is missing, each (p, effect, floor) or None."""

    column: DriftColumn
    values: tuple[float, float, float] | None
    missing: tuple[float, float, float] | None
    mix: Split | None


def edges_of(values: Float) -> tuple[float, ...]:
    """Edges for a number from some of A's values (finite, at least one): its quantiles.

    Up to 128 distinct values each get a bin of their own, and so does, of more, a value that would fill one; what lies
    below or above all of them has a bin as well.
    """
    values = np.sort(values) + 0.0
    distinct, times = np.unique(values, return_counts=True)
    heavy = distinct if len(distinct) <= BINS // 2 else distinct[times * BINS >= len(values)]
    cuts = values[np.arange(1, BINS) * len(values) // BINS]
    ends = np.append(heavy, distinct[-1])
    edges = np.unique(np.concatenate([distinct[:1], cuts, ends, np.nextafter(ends, np.inf)]))
    return tuple(edges[np.isfinite(edges)].tolist())


def measure(
    column: Column, counted: Sequence[tuple[Counts, Counts]], failure_effects: tuple[float, float] | None
) -> tuple[Measured | str, list[str]]:
    """The column's figures from its counts on both sides (and those by folds of groups), or why there are none; notes.

    ``failure_effects`` are the design effects of failing on both sides, None where the rows have no outcomes.
    """
    labels: list[Label]
    notes: list[str] = []
    if column.edges is None:
        union = {label for side in counted[0] for label in side.labels[0] if label is not None}
        labels = sorted(union, key=lambda label: (isinstance(label, str), label))
    else:
        labels = list(range(len(column.edges) + 3))
    a, b = (_side(tuple(both[at] for both in counted), labels, failure_effects, at) for at in (0, 1))
    if column.edges is not None:
        for name, side in (("A", a), ("B", b)):
            infinite = int(side.rows[0] + side.rows[-1])
            if infinite:
                notes.append(
                    f"{plural(infinite, 'value')} of {column.name} in {name} {'is' if infinite == 1 else 'are'} "
                    "infinite: below or above all others, and in no mean"
                )
    return (_category(column, labels, a, b) if column.edges is None else _number(column, a, b)), notes


def _side(
    counted: tuple[Counts, ...], labels: list[Label], failure_effects: tuple[float, float] | None, which: int
) -> Side:
    judged = failure_effects is not None
    outcomes: list[list[Label]] = [[False, True, None]] if judged else []
    rows, sums = counted[0].dense([[*labels, None], *outcomes])
    by_bin = rows.sum(axis=1) if judged else rows
    totals = (sums.sum(axis=1) if judged else sums).sum(axis=-1) if sums.shape[-1] else np.zeros(len(by_bin))
    nothing = np.zeros(len(by_bin), np.int64)
    folds = None
    if len(counted) > 1:
        folds = counted[1].dense([[*labels, None], list(counted[1].labels[1])])[0]
    return Side(
        by_bin[:-1],
        int(by_bin[-1]),
        totals[:-1],
        rows[:, 1] if judged else nothing,
        rows[:, 0] + rows[:, 1] if judged else nothing,
        folds,
        failure_effects[which] if failure_effects is not None else 1.0,
    )


def _number(column: Column, a: Side, b: Side) -> Measured:
    n, m = int(a.rows.sum()), int(b.rows.sum())
    base = _base(column, NUMBER, a, b)
    groups = _put_together(a.rows, b.rows)
    mix = _mix(groups, a, b)
    if n == 0 or m == 0:
        return Measured(base, None, _missing_test(a, b), mix)
    p, q = a.rows / n, b.rows / m
    effective = [rows / _effect(side, cumulative=True) for rows, side in ((n, a), (m, b))]
    distance = distances.kolmogorov_smirnov(p, q)
    few = [np.bincount(groups[:-1], side.rows, minlength=int(groups.max()) + 1) for side in (a, b)]
    edges = np.array((-LARGEST, *(column.edges or ()), math.inf))
    wide = np.concatenate([[False], np.nextafter(edges[:-1], np.inf) < edges[1:], [False]])
    shift, direction = _shift(a, b)
    base = replace(
        base,
        ks=distance,
        ks_error=distances.ks_error(p[wide], q[wide]),
        psi=distances.stability_index(few[0] / n, few[1] / m, n, m),
        jensen_shannon=distances.jensen_shannon(few[0] / n, few[1] / m),
        effect=distance,
        noise_floor=distances.ks_floor(*effective),
        direction=direction,
        shift=shift,
    )
    test = (distances.ks_p(distance, *effective), distance, base.noise_floor or 0.0)
    return Measured(base, test, _missing_test(a, b), mix)


def _category(column: Column, labels: list[Label], a: Side, b: Side) -> Measured | str:
    # What is missing is a category like any other.
    rows = [np.append(side.rows, side.missing) for side in (a, b)]
    names: list[Label] = [*labels, None]
    n, m = int(rows[0].sum()), int(rows[1].sum())
    base = _base(column, CATEGORY, a, b)
    expected = (rows[0] + rows[1]) / (n + m) * min(n, m)
    rare = expected < LEAST_EXPECTED
    # Where nothing is missing, that is no category: it adds no degree of freedom.
    together = bool((rare & (expected > 0)).any())
    groups = np.where(rare, 0, np.cumsum(~rare) - (0 if together else 1)).astype(np.int64)
    bins = int(groups.max()) + 1
    if bins < 2:
        return f"too few rows for its {plural(len(names) - 1, 'category', 'categories')}"
    mix = _mix(groups, a, b)
    p, q = (np.bincount(groups, side, minlength=bins) / side.sum() for side in rows)
    effective = [side.sum() / _effect(one, groups) for side, one in zip(rows, (a, b), strict=True)]
    statistic = distances.chi_square(p, q, *effective)
    effect = distances.even_v(p, q)
    grown = int(np.argmax(rows[1] / m - rows[0] / n))
    growth = float(rows[1][grown] / m - rows[0][grown] / n)
    base = replace(
        base,
        cramers_v=math.sqrt(distances.chi_square(p, q, n, m) / (n + m)),
        psi=distances.stability_index(p, q, n, m),
        jensen_shannon=distances.jensen_shannon(p, q),
        effect=effect,
        noise_floor=distances.even_v_floor(bins, *effective),
        direction=(MORE_MISSING if names[grown] is None else TOWARD) if growth > 0 else None,
        shift=growth if growth > 0 else None,
        toward=names[grown] if growth > 0 else None,
    )
    test = (distances.chi_square_p(statistic, bins), effect, base.noise_floor or 0.0)
    return Measured(base, test, None, mix)


def _base(column: Column, kind: str, a: Side, b: Side) -> DriftColumn:
    n, m = int(a.rows.sum()) + a.missing, int(b.rows.sum()) + b.missing
    return DriftColumn(
        column=column.name,
        role=column.role,
        kind=kind,
        a_rows=n,
        b_rows=m,
        a_missing=a.missing / n,
        b_missing=b.missing / m,
        psi=None,
        jensen_shannon=None,
        effect=None,
        noise_floor=None,
        p=None,
        p_adjusted=None,
        alarm=False,
        direction=None,
        shift=None,
    )


def _missing_test(a: Side, b: Side) -> tuple[float, float, float] | None:
    """Whether the share that is missing changed; None where nothing is missing."""
    if a.missing + b.missing == 0:
        return None
    held = [np.array([side.rows.sum(), side.missing]) for side in (a, b)]
    p, q = (one / one.sum() for one in held)
    inside = np.append(np.zeros(len(a.rows), np.int64), 1)
    n, m = (one.sum() / _effect(side, inside) for one, side in zip(held, (a, b), strict=True))
    change = float(q[1] - p[1])
    together = (n * p[1] + m * q[1]) / (n + m)
    floor = math.sqrt(2 / math.pi * together * (1 - together) * (1 / n + 1 / m))
    return distances.chi_square_p(distances.chi_square(p, q, n, m), 2), change, floor


def _effect(side: Side, groups: Int | None = None, *, cumulative: bool = False) -> float:
    """The design effect of a side's rows: over its values in order, or over groups of its bins (missing the last)."""
    if side.folds is None:
        return 1.0
    if groups is None:
        return distances.design_effect(side.folds[:-1], cumulative=cumulative)
    together = np.zeros((int(groups.max()) + 1, side.folds.shape[1]), np.int64)
    np.add.at(together, groups, side.folds)
    return distances.design_effect(together)


def _put_together(a: Int, b: Int) -> Int:
    """Bins in order, put together until each holds its share of both sides; what is missing is the last, by itself."""
    share = (a / max(1, a.sum()) + b / max(1, b.sum())) / 2
    groups, group, held = np.zeros(len(a) + 1, np.int64), 0, 0.0
    rest = float(share.sum())
    for at, one in enumerate(share):
        groups[at] = group
        held += one
        rest -= one
        if held >= LEAST_SHARE and rest >= LEAST_SHARE:
            group, held = group + 1, 0.0
    groups[-1] = group + 1
    return groups


def _shift(a: Side, b: Side) -> tuple[float | None, str | None]:
    """The shift of the mean in standard deviations of A, of the means of its bins; and its direction."""
    inner = slice(1, -1)
    n, m = int(a.rows[inner].sum()), int(b.rows[inner].sum())
    if n == 0 or m == 0:
        return None, None
    filled = a.rows[inner] > 0
    with np.errstate(over="ignore", invalid="ignore"):
        mean, other = float(a.sums.sum()) / n, float(b.sums.sum()) / m
        means = a.sums[inner][filled] / a.rows[inner][filled]
        spread = math.sqrt(float((a.rows[inner][filled] * (means - mean) ** 2).sum()) / n)
    direction = UP if other > mean else DOWN if other < mean else None
    size = (other - mean) / spread if spread > 0 and math.isfinite(spread) else math.nan
    return (size if math.isfinite(size) else None), direction


def _mix(groups: Int, a: Side, b: Side) -> Split | None:
    if not a.known.sum() or not b.known.sum():
        return None
    bins = int(groups.max()) + 1
    held = [
        np.bincount(groups, counts, minlength=bins).astype(np.int64)
        for counts in (a.known, a.failed, b.known, b.failed)
    ]
    effects = [max(_effect(side, groups), side.failure_effect) for side in (a, b)]
    return split(held[0], held[1], held[2], held[3], effects[0], effects[1])
