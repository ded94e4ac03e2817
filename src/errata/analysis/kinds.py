"""Kinds of error from counts: how many rows and failures are of each, and whether rows of a kind fail more than others.

A row's kinds are bits of one number, so that one count by that number says what occurs together. Shares have Wilson's
interval, with the design effect of the groups. A kind that is no failure by itself is compared with the rows that are
not of it: Newcombe's interval (1998, method 10) of the difference, and the score test with the pooled rate, both on
effective rows; p-values are adjusted over the kinds (Benjamini and Hochberg 1995).
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from errata.analysis.distances import false_discovery
from errata.analysis.grouped import Rate, rate_of
from errata.analysis.intervals import newcombe
from errata.analysis.tally import FAILED, Axis, Counts, Tally
from errata.nouns.kinds import KindOfError, KindsOfError, Together
from errata.nouns.outcome import MOST_KINDS, KindCodes

KIND = "@kinds"
"""A row's kinds as one number: bit i where it is of kind i, bit ``MOST_KINDS`` + i where that is known."""
MOST = 1 << 20
"""So many groups, or combinations of kinds, are counted."""
LEAST = 10
"""A kind is compared with the rest where both have so many effective rows."""
FALSE_DISCOVERY_RATE = 0.05
MOST_TOGETHER = 10
MORE, LESS, NO_EVIDENCE, TOO_FEW = "fails more", "fails less", "no evidence", "too few rows"


@dataclass(frozen=True, slots=True)
class _Cells:
    """Cells of rows alike: group (−1 alone; None without groups), failed (1, 0, −1 unknown), kinds, known, rows."""

    group: NDArray[np.int64] | None
    failed: NDArray[np.int8]
    of: NDArray[np.int64]
    known: NDArray[np.int64]
    rows: NDArray[np.int64]

    def rate(self, among: NDArray[np.bool_], hit: NDArray[np.bool_]) -> Rate:
        """The rate of hits among cells."""
        groups = None if self.group is None else self.group[among]
        return rate_of(groups, self.rows[among], np.where(hit, self.rows, 0)[among])


def kinds(
    names: Sequence[str],
    failing: Sequence[bool | None],
    group: Axis | None,
    missing: Sequence[tuple[str, str]] = (),
    notes: Sequence[str] = (),
) -> Generator[list[Tally], list[Counts], KindsOfError | str]:
    """Ask for the counts, and conclude; or say why nothing can be concluded."""
    axes = (Axis(FAILED), Axis(KIND, most=MOST))
    counts = (yield [Tally((*axes, group) if group else axes)])[0]
    if counts.too_many is not None:
        return f"more than {MOST:,} values of {counts.too_many}"
    cells = _cells(counts, group is not None)
    judged = bool((cells.failed >= 0).any())
    known = cells.failed >= 0
    found = [_kind(cells, place, name, failing[place], judged) for place, name in enumerate(names)]
    found = _adjusted(found)
    found.sort(key=lambda one: (-one.failed, -one.rows, one.kind))
    none = cells.rate(cells.failed == 1, cells.of == 0)
    return KindsOfError(
        rows=int(cells.rows[known].sum()) if judged else int(cells.rows.sum()),
        failed=none.rows,
        judged=judged,
        kinds=tuple(found),
        none_of_them=none.hits,
        none_share=none.value,
        none_low=none.interval[0],
        none_high=none.interval[1],
        together=_together(cells, names),
        missing=tuple({"kind": kind, "reason": reason} for kind, reason in missing),
        false_discovery_rate=FALSE_DISCOVERY_RATE,
        notes=tuple(notes),
    )


def _cells(counts: Counts, grouped: bool) -> _Cells:
    def labels(at: int) -> list[int]:
        return [-1 if label is None else int(label) for label in counts.labels[at]]

    failed, codes = (np.array(labels(at) or [0], np.int64)[counts.cells[:, at]] for at in range(2))
    group = None
    if grouped:
        alone = np.array([label is None for label in counts.labels[2]] or [False], bool)
        group = np.where(alone[counts.cells[:, 2]], -1, counts.cells[:, 2])
    of, known = codes & ((1 << MOST_KINDS) - 1), codes >> MOST_KINDS
    return _Cells(group, failed.astype(np.int8), of, known, counts.rows)


