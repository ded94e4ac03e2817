"""The audit ``holdout``: the gap between the rows that a model learned from and those that it did not."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from errata.analysis.holdout import HOLDOUT, SIDE, SQUARED_LOSS, TRAIN, Asked, holdout, written
from errata.analysis.tally import LOSS
from errata.core.columns import dictionary
from errata.core.errors import UsageError
from errata.core.names import nearest
from errata.core.units import plural
from errata.tasks.columns import listed
from errata.tasks.reserved import Reserved, Square
from errata.verbs.audits import Asking, Audit, Impossible
from errata.verbs.beside import JOINED
from errata.verbs.folds import fold_column
from errata.verbs.residuals import searched
from errata.verbs.subject import Subject
from errata.verbs.trend import countable

if TYPE_CHECKING:
    import pyarrow as pa

    from errata.nouns.source import Source

_TRAIN = frozenset(["train", "training", "trn", "fit", "fitted", "learn", "learned", "in_sample", "insample", "seen"])
_HOLDOUT = frozenset(
    ["holdout", "hold_out", "heldout", "held_out", "test", "testing", "tst", "valid", "validation", "val", "dev",
     "develop", "eval", "evaluation", "out_of_sample", "oos", "unseen"]
)  # fmt: skip
_COLUMNS = ("split", "subset", "partition", "data_split", "fold_name")
_MOST_VALUES = 1000


@dataclass(frozen=True, slots=True)
class Sides:
    """Which values of ``column`` are train and which holdout; ``others`` are neither."""

    column: str
    values: dict[str, tuple[str, ...]]
    guessed: bool
    others: tuple[str, ...] = ()

    def of(self, text: str | None) -> str | None:
        """The side of a value; None for one that is neither."""
        return next((side for side, values in self.values.items() if text in values), None)


def _plain(text: str) -> str:
    return text.strip().casefold().replace("-", "_").replace(" ", "_")


def column_named(source: Source, given: str) -> tuple[str, str | None]:
    """The column of ``--split COLUMN`` or ``COLUMN=VALUE``, and the value. A column of that whole name comes first."""
    if given in source.schema.names or "=" not in given:
        return given, None
    column, _, value = given.partition("=")
    return column.strip(), value.strip()


def sides_in(subject: Subject) -> Sides | str:
    """The sides of a subject."""
    return sides_of(subject.source, subject.options.split)


def sides_of(source: Source, given: str | None) -> Sides | str:
    """The sides that ``--split`` names, or that a column called split has; else why there are none.

    Raises UsageError for a value that no row has.
    """
    column: str | None = JOINED if JOINED in source.schema.names else None
    train: str | None = None
    if column is None and given is not None:
        column, train = column_named(source, given)
    if column is None:
        return _guessed(source)
    if not countable(source, column):
        return f"{column} is {source.schema.field(column).type}, and says no sides"
    values = _values(source, column)
    if len(values) > _MOST_VALUES:
        return f"{column} has {plural(len(values), 'value')}: too many to be sides"
    if train is None:
        return _by_name(column, values) or (
            f"which rows of {column} are train? --split {column}=VALUE names them (values: {listed(values, 8)})"
        )
    named = [value for value in values if value == train]
    if not named:
        near = nearest(train, values) or values
        raise UsageError(
            "no-such-value",
            f"no row has {column} = {train} (values: {listed(values, 8)})",
            expected=f"a value of {column}",
            found=train,
            next=f"--split {shlex.quote(f'{column}={near[0]}')}" if len(values) > 1 else "--split COLUMN",
        )
    rest = tuple(value for value in values if value != train)
    if not rest:
        return f"every row has {column} = {train}: nothing is held out"
    return Sides(column, {TRAIN: (train,), HOLDOUT: rest}, guessed=False)


def _guessed(source: Source) -> Sides | str:
    why = "no sides: --split COLUMN, or --train FILE with the predictions on the training rows"
    for name in source.schema.names:
        if _plain(name) in _COLUMNS and countable(source, name):
            values = _values(source, name)
            found = _by_name(name, values) if len(values) <= _MOST_VALUES else None
            if found is not None:
                return found
    return why


def _by_name(column: str, values: list[str]) -> Sides | None:
    """Sides by what values are called; of booleans, by what the column is called."""
    plain = _plain(column).removeprefix("is_").removeprefix("in_")
    if set(values) <= {"true", "false"} and len(values) == 2 and plain in _TRAIN | _HOLDOUT:
        yes = TRAIN if plain in _TRAIN else HOLDOUT
        no = HOLDOUT if yes == TRAIN else TRAIN
        return Sides(
            column, {yes: ("true",), no: ("false",)} if yes == TRAIN else {no: ("false",), yes: ("true",)}, True
        )
    train = tuple(value for value in values if _plain(value) in _TRAIN)
    held = tuple(value for value in values if _plain(value) in _HOLDOUT)
    if not train or not held:
        return None
    others = tuple(value for value in values if value not in train and value not in held)
    return Sides(column, {TRAIN: train, HOLDOUT: held}, column != JOINED, others)


def _values(source: Source, column: str) -> list[str]:
    values, codes = dictionary(source.column(column))
    used = np.unique(codes[codes >= 0])
    return sorted({written(values[at]) for at in used.tolist()})


@dataclass(frozen=True, slots=True)
class SideColumn:
    """``@side``: train, holdout, or missing."""

    sides: Sides

    @property
    def needs(self) -> tuple[str, ...]:
        """The column that says which."""
        return (self.sides.column,)

    def of(self, batch: pa.RecordBatch) -> pa.Array:
        """Texts."""
        import pyarrow as pa
        import pyarrow.compute as pc

        column = batch.column(self.sides.column)
        encoded = column if pa.types.is_dictionary(column.type) else pc.dictionary_encode(column)
        values = encoded.dictionary.to_pylist()
        named = [self.sides.of(written(value)) if value is not None else None for value in values]
        return pa.array(named, pa.string()).take(encoded.indices)

    def to_json(self) -> dict[str, Any]:
        """The column and the values of each side."""
        return {"side": self.sides.column, "values": {name: list(held) for name, held in self.sides.values.items()}}


def _missing(subject: Subject) -> str | None:
    return None if subject.judged or LOSS in subject.view.reserved else "no row has a known outcome"


def _derived(subject: Subject) -> Mapping[str, Reserved]:
    sides = subject.once(sides_in)
    if isinstance(sides, str):
        return {}
    made: dict[str, Reserved] = {SIDE: SideColumn(sides), **fold_column(subject)}
    if LOSS in subject.view.reserved:
        made[SQUARED_LOSS] = Square(LOSS)
    return made


def _run(subject: Subject) -> Asking:
    sides = subject.once(sides_in)
    if isinstance(sides, str):
        raise Impossible(sides)
    judged = subject.judged
    factors = searched([factor for factor in subject.factors if factor.name != sides.column])
    found = yield from holdout(
        Asked(
            column=sides.column,
            values=sides.values,
            guessed=sides.guessed,
            metric="error" if judged and subject.options.metric != "loss" else "loss",
            factors=factors,
            grouped=subject.roles.group is not None,
        )
    )
    if isinstance(found, str):
        raise Impossible(found)
    notes = []
    if sides.others:
        notes.append(f"rows with {sides.column} = {listed(list(sides.others), 8)} are neither side, and left out")
    if nameless := int(subject.source.column(sides.column).null_count):
        notes.append(f"{plural(nameless, 'row')} without a value of {sides.column} left out")
    if subject.options.metric in ("fpr", "fnr"):
        notes.append(f"the gap is of the error rate, whatever --metric {subject.options.metric} says")
    return replace(found, notes=(*found.notes, *notes))


AUDIT = Audit("holdout", _missing, _run, _derived)
