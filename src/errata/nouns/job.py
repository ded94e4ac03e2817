"""A job: work that somebody asked for and a worker does, once, even when the worker dies over it.

queued → running → done | failed
         running → queued      its worker gave it back, or was not heard of until its lease ran out
queued, running → cancelled
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from errata.core.clock import stamp
from errata.core.names import written_names
from errata.nouns.sensitivity import EVERYTHING

QUEUED, RUNNING, DONE, FAILED, CANCELLED = STATES = ("queued", "running", "done", "failed", "cancelled")
ALIVE = (QUEUED, RUNNING)
"""The states from which a job goes on."""
REPORT, COMPARE, DRIFT, IMPORT = ANSWERING = ("report", "compare", "drift", "import")
"""The kinds whose result is all that was found, which is too much for a list of jobs."""
LEASE = timedelta(seconds=60)
"""How long a worker that is not heard of keeps a job."""
_UPLOAD = re.compile(r"(upload:[0-9a-f]{8})[0-9a-f]{56}")
ATTEMPTS = 3
"""How often a job is taken up before it is given up: what kills its worker every time would kill them all."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What is being done, and how many of how many steps are; ``total`` 0 is not known."""

    text: str = ""
    done: int = 0
    total: int = 0

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"text": self.text, "done": self.done, "total": self.total}


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job as it stands. ``worker`` is who has it, until ``lease_until``; ``checkpoint`` where it would go on.

    ``input`` is the digest of kind and arguments and of what they stand for. ``result`` is what a done job came to,
    ``error`` the problem document of a failed one.
    """

    number: int
    kind: str
    arguments: Mapping[str, Any]
    input: str
    state: str
    priority: int
    attempts: int
    worker: str | None
    lease_until: datetime | None
    checkpoint: Mapping[str, Any] | None
    progress: Progress
    result: Mapping[str, Any] | None
    error: Mapping[str, Any] | None
    actor: str
    at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    clearance: str = EVERYTHING
    """Up to where who asked sees records: nothing more is told of it to whoever sees less."""
    known: bool = field(default=False, compare=False)
    """Whether it was there already when it was asked for."""

    @property
    def ref(self) -> str:
        """``job:7``."""
        return f"job:{self.number}"

    @property
    def alive(self) -> bool:
        """Whether it waits or is being done."""
        return self.state in ALIVE

    @property
    def title(self) -> str:
        """Kind and arguments in a line: ``analyze run:3 depth=2``."""
        words = [_UPLOAD.sub(r"\1", word) for word in _words(self.arguments)]
        return " ".join([self.kind, *words])

    @property
    def command(self) -> str:
        """What asks for it again."""
        return shlex.join(["errata", "job", "submit", self.kind, *_words(self.arguments)])

    def seconds(self, now: datetime) -> float | None:
        """How long it has been done, or was; None when nobody took it."""
        return None if self.started_at is None else ((self.finished_at or now) - self.started_at).total_seconds()

    def to_json(self) -> dict[str, Any]:
        """Plain values of the schema ``errata.job/1``."""
        values = {name: getattr(self, name) for name in self.__slots__ if name not in ("known", "clearance")}
        moments = {
            name: value if value is None else stamp(value)
            for name, value in values.items()
            if name in ("lease_until", "at", "started_at", "finished_at")
        }
        known = {"known": True} if self.known else {}
        head = {"schema": "errata.job/1", "job": self.ref}
        return {**head, **values, "progress": self.progress.to_json(), **moments, **known}


def _words(arguments: Mapping[str, Any]) -> list[str]:
    words: list[str] = []
    for name, value in arguments.items():
        if name in ("run", "runs"):
            words += [value] if isinstance(value, str) else value
        elif isinstance(value, Mapping):
            words.append(f"{name}={json.dumps(value, ensure_ascii=False)}")
        else:
            words.append(f"{name}={written_names(value) if isinstance(value, (list, tuple)) else value}")
    return words
