"""A kind of job that tests can look into: it counts to a number, as slowly as they like."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from errata.verbs import job_kinds


class Clock:
    """A clock that stands still until it is set on."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        for place in ("errata.store.catalog.now", "errata.store.sqlite.now"):
            patch.setattr(place, lambda: self.now)
        patch.setattr("errata.store.postgresql.Database.now", lambda home, connection: self.now)

    def on(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


class CountTo(job_kinds.Arguments):
    """How far, and anything else that tells one such job from another."""

    to: int
    mark: int = 0


class Counting:
    """The kind ``count``. ``steps`` are all that were taken: (job, step); ``meanwhile`` is called in each."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.steps: list[tuple[int, int]] = []
        self.meanwhile: Callable[[Any, int], None] = lambda work, step: None
        self._lock = threading.Lock()
        kind = job_kinds.JobKind("count", CountTo, lambda store, asked: None, True, self._run)
        patch.setitem(job_kinds.KINDS, "count", kind)

    def _run(self, work: Any, asked: CountTo) -> dict[str, Any]:
        first = (work.job.checkpoint or {}).get("counted", 0)
        for step in range(first + 1, asked.to + 1):
            work.say(f"counting {step}")
            self.meanwhile(work, step)
            with self._lock:
                self.steps.append((work.job.number, step))
            work.reached(step, asked.to, {"counted": step})
        return {"counted": asked.to}
