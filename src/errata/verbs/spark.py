"""``--engine spark``: the sources and the engine, put together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from errata.analysis.draw import Draw
from errata.core.columns import narrowest
from errata.core.errors import ErrataError, FileError
from errata.core.units import count
from errata.engine.local.answers import Answered, Asked, columns_of
from errata.integrations.spark.source import SparkParquet, SparkSource
from errata.tasks.reserved import View

if TYPE_CHECKING:
    import pyarrow as pa

    from errata.analysis.requests import Item
    from errata.engine.spark.counter import SparkCounter
    from errata.nouns.source import Source

Progress = Callable[[str], None]


def spark_source(data: Any, *, quarantine: bool = False, tz: str | None = None) -> SparkSource:
    """The source for ``--engine spark``: a path, an address, ``table:NAME``, or a DataFrame of Spark's.

    Raises MissingExtra without pyspark or Java, and what ``open_spark`` raises.
    """
    from errata.engine.spark.session import session
    from errata.integrations.spark.source import open_spark

    if type(data).__module__.startswith("pyspark.sql."):
        return SparkSource("table", data, tz=tz)
    started = session()
    with _in_our_words():
        return open_spark(started, str(data), quarantine=quarantine, tz=tz)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A batch as Spark hands it on → in its normal form, with the reserved columns among ``columns``."""

    normal: Callable[[pa.RecordBatch], pa.RecordBatch]
    view: View
    columns: tuple[str, ...]

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Those columns, and those that they are made of."""
        return self.view.of(self.normal(batch), self.columns)


class Spark:
    """Counts where the rows are, in one pass over the partitions of a SparkSource."""

    reference: Mapping[str, Sequence[float]] = MappingProxyType({})

    def __init__(self) -> None:
        self._said: dict[str, None] = {}

    @property
    def notes(self) -> tuple[str, ...]:
        """Columns that Spark does not read."""
        return tuple(self._said)

    def edges(self, name: str, make: Callable[[], tuple[float, ...]]) -> tuple[float, ...]:
        """What ``make`` makes: nothing is fixed."""
        return make()

    def glance(self, source: Source, rows: int) -> pa.Table:
        """About ``rows`` rows of every column, from all over; the same each time."""
        if isinstance(source, SparkParquet):
            kinds = source.unread.items()
            self._said |= {
                f"{name} is left out: Spark does not read values of type {kind}": None for name, kind in kinds
            }
        with _in_our_words():
            return source.glance(source.schema.names, rows).combine_chunks()

    def answers(self, source: Source, requests: Sequence[Asked], view: View, say: Progress) -> list[Answered]:
        """The answer to every request over all rows of ``source``, in the order asked."""
        from errata.engine.spark.tally import answers

        assert isinstance(source, SparkSource)
        say(f"counting {source.name} on Spark: {count(source.rows)} rows")
        columns = columns_of(requests)
        read = view.read(columns, source.schema.names) or [narrowest(source.schema)]
        numbers = source.numbered and any(isinstance(one, Draw) for one in requests)
        try:
            with _in_our_words():
                frame = source.frame(read, numbers=numbers)
            return answers(frame, Prepared(source.normal, view, tuple(columns)), requests, source.rows)
        except ValueError as error:
            raise unreadable(source, error) from None

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
    ) -> SparkCounter:
        """A counter over the reserved columns ``codes`` (of factors), ``failed`` and ``loss``, grouped by ``group``."""
        from errata.engine.spark.blocks import Coded
        from errata.engine.spark.counter import SparkCounter

        assert isinstance(source, SparkSource)
        columns = tuple(name for name in (*codes, failed, loss, group) if name is not None)
        read = view.read(columns, source.schema.names) or [narrowest(source.schema)]
        prepare = Prepared(source.normal, view, columns)
        with _in_our_words():
            frame = source.frame(read, numbers=source.numbered)
        return SparkCounter(frame, Coded(prepare, codes, failed, loss, group), items, seed=seed, progress=say)


@contextmanager
def _in_our_words() -> Iterator[None]:
    """Within, what Spark raises is raised in our own words."""
    from errata.engine.spark.partitions import failure

    try:
        yield
    except Exception as error:
        told = failure(error)
        if told is error:
            raise
        raise told from error


def unreadable(source: SparkSource, error: ValueError) -> ErrataError | ValueError:
    """What Arrow says of values that a worker could not read, in our own words."""
    import pyarrow as pa

    if isinstance(error, pa.ArrowInvalid) and "utf8" in str(error).casefold().replace("-", ""):
        return FileError(
            "invalid-utf8",
            f"a column of {source.name} holds text that is not UTF-8",
            expected="UTF-8",
            found=str(error).splitlines()[0][:300],
            where=source.name,
            next="write the column as UTF-8, or as binary if it is no text",
        )
    return error
