"""What a column says about failing, in bits: mutual information, alone and beyond what came before.

I(V; F | Z) = Σ_z n_z/n Σ_{v,f} (n_zvf/n_z) log₂(n_zvf n_z / (n_zv n_zf)), the conditional mutual information of value V
and failing F within strata Z (Shannon 1948; Cover and Thomas 2006, §2.5); with one stratum it is the information gain.
As counted it is too large, because any table has some information by chance. How much chance makes is simulated without
a gain, and its mean is taken off:

- independent rows: outcomes are dealt anew over the rows of each stratum, which keeps both margins (permutation test of
  conditional independence; Miller and Madow's correction (1955) is the first-order expectation of the same);
- rows of groups: whole groups turn the sign of what they add to the score Σ (failed − p_z) at random (wild bootstrap of
  cluster scores; Kline and Santos 2012). The statistic is then Pearson's X² = Σ U²_zv/(n_zv p_z (1 − p_z)): to second
  order the information is X²/2n nats.

Everything is counted: cells are (stratum, value, failed) of one group, each with its rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
AT_ONCE = 2_000_000
"""So many numbers are simulated at a time."""
LEAST_DRAWS = 199


@dataclass(frozen=True, slots=True)
class Cells:
    """Rows counted: of each cell its stratum, its value within the column, whether its rows failed, and its group (all
    0 without groups); codes are dense."""

    stratum: Ints
    value: Ints
    failed: NDArray[np.bool_]
    rows: Ints
    group: Ints

    @property
    def total(self) -> int:
        """All rows."""
        return int(self.rows.sum())


@dataclass(frozen=True, slots=True)
class Chance:
    """What chance makes of the information: its mean in nats, and the share of draws with as much as was seen.

    ``low``: the least information in nats that leaves as much as was seen 2.5 % likely, 0 where none does.
    """

    mean: float
    p: float
    draws: int
    low: float


@dataclass(frozen=True, slots=True)
class Table:
    """Cells put together: of each (stratum, value) that occurs its rows and failures, and the same of its stratum."""

    stratum: Ints
    value: Ints
    rows: Floats
    failed: Floats
    stratum_rows: Floats
    stratum_failed: Floats
    index: Ints
    """The place of each cell here."""

    @property
    def split(self) -> NDArray[np.bool_]:
        """Where the stratum has other values and both outcomes: what can tell anything."""
        mixed = (self.stratum_failed > 0) & (self.stratum_failed < self.stratum_rows)
        found: NDArray[np.bool_] = mixed & (self.rows < self.stratum_rows)
        return found


def table_of(cells: Cells) -> Table:
    """The table of these cells."""
    pair = cells.stratum * (int(cells.value.max(initial=0)) + 1) + cells.value
    _, first, index = np.unique(pair, return_index=True, return_inverse=True)
    index = index.reshape(-1).astype(np.int64)
    stratum = cells.stratum[first]
    rows = summed(index, cells.rows, len(first))
    failed = summed(index, cells.rows * cells.failed, len(first))
    strata = int(cells.stratum.max(initial=0)) + 1
    of_rows, of_failed = summed(stratum, rows, strata), summed(stratum, failed, strata)
    return Table(stratum, cells.value[first], rows, failed, of_rows[stratum], of_failed[stratum], index)


def summed(index: Ints, weights: NDArray[Any], size: int) -> Floats:
    """The sum of the weights at each of ``size`` places."""
    return np.bincount(index, weights, size).astype(np.float64)


def comparable(table: Table) -> int:
    """Rows of strata in which more than one value occurs."""
    return int(table.rows[table.rows < table.stratum_rows].sum())


def information(table: Table) -> float:
    """I(V; F | Z) in nats, as counted."""
    n = float(table.rows.sum())
    if n == 0:
        return 0.0
    strata = np.unique(table.stratum, return_index=True)[1]
    total, bad = table.stratum_rows[strata], table.stratum_failed[strata]
    joint = _xlogx(table.failed) + _xlogx(table.rows - table.failed) - _xlogx(table.rows)
    whole = _xlogx(bad) + _xlogx(total - bad) - _xlogx(total)
    return max(0.0, float(joint.sum() - whole.sum()) / n)


def entropy(failed: float, rows: float) -> float:
    """The uncertainty of an outcome in nats."""
    return float(_xlogx(np.array(rows)) - _xlogx(np.array(failed)) - _xlogx(np.array(rows - failed))) / rows


def chance(cells: Cells, table: Table, grouped: bool, draws: int, rng: np.random.Generator) -> Chance:
    """What chance makes of the information of these cells; p is 1 where no stratum has two values and both outcomes."""
    split = table.split
    if not split.any():
        return Chance(0.0, 1.0, 0, 0.0)
    draws = max(LEAST_DRAWS, min(draws, 20 * AT_ONCE // int(split.sum())))
    n = float(table.rows.sum())
    if grouped:
        scores, factor = group_scores(cells, table)
        split &= factor > 0
        if not split.any():
            return Chance(0.0, 1.0, 0, 0.0)
        scores, factor = scores[split], factor[split]
        there = table.stratum_failed / table.stratum_rows
        variance = (table.rows * there * (1 - there))[split]
        seen = float((np.asarray(scores.sum(axis=1)).reshape(-1) ** 2 / variance).sum()) / (2 * n)
        simulated = _turned(scores, variance / factor, draws, rng) / (2 * n)
        # These scores hold what the values say, too; what chance alone makes is that of rows, so many times over.
        dealt = _of_deals(table, LEAST_DRAWS, rng) / n
        mean = max(0.0, float(dealt.mean())) * _alike(cells, table)
    else:
        seen = information(table)
        simulated = _of_deals(table, draws, rng) / n
        mean = float(simulated.mean())
    p = (1 + int((simulated >= seen * (1 - 1e-9)).sum())) / (draws + 1)
    return Chance(mean, p, draws, _least(seen, simulated))


def _least(seen: float, simulated: Floats) -> float:
    """The lower limit by inverting the test: draws are taken for a multiple of χ², which some information shifts to a
    noncentral one (Satterthwaite 1946; Smithson 2003)."""
    from scipy.special import chndtr, chndtrinc

    mean, variance = float(simulated.mean()), float(simulated.var())
    if mean <= 0 or variance <= 0:
        return 0.0
    scale, freedom = variance / (2 * mean), 2 * mean * mean / variance
    if chndtr(seen / scale, freedom, 0.0) <= 0.975:
        return 0.0
    found = float(chndtrinc(seen / scale, freedom, 0.975)) * scale
    return found if np.isfinite(found) else 0.0


def _of_deals(table: Table, draws: int, rng: np.random.Generator) -> Floats:
    """n · I(V; F | Z) in nats when outcomes are dealt anew over the rows of each stratum."""
    split = table.split
    of_split = _xlogx(table.failed[split]) + _xlogx((table.rows - table.failed)[split])
    # What does not change from deal to deal: the margins.
    return _dealt(table, draws, rng) + information(table) * float(table.rows.sum()) - float(of_split.sum())


def _alike(cells: Cells, table: Table) -> float:
    """How many times larger the variance of failures within (stratum, value) is than independent rows' would be."""
    from scipy.sparse import csr_matrix

    rate = table.failed / table.rows
    shape = (len(table.rows), int(cells.group.max(initial=0)) + 1)
    raw = csr_matrix((cells.rows * (cells.failed - rate[table.index]), (table.index, cells.group)), shape=shape)
    sizes = csr_matrix((cells.rows.astype(np.float64), (table.index, cells.group)), shape=shape)
    shares = np.asarray(sizes.multiply(sizes).sum(axis=1)).reshape(-1) / table.rows**2
    there = (shares < 1 - 1e-9) & (table.rows > 1)
    if not there.any():
        return 1.0
    between = np.asarray(raw.multiply(raw).sum(axis=1)).reshape(-1)[there] / (1 - shares[there])
    alone = (table.rows * rate * (1 - rate))[there] * table.rows[there] / (table.rows[there] - 1)
    return max(1.0, float(between.sum() / alone.sum())) if alone.sum() > 0 else 1.0


