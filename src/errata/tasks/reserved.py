"""Columns that are made of a batch alone: what failed, how sure the model was, whether the truth is a class.

They have names that begin with ``@``. A View holds those of one source; it can be sent to another process, and its JSON
is what counts over them are known by.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from errata.core.columns import dictionary, floats, value_key
from errata.nouns.outcome import UNKNOWN
from errata.tasks.rule import Ruling
from errata.tasks.streamed import Judge, differ

if TYPE_CHECKING:
    import pyarrow as pa


class Reserved(Protocol):
    """A column of a batch. ``needs`` are the columns that it is made of: the source's, or other reserved ones."""

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of columns."""

    def of(self, batch: pa.RecordBatch) -> pa.Array:
        """One value a row of ``batch``, which has the columns that it needs."""

    def to_json(self) -> dict[str, Any]:
        """What it is, in plain values: equal where every row has the same value."""


FOLDS = 16


@dataclass(frozen=True)
class View:
    """The reserved columns of a source, by name."""

    reserved: Mapping[str, Reserved] = field(default_factory=dict)

    def made(self, columns: Iterable[str]) -> list[str]:
        """The reserved columns among these and those that they need, in the order in which they can be made."""
        found: dict[str, None] = {}

        def add(name: str) -> None:
            if name in self.reserved and name not in found:
                for needed in self.reserved[name].needs:
                    add(needed)
                found[name] = None

        for name in columns:
            add(name)
        return list(found)

    def read(self, columns: Iterable[str], names: Sequence[str]) -> list[str]:
        """The columns of a source with ``names`` that these columns are or are made of, in the order of the source."""
        wanted = list(columns)
        made = self.made(wanted)
        needed = {*wanted, *(needed for name in made for needed in self.reserved[name].needs)} - set(made)
        return [name for name in names if name in needed]

    def of(self, batch: pa.RecordBatch, columns: Iterable[str]) -> pa.RecordBatch:
        """The batch with the reserved ones among ``columns``. Raises KeyError for a column that is neither."""
        for name in self.made(columns):
            batch = batch.append_column(name, self.reserved[name].of(batch))
        return batch

    def to_json(self, columns: Iterable[str]) -> dict[str, Any]:
        """What the reserved ones among these columns are."""
        return {name: self.reserved[name].to_json() for name in sorted(self.made(columns))}


@dataclass(frozen=True, slots=True)
class OfColumn:
    """What is made of one column."""

    column: str

    @property
    def needs(self) -> tuple[str, ...]:
        """The column."""
        return (self.column,)


@dataclass(frozen=True, slots=True)
class OfPair:
    """What is made of truth and prediction."""

    truth: str
    prediction: str

    @property
    def needs(self) -> tuple[str, ...]:
        """Both columns."""
        return (self.truth, self.prediction)


@dataclass(frozen=True, slots=True)
class Failed:
    """Whether the row failed, missing where that is unknown."""

    judge: Judge

    @property
    def needs(self) -> tuple[str, ...]:
        """What the judge looks at."""
        return self.judge.columns

    def of(self, batch: pa.RecordBatch) -> pa.Array:
        """Booleans."""
        import pyarrow as pa

        failed = self.judge.failed(batch)
        return pa.array(failed == 1, mask=failed == UNKNOWN)

    def to_json(self) -> dict[str, Any]:
        """The roles and the task that say what failed."""
        roles, judge = self.judge.roles, self.judge
        return {"failed": judge.task, "truth": roles.truth, "prediction": roles.prediction, "or": roles.failed}


@dataclass(frozen=True, slots=True)
class Not(OfColumn):
    """Whether a boolean column is false, missing where it is."""

    def of(self, batch: pa.RecordBatch) -> pa.Array:
        """Booleans."""
        import pyarrow.compute as pc

        return pc.invert(batch.column(self.column))

    def to_json(self) -> dict[str, Any]:
        """The column."""
        return {"not": self.column}


@dataclass(frozen=True, slots=True)
class IsSame(OfPair):
    """Whether the prediction is the truth, missing where either is."""

    def of(self, batch: pa.RecordBatch) -> pa.Array:
        """Booleans."""
        import pyarrow as pa

        wrong = differ(batch.column(self.truth), batch.column(self.prediction))
        return pa.array(wrong == 0, mask=wrong == UNKNOWN)

    def to_json(self) -> dict[str, Any]:
        """Both columns."""
        return {"same": [self.truth, self.prediction]}


@dataclass(frozen=True, slots=True)
class AbsoluteError(OfPair):
    """|truth − prediction|, NaN where either is missing."""

    def of(self, batch: pa.RecordBatch) -> pa.Array:
        """Floats."""
        import pyarrow as pa

        truth, said = (floats(batch.column(name)) for name in self.needs)
        return pa.array(np.abs(truth - said))

    def to_json(self) -> dict[str, Any]:
        """Both columns."""
        return {"absolute error": [self.truth, self.prediction]}


@dataclass(frozen=True, slots=True)
class Number(OfColumn):
    """A numeric column as float64, NaN where missing."""

    def of(self, batch: pa.RecordBatch) -> pa.Array:
        """Floats."""
        import pyarrow as pa

        return pa.array(floats(batch.column(self.column)))

    def to_json(self) -> dict[str, Any]:
        """The column."""
        return {"number": self.column}


@dataclass(frozen=True, slots=True)
class OfSaid:
    """The score of the class that was predicted: ``scores`` are pairs of a class and the column of its score."""

    prediction: str
    scores: tuple[tuple[Any, str], ...]

    @property
    def needs(self) -> tuple[str, ...]:
        """The prediction and all scores."""
        return (self.prediction, *(column for _, column in self.scores))

    def of(self, batch: pa.RecordBatch) -> pa.Array:
        """Floats, NaN where the prediction or its score is missing."""
        import pyarrow as pa

        values, codes = dictionary(batch.column(self.prediction))
        place = {value_key(label): at for at, (label, _) in enumerate(self.scores)}
        index = np.array([*(place.get(value_key(value), -1) for value in values), -1], np.int64)[codes]
        found = np.full(batch.num_rows, np.nan)
        for at, (_, column) in enumerate(self.scores):
            rows = np.flatnonzero(index == at)
            if len(rows):
                found[rows] = floats(batch.column(column))[rows]
        return pa.array(found)

    def to_json(self) -> dict[str, Any]:
        """Prediction and scores."""
        return {"score of": self.prediction, "scores": [list(pair) for pair in self.scores]}


@dataclass(frozen=True, slots=True)
class IsClass(OfColumn):
    """Whether a column holds a class, missing where it is."""

    label: Any

    def of(self, batch: pa.RecordBatch) -> pa.Array:
        """Booleans."""
        import pyarrow as pa

        values, codes = dictionary(batch.column(self.column))
        known = value_key(self.label)
        is_it = np.array([*(value_key(value) == known for value in values), False], bool)
        # A NaN among the classes is a class that is missing.
        gone = np.array([*(value is None or value != value for value in values), True], bool)
        return pa.array(is_it[codes], mask=gone[codes])

    def to_json(self) -> dict[str, Any]:
        """Column and class."""
        return {"class": self.label, "in": self.column}


@dataclass(frozen=True, slots=True)
class OfTwo:
    """P(class) of one of two classes: the confidence where it was said, else one less it."""

    said: str
    confidence: str

    @property
    def needs(self) -> tuple[str, ...]:
        """Whether the class was said, and how sure."""
        return (self.said, self.confidence)

    def of(self, batch: pa.RecordBatch) -> pa.Array:
        """Floats, NaN where it is not known what was said."""
        import pyarrow as pa

        said = batch.column(self.said)
        confidence = floats(batch.column(self.confidence))
        is_it = said.fill_null(False).to_numpy(zero_copy_only=False)
        found = np.where(is_it, confidence, 1 - confidence)
        if said.null_count:
            found[said.is_null().to_numpy(zero_copy_only=False)] = np.nan
        return pa.array(found)

    def to_json(self) -> dict[str, Any]:
        """Both columns."""
        return {"of two": self.said, "confidence": self.confidence}


@dataclass(frozen=True, slots=True)
class Squared:
    """(score − outcome)², NaN where the score is; of an outcome that is missing, score²."""

    score: str
    outcome: str

    @property
    def needs(self) -> tuple[str, ...]:
        """Score and outcome."""
        return (self.score, self.outcome)

    def of(self, batch: pa.RecordBatch) -> pa.Array:
        """Floats."""
        import pyarrow as pa

        outcome = batch.column(self.outcome).fill_null(False).to_numpy(zero_copy_only=False)
        difference = floats(batch.column(self.score)) - outcome
        return pa.array(difference * difference)

    def to_json(self) -> dict[str, Any]:
        """Both columns."""
        return {"squared": [self.score, self.outcome]}


@dataclass(frozen=True, slots=True)
class Square(OfColumn):
    """The square of a numeric column."""

    def of(self, batch: pa.RecordBatch) -> pa.Array:
        """Floats."""
        import pyarrow as pa

        values = floats(batch.column(self.column))
        return pa.array(values * values)

    def to_json(self) -> dict[str, Any]:
        """The column."""
        return {"square": self.column}


@dataclass(frozen=True, slots=True)
class Moment(OfColumn):
    """A time or a date as a timestamp."""

    def of(self, batch: pa.RecordBatch) -> pa.Array:
        """Timestamps, in the unit that they have."""
        import pyarrow as pa

        column = batch.column(self.column)
        return column if pa.types.is_timestamp(column.type) else column.cast(pa.timestamp("s"))

    def to_json(self) -> dict[str, Any]:
        """The column."""
        return {"moment": self.column}


@dataclass(frozen=True, slots=True)
class AsText(OfColumn):
    """A column as text."""

    def of(self, batch: pa.RecordBatch) -> pa.Array:
        """Strings."""
        import pyarrow as pa

        return batch.column(self.column).cast(pa.string())

    def to_json(self) -> dict[str, Any]:
        """The column."""
        return {"text": self.column}


@dataclass(frozen=True, slots=True)
class Ruled:
    """All that a task's rule tells of each row, as one struct: ``failed``, ``loss``, ``kind`` and ``known``."""

    ruling: Ruling

    @property
    def needs(self) -> tuple[str, ...]:
        """What the rule and its criterion look at."""
        return self.ruling.columns

    def of(self, batch: pa.RecordBatch) -> pa.Array:
        """A struct a row; ``failed`` is missing where it is not known."""
        import pyarrow as pa

        told = self.ruling.tell(batch)
        failed = pa.array(told.failed == 1, mask=told.failed == UNKNOWN)
        loss = pa.nulls(batch.num_rows, pa.float64()) if told.loss is None else pa.array(told.loss)
        kinds = pa.array(told.kind.of), pa.array(told.kind.known)
        return pa.StructArray.from_arrays([failed, loss, *kinds], names=["failed", "loss", "kind", "known"])

    def to_json(self) -> dict[str, Any]:
        """The rule in its own words."""
        return {"rule": repr(self.ruling)}


