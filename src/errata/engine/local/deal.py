"""Deal outcomes anew over rows: what the data would look like if failures did not depend on any factor."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

STRATUM_GROUPS = 20
"""Groups are dealt among at least this many of like size."""


def dealt(
    outcome: NDArray[np.float64], groups: NDArray[np.int64] | None, draws: int, seed: int
) -> Iterator[NDArray[np.float64]]:
    """``draws`` times ``outcome`` in another order.

    Independent rows are shuffled. With groups, the outcomes of a group stay together and in order, begin at a random
    place of it (the end joins the start), and are dealt to a group of the same size; sizes that fewer than 20 groups
    have are dealt together with the sizes next to them, laid end to end. The turn is what breaks the tie to a factor
    that takes the same values in every group, such as the perturbation of a design in which each image sees them all.
    """
    generator = np.random.default_rng([seed, 2])
    if groups is None:
        for _ in range(draws):
            yield generator.permutation(outcome)
        return
    # Whatever the groups are numbered by: in the order in which they first appear.
    _, first, index = np.unique(groups, return_index=True, return_inverse=True)
    groups = np.argsort(np.argsort(first))[index]
    by_group = np.argsort(groups, kind="stable")
    sizes = np.bincount(groups)
    starts = np.r_[0, np.cumsum(sizes)[:-1]]
    strata = _strata(sizes)
    for _ in range(draws):
        result = np.empty_like(outcome)
        for stratum in strata:
            target = by_group[_spans(starts[stratum], sizes[stratum])]
            order = generator.permutation(stratum)
            turns = generator.integers(0, sizes[order])
            result[target] = outcome[by_group[_spans(starts[order], sizes[order], turns)]]
        yield result


def _strata(sizes: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Groups of like size together: by exact size where there are enough of it, else with the next sizes."""
    order = np.argsort(sizes, kind="stable")
    order = order[sizes[order] > 0]
    ends = np.flatnonzero(np.r_[sizes[order][1:] != sizes[order][:-1], True]) + 1
    strata: list[NDArray[np.int64]] = []
    start = 0
    for end in ends:
        if end - start >= STRATUM_GROUPS:
            strata.append(order[start:end])
            start = int(end)
    if start < len(order):
        rest = order[start:]
        if strata and len(rest) < STRATUM_GROUPS:
            rest = np.concatenate([strata.pop(), rest])
        strata.append(rest)
    return strata


def _spans(
    starts: NDArray[np.int64], sizes: NDArray[np.int64], turns: NDArray[np.int64] | None = None
) -> NDArray[np.int64]:
    """The positions of all spans, one after another, each turned by so many: (3, 2), (9, 1) → 3, 4, 9."""
    offsets = np.r_[0, np.cumsum(sizes)[:-1]]
    within = np.arange(int(sizes.sum())) - np.repeat(offsets, sizes)
    if turns is not None:
        within = (within + np.repeat(turns, sizes)) % np.repeat(sizes, sizes)
    return np.asarray(np.repeat(starts, sizes) + within)
