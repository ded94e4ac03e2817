"""Repeats of a task: told apart by how many of its trials pass, from counts of passes by task.

- **Each task**: Jeffreys' interval, Beta(c + ½, n − c + ½), closed at 0 and 1 where none or all passed (Brown, Cai and
  DasGupta 2001); and the rate drawn toward the others' (empirical Bayes, ``errata.analysis.shrinkage``).
- **pass@k** = mean over tasks of 1 − C(n − c, k) / C(n, k) (Chen et al. 2021), **pass^k** = mean of C(c, k) / C(n, k)
  (Yao et al. 2024): both unbiased for k trials of a task drawn as these were.
- **Between and within**: the intraclass correlation (one-way analysis of variance; Fisher 1925), its interval by
  Fisher's z and the jackknife over tasks; and whether tasks differ more than the trials of one task would let them,
  Σ n (p_task − p)² against passes dealt anew over all trials. Of many tasks Tarone's test (1979) takes its place.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from errata.analysis.intervals import share_interval, wilson
from errata.analysis.shrinkage import prior_of
from errata.analysis.tally import FAILED, Axis, Counts, Label, Tally
from errata.core.units import plural
from errata.nouns.repeats import FAILING, FLAKY, ONCE, PASSING, PassK, Repeats, StateShare, TaskRate

Floats = NDArray[np.float64]
MOST = 1 << 20
"""So many tasks are counted."""
LISTED = 1000
LEAST_TASKS = 10
"""Of fewer tasks nothing is said of how tasks scatter."""
DEALS = 1999
MOST_DEALT = 2000
"""Passes are dealt anew over so many tasks at most."""
KS = (1, 2, 3, 4, 5, 6, 7, 8, 10, 16, 32, 64, 100)


@dataclass(frozen=True, slots=True)
class Trials:
    """Tasks by name, with trials and passes (int64), each tried at least once."""

    names: tuple[Label, ...]
    trials: NDArray[np.int64]
    passes: NDArray[np.int64]

    def of(self, some: NDArray[np.bool_]) -> Trials:
        """Some of the tasks."""
        return Trials(
            tuple(name for name, one in zip(self.names, some, strict=True) if one), self.trials[some], self.passes[some]
        )


def repeats(axis: Axis, group: str, seed: int = 0) -> Generator[list[Tally], list[Counts], Repeats | str]:
    """Ask for outcomes by task, and conclude; or say why nothing can be concluded."""
    counts = (yield [Tally((axis, Axis(FAILED)))])[0]
    if counts.too_many is not None:
        return f"{group} has more than {MOST:,} values"
    return concluded(*_trials(counts), group, seed)


def _trials(counts: Counts) -> tuple[Trials, int]:
    """The tasks, and how many trials name none."""
    names = counts.labels[0]
    table = counts.dense((names, (False, True)))[0]
    named = np.array([name is not None for name in names], bool)
    nameless = int(table[~named].sum()) if len(names) else 0
    trials = table.sum(axis=1)
    kept = named & (trials > 0)
    labels = tuple(name for name, one in zip(names, kept, strict=True) if one)
    return Trials(labels, trials[kept], table[kept, 0]), nameless


def concluded(found: Trials, nameless: int, group: str, seed: int = 0) -> Repeats | str:
    """What the counts say of repeats, or why they say nothing."""
    if not len(found.trials):
        return f"no row of known outcome names a task in {group}"
    often = found.of(found.trials > 1)
    if not len(often.trials):
        return f"no value of {group} stands in two rows of known outcome: nothing was tried twice"
    notes = []
    if nameless:
        notes.append(f"{plural(nameless, 'row')} without {group} left out")
    once = len(found.trials) - len(often.trials)
    if once:
        notes.append(f"{plural(once, 'task')} tried once: counted in pass@1 alone")
    enough = len(often.trials) >= LEAST_TASKS
    if not enough:
        notes.append(f"how tasks scatter is not told of fewer than {LEAST_TASKS} repeated ones")
    rate = float(often.passes.sum() / often.trials.sum())
    scattered = enough and 0 < rate < 1
    correlation, low, high = _correlation(often) if scattered else (None, None, None)
    variance = rate * (1 - rate)
    p, method = _variation(often, seed) if scattered else (None, "none")
    tasks = _tasks(found)
    return Repeats(
        group=group,
        count=len(found.trials),
        repeated=len(often.trials),
        rows=int(found.trials.sum()),
        least_trials=int(found.trials.min()),
        most_trials=int(found.trials.max()),
        states=_states(often),
        passing=tuple(one for k in KS if (one := pass_k(found, k)) is not None),
        intraclass=correlation,
        intraclass_low=low,
        intraclass_high=high,
        between=None if correlation is None else float(np.sqrt(correlation * variance)),
        within=None if correlation is None else float(np.sqrt((1 - correlation) * variance)),
        p=p,
        method=method,
        tasks=tuple(tasks[:LISTED]),
        more=max(0, len(tasks) - LISTED),
        notes=tuple(notes),
    )


def pass_k(found: Trials, k: int) -> PassK | None:
    """pass@k and pass^k over the tasks with at least k trials; None for fewer than two of them, or less than half."""
    some = found.of(found.trials >= k)
    tasks = len(some.trials)
    if tasks < 2 or 2 * tasks < len(found.trials):
        return None
    n, c = some.trials.astype(np.float64), some.passes.astype(np.float64)
    at, every = 1 - _chosen(n - c, k) / _chosen(n, k), _chosen(c, k) / _chosen(n, k)
    drawn = float(some.trials.sum())
    (at_low, at_high), (low, high) = share_interval(at, drawn), share_interval(every, drawn)
    return PassK(k, tasks, float(at.mean()), at_low, at_high, float(every.mean()), low, high)


def _chosen(n: Floats, k: int) -> Floats:
    """C(n, k), exact for the sizes of trials; 0 where n < k."""
    result = np.ones(len(n))
    for step in range(k):
        result *= np.maximum(n - step, 0) / (step + 1)
    return result


def _states(often: Trials) -> tuple[StateShare, ...]:
    n, c = often.trials, often.passes
    total, passed = int(n.sum()), int(c.sum())
    # If all tasks were alike, passes would be dealt over all trials: hypergeometric.
    none, every = _none_of(n, passed, total), _none_of(n, total - passed, total)
    expected = {FAILING: none, FLAKY: 1 - none - every, PASSING: every}
    there = {FAILING: c == 0, FLAKY: (c > 0) & (c < n), PASSING: c == n}
    found = []
    for state, of in there.items():
        count = int(of.sum())
        low, high = wilson(count, len(n))
        found.append(StateShare(state, count, count / len(n), low, high, float(expected[state].sum())))
    return tuple(found)


def _none_of(n: NDArray[np.int64], some: int, total: int) -> Floats:
    """The probability that none of ``some`` among ``total`` trials falls into ``n`` of them."""
    from scipy.special import gammaln

    left = total - n
    possible = left >= some
    left = np.maximum(left, some).astype(np.float64)
    logs = gammaln(left + 1) - gammaln(left - some + 1) - gammaln(total + 1) + gammaln(total - some + 1)
    return np.where(possible, np.exp(logs), 0.0)


def _correlation(often: Trials) -> tuple[float, float, float]:
    """The intraclass correlation and its 95 % interval: Fisher's z with the delete-one-task jackknife's variance."""
    from scipy.special import stdtrit

    patterns, times = np.unique(np.stack([often.trials, often.passes], axis=1), axis=0, return_counts=True)
    sizes, sums = patterns[:, 0].astype(np.float64), patterns[:, 1].astype(np.float64)
    tasks = len(often.trials)
    found = float(np.clip(_unclipped(sizes, sums, times.astype(np.float64)), -1 + 1e-9, 1 - 1e-9))
    # Tasks of one pattern leave the same behind.
    without = np.array([_unclipped(sizes, sums, times - (np.arange(len(times)) == at)) for at in range(len(times))])
    mean = float((without * times).sum()) / tasks
    variance = (tasks - 1) / tasks * float(((without - mean) ** 2 * times).sum())
    half = float(stdtrit(tasks - 1, 0.975)) * np.sqrt(variance) / (1 - found**2)
    low, high = np.tanh(np.arctanh(found) - half), np.tanh(np.arctanh(found) + half)
    return tuple(float(np.clip(value, 0, 1)) for value in (found, low, high))  # type: ignore[return-value]


def _unclipped(sizes: Floats, sums: Floats, times: Floats) -> float:
    """The intraclass correlation (analysis of variance) where ``times`` tasks are of each pattern."""
    rows, tasks = float(times @ sizes), float(times.sum())
    mean = float(times @ sums) / rows
    squares = float(times @ (sums**2 / sizes))
    between = (squares - rows * mean**2) / (tasks - 1)
    within = (float(times @ sums) - squares) / max(rows - tasks, 1.0)
    typical = (rows - float(times @ sizes**2) / rows) / (tasks - 1)
    whole = between + (typical - 1) * within
    return (between - within) / whole if whole > 0 else 0.0


def _variation(often: Trials, seed: int) -> tuple[float, str]:
    """The p-value of no variation between tasks beyond that of trials, and the method."""
    n, total = often.trials, int(often.trials.sum())
    passed = int(often.passes.sum())
    rate = passed / total
    if len(n) <= MOST_DEALT and total < 10**9:
        dealt = np.random.default_rng(seed).multivariate_hypergeometric(n, passed, DEALS, method="marginals")
        seen, chance = ((c.astype(np.float64) ** 2 / n).sum(axis=-1) for c in (often.passes, dealt))
        return float((1 + (chance >= seen - 1e-9 * seen).sum()) / (DEALS + 1)), f"permutation, {DEALS:,} deals"
    scatter = float(((often.passes - n * rate) ** 2).sum()) / (rate * (1 - rate))
    deviate = (scatter - total) / np.sqrt(2 * float((n.astype(np.float64) * (n - 1)).sum()))
    from scipy.special import ndtr

    return float(ndtr(-deviate)), "Tarone's test"


def _tasks(found: Trials) -> list[TaskRate]:
    """Every task: the flaky by how near they are to even odds, then the failing, the passing, and those tried once.

    More trials go first, then the order of their names.
    """
    from scipy.special import betaincinv

    n, c = found.trials.astype(np.float64), found.passes.astype(np.float64)
    low = np.where(c == 0, 0.0, betaincinv(c + 0.5, n - c + 0.5, 0.025))
    high = np.where(c == n, 1.0, betaincinv(c + 0.5, n - c + 0.5, 0.975))
    shrunk, shrunk_low, shrunk_high = prior_of(c, n).shrunk(c, n)
    states = [_state(int(trials), int(passes)) for trials, passes in zip(n, c, strict=True)]
    # The unbiased estimate of p(1 − p), the variance of one trial.
    odds = np.where(n > 1, c * (n - c) / np.maximum(n * (n - 1), 1), 0.0)
    rank = {FLAKY: 0, FAILING: 1, PASSING: 2, ONCE: 3}
    order = sorted(range(len(n)), key=lambda at: (rank[states[at]], -odds[at], -n[at], at))
    return [
        TaskRate(
            task=_named(found.names[at]),
            state=states[at],
            trials=int(n[at]),
            passes=int(c[at]),
            rate=float(c[at] / n[at]),
            low=float(low[at]),
            high=float(high[at]),
            shrunk=float(shrunk[at]),
            shrunk_low=float(shrunk_low[at]),
            shrunk_high=float(shrunk_high[at]),
        )
        for at in order
    ]


def _state(trials: int, passes: int) -> str:
    if trials < 2:
        return ONCE
    return FAILING if passes == 0 else PASSING if passes == trials else FLAKY


def _named(label: Label) -> str:
    return {True: "true", False: "false"}[label] if isinstance(label, bool) else str(label)


def trials_of(names: Sequence[Label], trials: Sequence[int], passes: Sequence[int]) -> Trials:
    """Trials from plain sequences."""
    return Trials(tuple(names), np.asarray(trials, np.int64), np.asarray(passes, np.int64))