def code_of(kinds: KindCodes) -> NDArray[np.int64]:
    """The kinds of rows and where they are known, as the one number of the column ``KIND``."""
    return kinds.of | kinds.known << MOST_KINDS


def _kind(cells: _Cells, place: int, name: str, failing: bool | None, judged: bool) -> KindOfError:
    told = (cells.known >> place) & 1 == 1
    holds = told & ((cells.of >> place) & 1 == 1)
    known = told & ((cells.failed >= 0) | (not judged))
    of_rows, of_failures = cells.rate(known, holds), cells.rate(told & (cells.failed == 1), holds)
    one = KindOfError(
        kind=name,
        failing=failing,
        known=of_rows.rows,
        rows=of_rows.hits,
        share=of_rows.value,
        low=of_rows.interval[0],
        high=of_rows.interval[1],
        failures=of_failures.rows,
        failed=of_failures.hits,
        failed_share=of_failures.value,
        failed_low=of_failures.interval[0],
        failed_high=of_failures.interval[1],
    )
    if failing is not None or not judged:
        return one
    failed = cells.failed == 1
    return _compared(one, cells.rate(known & holds, failed), cells.rate(known & ~holds, failed))


def _compared(one: KindOfError, inside: Rate, outside: Rate) -> KindOfError:
    """The kind against the rows that are not of it; ``p_adjusted`` is not adjusted yet."""
    (low, high), (rest_low, rest_high) = inside.interval, outside.interval
    one = replace(
        one, rate=inside.value, rate_low=low, rate_high=high, rest=outside.value, rest_low=rest_low, rest_high=rest_high
    )
    rows, rest = inside.rows / inside.effect, outside.rows / outside.effect
    if min(rows, rest) < LEAST or inside.value is None or outside.value is None:
        return replace(one, verdict=TOO_FEW)
    failed, rest_failed = inside.hits / inside.effect, outside.hits / outside.effect
    ends = newcombe(failed, rows, rest_failed, rest)
    difference = inside.value - outside.value
    pooled = (failed + rest_failed) / (rows + rest)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / rows + 1 / rest))
    return replace(
        one,
        difference=difference,
        difference_low=ends[0],
        difference_high=ends[1],
        excess=inside.hits - inside.rows * outside.value,
        p_adjusted=math.erfc(abs(difference) / spread / math.sqrt(2)) if spread > 0 else 1.0,
    )


def _adjusted(found: Sequence[KindOfError]) -> list[KindOfError]:
    tested = [at for at, one in enumerate(found) if one.p_adjusted is not None]
    values = false_discovery([one.p_adjusted for one in found if one.p_adjusted is not None])
    result = list(found)
    for at, p in zip(tested, values, strict=True):
        beyond = p <= FALSE_DISCOVERY_RATE
        verdict = NO_EVIDENCE if not beyond else MORE if (found[at].difference or 0) > 0 else LESS
        result[at] = replace(found[at], p_adjusted=float(p), verdict=verdict)
    return result


def _together(cells: _Cells, names: Sequence[str]) -> tuple[Together, ...]:
    patterns, index = np.unique(cells.of, return_inverse=True)
    rows = np.bincount(index, cells.rows).astype(np.int64)
    failed = np.bincount(index, np.where(cells.failed == 1, cells.rows, 0)).astype(np.int64)
    found = [
        Together(tuple(name for place, name in enumerate(names) if int(bits) >> place & 1), int(n), int(f))
        for bits, n, f in zip(patterns, rows, failed, strict=True)
        if int(bits).bit_count() > 1
    ]
    return tuple(sorted(found, key=lambda one: (-one.failed, -one.rows, one.kinds))[:MOST_TOGETHER])
