"""The local engine for comparisons: answers what errata.analysis.changes asks over paired samples in memory."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from errata.analysis.changes import Change, Request, Squares
from errata.analysis.requests import Answer, Count, Item, Population, Spread
from errata.engine.local.counter import Counter, conclude

Result = TypeVar("Result")


class Changes:
    """Codes of paired samples, one uint8 array a factor, with the change of each: B − A, such as −1, 0 or 1.

    ``groups`` are dense group numbers where samples depend on each other.
    """

    def __init__(
        self,
        codes: Sequence[NDArray[np.uint8]],
        items: Sequence[Item],
        change: NDArray[np.float64],
        *,
        groups: NDArray[np.int64] | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> None:
        self._codes = list(codes)
        self.change = change
        self.groups = groups
        self.counts = bool(np.isin(change, (-1.0, 0.0, 1.0)).all())
        self._least = 0.0 if self.counts else float(change.min())
        # Supports are counted exactly: a sample of rows could not say which slice changed.
        made = [
            Counter(codes, items, change > 0, loss=loss, sample_rows=len(change) or 1, progress=progress)
            for loss in ((None,) if self.counts else (change - self._least,))
        ]
        self._rows = made[0]
        self._better = Counter(codes, items, change < 0, sample_rows=len(change) or 1) if self.counts else None

    def population(self) -> Population:
        """What a search must know before it asks."""
        return Population(
            items=self._rows.items,
            rows=len(self.change),
            total=float(self.change.sum()),
            sampled_rows=len(self.change),
            sampled_total=float(self.change.sum()),
            of="failed" if self.counts else "loss",
            grouped=self.groups is not None,
        )

    def run(self, analysis: Generator[Request, Answer, Result]) -> Result:
        """Answer what the analysis asks until it is done."""
        return conclude(analysis, self.answer)

    def answer(self, request: Request) -> Answer:
        """The answer to one request; errata.analysis.changes says its shape."""
        if isinstance(request, Change):
            return self._changed(request)
        if isinstance(request, Squares):
            return self._squares(request)
        if isinstance(request, Spread):
            kept = ~self._peeled(request.without)
            return np.array([float((self.change[kept] ** 2).sum())])
        return self._rows.answer(request)

    def mask(self, items: tuple[int, ...]) -> NDArray[np.bool_]:
        """The samples of a slice, as a mask over all of them."""
        return self._rows.mask(items)

    def _changed(self, request: Change) -> NDArray[np.float64]:
        inside, without = request.inside, request.without
        if request.of != "sum":
            counter = self._rows if request.of == "worse" or self._better is None else self._better
            counted = counter.answer(Count(request.slices, "failed", inside=inside, without=without))
            return np.asarray(counted, np.float64)
        shifted = self._rows.answer(Count(request.slices, "loss", inside=inside, without=without))
        rows = self._rows.answer(Count(request.slices, inside=inside, without=without))
        return np.asarray(shifted + self._least * rows, np.float64)

    def _squares(self, request: Squares) -> NDArray[np.float64]:
        rows, codes = self._moved
        kept = ~self._peeled(request.without)[rows]
        answer = np.zeros((2, len(request.slices)))
        for at, slice_ in enumerate(request.slices):
            inside = kept.copy()
            for item in slice_[slice_ >= 0]:
                factor, low, high = self._rows.items[item]
                inside &= (codes[factor] >= low) & (codes[factor] <= high)
            change = self.change[rows[inside]]
            answer[:, at] = float((change**2).sum())
            if self.groups is not None and len(change):
                answer[0, at] = float((np.bincount(self.groups[rows[inside]], weights=change) ** 2).sum())
        return answer

    @cached_property
    def _moved(self) -> tuple[NDArray[np.int64], list[NDArray[np.uint8]]]:
        """The samples that changed, and their codes: all others add nothing to a square."""
        rows = np.flatnonzero(self.change)
        return rows, [column[rows] for column in self._codes]

    def _peeled(self, without: tuple[tuple[int, ...], ...]) -> NDArray[np.bool_]:
        gone = np.zeros(len(self.change), bool)
        for slice_ in without:
            gone |= self.mask(slice_)
        return gone