@dataclass(frozen=True, slots=True)
class Field(OfColumn):
    """One field of a column of structs."""

    name: str

    def of(self, batch: pa.RecordBatch) -> pa.Array:
        """The field's values."""
        return batch.column(self.column).field(self.name)

    def to_json(self) -> dict[str, Any]:
        """Column and field."""
        return {"field": self.name, "of": self.column}


@dataclass(frozen=True, slots=True)
class Since(OfColumn):
    """Whether a time is at or after a moment (UTC), missing where the time is."""

    moment: datetime

    def of(self, batch: pa.RecordBatch) -> pa.Array:
        """Booleans."""
        import pyarrow as pa
        import pyarrow.compute as pc

        column = batch.column(self.column)
        # A naive time is UTC, and so is every other by the time it gets here.
        naive = column.cast(pa.timestamp("us"), safe=False)  # nanoseconds too
        return pc.greater_equal(naive, pa.scalar(self.moment.replace(tzinfo=None), pa.timestamp("us")))

    def to_json(self) -> dict[str, Any]:
        """Time and moment."""
        return {"since": self.moment.isoformat(), "of": self.column}


@dataclass(frozen=True, slots=True)
class Fold:
    """One of a few folds for each row, the same for all rows of a group; a row without group falls into any."""

    group: str
    folds: int = FOLDS

    @property
    def needs(self) -> tuple[str, ...]:
        """The group."""
        return (self.group,)

    def of(self, batch: pa.RecordBatch) -> pa.Array:
        """Folds, uint8."""
        import pyarrow as pa

        values, index = dictionary(batch.column(self.group))
        by_value = np.array([zlib.crc32(repr(value).encode()) % self.folds for value in values] or [0], np.uint8)
        found = by_value[index]
        alone = np.flatnonzero(index < 0)
        found[alone] = [zlib.crc32(b"%d" % row) % self.folds for row in alone]
        return pa.array(found)

    def to_json(self) -> dict[str, Any]:
        """The group."""
        return {"fold": self.group, "of": self.folds}
