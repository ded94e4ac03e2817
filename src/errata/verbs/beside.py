"""What stands beside the rows that are analysed: the predictions on the training rows, runs at other sizes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from errata.verbs.subject import Subject

if TYPE_CHECKING:
    from errata.nouns.outcome import Outcomes
    from errata.nouns.source import Source
    from errata.verbs.analyze import AnalyzeOptions, Progress

JOINED = "@split"
"""The column that says, of rows put together, which side they are of."""
PARAMETERS = ("train_size", "n_train", "training_size", "train_samples", "train_rows")
"""What a column or a parameter is called that says on how many examples a model was trained."""


@dataclass(frozen=True, slots=True)
class Training:
    """One training of a model: on how many examples, and whether it failed on each sample (−1 unknown)."""

    name: str
    size: float
    failed: NDArray[np.int8]
    samples: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """``train``: predictions of the same model on the rows that it learned from. ``trainings``: runs of the same model
    on the same dataset, at several sizes; ``why_none`` says why there are none."""

    train: Source | None = None
    trainings: tuple[Training, ...] = ()
    why_none: str | None = None
    left_out: Mapping[str, str] = field(default_factory=dict)


def with_train(source: Source, outcomes: Outcomes, train: Source, options: AnalyzeOptions, say: Progress) -> Subject:
    """Both sides' rows as one subject, with ``@split`` for which is which. Raises what reading outcomes raises."""
    from errata.integrations.files.joined import JoinedSource
    from errata.tasks.outcomes import read_outcomes
    from errata.verbs.analyze import factors_of
    from errata.verbs.drift import only_those
    from errata.verbs.slices import least_rows

    joined = JoinedSource(source.name, {"holdout": source, "train": train}, JOINED)
    say(f"reading {train.name}")
    roles = only_those(joined, outcomes.roles)
    both = read_outcomes(joined, roles, allow_unknown=options.allow_unknown)
    min_rows = least_rows(options.min_support, joined.rows)
    factors, _ = factors_of(joined, both, min_rows, options.edges, say)
    held = [factor for factor in factors if factor.name != JOINED]
    return Subject.of(joined, both, held, min_rows, options)
