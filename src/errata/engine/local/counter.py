"""The local engine: answers what analyses ask over codes in memory."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterator, Sequence
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
PIECE = 1 << 20
MULTIPLIED_AT_ONCE = 1 << 24
ROWS_PER_WORD = 4
"""NumPy multiplies so many dealt losses in the time of a word of counting."""
STRETCH = 1 << 20

Asks = TypeVar("Asks")
Result = TypeVar("Result")


def conclude(analysis: Generator[Asks, Answer, Result], answer: Callable[[Asks], Answer]) -> Result:
    """Answer what the analysis asks until it is done."""
    try:
        request = next(analysis)
        while True:
            request = analysis.send(answer(request))
    except StopIteration as stop:
        result: Result = stop.value
        return result


def worth_kernels(words: int) -> bool:
    """Whether so many words are combined faster by numba, given whether it is awake already."""
    return words > (AWAKE if "errata.engine.local.kernels" in sys.modules else ASLEEP)


class Rows:
    """Some rows' codes; bitmaps are made on first use and kept."""

    def __init__(self, codes: Sequence[NDArray[np.uint8]], items: Sequence[Item]) -> None:
        self.codes = codes
        self.items = items
        self.rows = len(codes[0]) if codes else 0

    @cached_property
    def packed(self) -> bitmaps.Words:
        """The bitmap of every item."""
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
        """Give the bitmaps back."""
        self.__dict__.pop("packed", None)


def step_of(most: float) -> float:
    """The step in which losses up to ``most`` are searched."""
    return most / ((1 << LOSS_BITS) - 1)


def levels_of(loss: NDArray[np.float64], step: float) -> NDArray[np.uint16]:
    """Losses in whole steps, a stretch at a time: what is held of them beside the losses is two bytes a row."""
    levels = np.empty(len(loss), np.uint16)
    for start in range(0, len(loss), STRETCH):
        part = slice(start, start + STRETCH)
        levels[part] = np.rint(loss[part] / (step or 1.0))
    return levels


