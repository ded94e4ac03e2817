"""Which combinations of factor values a test leaves out, ranked by how often they would be met.

Coverage of all combinations of t factors is that of combinatorial testing (Kuhn, Kacker and Lei 2013); here each
combination is weighed by its share of the traffic, and a row is not enough: as many are needed as bring the interval of
a failure rate to ± precision. docs/adequacy.md states each formula.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from errata.analysis import distances
from errata.analysis.intervals import clopper_pearson_high, wilson
from errata.analysis.levels import Levels, slice_text
from errata.analysis.tally import FAILED, Axis, Counts, Label, Tally
from errata.core.units import count, plural
from errata.nouns.adequacy import CHANCE, FEW, IMPOSSIBLE, LEFT_OUT, UNTESTED, Adequacy, Combination, Coverage

MOST_LEVELS = 60
MOST_SETS, MOST_CELLS = 2_000, 400_000
LISTED = 50
"""Untested combinations, and those of too few rows."""
FALSE_DISCOVERY_RATE = 0.05
_OK, _FEW, _UNTESTED = 0, 1, 2

Float = NDArray[np.float64]
Set = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """``levels`` of the factors; how many distinct values each has, about; combinations of up to ``strength`` of them.

    ``effect``: the design effect of failing; ``alike`` and ``alike_traffic``: how many rows that depend on each other
    say as much as one of which values occur. ``judged``: only rows of known outcome test anything.
    """

    levels: Sequence[Levels]
    sizes: Sequence[int]
    strength: int
    precision: float
    judged: bool = True
    effect: float = 1.0
    alike: float = 1.0
    alike_traffic: float = 1.0


def sets_of(asked: Asked) -> tuple[list[Set], int]:
    """The sets of factors to be combined, small ones first, and the strength that could be afforded."""
    found: list[Set] = []
    cells, afforded = 0, 0
    for strength in range(1, min(asked.strength, len(asked.levels)) + 1):
        new = list(combinations(range(len(asked.levels)), strength))
        cells += sum(math.prod(asked.sizes[at] + 1 for at in one) for one in new)
        if strength > 1 and (len(found) + len(new) > MOST_SETS or cells > MOST_CELLS):
            break
        found += new
        afforded = strength
    return found, afforded


def tallies(asked: Asked, sets: Sequence[Set], *, test: bool) -> list[Tally]:
    """The counts of each set: of the test by outcome, of the traffic as it is."""
    last = (Axis(FAILED),) if test and asked.judged else ()
    return [Tally((*(asked.levels[at].axis for at in one), *last)) for one in sets]


def failures(asked: Asked, counts: Counts) -> tuple[int, int]:
    """The rows of known outcome, and how many of them failed."""
    if not asked.judged:
        return counts.total, 0
    names = counts.labels[-1]
    of = [names[code] for code in counts.cells[:, -1].tolist()]
    known = sum(rows for label, rows in zip(of, counts.rows.tolist(), strict=True) if label is not None)
    failed = sum(rows for label, rows in zip(of, counts.rows.tolist(), strict=True) if label is True)
    return int(known), int(failed)


def needed_rows(rate: float, precision: float, effect: float = 1.0) -> int:
    """The fewest rows of this failure rate whose Wilson interval is ± ``precision`` or narrower; times ``effect``."""

    def half(rows: int) -> float:
        low, high = wilson(rate * rows, rows)
        return (high - low) / 2

    low, high = 0, 1
    while half(high) > precision:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if half(middle) > precision else (low, middle)
    return math.ceil(high * effect)


@dataclass(frozen=True, slots=True)
class _Cells:
    """One set of factors: test rows and shares of the traffic over all combinations of labels; p of so few rows."""

    factors: Set
    rows: NDArray[np.int64]
    share: Float
    traffic: NDArray[np.int64] | None
    p: Float


def adequacy(
    asked: Asked,
    sets: Sequence[Set],
    test: Sequence[Counts],
    traffic: Sequence[Counts] | None = None,
    traffic_name: str | None = None,
) -> Adequacy | str:
    """What the test covers, from its counts of every set and the traffic's, or why nothing can be said."""
    left_out, gone = _given_up(asked, sets, test, traffic)
    standing = [at for at in range(len(asked.levels)) if at not in gone]
    if not standing:
        return "; ".join(f"{one['column']}: {one['reason']}" for one in left_out) or "no factor"
    rows, failed = failures(asked, test[sets.index((standing[0],))])
    if not rows:
        return "no row of known outcome"
    rate = failed / rows if asked.judged else None
    needed = needed_rows(0.5 if rate is None else rate, asked.precision, asked.effect)
    labels = {at: _labels(at, sets, test, traffic) for at in standing}
    # Of which values occur, rows of unknown outcome tell as well as others.
    alone = {at: _dense(test[sets.index((at,))], [labels[at]], tested=False) for at in standing}
    everything = int(alone[standing[0]].sum())
    met = None if traffic is None else traffic[sets.index((standing[0],))].total
    cells = []
    for number, one in enumerate(sets):
        if not gone & set(one):
            seen = _dense(test[number], [labels[at] for at in one])
            also = None if traffic is None else _dense(traffic[number], [labels[at] for at in one])
            cells.append(_cells(asked, one, seen, also, [alone[at] / everything for at in one], rows, met))
    adjusted = _adjusted(cells)
    found, more_untested, more_few = _listed(asked, cells, adjusted, labels, alone, needed, rows, met)
    return Adequacy(
        rows=rows,
        factors=tuple(asked.levels[at].name for at in standing),
        strength=max(len(one.factors) for one in cells),
        precision=asked.precision,
        rate=rate,
        needed=needed,
        coverage=_coverage(asked, cells, needed, rows, met),
        combinations=tuple(found),
        more_untested=more_untested,
        more_few=more_few,
        traffic=traffic_name,
        traffic_rows=met,
        false_discovery_rate=FALSE_DISCOVERY_RATE,
        left_out=tuple(left_out),
    )


