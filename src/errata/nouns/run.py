"""A run: one execution of a model version on a dataset version, frozen as it was logged."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from errata.core.clock import stamp
from errata.nouns.part import Part
from errata.nouns.roles import Roles

SCHEMA = "errata.run/1"
STATES = ("complete", "failed", "aborted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run. A run without predictions (``failed``, ``aborted``) has no ``task``, ``rows`` or rates.

    ``model`` and ``dataset`` are ``NAME@VERSION``; ``digest`` covers parsed values, roles and parameters;
    ``error_rate`` leaves rows of unknown outcome out; ``low`` and ``high`` are its pointwise 95 %, by group if any.
    What depends on the truth (roles, task, counts, ``dataset_digest``) is as of the newest truth; ``parts`` are its
    sealed pieces, oldest first, where the run is read on its own.
    """

    number: int
    model: str
    dataset: str | None
    repeat: int
    seed: int | None
    state: str
    error: str | None
    digest: str
    dataset_digest: str | None
    params: dict[str, Any]
    roles: dict[str, Any]
    task: str | None
    rows: int | None
    failed: int | None
    unknown: int | None
    error_rate: float | None
    low: float | None
    high: float | None
    source: str | None
    notes: tuple[str, ...]
    quarantined: int
    environment: dict[str, Any] = field(default_factory=dict)
    logged_by: str
    logged_at: datetime
    parts: tuple[Part, ...] = ()
    known: bool = False
    """Whether logging found the same content already there."""

    @property
    def ref(self) -> str:
        """``run:12``."""
        return f"run:{self.number}"

    @property
    def model_name(self) -> str:
        """The model without its version."""
        return self.model.partition("@")[0]

    @property
    def dataset_name(self) -> str | None:
        """The dataset without its version."""
        return self.dataset.partition("@")[0] if self.dataset else None

    @property
    def paired(self) -> bool:
        """Whether its rows have ids, so that another run on the same samples can be compared row by row."""
        return bool(self.roles.get("id"))

    def typed_roles(self) -> Roles:
        """The roles as a value."""
        lists: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in self.roles.items()
        }
        return Roles(**lists)

    def to_json(self) -> dict[str, Any]:
        """Plain values of the schema ``errata.run/1``."""
        names = (
            "model", "dataset", "repeat", "seed", "state", "error", "task", "rows", "failed", "unknown", "error_rate",
            "low", "high", "paired", "roles", "params", "digest", "dataset_digest", "source", "notes", "quarantined",
            "environment", "logged_by", "known",
        )  # fmt: skip
        values = {name: getattr(self, name) for name in names}
        values["notes"] = list(self.notes)
        parts = {"parts": [part.to_json() for part in self.parts]}
        head = {"schema": SCHEMA, "run": self.ref, "number": self.number}
        return {**head, **values, **parts, "logged_at": stamp(self.logged_at)}
