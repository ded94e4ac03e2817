"""One function over each partition's Arrow batches, one result each: what every request comes down to.

Nothing is shuffled: a partition's rows become one small message, and the driver puts the messages together. A mistake
in the rows (a type that cannot be counted, text that is none) comes back as the error that it is here; only what may be
the machine's fault is left to Spark, which tries the partition again.
"""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from errata import __version__
from errata.core.errors import ErrataError, FileError
from errata.engine.spark.session import last_words, quietly
from errata.nouns.source import BATCH_ROWS

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

Work = Callable[[Iterable["pa.RecordBatch"], int], Any]
"""A partition's batches and its number → what is sent back: anything that can be pickled."""
OURS = (ErrataError, KeyError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Task:
    """``work`` as Spark calls it. Batches are put together to about ``rows`` rows, whatever Spark cuts them to."""

    work: Work
    version: str
    rows: int = BATCH_ROWS

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """One row: the number of the partition, and the answer or the error."""
        import pyarrow as pa
        from pyspark import TaskContext

        context = TaskContext.get()
        number = context.partitionId() if context is not None else 0
        if self.version != __version__:
            said: Any = RuntimeError(f"errata {__version__} on a worker, {self.version} on the driver")
            message = b"!" + pickle.dumps(packed_error(said))
        else:
            try:
                message = b"=" + pickle.dumps(self.work(larger(batches, self.rows), number), 5)
            except OURS as error:
                message = b"!" + pickle.dumps(packed_error(error))
        numbers = pa.array([number], pa.int64())
        yield pa.RecordBatch.from_arrays(
            [numbers, pa.array([zlib.compress(message, 1)], pa.binary())], ["part", "said"]
        )


def each(frame: DataFrame, work: Work, *, rows: int = BATCH_ROWS) -> list[Any]:
    """What ``work`` returns for each partition of ``frame``, in their order; a partition without rows has one too.

    Raises what ``work`` raises, and Bug or FileError where Spark itself fails.
    """
    with quietly():
        try:
            answers = frame.mapInArrow(Task(work, __version__, rows), "part long, said binary").collect()
        except Exception as error:
            raise failure(error) from error
    found = []
    for _, said in sorted((row[0], bytes(row[1])) for row in answers):
        message = zlib.decompress(said)
        value = pickle.loads(message[1:])
        if message[:1] == b"!":
            raise error_of(value)
        found.append(value)
    return found


def larger(batches: Iterable[pa.RecordBatch], rows: int) -> Iterator[pa.RecordBatch]:
    """The same rows in batches of at least ``rows`` of them, but for the last."""
    kept: list[pa.RecordBatch] = []
    pending = 0
    for batch in batches:
        if batch.num_rows == 0:
            continue
        kept.append(batch)
        pending += batch.num_rows
        if pending >= rows:
            yield _one(kept)
            kept, pending = [], 0
    if kept:
        yield _one(kept)


def _one(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    import pyarrow as pa

    return batches[0] if len(batches) == 1 else pa.concat_batches(batches)


def packed_error(error: BaseException) -> tuple[type[BaseException], tuple[Any, ...], dict[str, Any]]:
    """An error as it can be sent: the class, and what it holds."""
    return type(error), error.args, dict(error.__dict__)


def error_of(packed: tuple[type[BaseException], tuple[Any, ...], dict[str, Any]]) -> BaseException:
    """The error that was sent."""
    kind, args, state = packed
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


def failure(error: Exception) -> ErrataError | Exception:
    """What Spark raised, in our own words."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    if not isinstance(error, PySparkException | Py4JError):
        return error
    said = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return FileError(
        "spark-failed",
        "Spark could not do it",
        expected="a cluster that reads the rows, with errata and its Python on every worker",
        found="\n".join(dict.fromkeys([said.strip()[:300], *last_words()])),
        next="the lines above are Spark's own; ERRATA_DEBUG=1 shows all of it",
    )