def _dealt(table: Table, draws: int, rng: np.random.Generator) -> Floats:
    """Σ x log x of failed and passed rows over the split cells, outcomes dealt anew within strata."""
    split = np.flatnonzero(table.split)
    split = split[np.argsort(table.stratum[split], kind="stable")]
    of = np.unique(table.stratum[split], return_inverse=True)[1].reshape(-1)
    strata = int(of.max()) + 1
    first = np.searchsorted(of, np.arange(strata))
    sizes = np.diff(np.append(first, len(of)))
    rows = table.rows[split].astype(np.int64)
    logs = _table_of_logs(int(rows.max()))
    found = np.zeros(draws)
    step = max(1, AT_ONCE // max(strata, 1))
    for start in range(0, draws, step):
        many = min(step, draws - start)
        failed = np.tile(table.stratum_failed[split][first].astype(np.int64), (many, 1))
        left = np.tile(table.stratum_rows[split][first].astype(np.int64), (many, 1))
        for rank in range(int(sizes.max())):
            there = np.flatnonzero(sizes > rank)
            size = rows[first[there] + rank]
            bad, rest = failed[:, there], left[:, there]
            took = rng.hypergeometric(bad, rest - bad, np.broadcast_to(size, bad.shape))
            found[start : start + many] += (logs[took] + logs[size - took]).sum(axis=1)
            failed[:, there] = bad - took
            left[:, there] = rest - size
    return found


def group_scores(cells: Cells, table: Table) -> tuple[csr_matrix, Floats]:
    """What each group adds to Σ (failed − p_z) of each (stratum, value), pairs × groups, less the value's share of what
    it adds to the whole stratum: then they add up to the same, and to 0 over a stratum whatever their signs.

    And the factor by which the variance of a stratum's score exceeds the squares of these, because p_z was taken from
    the same rows: 1/(1 − Σ shares of its groups²), the g/(g − 1) of g groups of one size; 0 where it holds one group.
    """
    from scipy.sparse import csr_matrix, diags_array

    rate = (table.stratum_failed / table.stratum_rows)[table.index]
    pairs, groups = len(table.rows), int(cells.group.max(initial=0)) + 1
    shape = (pairs, groups)
    raw = csr_matrix((cells.rows * (cells.failed - rate), (table.index, cells.group)), shape=shape)
    sizes = csr_matrix((cells.rows.astype(np.float64), (table.index, cells.group)), shape=shape)
    member = csr_matrix((np.ones(pairs), (np.arange(pairs), table.stratum)))
    shares = diags_array(1 / table.stratum_rows[np.unique(table.stratum, return_index=True)[1]]) @ (member.T @ sizes)
    alike = np.asarray(shares.multiply(shares).sum(axis=1)).reshape(-1)[table.stratum]
    single = alike > 1 - 1e-9
    factor = np.where(single, 0.0, 1 / np.maximum(1 - alike, 1e-9))
    return csr_matrix(raw - diags_array(table.rows / table.stratum_rows) @ (member @ (member.T @ raw))), factor


def _turned(scores: csr_matrix, variance: Floats, draws: int, rng: np.random.Generator) -> Floats:
    pairs, groups = scores.shape
    found = np.empty(draws)
    step = max(1, AT_ONCE // max(pairs, groups))
    for start in range(0, draws, step):
        many = min(step, draws - start)
        signs = rng.integers(0, 2, (groups, many)) * 2.0 - 1.0
        found[start : start + many] = ((scores @ signs) ** 2 / variance[:, None]).sum(axis=0)
    return found


def resampled(levels: list[Cells], grouped: bool, draws: int, rng: np.random.Generator) -> Floats:
    """The information in nats of each of these ways to look at the same cells, in ``draws`` bootstrap samples of rows,
    or of groups (Efron and Tibshirani 1993, §8.6): draws × levels."""
    rows, group = levels[0].rows, levels[0].group
    total, groups = int(rows.sum()), int(group.max(initial=0)) + 1
    sums = [_Sums.of(level) for level in levels]
    found = np.empty((draws, len(levels)))
    step = max(1, AT_ONCE // len(rows))
    for start in range(0, draws, step):
        many = min(step, draws - start)
        if grouped:
            times = rng.multinomial(groups, np.full(groups, 1 / groups), many)
            weights = (times[:, group] * rows).astype(np.float64)
        else:
            weights = rng.multinomial(total, rows / total, many).astype(np.float64)
        for at, one in enumerate(sums):
            found[start : start + many, at] = one.information(weights)
    return found


@dataclass(frozen=True, slots=True)
class _Sums:
    """Where to add cells up: an order of them and where each group of equal keys begins, for each of four keys."""

    orders: tuple[tuple[Ints, Ints, float], ...]

    @staticmethod
    def of(cells: Cells) -> _Sums:
        values = int(cells.value.max(initial=0)) + 1
        pair = cells.stratum * values + cells.value
        keys = ((pair * 2 + cells.failed, 1.0), (pair, -1.0), (cells.stratum * 2 + cells.failed, -1.0))
        return _Sums(tuple((*_runs(key), sign) for key, sign in (*keys, (cells.stratum, 1.0))))

    def information(self, weights: Floats) -> Floats:
        """Of cells with these weights, draws × cells."""
        total = weights.sum(axis=1)
        found = np.zeros(len(weights))
        for order, first, sign in self.orders:
            found += sign * _xlogx(np.add.reduceat(weights[:, order], first, axis=1)).sum(axis=1)
        share: Floats = np.divide(found, total, out=np.zeros(len(found)), where=total > 0)
        return np.maximum(share, np.float64(0.0))


def _runs(key: Ints) -> tuple[Ints, Ints]:
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    return order, np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))


def _xlogx(values: Floats) -> Floats:
    from scipy.special import xlogy

    found: Floats = xlogy(values, values)
    return found


def _table_of_logs(most: int) -> Floats:
    return _xlogx(np.arange(most + 1, dtype=np.float64))
