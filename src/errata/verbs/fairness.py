"""The audit ``fairness``: gaps between the groups of named columns in error, FPR, FNR and calibration."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from errata.analysis.fairness import FOLD, FOLDS, IS, SAYS, Asked, fairness
from errata.analysis.levels import Levels
from errata.analysis.tally import CONFIDENCE, FAILED, Axis, Tally
from errata.core.columns import dictionary
from errata.core.errors import UsageError
from errata.core.units import plural
from errata.tasks.classification import label_text, positive_label
from errata.tasks.reserved import IsClass, Reserved
from errata.verbs.audits import Asking, Audit, Impossible
from errata.verbs.levels import levels_of
from errata.verbs.subject import Subject

if TYPE_CHECKING:
    import pyarrow as pa

_ODD = np.uint64(0x9E3779B97F4A7C15)


def _missing(subject: Subject) -> str | None:
    return None if subject.judged else "no row has a known outcome"


def _run(subject: Subject) -> Asking:
    options = subject.options
    if not options.fairness:
        raise Impossible("--fairness names no column")
    levels: list[Levels] = []
    refused: list[dict[str, str]] = []
    for name in dict.fromkeys(options.fairness):
        found = "it says which rows depend on each other" if name == subject.roles.group else None
        one = found or levels_of(subject, name)
        if isinstance(one, str):
            refused.append({"column": name, "reason": one})
        else:
            levels.append(one)
    sets = [*((one,) for one in levels), *combinations(levels, 2)]
    positive = _positive(subject)
    confident = subject.has_confidence and not bool(np.isnan(subject.seen_floats(CONFIDENCE)).all())
    asked = Asked(
        sets=sets,
        judged=True,
        classes=not isinstance(positive, str),
        confident=confident,
        folded=subject.roles.group is not None,
        positive=None if isinstance(positive, str) else label_text(positive[0]),
        precision=options.precision,
        min_rows=subject.min_rows,
        seed=options.seed,
    )
    (by_outcome,) = yield [Tally((Axis(FAILED),))]
    found_gaps = yield from fairness(asked)
    left_out = (*refused, *found_gaps.left_out)
    if not found_gaps.columns:
        raise Impossible("; ".join(f"{one['column']}: {one['reason']}" for one in left_out))
    notes = []
    if isinstance(positive, str):
        notes.append(f"no FPR and FNR: {positive}")
    if not confident:
        notes.append("no calibration: no scores")
    unknown = int(by_outcome.rows[[label is None for label in by_outcome.labels[0]]].sum())
    if unknown:
        notes.append(f"{plural(unknown, 'row')} of unknown outcome, in no group")
    return replace(found_gaps, left_out=left_out, notes=tuple(notes))


def _positive(subject: Subject) -> tuple[Any] | str:
    """The positive class, or why there is none. Where there are more than two, it is held against all others."""
    if not subject.is_classification:
        return "they need classes, with --truth and --prediction"
    try:
        return (subject.labels[positive_label(subject)],)
    except UsageError as error:
        return error.message if error.code == "no-such-class" else "which class is positive? --positive CLASS"


def _derived(subject: Subject) -> Mapping[str, Reserved]:
    roles = subject.roles
    columns: dict[str, Reserved] = {}
    positive = _positive(subject)
    if not isinstance(positive, str) and roles.truth is not None and roles.prediction is not None:
        columns[IS] = IsClass(roles.truth, positive[0])
        columns[SAYS] = IsClass(roles.prediction, positive[0])
    if roles.group is not None:
        columns[FOLD] = ManyFolds(roles.group)
    return columns


@dataclass(frozen=True, slots=True)
class ManyFolds:
    """One of ``FOLDS`` folds a row, the same for all rows of a group."""

    group: str

    @property
    def needs(self) -> tuple[str, ...]:
        """The group."""
        return (self.group,)

    def of(self, batch: pa.RecordBatch) -> pa.Array:
        """Folds, int64."""
        return folds(batch.column(self.group))

    def to_json(self) -> dict[str, Any]:
        """The group."""
        return {"folds": self.group, "of": FOLDS}


def folds(groups: pa.Array) -> pa.Array:
    """One of ``FOLDS`` folds a row, the same for all rows of a group; a row without a group falls into any."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_integer(groups.type):
        known = np.asarray(pc.fill_null(groups, 0)).astype(np.int64).view(np.uint64)
        found = _spread(known)
        missing = np.asarray(groups.is_null()) if groups.null_count else None
    else:
        values, index = dictionary(groups)
        by_value = np.array([*(zlib.crc32(repr(value).encode()) % FOLDS for value in values), 0], np.int64)
        found, missing = by_value[index], index < 0
    if missing is not None and missing.any():
        found[missing] = _spread(np.flatnonzero(missing).astype(np.uint64))
    return pa.array(found)


def _spread(values: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Fibonacci hashing: the highest 8 bits of the product."""
    with np.errstate(over="ignore"):
        return ((values * _ODD) >> np.uint64(56)).astype(np.int64)


AUDIT = Audit("fairness", _missing, _run, _derived)