def level_sums(
    rows: Rows, slices: Slices, levels: NDArray[np.uint16], say: Callable[[str], None] = lambda _: None
) -> NDArray[np.float64]:
    """The sum of the levels of loss in each slice, whole numbers, counted bit by bit."""
    total = np.zeros(len(slices))
    if rows.rows == 0:
        return total
    if worth_kernels(rows.rows // 64 * len(slices) * LOSS_BITS):
        from errata.engine.local.kernels import stream_sums

        def told(done: int) -> None:
            say(f"summing losses: {count(done)} of {count(rows.rows)} rows")

        return np.asarray(stream_sums(rows.codes, rows.items, slices, levels, LOSS_BITS, told), np.float64)
    for bit in range(LOSS_BITS):
        say(f"summing losses, bit {bit + 1} of {LOSS_BITS}")
        total += float(1 << bit) * rows.count(slices, (levels >> bit) & 1 == 1)
    return total


class Counter:
    """Codes in memory, one uint8 array a factor, with what failed and, if asked for, losses and groups.

    ``failed`` is a mask over the rows; ``loss`` are floats ≥ 0, which are rounded to steps, so that sums, total and
    spread are of the same numbers; ``groups`` are dense group numbers. The sample is uniform and seeded (whole groups
    where rows are grouped); up to ``sample_rows`` rows (by default 200,000; 50,000 of losses) it is everything.
    ``step`` is that of more rows, of which these are some. ``progress`` is told what is being done.
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
        step: float | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> None:
        self.items = tuple(items)
        self.failed = failed
        self.groups = groups
        self.rows = len(failed)
        self._step = 0.0 if loss is None else step_of(float(loss.max(initial=0.0))) if step is None else step
        self._levels = None if loss is None else levels_of(loss, self._step)
        self._all = Rows(list(codes), self.items)
        self._sample_rows = sample_rows or (SAMPLE_ROWS if loss is None else LOSS_SAMPLE_ROWS)
        self._seed = seed
        self._say = progress or (lambda _: None)
        self._gone = np.zeros(0, np.uint8)
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
        return conclude(analysis, self.answer)

    def answer(self, request: Request) -> Answer:
        """The answer to one request; errata.analysis.requests says its shape."""
        if isinstance(request, Permute):
            return self._permuted(request)
        if isinstance(request, Clusters):
            return self._clusters(request.slices)
        if isinstance(request, Spread):
            assert self._levels is not None
            self._peel(request.without)
            times = np.zeros(1 << LOSS_BITS)
            for piece in self._pieces():
                times += np.bincount(self._levels[piece][~self._peeled(piece)], minlength=len(times))
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
    def _sampled(self) -> Rows:
        return self._all if self.sample is None else self._at(self.sample)

    @cached_property
    def _failures(self) -> Rows:
        return self._at(np.flatnonzero(self.failed))

    def _at(self, rows: NDArray[np.int64]) -> Rows:
        return Rows([column[rows] for column in self._all.codes], self.items)

    def _inside(self, request: Count) -> Answer:
        assert request.inside is not None
        self._peel(request.without)
        total: Any = np.zeros(len(request.slices), np.float64 if request.of == "loss" else np.int64)
        waiting: list[NDArray[np.int64]] = []
        held = 0
        for piece in self._pieces():
            inside = self._mask(request.inside, piece)
            inside &= ~self._peeled(piece)
            if request.of == "failed":
                inside &= self.failed[piece]
            waiting.append(np.flatnonzero(inside) + piece.start)
            held += len(waiting[-1])
            if held >= PIECE or piece.stop == self.rows:
                total = total + self._counted_at(np.concatenate(waiting), request)
                waiting, held = [], 0
        counted: Answer = total
        return counted

    def _counted_at(self, rows: NDArray[np.int64], request: Count) -> Answer:
        counted = self._at(rows)
        if request.of == "loss":
            assert self._levels is not None
            return self._sum(counted, request.slices, self._levels[rows], self._step)
        return counted.count(request.slices)

    def _sum(self, rows: Rows, slices: Slices, levels: NDArray[np.uint16], step: float) -> NDArray[np.float64]:
        """The sum of losses in each slice, counted bit by bit of their levels."""
        return level_sums(rows, slices, levels, self._say) * step

    def mask(self, slice_: tuple[int, ...]) -> NDArray[np.bool_]:
        """The rows of a slice, as a mask over all rows."""
        mask = np.empty(self.rows, bool)
        for piece in self._pieces():
            mask[piece] = self._mask(slice_, piece)
        return mask

    def _pieces(self) -> Iterator[slice]:
        """All rows, a piece at a time: what is made on the way is never as long as they are."""
        return (slice(start, min(start + PIECE, self.rows)) for start in range(0, self.rows, PIECE))

    def _mask(self, slice_: tuple[int, ...], piece: slice) -> NDArray[np.bool_]:
        mask = np.ones(piece.stop - piece.start, bool)
        for number in slice_:
            factor, low, high = self.items[number]
            codes = self._all.codes[factor][piece]
            mask &= (codes == low) if low == high else (codes >= low) & (codes <= high)
        return mask

    def _peel(self, without: tuple[tuple[int, ...], ...]) -> None:
        """Look up the rows of any of these slices; peeling goes on slice by slice, so only the new ones are."""
        known = len(self._without)
        if without[:known] != self._without or len(self._gone) == 0:
            self._gone, known = np.zeros(-(-self.rows // 8), np.uint8), 0
        for slice_ in without[known:]:
            for piece in self._pieces():
                held = slice(piece.start // 8, -(-piece.stop // 8))
                self._gone[held] |= np.packbits(self._mask(slice_, piece), bitorder="little")
        self._without = without

    def _peeled(self, piece: slice) -> NDArray[np.bool_]:
        """Which rows of a piece were looked up."""
        held = self._gone[piece.start // 8 : -(-piece.stop // 8)]
        return np.unpackbits(held, count=piece.stop - piece.start, bitorder="little").view(np.bool_)

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
    def _by_group(self) -> tuple[Rows, NDArray[np.int64], NDArray[np.int64]]:
        """The sampled rows, ordered by group, their groups, and how many rows these have."""
        assert self.groups is not None
        order = np.argsort(self.groups if self.sample is None else self.groups[self.sample], kind="stable")
        order = order if self.sample is None else self.sample[order]
        return self._at(order), self.groups[order], np.bincount(self.groups)[self.groups[order]]

    def _permuted(self, request: Permute) -> NDArray[np.float64]:
        self._say("dealing outcomes anew")
        rows, deals = self._sampled, self._deals(request)
        if request.of == "loss":
            return self._multiplied(request.slices, deals)
        words = max(1, rows.packed.shape[1])
        answer = np.empty((request.draws, len(request.slices)))
        common_bits = bitmaps.common_bits
        if worth_kernels(len(request.slices) * words * request.draws):
            from errata.engine.local import kernels

            common_bits = kernels.common_bits
        chunk = max(1, CHUNK_WORDS // words)
        for start in range(0, len(request.slices), chunk):
            part = bitmaps.of_slices(rows.packed, request.slices[start : start + chunk])
            answer[:, start : start + chunk] = common_bits(deals, part)
        return answer

    def _multiplied(self, slices: Slices, columns: NDArray[np.float32]) -> NDArray[np.float64]:
        """The sum of each column over the sampled rows of each slice: shape (columns, slices)."""
        rows = self._sampled
        width = columns.shape[1]
        answer = np.empty((width, len(slices)))
        kernels = worth_kernels(len(slices) * rows.rows * width // ROWS_PER_WORD)
        chunk = CHUNK_WORDS // max(1, rows.packed.shape[1]) if kernels else MULTIPLIED_AT_ONCE // max(1, rows.rows)
        chunk = max(1, chunk)
        for start in range(0, len(slices), chunk):
            part = bitmaps.of_slices(rows.packed, slices[start : start + chunk])
            if kernels:
                from errata.engine.local.kernels import sum_rows

                answer[:, start : start + chunk] = sum_rows(part, columns).T
            else:
                bits = np.unpackbits(part.view(np.uint8), axis=1, bitorder="little", count=rows.rows)
                answer[:, start : start + chunk] = (bits.astype(np.float32) @ columns).T
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
