"""Outcomes: per row, whether it failed. Every analysis downstream knows only this."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from errata.nouns.roles import Roles

FAILED, PASSED, UNKNOWN = 1, 0, -1


class Labelled(Protocol):
    """What has roles and classes: outcomes, or what is known without reading them."""

    @property
    def roles(self) -> Roles:
        """Which column is what."""

    @property
    def labels(self) -> list[Any]:
        """The classes, those of truth first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """One task's outcomes over the rows of a source.

    ``failed`` is int8: 1 failed, 0 passed, −1 unknown. ``loss`` is float64 ≥ 0 (NaN unknown) or None. Of a
    classification, ``labels`` are the classes (those of truth first) and ``truth``, ``prediction`` are each row's index
    in them (−1 missing). ``roles`` are complete, ``notes`` say what was assumed.
    """

    task: str
    roles: Roles
    failed: NDArray[np.int8]
    loss: NDArray[np.float64] | None = None
    labels: list[Any] = field(default_factory=list)
    true_labels: int = 0
    truth: NDArray[np.int32] | None = None
    prediction: NDArray[np.int32] | None = None
    notes: tuple[str, ...] = ()

    @property
    def classes(self) -> list[Any]:
        """The classes that truth has."""
        return self.labels[: self.true_labels]
