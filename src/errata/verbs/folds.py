"""``@fold of 64``: one of a few folds for each row, the same for all rows of a group."""

from __future__ import annotations

from errata.analysis.folds import FOLD, FOLDS
from errata.tasks.reserved import Fold, Reserved
from errata.verbs.subject import Subject


def fold_column(subject: Subject) -> dict[str, Reserved]:
    """The fold of each row by its group; none without groups. A row without a group falls into any."""
    return {} if subject.roles.group is None else {FOLD: Fold(subject.roles.group, FOLDS)}
