"""The audit ``fairness``: gaps between the groups of named columns in error, FPR, FNR and calibration."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from errata.analysis.fairness import FOLD, FOLDS, IS, SAYS, Asked, fairness
from errata.analysis.levels import Levels
from errata.core.columns import dictionary
from errata.core.errors import UsageError
from errata.core.units import plural
from errata.nouns.outcome import UNKNOWN
from errata.tasks.classification import label_text, positive_label
from errata.verbs.audits import Asking, Audit, Derived, Impossible, Subject
from errata.verbs.levels import levels_of

if TYPE_CHECKING:
    import pyarrow as pa

    from errata.nouns.outcome import Outcomes
    from errata.nouns.source import Source

_ODD = np.uint64(0x9E3779B97F4A7C15)


def _missing(source: Source, outcomes: Outcomes) -> str | None:
    return None if (outcomes.failed != UNKNOWN).any() else "no row has a known outcome"


def _run(subject: Subject) -> Asking:
    options = subject.options
    if not options.fairness:
        raise Impossible("--fairness names no column")
    levels: list[Levels] = []
    refused: list[dict[str, str]] = []
    for name in dict.fromkeys(options.fairness):
        found = "it says which rows depend on each other" if name == subject.outcomes.roles.group else None
        one = found or levels_of(subject, name)
        if isinstance(one, str):
            refused.append({"column": name, "reason": one})
        else:
            levels.append(one)
    sets = [*((one,) for one in levels), *combinations(levels, 2)]
    positive = _positive(subject)
    confident = subject.confidence is not None and not bool(np.isnan(subject.confidence).all())
    asked = Asked(
        sets=sets,
        judged=True,
        classes=not isinstance(positive, str),
        confident=confident,
        folded=subject.outcomes.roles.group is not None,
        positive=None if isinstance(positive, str) else label_text(positive[0]),
        precision=options.precision,
        min_rows=subject.min_rows,
        seed=options.seed,
    )
    found_gaps = yield from fairness(asked)
    left_out = (*refused, *found_gaps.left_out)
    if not found_gaps.columns:
        raise Impossible("; ".join(f"{one['column']}: {one['reason']}" for one in left_out))
    notes = []
    if isinstance(positive, str):
        notes.append(f"no FPR and FNR: {positive}")
    if not confident:
        notes.append("no calibration: no scores")
    unknown = int((subject.outcomes.failed == UNKNOWN).sum())
    if unknown:
        notes.append(f"{plural(unknown, 'row')} of unknown outcome, in no group")
    return replace(found_gaps, left_out=left_out, notes=tuple(notes))


def _positive(subject: Subject) -> tuple[Any] | str:
    """The positive class, or why there is none. Where there are more than two, it is held against all others."""
    outcomes = subject.outcomes
    if outcomes.truth is None or outcomes.prediction is None:
        return "they need classes, with --truth and --prediction"
    try:
        return (outcomes.labels[positive_label(outcomes)],)
    except UsageError as error:
        return error.message if error.code == "no-such-class" else "which class is positive? --positive CLASS"


def _derived(subject: Subject) -> Mapping[str, Derived]:
    roles = subject.outcomes.roles
    columns: dict[str, Derived] = {}
    positive = _positive(subject)
    if not isinstance(positive, str) and roles.truth is not None and roles.prediction is not None:
        columns[IS] = Derived(_equal_to(roles.truth, positive[0]), (roles.truth,))
        columns[SAYS] = Derived(_equal_to(roles.prediction, positive[0]), (roles.prediction,))
    if roles.group is not None:
        group = roles.group
        columns[FOLD] = Derived(lambda batch, rows: folds(batch.column(group)), (group,))
    return columns


def _equal_to(name: str, label: Any) -> Callable[[pa.RecordBatch, slice], pa.Array]:
    def of(batch: pa.RecordBatch, rows: slice) -> pa.Array:
        import pyarrow as pa

        values, index = dictionary(pa.chunked_array([batch.column(name)]))
        # 1 and true are no one class.
        same = [value == label and isinstance(value, bool) == isinstance(label, bool) for value in values]
        return pa.array(np.array([*same, False], bool)[index], mask=index < 0)

    return of


def folds(groups: pa.Array) -> pa.Array:
    """One of ``FOLDS`` folds a row, the same for all rows of a group; a row without a group falls into any."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_integer(groups.type):
        known = np.asarray(pc.fill_null(groups, 0)).astype(np.int64).view(np.uint64)
        found = _spread(known)
        missing = np.asarray(groups.is_null()) if groups.null_count else None
    else:
        values, index = dictionary(pa.chunked_array([groups]))
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
