"""What an analysis may ask of an engine. An analysis is a generator: it yields requests and is sent the answers.

A slice is a row of item numbers, padded with −1; an item is a condition on one factor (a value, or a range of ordered
values). Requests hold nothing but numbers, so that any engine can answer: count bitmaps here, broadcast the slices and
add up one vector per partition there.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Slices = NDArray[np.int32]
"""Shape (number of slices, depth); item numbers in rising order, −1 where a slice has fewer conditions."""

Counted = Literal["rows", "failed", "loss", "weight", "spread", "weighted"]


class Item(NamedTuple):
    """A condition: the codes ``low`` … ``high`` (inclusive) of factor number ``factor``."""

    factor: int
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Count:
    """For each slice: its rows, its failed rows, or the sum of its losses.

    Of a population whose rows count by a weight also the sum of its weights, of their ``spread`` (as
    errata.analysis.weights has it), and of weights times outcomes (``weighted``). The spread of
    the sample is that of outcomes as they are dealt.

    ``sampled`` counts on the engine's seeded uniform sample of rows. ``inside`` counts only rows of that slice, and
    ``without`` leaves out the rows of those slices. Answer: int64 of rows, float64 of sums, one per slice.
    """

    slices: Slices
    of: Counted = "rows"
    sampled: bool = False
    inside: tuple[int, ...] | None = None
    without: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Spread:
    """The sum of squared losses (each times its weight, where rows have one) over the rows that are not in ``without``.

    Answer: one float64.
    """

    without: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Clusters:
    """For each slice, over groups: the sum of the square of the group's rows in it, and the sum of the product of the
    group's rows in it and in all; on the engine's sample of rows.

    Answer: float64 of shape (2, slices). Asked only where rows are grouped.
    """

    slices: Slices


@dataclass(frozen=True, slots=True)
class Permute:
    """What the slices would hold if failures fell on other rows: failures (or losses) are dealt anew ``draws`` times.

    Where rows depend on each other, whole groups are dealt to whole groups of like size. The rows are the engine's
    sample. Answer: float64 of shape (draws, slices); of weighted outcomes, what a slice has more than its share of the
    weight would give it.
    """

    slices: Slices
    draws: int
    seed: int
    of: Literal["failed", "loss", "weighted"] = "failed"


Request = Count | Spread | Clusters | Permute
Answer = NDArray[np.int64] | NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Population:
    """What the search knows before it asks: the items, and how much there is to count.

    ``sampled_rows`` is how many rows the engine's sample has; ``sampled_rows == rows`` means that it is everything.
    ``total`` is the failed rows, the sum of losses, or that of weights times outcomes. ``grouped`` says that rows come
    in dependent groups, and ``intraclass`` how alike their outcomes are; groups of very different sizes are ``uneven``:
    they cannot be dealt to each other. ``group_squares`` is the sum of the groups' squared rows in the sample.
    ``weights`` and ``spreads`` are sums over all rows (or the sample), 0 unless rows count by a weight.
    """

    items: tuple[Item, ...]
    rows: int
    total: float
    sampled_rows: int
    sampled_total: float
    of: Literal["failed", "loss", "weighted"] = "failed"
    grouped: bool = False
    intraclass: float = 0.0
    uneven: bool = False
    group_squares: float = 0.0
    weights: float = 0.0
    spreads: float = 0.0
    sampled_weights: float = 0.0
    sampled_spreads: float = 0.0
    names: tuple[str, ...] = field(default=(), compare=False)


Asking = Generator[Request, Answer, "object"]
