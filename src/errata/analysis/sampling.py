"""Drawing from what was found so that whatever is estimated from the draw stays unbiased, and estimating it.

- **Draw**: without replacement within strata, n_h of N_h, each row as likely as any other of its stratum: its inclusion
  probability is π = n_h / N_h. ``reservoir`` is one stratum, ``stratified`` shares a size over strata in proportion,
  ``quota`` takes the same number of each, ``all`` takes everything.
- **Total**: Horvitz and Thompson's (1952) Σ y / π. **Mean**: Hájek's (1971) ratio of two totals.
- **Variance**: Σ N_h² (1 − n_h / N_h) s_h² / n_h (Cochran 1977 §5.3), of a mean with the residuals y − c ȳ
  (Särndal, Swensson and Wretman 1992 §5.7), strata of one draw taken together (collapsed, §12.3 there); Student's t.

A row may stand for ``copies`` of itself: then it counts so often in every total.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from errata.analysis.intervals import Z95, wilson
from errata.nouns.candidates import Estimate, Stratum

Floats = NDArray[np.float64]
LEAST = 2
"""So many are drawn of a stratum if it has them and the size allows: of one alone nothing is known of its variance."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """Positions among what was drawn from, in their order, each with its probability and the place of its stratum."""

    at: NDArray[np.int64]
    probability: Floats
    stratum: NDArray[np.int64]
    strata: tuple[Stratum, ...]


def draw(names: Sequence[Hashable], method: str, size: int | None, seed: Sequence[int]) -> Drawn:
    """Draw from rows whose strata have these ``names``; ``size`` is of all, of ``quota`` of each stratum."""
    order = sorted(dict.fromkeys(names), key=str)
    place = {name: at for at, name in enumerate(order)}
    codes = np.array([place[name] for name in names], np.int64)
    found = np.bincount(codes, minlength=len(order))
    wanted = found if method == "all" or size is None else _sizes(found, method, size)
    rng = np.random.default_rng(list(seed))
    taken = [
        np.sort(rng.choice(np.flatnonzero(codes == at), many, replace=False)) for at, many in enumerate(wanted) if many
    ]
    rows = np.sort(np.concatenate(taken)) if taken else np.zeros(0, np.int64)
    share = np.divide(wanted, found, out=np.zeros(len(order)), where=found > 0)
    strata = tuple(
        Stratum(name=str(name), found=int(n), drawn=int(of)) for name, n, of in zip(order, found, wanted, strict=True)
    )
    return Drawn(rows, share[codes[rows]], codes[rows], strata)


def _sizes(found: NDArray[np.int64], method: str, size: int) -> NDArray[np.int64]:
    """How many of each stratum: for ``quota`` the same, else in proportion, the largest remainders first."""
    if method == "quota":
        return np.minimum(found, size)
    total = int(found.sum())
    size = min(size, total)
    if not total:
        return found
    least = np.minimum(found, LEAST)
    if int(least.sum()) > size:
        least = np.minimum(found, 1)
    # A stratum of which nothing is drawn would be in no estimate: one of each goes before the size.
    size = max(size, int(least.sum()))
    ideal = size * found / total
    given = np.maximum(np.floor(ideal).astype(np.int64), least)
    while given.sum() > size:
        given[np.argmax(np.where(given > least, given - ideal, -np.inf))] -= 1
    while given.sum() < size:
        given[np.argmax(np.where(given < found, ideal - given, -np.inf))] += 1
    return given


def estimate(values: Floats, copies: Floats, stratum: NDArray[np.int64], found: Mapping[int, int]) -> Estimate:
    """The mean and the total over everything drawn from, by value of each drawn row; ``found`` is N_h by stratum.

    A share (every value 0 or 1) has Wilson's interval for as many rows as would have its variance.
    """
    if not len(values):
        return Estimate(rows=0, mean=None, total=None, reason="nothing was drawn")
    drawn = np.bincount(stratum, minlength=max(found) + 1)
    sizes = np.array([found.get(at, 0) for at in range(len(drawn))], np.float64)
    if bool(((sizes > 0) & (drawn == 0)).any()):
        return Estimate(rows=len(values), mean=None, total=None, reason="a stratum has no value: nothing stands for it")
    weight = (sizes / np.maximum(drawn, 1))[stratum]
    size = float(weight @ copies)
    total = float(weight @ (copies * values))
    mean = total / size
    shares = bool(np.isin(values, (0.0, 1.0)).all())
    freedom, spread = _variance(copies * values, stratum, drawn, sizes)
    _, around = _variance(copies * (values - mean), stratum, drawn, sizes)
    if spread is None or around is None:
        return Estimate(
            rows=len(values), mean=mean, total=total, size=size, share=shares, reason="one row bounds nothing"
        )
    from scipy.special import stdtrit

    t = float(stdtrit(freedom, 0.975)) if freedom else Z95
    error = math.sqrt(around) / size
    low, high = _share(mean, error, t, drawn, sizes) if shares else (mean - t * error, mean + t * error)
    half = t * math.sqrt(spread)
    total_low, total_high = (low * size, high * size) if shares and _exact(copies) else (total - half, total + half)
    return Estimate(
        rows=len(values),
        mean=mean,
        low=low,
        high=high,
        total=total,
        total_low=total_low,
        total_high=total_high,
        size=size,
        share=shares,
    )


def _exact(copies: Floats) -> bool:
    return bool((copies == 1).all())


def _share(mean: float, error: float, t: float, drawn: NDArray[np.int64], sizes: Floats) -> tuple[float, float]:
    left = float((sizes * (sizes - drawn)).sum() / max((sizes**2).sum(), 1.0))
    if left <= 0:
        return mean, mean  # everything was drawn
    # What varies tells how many rows this is worth; where nothing varies, the rows drawn do.
    rows = mean * (1 - mean) / error**2 if error > 1e-9 else float(drawn.sum()) / left
    rows /= (t / Z95) ** 2
    return wilson(mean * rows, rows)


def _variance(
    values: Floats, stratum: NDArray[np.int64], drawn: NDArray[np.int64], sizes: Floats
) -> tuple[int, float | None]:
    """The degrees of freedom and the variance of Σ y / π; None where a single draw has nothing to be held against."""
    total, freedom = 0.0, 0
    single: list[float] = []
    for at, many in enumerate(drawn):
        if many == 0 or many == sizes[at]:
            continue
        of = values[stratum == at]
        if many == 1:
            single.append(float(sizes[at] * of[0]))
            continue
        total += float(sizes[at] ** 2 * (1 - many / sizes[at]) * of.var(ddof=1) / many)
        freedom += int(many) - 1
    if len(single) == 1:
        return 0, None
    if single:
        each = np.array(single)
        total += float(len(each) * each.var(ddof=1))
        freedom += len(each) - 1
    return freedom, total
