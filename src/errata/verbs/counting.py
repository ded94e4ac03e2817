"""Who answers Tallies and Draws over a source: this machine in one pass, unless another engine is given."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from errata.core.units import count
from errata.engine.local.answers import Answered, Asked, answers, columns_of

if TYPE_CHECKING:
    import pyarrow as pa

    from errata.nouns.source import Source
    from errata.tasks.reserved import View

Progress = Callable[[str], None]


class Engine(Protocol):
    """Answers what audits ask."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be said of how it was answered."""

    @property
    def reference(self) -> Mapping[str, Sequence[float]]:
        """Edges of columns that are fixed."""

    def edges(self, name: str, make: Callable[[], tuple[float, ...]]) -> tuple[float, ...]:
        """The edges of a column: those that are fixed, else those that ``make`` makes."""

    def glance(self, source: Source, rows: int) -> pa.Table:
        """About ``rows`` rows of every column, from all over; the same each time."""

    def answers(self, source: Source, requests: Sequence[Asked], view: View, say: Progress) -> list[Answered]:
        """The answer to every request over all rows of ``source``, in the order asked."""


class Local:
    """One pass over the batches of the source, here."""

    notes: tuple[str, ...] = ()
    reference: Mapping[str, Sequence[float]] = MappingProxyType({})

    def edges(self, name: str, make: Callable[[], tuple[float, ...]]) -> tuple[float, ...]:
        """What ``make`` makes: nothing is fixed."""
        return make()

    def glance(self, source: Source, rows: int) -> pa.Table:
        """About ``rows`` rows of every column, from all over; the same each time."""
        return source.glance(source.schema.names, rows).combine_chunks()

    def answers(self, source: Source, requests: Sequence[Asked], view: View, say: Progress) -> list[Answered]:
        """The answer to every request over all rows of ``source``, in the order asked."""
        told = Speed(source.name, source.rows, say)
        return answers(batches_of(source, columns_of(requests), view), requests, told)


LOCAL = Local()


class Speed:
    """Says how many rows are counted, of how many, and how many a second."""

    def __init__(self, name: str, rows: int, say: Progress, done: int = 0) -> None:
        self.name, self.rows, self.say, self.done = name, rows, say, done
        self.start = time.monotonic()

    def __call__(self, rows: int) -> None:
        """``rows`` have been counted since it was made."""
        passed = time.monotonic() - self.start
        speed = f", {count(round(rows / passed, -3))} rows/s" if passed > 1 else ""
        self.say(f"counting {self.name}: {count(self.done + rows)} of {count(self.rows)} rows{speed}")


def batches_of(source: Source, columns: Sequence[str], view: View) -> Iterator[pa.RecordBatch]:
    """The batches of a source with these columns, the reserved ones made for each."""
    # Of reserved columns alone that need nothing, some column has to say how many rows there are.
    read = view.read(columns, source.schema.names) or [_narrowest(source)]
    for batch in source.batches(read):
        yield view.of(batch, columns)


def _narrowest(source: Source) -> str:
    names: list[str] = source.schema.names
    return min(names, key=lambda name: _width(source.schema.field(name).type))


def _width(kind: pa.DataType) -> int:
    try:
        return int(kind.bit_width)
    except ValueError:
        return 1 << 20
