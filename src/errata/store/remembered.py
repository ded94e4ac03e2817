"""What was read of a catalog, kept until somebody writes to it.

Every write appends to the chain of events in its own transaction. So the hash of the last event names one state of the
whole catalog, and what was read of that state need not be read again.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from errata.store import tables

Arrays = tuple[NDArray[Any], ...]
ROOM = 64 << 20
"""Bytes of answers that one process keeps of one catalog: a hundred sets of 80,000 records."""
_SNAPSHOT = "errata_snapshot"


class Remembered:
    """The answers of one state of one catalog; what was not asked for longest makes room."""

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._state = ""
        self._answers: OrderedDict[Hashable, Arrays] = OrderedDict()
        self._held = 0
        self._lock = threading.Lock()

    def find(self, state: str, question: Hashable) -> Arrays | None:
        """What was answered in this state."""
        with self._lock:
            if state != self._state or question not in self._answers:
                return None
            self._answers.move_to_end(question)
            return self._answers[question]

    def keep(self, state: str, question: Hashable, answer: Arrays) -> None:
        """Keep an answer; those of another state are forgotten."""
        for array in answer:
            array.setflags(write=False)
        with self._lock:
            if state != self._state:
                self._state, self._held = state, 0
                self._answers.clear()
            self._held += _bytes(answer) - _bytes(self._answers.pop(question, ()))
            self._answers[question] = answer
            while self._held > self._room:
                self._held -= _bytes(self._answers.popitem(last=False)[1])


class _Snapshot:
    """One transaction that reads: what is remembered, and which state it sees."""

    def __init__(self, remembered: Remembered) -> None:
        self.remembered = remembered
        self.state = ""


def snapshot(connection: sa.Connection, remembered: Remembered) -> None:
    """Let what this connection reads, in one transaction that writes nothing, be remembered."""
    connection.execution_options(**{_SNAPSHOT: _Snapshot(remembered)})


def remembering(connection: sa.Connection, question: Hashable, ask: Callable[[], Arrays]) -> Arrays:
    """What ``ask`` answers, or answered before of the same state.

    A transaction that writes asks always: what it sees may never come to be.
    """
    seen: _Snapshot | None = connection.get_execution_options().get(_SNAPSHOT)
    if seen is None:
        return ask()
    if not seen.state:
        last = sa.select(tables.event.c.hash).order_by(tables.event.c.seq.desc()).limit(1)
        seen.state = connection.execute(last).scalar_one()
    found = seen.remembered.find(seen.state, question)
    if found is None:
        found = ask()
        seen.remembered.keep(seen.state, question, found)
    return found


def _bytes(answer: Arrays) -> int:
    return sum(np.asarray(array).nbytes for array in answer)