def _given_up(
    asked: Asked, sets: Sequence[Set], test: Sequence[Counts], traffic: Sequence[Counts] | None
) -> tuple[list[dict[str, str]], set[int]]:
    left_out, gone = [], set()
    for at, levels in enumerate(asked.levels):
        number = sets.index((at,))
        for where, counts in (("", test), (" in the traffic", traffic)):
            if counts is not None and counts[number].too_many is not None and at not in gone:
                reason = f"more than {count(levels.axis.most)} values{where}, too many to combine"
                left_out.append({"column": levels.name, "reason": reason})
                gone.add(at)
    return left_out, gone


def _labels(at: int, sets: Sequence[Set], test: Sequence[Counts], traffic: Sequence[Counts] | None) -> list[Label]:
    """The labels that the test has, then those that only the traffic has."""
    number = sets.index((at,))
    found = list(test[number].labels[0])
    if traffic is not None:
        found += [label for label in traffic[number].labels[0] if label not in found]
    return found


def _dense(counts: Counts, labels: list[list[Label]], *, tested: bool = True) -> NDArray[np.int64]:
    """Rows over all combinations of labels; those of unknown outcome test nothing."""
    if len(counts.tally.by) > len(labels):
        outcomes: list[Label] = [False, True] if tested else [False, True, None]
        return np.asarray(counts.dense([*labels, outcomes])[0].sum(axis=-1), np.int64)
    return counts.dense(labels)[0]


def _cells(
    asked: Asked,
    factors: Set,
    rows: NDArray[np.int64],
    traffic: NDArray[np.int64] | None,
    alone: Sequence[Float],
    whole: int,
    met: int | None,
) -> _Cells:
    alike = asked.alike
    if traffic is not None and met is not None:
        p = _p_of_traffic(rows, traffic / asked.alike_traffic, whole / alike, met / asked.alike_traffic)
        return _Cells(factors, rows, traffic / max(met, 1), traffic, p)
    share = np.ones(())
    for one in alone:
        share = np.multiply.outer(share, one)
    from scipy.special import pdtr

    return _Cells(factors, rows, share, None, pdtr(np.floor(rows / alike), whole / alike * share))


def _p_of_traffic(rows: NDArray[np.int64], k: Float, whole: float, met: float) -> Float:
    """Of no row in the test, were it drawn from the traffic: all of the cell's rows fall to the traffic by chance."""
    from scipy.special import gammaln

    log = gammaln(met + 1) - gammaln(met - k + 1) - gammaln(whole + met + 1) + gammaln(whole + met - k + 1)
    return np.where(rows > 0, 1.0, np.exp(np.minimum(log, 0.0)))


def _adjusted(cells: Sequence[_Cells]) -> list[Float]:
    """Every cell's p, adjusted over all cells of all sets."""
    adjusted = np.array(distances.false_discovery(np.concatenate([one.p.reshape(-1) for one in cells]).tolist()))
    ends = np.cumsum([one.p.size for one in cells])[:-1]
    return [part.reshape(one.p.shape) for part, one in zip(np.split(adjusted, ends), cells, strict=True)]


def _coverage(asked: Asked, cells: Sequence[_Cells], needed: int, rows: int, met: int | None) -> tuple[Coverage, ...]:
    found = []
    for strength in sorted({len(one.factors) for one in cells}):
        of = [one for one in cells if len(one.factors) == strength]
        there = [one.rows > 0 if one.traffic is None else (one.rows > 0) | (one.traffic > 0) for one in of]
        # Without traffic every combination of values that occur is one.
        all_of = [
            np.ones(one.rows.shape, bool) if one.traffic is None else at for one, at in zip(of, there, strict=True)
        ]
        size = met / asked.alike_traffic if met is not None else rows / asked.alike / strength
        tested = _mean([float(one.share[one.rows > 0].sum()) for one in of], size)
        covered = _mean([float(one.share[one.rows >= needed].sum()) for one in of], size)
        found.append(
            Coverage(
                strength,
                len(of),
                int(sum(at.sum() for at in all_of)),
                int(sum((one.rows > 0).sum() for one in of)),
                int(sum((one.rows >= needed).sum() for one in of)),
                0 if met is None else int(sum((~at).sum() for at in there)),
                *tested,
                *covered,
            )
        )
    return tuple(found)


