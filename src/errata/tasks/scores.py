"""Scores: P(class) for every class, or the confidence in the prediction."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from errata.core.columns import floats, is_number
from errata.core.errors import ColumnError, ValueFault
from errata.core.units import count
from errata.tasks.classification import label_text

if TYPE_CHECKING:
    from errata.nouns.outcome import Labelled, Outcomes
    from errata.nouns.source import Source

SUM_SLACK = 0.01
"""Scores written with three digits sum to 1 only so nearly."""


def score_columns(source: Source, scores: str | tuple[str, ...] | None) -> tuple[str, ...]:
    """The columns that a pattern such as ``p_*`` names, or the columns given."""
    if scores is None:
        return ()
    if isinstance(scores, tuple):
        return scores
    matching = tuple(name for name in source.schema.names if fnmatchcase(name, scores))
    if not matching:
        raise ColumnError(
            "no-such-column",
            f"no column matches --scores {scores!r}",
            where=source.name,
            expected="one column for each class",
            found=", ".join(source.schema.names[:30]),
            next="--scores 'p_*'",
        )
    return matching


def by_label(source: Source, outcomes: Labelled) -> list[str] | None:
    """The score column of each class of truth, in the order of the classes; None without scores.

    Columns are matched to classes by what follows the part of the names that all have in common. Raises ColumnError
    when a class has no column.
    """
    columns = score_columns(source, outcomes.roles.scores)
    if not columns:
        return None
    names = [label_text(label) for label in outcomes.labels]
    given = outcomes.roles.scores
    prefix = given.split("*")[0] if isinstance(given, str) else common_start(columns)
    place = {column[len(prefix) :]: column for column in columns}
    absent = [name for name in names if name not in place]
    if not absent:
        return [place[name] for name in names]
    if isinstance(given, tuple) and len(columns) == len(names):
        return list(columns)
    raise ColumnError(
        "scores-without-class",
        f"no score for class {absent[0]!r}",
        where=source.name,
        expected="one score column for each class: " + ", ".join(prefix + name for name in names[:12]),
        found=", ".join(columns[:12]),
        next="--exclude " + ",".join(columns[:3]) + " if these are not P(class)",
    )


def common_start(columns: tuple[str, ...]) -> str:
    """What the names of all columns begin with."""
    first, last = min(columns), max(columns)
    length = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    return first[:length]


def probabilities_of(source: Source, outcomes: Outcomes) -> NDArray[np.float64] | None:
    """P(class), shape (rows, classes), NaN rows where a score is missing. Raises ValueFault outside [0, 1] or when a
    row does not sum to 1."""
    columns = by_label(source, outcomes)
    if columns is None:
        return None
    table = np.column_stack([in_unit_interval(source, name) for name in columns])
    extra = [name for name in score_columns(source, outcomes.roles.scores) if name not in columns]
    sums = table.sum(axis=1) + sum(in_unit_interval(source, name) for name in extra)
    wrong = np.flatnonzero(np.abs(sums - 1) > SUM_SLACK)
    if len(wrong):
        raise ValueFault(
            "scores-do-not-sum",
            f"scores do not sum to 1 in {count(len(wrong))} of {count(len(sums))} rows",
            where=f"{source.name}, row {count(wrong[0] + 1)}",
            expected=f"1 within {SUM_SLACK}",
            found=f"{sums[wrong[0]]:.4g}",
            next="give P(class) for every class, or --score COLUMN for the confidence in the prediction alone",
        )
    return table


def confidence_of(
    source: Source, outcomes: Outcomes, probabilities: NDArray[np.float64] | None
) -> NDArray[np.float64] | None:
    """The confidence in the prediction: its own column, else P(predicted class); NaN where missing."""
    if outcomes.roles.score is not None:
        return in_unit_interval(source, outcomes.roles.score)
    if probabilities is None or outcomes.prediction is None:
        return None
    chosen = np.clip(outcomes.prediction, 0, probabilities.shape[1] - 1)
    confidence = probabilities[np.arange(len(chosen)), chosen].copy()
    confidence[outcomes.prediction < 0] = np.nan
    return confidence


def in_unit_interval(source: Source, name: str) -> NDArray[np.float64]:
    """A score column as floats, NaN where missing. Raises ValueFault for values outside [0, 1]."""
    column = source.column(name)
    if not is_number(column.type):
        raise ValueFault(
            "score-not-a-number",
            f"the score {name!r} is not a number",
            where=source.name,
            expected="numbers from 0 to 1",
            found=str(column.type),
            next=f"--exclude {name}",
        )
    values = floats(column)
    wrong = np.flatnonzero((values < 0) | (values > 1 + 1e-6))
    if len(wrong):
        raise ValueFault(
            "score-out-of-range",
            f"{count(len(wrong))} of {count(len(values))} scores lie outside [0, 1]",
            where=f"{source.name}, column {name}, row {count(wrong[0] + 1)}",
            expected="a probability from 0 to 1",
            found=f"{values[wrong[0]]:.6g}",
            next="turn logits or percents into probabilities, or --exclude " + name,
        )
    return values
