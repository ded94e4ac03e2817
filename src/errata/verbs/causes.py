"""The audit ``causes``: wrong labels, bad data, too little data. Only ``--only causes`` chooses it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from errata.analysis.holdout import HOLDOUT, TRAIN, written
from errata.analysis.tally import FAILED, Axis, Tally
from errata.core.columns import dictionary
from errata.core.errors import ErrataError, UsageError
from errata.nouns.causes import Causes
from errata.verbs.audits import CAUSES, Asking, Audit, Impossible
from errata.verbs.beside import JOINED
from errata.verbs.cause_capacity import capacity_causes, size_column
from errata.verbs.cause_data import FALSE_DISCOVERY_RATE, Frame, data_causes
from errata.verbs.cause_labels import label_causes
from errata.verbs.holdout import Sides, sides_in
from errata.verbs.subject import Subject

if TYPE_CHECKING:
    pass

T = TypeVar("T")


def _missing(subject: Subject) -> str | None:
    return None if subject.judged else "no row has a known outcome"


def _run(subject: Subject) -> Asking:
    yield [Tally((Axis(FAILED),))]
    left_out: list[dict[str, str]] = []
    notes: list[str] = []
    sides: Sides | str
    try:
        sides = subject.once(sides_in)
    except UsageError as error:
        sides = error.message
    if isinstance(sides, str) and subject.options.split is not None:
        notes.append(sides)
    side = None if isinstance(sides, str) else _codes(subject, sides)

    def made(name: str, of: Callable[[], T]) -> T | None:
        try:
            return of()
        except (Impossible, ErrataError) as error:
            left_out.append({"test": name, "reason": str(error)})
            return None

    held = None if side is None else side == HOLDOUT
    labels = made("labels", lambda: label_causes(subject, held))
    data = made("data", lambda: data_causes(subject, _frame(subject, side), _aside(subject, sides)))
    capacity = made("capacity", lambda: capacity_causes(subject))
    if labels is None and data is None and capacity is None:
        raise Impossible("; ".join(f"{one['test']}: {one['reason']}" for one in left_out))
    return Causes(labels, data, capacity, FALSE_DISCOVERY_RATE, tuple(left_out), tuple(notes))


def _codes(subject: Subject, sides: Sides) -> NDArray[np.str_]:
    """The side of each row, empty for one that is neither."""
    values, codes = dictionary(subject.source.column(sides.column))
    named = [sides.of(written(value)) or "" for value in values]
    return np.array([*named, ""], "U7")[codes]


def _aside(subject: Subject, sides: Sides | str) -> tuple[str, ...]:
    """What says which side a row is of, or on how many examples its model was trained, is no input."""
    size = size_column(subject)
    column = None if isinstance(sides, str) else sides.column
    return tuple(name for name in (JOINED, size, column) if name is not None)


def _frame(subject: Subject, side: NDArray[np.str_] | None) -> Frame:
    """What is judged, and what it is held against: the training rows, as far as there are any."""
    failed, groups = subject.outcomes.failed, subject.groups
    train = None if subject.beside is None else subject.beside.train
    if train is not None:
        from errata.integrations.files.joined import JoinedSource

        joined = JoinedSource(subject.source.name, {HOLDOUT: subject.source, TRAIN: train}, JOINED)
        judged = np.arange(joined.rows) < subject.source.rows
        return Frame(joined, judged, ~judged, failed, groups, f"the rows of {train.name}")
    if side is not None and (side == HOLDOUT).any() and (side == TRAIN).any():
        held = side == HOLDOUT
        of_held = None if groups is None else groups[held]
        return Frame(subject.source, held, side == TRAIN, failed[held], of_held, "the rows of train")
    return Frame(subject.source, np.ones(len(failed), bool), None, failed, groups, "the rows themselves")


AUDIT = Audit(CAUSES, _missing, _run)
