"""Where the failing path first departs from the passing one, over stages that are logged in order.

A stage departs where, among rows whose path so far is the same, what it gave goes with failing: its information beyond
the stages before it (``information``) is more than chance makes. p is adjusted over the stages by Holm (1979), so that
at most one pipeline in twenty without any such stage shows one; the first stage with a gain is where paths depart.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from errata.analysis.distances import false_discovery
from errata.analysis.information import (
    Cells,
    Chance,
    Table,
    chance,
    comparable,
    entropy,
    group_scores,
    information,
    resampled,
    summed,
    table_of,
)
from errata.analysis.intervals import Z95, wilson
from errata.analysis.tally import FAILED, Axis, Counts, Label, Tally
from errata.core.units import plural
from errata.nouns.stages import DEPARTS, INCONCLUSIVE, LATER, NO_EVIDENCE, Gain, Stage, Stages, StageValue

LEVEL = 0.05
DRAWS = 1999
BOOTSTRAPS = 500
LEAST = 20
"""With fewer comparable rows a stage without a gain is inconclusive."""
FEW_GROUPS = 10
MOST_VALUES = 20
BITS = math.log(2)

Asking = Generator[list[Tally], list[Counts], "Stages | str"]


@dataclass(frozen=True, slots=True)
class Step:
    """A stage that can be counted: by what ``axis``, and how the slice of a label reads."""

    name: str
    axis: Axis
    written: Callable[[Label], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The stages in order. ``group``: the axis of what makes rows dependent. ``logged``: an axis that is false where a
    row's path was not logged. ``effect``: the design effect of failing."""

    steps: Sequence[Step]
    group: Axis | None = None
    logged: Axis | None = None
    effect: float = 1.0
    seed: int = 0


def stages(asked: Asked) -> Asking:
    """Ask for the rows of every path; return what the stages say, or why nothing can be said."""
    extra = [axis for axis in (asked.group, asked.logged) if axis is not None]
    axes = [*(step.axis for step in asked.steps), Axis(FAILED), *extra]
    (counts,) = yield [Tally(tuple(axes))]
    if counts.too_many is not None:
        return f"{counts.too_many} has too many distinct values to be counted"
    return _stages(asked, counts)


def _stages(asked: Asked, counts: Counts) -> Stages | str:
    at = len(asked.steps)
    outcome = np.array([-1 if label is None else int(bool(label)) for label in counts.labels[at]] or [-1], np.int64)
    known = outcome[counts.cells[:, at]] >= 0
    notes = []
    if asked.logged is not None:
        held = np.array([label is True for label in counts.labels[-1]] or [False])[counts.cells[:, -1]]
        lost = int(counts.rows[known & ~held].sum())
        if lost:
            notes.append(f"{plural(lost, 'row')} without a logged path")
        known = known & held
    if not known.all():
        unknown = int(counts.rows[outcome[counts.cells[:, at]] < 0].sum())
        notes += [f"{plural(unknown, 'row')} of unknown outcome"] if unknown else []
    cells, rows = counts.cells[known], counts.rows[known]
    failed = outcome[cells[:, at]] == 1
    n, bad = int(rows.sum()), int(rows[failed].sum())
    if n == 0:
        return "no row with a logged path has a known outcome"
    if bad in (0, n):
        return (
            f"{'every' if bad else 'no'} row failed: there is no {'passing' if bad else 'failing'} path to depart from"
        )
    grouped = asked.group is not None
    group = _dense(cells[:, at + 1]) if grouped else np.zeros(len(cells), np.int64)
    groups = int(group.max()) + 1 if grouped else None
    if groups is not None and groups < 2:
        return "all rows are of one group: nothing tells chance from it"
    if groups is not None and groups < FEW_GROUPS:
        notes.append(f"{plural(groups, 'group')} alone: what chance makes of so few is roughly known")
    return _Told(asked, counts, cells, rows, failed, group, groups).stages(notes)


