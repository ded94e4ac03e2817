"""Who answers Tallies and Draws over a source: this machine in one pass, unless another engine is given."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol, TypeVar, runtime_checkable

from errata.core.columns import narrowest
from errata.core.errors import UsageError
from errata.core.units import count
from errata.engine.local.answers import Answered, Asked, answers, columns_of

if TYPE_CHECKING:
    import pyarrow as pa

    from errata.analysis.requests import Answer, Item, Population, Request
    from errata.analysis.sums import Sums
    from errata.engine.spark.blocks import Selection
    from errata.nouns.source import Source
    from errata.tasks.reserved import View

Progress = Callable[[str], None]
Result = TypeVar("Result")
ENGINES = ("local", "spark")


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


class SliceCounter(Protocol):
    """Answers what a slice search asks, over rows that are elsewhere."""

    def __enter__(self) -> SliceCounter:
        """Itself."""

    def __exit__(self, *_: object) -> None:
        """What it holds is given back."""

    def population(self) -> Population:
        """What a search must know before it asks."""

    def run(self, analysis: Generator[Request, Answer, Result]) -> Result:
        """Answer what the analysis asks until it is done."""

    def sums(self, selections: Sequence[Selection]) -> list[Sums]:
        """The sums of the rows in each selection, and of their groups."""


@runtime_checkable
class SliceEngine(Engine, Protocol):
    """An engine that also counts slices, so that no row has to come here for them."""

    def counter(
        self,
        source: Source,
        view: View,
        codes: tuple[str, ...],
        items: Sequence[Item],
        *,
        failed: str | None,
        loss: str | None = None,
        group: str | None = None,
        seed: int = 0,
        say: Progress = lambda _: None,
    ) -> SliceCounter:
        """A counter over the reserved columns ``codes`` (of factors), ``failed`` and ``loss``, grouped by ``group``."""


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


def checked_engine(name: str) -> str:
    """The name of an engine. Raises UsageError for one that there is not."""
    if name not in ENGINES:
        raise UsageError(
            "bad-option",
            f"there is no engine {name!r}",
            expected=" or ".join(ENGINES),
            found=name,
            next="--engine local",
        )
    return name


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
    read = view.read(columns, source.schema.names) or [narrowest(source.schema)]
    for batch in source.batches(read):
        yield view.of(batch, columns)


def refuse_on_spark(engine: Engine | None, given: Mapping[str, object]) -> None:
    """Raises UsageError for the first option of ``given`` that is set where Spark counts."""
    named = next((name for name, value in given.items() if value), None)
    if named is not None and isinstance(engine, SliceEngine):
        raise UsageError(
            "bad-option",
            f"{named} is not for --engine spark",
            expected="columns that Spark has, all rows, each counted once",
            next=f"leave {named} away, or --engine local",
        )
