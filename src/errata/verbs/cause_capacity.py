"""Of the audit ``causes``: would more training data help? The error after trainings at several sizes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from errata.analysis.figures import grouped_effect
from errata.analysis.learning_curve import interval, learning_curve
from errata.core.columns import floats, is_number
from errata.core.units import count, number, plural
from errata.nouns.causes import Capacity, SizePoint
from errata.nouns.outcome import UNKNOWN
from errata.nouns.slice import type_words
from errata.verbs.audits import Impossible
from errata.verbs.beside import PARAMETERS, Training
from errata.verbs.subject import Subject

MOST_UNITS = 20_000
"""More samples than this are put together into so many, at random, before they are drawn."""
MOST_SIZES = 100


def size_column(subject: Subject) -> str | None:
    """The column that says on how many examples the model of a row was trained."""
    names = subject.source.schema.names
    if subject.options.sizes is not None:
        return subject.options.sizes if subject.options.sizes in names else None
    return next((name for name in PARAMETERS if name in names), None)


def capacity_causes(subject: Subject) -> Capacity:
    """The learning curve over the column of sizes, or over the runs beside. Raises Impossible."""
    column = size_column(subject)
    trainings = _of_column(subject, column) if column is not None else _of_runs(subject)
    notes = []
    units = np.unique(np.concatenate([one.samples for one in trainings]))
    if len(units) > MOST_UNITS:
        many = len(units)
        # Seeded and by number, so that a sample falls with itself after every training.
        place = np.random.default_rng([subject.options.seed, 42]).integers(0, MOST_UNITS, int(units.max()) + 1)
        trainings = [Training(one.name, one.size, one.failed, place[one.samples]) for one in trainings]
        units = np.arange(MOST_UNITS)
        notes.append(f"{plural(many, 'sample')} are drawn in {count(MOST_UNITS)} random lots")
    rows, failed = np.zeros((len(units), len(trainings))), np.zeros((len(units), len(trainings)))
    for at, one in enumerate(trainings):
        known = one.failed != UNKNOWN
        place = np.searchsorted(units, one.samples[known])
        rows[:, at] = np.bincount(place, minlength=len(units))
        failed[:, at] = np.bincount(place, (one.failed[known] == 1).astype(np.float64), len(units))
    sizes = np.array([one.size for one in trainings])
    found = learning_curve(sizes, rows, failed, seed=subject.options.seed)
    if isinstance(found, str):
        raise Impossible(found)
    return Capacity(
        points=tuple(
            SizePoint(
                one.name, one.size, int(rows[:, at].sum()), int(failed[:, at].sum()),
                interval(float(failed[:, at].sum()), float(rows[:, at].sum()), _effect(one)), float(found.fitted[at]),
            )
            for at, one in sorted(enumerate(trainings), key=lambda pair: (pair[1].size, pair[1].name))
        ),
        floor=found.floor,
        exponent=found.exponent,
        doubled=found.doubled,
        gain=found.gain,
        scatter=found.scatter,
        verdict=found.verdict,
        notes=tuple(notes),
    )  # fmt: skip


def _effect(one: Training) -> float:
    known = one.failed != UNKNOWN
    return grouped_effect((one.failed == 1).astype(np.float64), one.samples, known)


def _of_runs(subject: Subject) -> list[Training]:
    beside = subject.beside
    if beside is not None and beside.trainings:
        return list(beside.trainings)
    if beside is not None and beside.why_none is not None:
        raise Impossible(beside.why_none)
    if subject.options.sizes is not None:
        raise Impossible(f"there is no column {subject.options.sizes}")
    raise Impossible(
        "nothing says on how many examples the model was trained: --sizes COLUMN, or runs with a train_size"
    )


def _of_column(subject: Subject, name: str) -> list[Training]:
    column = subject.source.column(name)
    if not is_number(column.type):
        raise Impossible(f"{name} holds {type_words(column.type)}, no number of examples")
    values = floats(column)
    good = np.isfinite(values) & (values > 0)
    distinct = np.unique(values[good])
    if len(distinct) > MOST_SIZES:
        raise Impossible(f"{name} has {plural(len(distinct), 'size')}: at most {MOST_SIZES}")
    groups: NDArray[np.int64] = np.arange(len(values)) if subject.groups is None else subject.groups
    failed = subject.outcomes.failed
    found = []
    for size in distinct.tolist():
        rows = np.flatnonzero(good & (values == size))
        found.append(Training(f"{name} = {number(size)}", size, failed[rows], groups[rows]))
    if not found:
        raise Impossible(f"{name} holds no number above 0")
    return found
