"""The local engine for rows that count by a weight: the same codes, with sums of weights beside the counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from errata.analysis.dependence import intraclass, uneven
from errata.analysis.requests import Answer, Count, Item, Permute, Population, Request, Spread
from errata.analysis.weights import relative_spread, weight_bins
from errata.engine.local.counter import LOSS_BITS, LOSS_SAMPLE_ROWS, Counter, levels_of
from errata.engine.local.deal import dealt

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Steps:
    """Amounts of at least 0, rounded to 1/65,535 of the largest."""

    levels: NDArray[np.uint16]
    step: float

    @classmethod
    def of(cls, amounts: Floats) -> _Steps:
        step = float(amounts.max(initial=0.0)) / ((1 << LOSS_BITS) - 1)
        return cls(levels_of(amounts, step), step)

    def total(self, rows: NDArray[np.bool_] | None = None) -> float:
        levels = self.levels if rows is None else self.levels[rows]
        return float(levels.sum(dtype=np.uint64)) * self.step


class WeightedCounter(Counter):
    """Codes in memory with what failed (or the loss) and the ``weight`` of each row, floats above 0.

    Weights are taken as of mean 1. The sample is one of 50,000 rows, for outcomes are dealt as losses are.
    """

    def __init__(
        self,
        codes: Sequence[NDArray[np.uint8]],
        items: Sequence[Item],
        failed: NDArray[np.bool_],
        weight: Floats,
        *,
        loss: Floats | None = None,
        groups: NDArray[np.int64] | None = None,
        seed: int = 0,
        sample_rows: int | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> None:
        most = sample_rows or LOSS_SAMPLE_ROWS
        super().__init__(codes, items, failed, groups=groups, seed=seed, sample_rows=most, progress=progress)
        self._values = failed.astype(np.float64) if loss is None else loss
        self._weight = weight / weight.mean() if len(weight) else weight
        self._losses = loss is not None
        self._weights = _Steps.of(self._weight)

    @cached_property
    def _spreads(self) -> _Steps:
        return _Steps.of(self._weight**2 * relative_spread(self._values, self._weight))

    @cached_property
    def _amounts(self) -> _Steps:
        """Weight times loss; of failures, the weight, summed over failed rows."""
        return _Steps.of(self._weight * self._values) if self._losses else self._weights

    def population(self) -> Population:
        """What a search must know before it asks."""
        values, weight = self._of_sample
        return Population(
            items=self.items,
            rows=self.rows,
            total=self._amounts.total(None if self._losses else self.failed),
            sampled_rows=len(values),
            sampled_total=float(values @ weight),
            of="weighted",
            grouped=self.groups is not None,
            intraclass=0.0 if self.groups is None else intraclass(self._values, self.groups),
            uneven=self.groups is not None and uneven(self.groups),
            group_squares=0.0 if self.groups is None else float((self._by_group[2].astype(np.float64)).sum()),
            weights=self._weights.total(),
            spreads=self._spreads.total(),
            sampled_weights=float(weight.sum()),
            sampled_spreads=float(self._dealt_spreads.sum()),
        )

    def answer(self, request: Request) -> Answer:
        """The answer to one request; errata.analysis.requests says its shape."""
        if isinstance(request, Spread):
            kept = self._kept(request.without)
            return np.array([float(self._weight[kept] @ self._values[kept] ** 2)])
        if isinstance(request, Permute) and request.of == "weighted":
            return self._dealt_sums(request)
        if isinstance(request, Count) and request.of not in ("rows", "failed"):
            return self._amount(request)
        return super().answer(request)

    def _amount(self, request: Count) -> Floats:
        if len(request.slices) == 0:
            return np.zeros(0)
        if request.sampled:
            amounts = self._of_sample[1] if request.of == "weight" else self._dealt_spreads
            return np.asarray(self._multiplied(request.slices, amounts[:, None].astype(np.float32))[0], np.float64)
        steps = {"weight": self._weights, "spread": self._spreads, "weighted": self._amounts}[request.of]
        rows: NDArray[np.int64] | None = None
        if request.inside is not None:
            rows = np.flatnonzero(self.mask(request.inside) & self._kept(request.without))
        if request.of == "weighted" and not self._losses:
            rows = np.flatnonzero(self.failed) if rows is None else rows[self.failed[rows]]
        if rows is None:
            return self._sum(self._all, request.slices, steps.levels, steps.step)
        return self._sum(self._at(rows), request.slices, steps.levels[rows], steps.step)

    def _kept(self, without: tuple[tuple[int, ...], ...]) -> NDArray[np.bool_]:
        """Which rows are in none of these slices."""
        self._peel(without)
        kept = np.ones(self.rows, bool)
        for piece in self._pieces():
            kept[piece] = ~self._peeled(piece)
        return kept

    @cached_property
    def _of_sample(self) -> tuple[Floats, Floats]:
        """Outcomes and weights of the sampled rows."""
        rows = slice(None) if self.sample is None else self.sample
        return self._values[rows], self._weight[rows]

    def _dealt_sums(self, request: Permute) -> Floats:
        """Σ w (y − mean) of each slice, for outcomes dealt anew among rows of like weight, less the means of those.

        Rows keep their weights: where weights and outcomes go together, they do so in the deals.
        """
        self._say("dealing outcomes anew")
        key = request.draws, request.seed, request.of
        if self._dealt[0] != key:
            values, weight = self._of_sample
            groups, bins, means = self._sampled_groups, self._bins, self._of_bins[0]
            made = np.empty((len(values), request.draws), np.float32)
            for number in range(int(bins.max(initial=-1)) + 1):
                rows = np.flatnonzero(bins == number)
                of_bin = None if groups is None else np.unique(groups[rows], return_inverse=True)[1]
                # Each bin is dealt under a seed of its own.
                deals = dealt(values[rows] - means[number], of_bin, request.draws, request.seed + (number << 32))
                for draw, deal in enumerate(deals):
                    made[rows, draw] = deal
            made -= (weight @ made) / weight.sum()
            made *= weight[:, None]
            self._dealt = key, made
        return self._multiplied(request.slices, self._dealt[1])

    @cached_property
    def _sampled_groups(self) -> NDArray[np.int64] | None:
        if self.groups is None:
            return None
        chosen = self.groups if self.sample is None else self.groups[self.sample]
        return np.unique(chosen, return_inverse=True)[1].astype(np.int64)

    @cached_property
    def _bins(self) -> NDArray[np.int64]:
        """Which sampled rows are of like weight."""
        return weight_bins(*self._of_sample, self._sampled_groups)

    @cached_property
    def _of_bins(self) -> tuple[Floats, Floats]:
        """The mean and the variance of the outcomes in each bin of the sample."""
        values, rows = self._of_sample[0], np.bincount(self._bins)
        means = np.bincount(self._bins, weights=values) / rows
        return means, np.bincount(self._bins, weights=(values - means[self._bins]) ** 2) / rows

    @cached_property
    def _dealt_spreads(self) -> Floats:
        """For each sampled row, the variance of its weight times the outcome that it is dealt."""
        return np.asarray(self._of_sample[1] ** 2 * self._of_bins[1][self._bins])