def _mean(shares: Sequence[float], rows: float) -> tuple[float, float, float]:
    share = min(1.0, sum(shares) / len(shares))
    return (share, *wilson(share * rows, rows))


def _listed(
    asked: Asked,
    cells: Sequence[_Cells],
    adjusted: Sequence[Float],
    labels: dict[int, list[Label]],
    alone: dict[int, NDArray[np.int64]],
    needed: int,
    rows: int,
    met: int | None,
) -> tuple[list[Combination], int, int]:
    """The combinations that matter most, none of which holds one that is as bad; how many more of either kind."""
    status: dict[Set, NDArray[np.int8]] = {}
    candidates: dict[int, list[tuple[float, int, tuple[int, ...]]]] = {_UNTESTED: [], _FEW: []}
    many = {_UNTESTED: 0, _FEW: 0}
    for number, one in enumerate(cells):
        own = np.where(one.rows == 0, _UNTESTED, np.where(one.rows < needed, _FEW, _OK)).astype(np.int8)
        status[one.factors] = own
        worst = np.zeros(own.shape, np.int8)
        for axis in range(len(one.factors)):
            part = status.get(one.factors[:axis] + one.factors[axis + 1 :])
            if part is not None:
                worst = np.maximum(worst, np.expand_dims(part, axis))
        open_ = (own > worst) & (one.share > 0)
        # Of what holds something as bad the smaller part is told; a still larger one need not be looked at.
        status[one.factors] = np.maximum(own, worst)
        for kind, of_kind in candidates.items():
            stands = open_ & (own == kind)
            where, shares = np.argwhere(stands), one.share[stands]
            many[kind] += len(where)
            for at in np.argsort(-shares, kind="stable")[:LISTED].tolist():
                of_kind.append((float(shares[at]), number, tuple(where[at].tolist())))
    found: dict[int, list[Combination]] = {_UNTESTED: [], _FEW: []}
    ranked = [
        (kind, *one) for kind, of in candidates.items() for one in sorted(of, key=lambda one: (-one[0], one[1], one[2]))
    ]
    for kind, share, number, at in ranked:
        if len(found[kind]) == LISTED:
            continue
        one = cells[number]
        levels = tuple(asked.levels[factor] for factor in one.factors)
        text = slice_text(levels, tuple(labels[factor][code] for factor, code in zip(one.factors, at, strict=True)))
        if text is None:
            continue
        seen = int(one.rows[at])
        if one.traffic is not None and met is not None:
            low, high = wilson(float(one.traffic[at]) / asked.alike_traffic, met / asked.alike_traffic)
        else:
            parts = [(float(alone[f][c]), float(alone[f].sum())) for f, c in zip(one.factors, at, strict=True)]
            low, high = _product(share, parts, asked.alike)
        absent: dict[str, object] = {}
        if seen == 0:
            p = float(adjusted[number][at])
            beyond = LEFT_OUT if one.traffic is not None or len(one.factors) == 1 else IMPOSSIBLE
            absent = {
                "high": clopper_pearson_high(0.0, rows / asked.alike),
                "absence": beyond if p <= FALSE_DISCOVERY_RATE else CHANCE,
                "p_adjusted": p,
            }
        verdict = FEW if seen else UNTESTED
        found[kind].append(
            Combination(text, verdict, seen, share, low, high, rows * share, needed - seen, **absent)  # type: ignore[arg-type]
        )
    untested, few = found[_UNTESTED], found[_FEW]
    return [*untested, *few], many[_UNTESTED] - len(untested), many[_FEW] - len(few)


def _product(share: float, parts: Sequence[tuple[float, float]], alike: float) -> tuple[float, float]:
    """The interval of a product of independent shares: MOVER on logarithms (Zou and Donner 2008) of Wilson's limits."""
    below = above = 0.0
    for seen, rows in parts:
        low, high = wilson(seen / alike, rows / alike)
        below += math.log(seen / rows / low) ** 2 if low > 0 else math.inf
        above += math.log(high / (seen / rows)) ** 2
    return share * math.exp(-math.sqrt(below)), min(1.0, share * math.exp(math.sqrt(above)))


def note_on_strength(asked: Asked, afforded: int) -> str | None:
    """That fewer factors are combined than was asked for, and why."""
    if afforded >= min(asked.strength, len(asked.levels)):
        return None
    return (
        f"combinations of {plural(afforded, 'factor')}: one more would be over {count(MOST_SETS)} sets of factors or "
        f"{count(MOST_CELLS)} combinations (--factors, --exclude make them fewer)"
    )
