"""The local engine: answers what analyses ask over codes in memory."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Sequence
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from errata.analysis.budget import WORDS_PER_CLUSTER
from errata.analysis.dependence import intraclass, uneven
from errata.analysis.requests import Answer, Clusters, Count, Item, Permute, Population, Request, Slices, Spread
from errata.core.units import count
from errata.engine.local import bitmaps
from errata.engine.local.deal import dealt

SAMPLE_ROWS = 200_000
LOSS_SAMPLE_ROWS = 50_000
"""Dealing losses costs far more than dealing failures."""
LOSS_BITS = 16
"""A loss is searched in steps of 1/65,535 of the largest: one bitmap a bit. Figures are of the losses themselves."""
ASLEEP, AWAKE = 600_000_000, 20_000_000
"""From this many words to combine on the kernels are worth it: with numba's second of waking up, and without."""
CHUNK_WORDS = 1 << 16
MULTIPLIED_AT_ONCE = 1 << 24
STRETCH = 1 << 20

Result = TypeVar("Result")


def worth_kernels(words: int) -> bool:
    """Whether so many words are combined faster by numba, given whether it is awake already."""
    return words > (AWAKE if "errata.engine.local.kernels" in sys.modules else ASLEEP)


class _Rows:
    """Some rows' codes; bitmaps are made on first use and kept."""

    def __init__(self, codes: Sequence[NDArray[np.uint8]], items: Sequence[Item]) -> None:
        self.codes = codes
        self.items = items
        self.rows = len(codes[0]) if codes else 0

    @cached_property
    def packed(self) -> bitmaps.Words:
        return bitmaps.of_items(self.codes, self.items)

    def count(self, slices: Slices, only: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
        """The rows of each slice; of the rows in ``only`` where it is given."""
        if worth_kernels(self.rows // 64 * len(slices)):
            from errata.engine.local.kernels import stream

            return stream(self.codes, self.items, slices, only)
        if only is None:
            return bitmaps.count(self.packed, slices)
        return bitmaps.count(self.packed & bitmaps.pack(only), slices)

    def forget(self) -> None:
        self.__dict__.pop("packed", None)


def rounded(loss: NDArray[np.float64], step: float) -> NDArray[np.uint16]:
    """Losses in whole steps, a stretch at a time: what is held of them beside the losses is two bytes a row."""
    levels = np.empty(len(loss), np.uint16)
    for start in range(0, len(loss), STRETCH):
        part = slice(start, start + STRETCH)
        levels[part] = np.rint(loss[part] / step)
    return levels


class Counter:
    """Codes in memory, one uint8 array a factor, with what failed and, if asked for, losses and groups.

    ``failed`` is a mask over the rows; ``loss`` are floats ≥ 0, which are rounded to steps, so that sums, total and
    spread are of the same numbers; ``groups`` are dense group numbers. The sample is uniform and seeded (whole groups
    where rows are grouped); up to ``sample_rows`` rows (by default 200,000; 50,000 of losses) it is everything.
    ``progress`` is told what is being done.
    """

    def __init__(
        self,
        codes: Sequence[NDArray[np.uint8]],
        items: Sequence[Item],
        failed: NDArray[np.bool_],
        *,
        loss: NDArray[np.float64] | None = None,
        groups: NDArray[np.int64] | None = None,
        seed: int = 0,
        sample_rows: int | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> None:
        self.items = tuple(items)
        self.failed = failed
        self.groups = groups
        self.rows = len(failed)
        self._step = 0.0 if loss is None else float(loss.max(initial=0.0)) / ((1 << LOSS_BITS) - 1)
        self._levels = None if loss is None else rounded(loss, self._step or 1.0)
        self._all = _Rows(list(codes), self.items)
        self._sample_rows = sample_rows or (SAMPLE_ROWS if loss is None else LOSS_SAMPLE_ROWS)
        self._seed = seed
        self._say = progress or (lambda _: None)
        self._gone = np.zeros(0, bool)
        self._without: tuple[tuple[int, ...], ...] = ()
        self._dealt: tuple[tuple[int, int, str] | None, NDArray[Any]] = None, np.zeros(0)

    def population(self) -> Population:
        """What a search must know before it asks."""
        outcome = self.failed if self._levels is None else self._levels
        step = 1.0 if self._levels is None else self._step
        return Population(
            items=self.items,
            rows=self.rows,
            total=float(outcome.sum()) * step,
            sampled_rows=self._sampled.rows,
            sampled_total=float(outcome.sum() if self.sample is None else outcome[self.sample].sum()) * step,
            of="failed" if self._levels is None else "loss",
            grouped=self.groups is not None,
            intraclass=0.0 if self.groups is None else intraclass(np.asarray(self._outcome, np.float64), self.groups),
            uneven=self.groups is not None and uneven(self.groups),
            group_squares=0.0 if self.groups is None else float((self._by_group[2].astype(np.float64)).sum()),
        )

    def run(self, analysis: Generator[Request, Answer, Result]) -> Result:
        """Answer what the analysis asks until it is done."""
        try:
            request = next(analysis)
            while True:
                request = analysis.send(self.answer(request))
        except StopIteration as stop:
            result: Result = stop.value
            return result

    def answer(self, request: Request) -> Answer:
        """The answer to one request; errata.analysis.requests says its shape."""
        if isinstance(request, Permute):
            return self._permuted(request)
        if isinstance(request, Clusters):
            return self._clusters(request.slices)
        if isinstance(request, Spread):
            assert self._levels is not None
            levels = self._levels
            if request.without:
                levels = levels[~self._peeled(request.without)]
            times = np.bincount(levels, minlength=1).astype(np.float64)
            return np.array([float(times @ (np.arange(len(times)) * self._step) ** 2)])
        if len(request.slices) == 0:
            return np.zeros(0, np.int64)
        if request.inside is not None:
            return self._inside(request)
        if request.without:
            raise ValueError("rows are left out only of counts inside a slice")
        if request.of == "loss":
            assert self._levels is not None
            return self._sum(self._all, request.slices, self._levels, self._step)
        if request.of == "failed":
            return self._failures.count(request.slices)
        return (self._sampled if request.sampled else self._all).count(request.slices)

    @cached_property
    def sample(self) -> NDArray[np.int64] | None:
        """The sampled rows, or None where the sample is everything."""
        if self._sample_rows >= self.rows:
            return None
        generator = np.random.default_rng([self._seed, 1])
        if self.groups is None:
            # Drawn with replacement and made distinct: as uniform, and far cheaper than a permutation of all rows.
            return np.unique(generator.integers(0, self.rows, self._sample_rows))
        sizes = np.bincount(self.groups)
        order = generator.permutation(len(sizes))
        enough = int(np.searchsorted(np.cumsum(sizes[order]), self._sample_rows)) + 1
        chosen = np.zeros(len(sizes), bool)
        chosen[order[:enough]] = True
        return np.flatnonzero(chosen[self.groups])

    @property
    def loss(self) -> NDArray[np.float64] | None:
        """The losses as they are searched, in steps; None without any."""
        return None if self._levels is None else np.asarray(self._levels * self._step, np.float64)

    @property
    def _outcome(self) -> NDArray[np.float64] | NDArray[np.bool_]:
        loss = self.loss
        return self.failed if loss is None else loss

    @cached_property
    def _sampled(self) -> _Rows:
        return self._all if self.sample is None else self._at(self.sample)

    @cached_property
    def _failures(self) -> _Rows:
        return self._at(np.flatnonzero(self.failed))

    def _at(self, rows: NDArray[np.int64]) -> _Rows:
        return _Rows([column[rows] for column in self._all.codes], self.items)

    def _inside(self, request: Count) -> Answer:
        assert request.inside is not None
        gone = self._peeled(request.without)
        rows = np.flatnonzero(self.mask(request.inside) & ~gone)
        if request.of == "failed":
            rows = rows[self.failed[rows]]
        counted = self._at(rows)
        if request.of == "loss":
            assert self._levels is not None
            return self._sum(counted, request.slices, self._levels[rows], self._step)
        return counted.count(request.slices)

    def _sum(self, rows: _Rows, slices: Slices, levels: NDArray[np.uint16], step: float) -> NDArray[np.float64]:
        """The sum of losses in each slice, counted bit by bit of their levels."""
        total = np.zeros(len(slices))
        if rows.rows == 0:
            return total
        if worth_kernels(rows.rows // 64 * len(slices) * LOSS_BITS):
            from errata.engine.local.kernels import stream_sums

            def say(done: int) -> None:
                self._say(f"summing losses: {count(done)} of {count(rows.rows)} rows")

            sums = stream_sums(rows.codes, self.items, slices, levels, LOSS_BITS, say)
            return np.asarray(sums * step, np.float64)
        for bit in range(LOSS_BITS):
            self._say(f"summing losses, bit {bit + 1} of {LOSS_BITS}")
            total += float(1 << bit) * rows.count(slices, (levels >> bit) & 1 == 1)
        return total * step

    def mask(self, slice_: tuple[int, ...]) -> NDArray[np.bool_]:
        """The rows of a slice, as a mask over all rows."""
        mask = np.ones(self.rows, bool)
        for number in slice_:
            factor, low, high = self.items[number]
            codes = self._all.codes[factor]
            mask &= (codes == low) if low == high else (codes >= low) & (codes <= high)
        return mask

    def _peeled(self, without: tuple[tuple[int, ...], ...]) -> NDArray[np.bool_]:
        """Rows of any of these slices; peeling goes on slice by slice, so only the new ones are looked up."""
        known = len(self._without)
        if without[:known] != self._without or len(self._gone) == 0:
            self._gone, known = np.zeros(self.rows, bool), 0
        for slice_ in without[known:]:
            self._gone |= self.mask(slice_)
        self._without = without
        return self._gone

    def _clusters(self, slices: Slices) -> NDArray[np.float64]:
        self._say("counting dependent rows")
        rows, groups, sizes = self._by_group
        words = max(1, rows.packed.shape[1])
        squares = bitmaps.squares
        if worth_kernels(len(slices) * words * WORDS_PER_CLUSTER):
            from errata.engine.local import kernels

            squares = kernels.squares
        answer = np.empty((2, len(slices)))
        chunk = max(1, CHUNK_WORDS // words)
        for start in range(0, len(slices), chunk):
            part = bitmaps.of_slices(rows.packed, slices[start : start + chunk])
            answer[:, start : start + chunk] = squares(part, groups, sizes)
        return answer

    @cached_property
    def _by_group(self) -> tuple[_Rows, NDArray[np.int64], NDArray[np.int64]]:
        """The sampled rows, ordered by group, their groups, and how many rows these have."""
        assert self.groups is not None
        order = np.argsort(self.groups if self.sample is None else self.groups[self.sample], kind="stable")
        order = order if self.sample is None else self.sample[order]
        return self._at(order), self.groups[order], np.bincount(self.groups)[self.groups[order]]

    def _permuted(self, request: Permute) -> NDArray[np.float64]:
        self._say("dealing outcomes anew")
        rows, deals = self._sampled, self._deals(request)
        words = max(1, rows.packed.shape[1])
        answer = np.empty((request.draws, len(request.slices)))
        if request.of == "loss":
            chunk = max(1, MULTIPLIED_AT_ONCE // max(1, rows.rows))
            for start in range(0, len(request.slices), chunk):
                part = bitmaps.of_slices(rows.packed, request.slices[start : start + chunk])
                bits = np.unpackbits(part.view(np.uint8), axis=1, bitorder="little", count=rows.rows)
                answer[:, start : start + chunk] = (bits.astype(np.float32) @ deals).T
            return answer
        common_bits = bitmaps.common_bits
        if worth_kernels(len(request.slices) * words * request.draws):
            from errata.engine.local import kernels

            common_bits = kernels.common_bits
        chunk = max(1, CHUNK_WORDS // words)
        for start in range(0, len(request.slices), chunk):
            part = bitmaps.of_slices(rows.packed, request.slices[start : start + chunk])
            answer[:, start : start + chunk] = common_bits(deals, part)
        return answer

    def _deals(self, request: Permute) -> NDArray[Any]:
        """The sample's outcomes dealt anew: bitmaps (draws, words), or losses (rows, draws). The last are kept."""
        key = request.draws, request.seed, request.of
        if self._dealt[0] == key:
            return self._dealt[1]
        found = self.failed if self._levels is None else self._levels
        outcome = (found if self.sample is None else found[self.sample]).astype(np.float64)
        if self._levels is not None:
            outcome *= self._step
        groups = self.groups
        if groups is not None:
            chosen = groups if self.sample is None else groups[self.sample]
            groups = np.unique(chosen, return_inverse=True)[1]
        deals = dealt(outcome, groups, request.draws, request.seed)
        if request.of == "loss":
            made = np.empty((len(outcome), request.draws), np.float32)
            for draw, losses in enumerate(deals):
                made[:, draw] = losses
        else:
            made = np.stack([bitmaps.pack(deal > 0) for deal in deals])
        self._dealt = key, made
        return made