class _Told:
    """All stages of one table of paths."""

    def __init__(
        self,
        asked: Asked,
        counts: Counts,
        cells: NDArray[np.int64],
        rows: NDArray[np.int64],
        failed: NDArray[np.bool_],
        group: NDArray[np.int64],
        groups: int | None,
    ) -> None:
        from scipy.special import stdtrit

        self.asked, self.labels = asked, counts.labels
        self.groups, self.grouped = groups, groups is not None
        self.wider = 1.0 if groups is None else float(stdtrit(groups - 1, 0.975)) / Z95
        self.values = [_dense(cells[:, at]) for at in range(len(asked.steps))]
        self.codes = [np.unique(cells[:, at]) for at in range(len(asked.steps))]
        one = np.zeros(len(rows), np.int64)
        self.alone = [Cells(one, value, failed, rows, group) for value in self.values]
        self.beyond: list[Cells] = []
        path = one
        for value in self.values:
            self.beyond.append(Cells(path, value, failed, rows, group))
            path = _dense(path * (int(value.max()) + 1) + value)
        self.n, self.bad = int(rows.sum()), int(rows[failed].sum())

    def stages(self, notes: list[str]) -> Stages:
        many = len(self.values)
        seeds = np.random.SeedSequence(self.asked.seed).spawn(2 * many + 1)
        # The first stage has nothing before it: alone and beyond are one.
        levels = [*self.beyond, *self.alone[1:]]
        tables = [table_of(level) for level in levels]
        found = [
            chance(level, table, self.grouped, DRAWS, np.random.default_rng(seed))
            for level, table, seed in zip(levels, tables, seeds, strict=False)
        ]
        seen = np.array([information(table) for table in tables])
        again = resampled(levels, self.grouped, BOOTSTRAPS, np.random.default_rng(seeds[-1]))
        beyond_p = holm([one.p for one in found[:many]])
        alone_at = [0, *range(many, len(levels))]
        alone_p = false_discovery([found[at].p for at in alone_at])
        uncertainty = entropy(self.bad, self.n)
        made = []
        departed = False
        for at in range(many):
            table, least = tables[at], found[at]
            held = comparable(table)
            beyond = self._gain(seen[at], least, again[:, at], beyond_p[at])
            alone = self._gain(seen[alone_at[at]], found[alone_at[at]], again[:, alone_at[at]], alone_p[at])
            verdict = NO_EVIDENCE if held >= LEAST and table.split.any() else INCONCLUSIVE
            if beyond_p[at] <= LEVEL:
                verdict, departed = (LATER if departed else DEPARTS), True
            made.append(
                Stage(
                    stage=self.asked.steps[at].name,
                    position=at + 1,
                    values=len(self.codes[at]),
                    alone=alone,
                    beyond=beyond if table.split.any() else None,
                    share=beyond.bits * BITS / uncertainty,
                    comparable=held,
                    verdict=verdict,
                    worst=self._values(at, table) if beyond_p[at] <= LEVEL else (),
                )
            )
        return Stages(
            stages=tuple(made),
            departs=next((one.stage for one in made if one.verdict == DEPARTS), None),
            rows=self.n,
            failed=self.bad,
            uncertainty=uncertainty / BITS,
            groups=self.groups,
            family_wise=LEVEL,
            draws=min((one.draws for one in found if one.draws), default=0),
            bootstraps=BOOTSTRAPS,
            notes=tuple(notes),
        )

    def _gain(self, seen: float, by_chance: Chance, again: NDArray[np.float64], p_adjusted: float) -> Gain:
        """The information less what chance makes. Resamples hold what chance makes twice, so their own mean is taken
        off them. What does not differ from chance is not bounded away from 0, and what does is: where resamples do not
        say so, the test does."""
        least = max(0.0, seen - by_chance.mean)
        low, high = np.quantile(again - again.mean(), [0.025, 0.975]) * self.wider
        lower = 0.0 if by_chance.p > LEVEL / 2 else min(max(least + float(low), 0.0) or by_chance.low, least)
        return Gain(least / BITS, lower / BITS, (least + max(0.0, float(high))) / BITS, by_chance.p, p_adjusted)

    def _values(self, at: int, table: Table) -> tuple[StageValue, ...]:
        """The values of a stage: against the rows whose path before is the same and that did otherwise."""
        code, values = table.value, len(self.codes[at])
        other_rows, other_failed = table.stratum_rows - table.rows, table.stratum_failed - table.failed
        has = other_rows > 0
        other = np.divide(other_failed, other_rows, out=np.zeros(len(code)), where=has)
        expected = np.bincount(code[has], (table.rows * other)[has], values)
        held = np.bincount(code[has], table.rows[has], values)
        failed = np.bincount(code[has], table.failed[has], values)
        score, null = self._scores(at, table, values)
        z = np.divide(score, np.sqrt(null), out=np.zeros(values), where=null > 0)
        adjusted = false_discovery([math.erfc(abs(one) / math.sqrt(2)) for one in z])
        # How much less rows of groups say: the variance of their scores over that of independent rows.
        effect = np.maximum(1.0, np.divide(null, self._independent(table, values), out=np.ones(values), where=null > 0))
        spread = np.bincount(code[has], _spread(table, other_rows, other_failed)[has], values) * effect
        found = []
        rows, bad = np.bincount(code, table.rows, values), np.bincount(code, table.failed, values)
        for value in range(values):
            label = self.labels[at][int(self.codes[at][value])]
            low, high = wilson(bad[value] / self.asked.effect, rows[value] / self.asked.effect)
            excess = float(failed[value] - expected[value])
            lower = excess - Z95 * math.sqrt(float(spread[value])) if held[value] else None
            found.append(
                StageValue(
                    slice=self.asked.steps[at].written(label),
                    rows=int(rows[value]),
                    failed=int(bad[value]),
                    rate=float(bad[value] / rows[value]),
                    low=low,
                    high=high,
                    comparable=int(held[value]),
                    expected=float(expected[value] / held[value]) if held[value] else None,
                    excess_errors=excess,
                    excess_errors_low=lower,
                    p_adjusted=adjusted[value],
                    stands_out=adjusted[value] <= LEVEL,
                )
            )
        return tuple(sorted(found, key=lambda one: (-one.excess_errors, one.slice))[:MOST_VALUES])

    def _scores(self, at: int, table: Table, values: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Σ (failed − p_z) of each value and its variance: Mantel and Haenszel's (1959), or that between groups."""
        rate = table.stratum_failed / table.stratum_rows
        score = summed(table.value, table.failed - table.rows * rate, values)
        if not self.grouped:
            return score, self._independent(table, values)
        from scipy.sparse import csr_matrix, diags_array

        pairs = len(table.rows)
        by_value = csr_matrix((np.ones(pairs), (table.value, np.arange(pairs))), shape=(values, pairs))
        scores, factor = group_scores(self.beyond[at], table)
        of_groups = by_value @ diags_array(np.sqrt(factor)) @ scores
        squares = np.asarray(of_groups.multiply(of_groups).sum(axis=1)).reshape(-1)
        score = summed(table.value, (table.failed - table.rows * rate) * (factor > 0), values)
        return score, squares

    @staticmethod
    def _independent(table: Table, values: int) -> NDArray[np.float64]:
        n, m, k = table.stratum_rows, table.rows, table.stratum_failed
        variance = np.divide(m * (n - m) * k * (n - k), n * n * (n - 1), out=np.zeros(len(n)), where=n > 1)
        return summed(table.value, variance, values)


def _spread(table: Table, other_rows: NDArray[np.float64], other_failed: NDArray[np.float64]) -> NDArray[np.float64]:
    """The variance of rows · (rate − rate of the others), each with half a failure and half a success more."""
    rate = (table.failed + 0.5) / (table.rows + 1)
    other = (other_failed + 0.5) / (other_rows + 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        found: NDArray[np.float64] = table.rows**2 * (rate * (1 - rate) / table.rows + other * (1 - other) / other_rows)
    return found


def holm(p: Sequence[float]) -> list[float]:
    """Holm's adjusted p-values (1979), in the order given: they hold whatever the tests have to do with each other."""
    order = np.argsort(np.asarray(p), kind="stable")
    found = [0.0] * len(p)
    largest = 0.0
    for rank, at in enumerate(order.tolist()):
        largest = max(largest, min(1.0, (len(p) - rank) * p[at]))
        found[at] = largest
    return found


def _dense(codes: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.unique(codes, return_inverse=True)[1].reshape(-1).astype(np.int64)


__all__ = ["Asked", "Step", "holm", "stages"]
