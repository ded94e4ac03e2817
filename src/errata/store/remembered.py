"""What was read of a catalog, kept for the next who asks, and renewed by what was written since.

Every write appends to the chain of events in its own transaction, one after the other. So the last event names one
state of the whole catalog: what was read of that state need not be read again. Of a later state only those records are
read again that were projected since; they carry the number that the next event was to have. A restored catalog has the
same events, and projections of its own: its identity is part of the state.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from errata.store import tables

Arrays = tuple[NDArray[Any], ...]
Renew = Callable[[Arrays, NDArray[np.int64]], Arrays]
"""From what was answered and the numbers of the records that changed since to what is the answer now."""
ROOM = 64 << 20
"""Bytes of answers that one process keeps of one catalog: a hundred sets of 80,000 records."""
ENTRY = 1_000
"""Bytes that an answer takes beside its numbers and its question: of what nobody finds there are no numbers."""
MOST = 100
"""Where more records changed, everything is read again: to ask whether one holds two words takes SQLite 0.15 ms."""
_SNAPSHOT = "errata_snapshot"
_CATALOG, _EVENT, _SEARCH = tables.catalog, tables.event, tables.search


class State(NamedTuple):
    """A catalog after its last event, and so after all that came before it."""

    catalog: str
    seq: int
    hash: str


class Remembered:
    """The answers of one catalog, each with the state that it is of; what was not asked for longest makes room."""

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._answers: OrderedDict[Hashable, tuple[State, Arrays]] = OrderedDict()
        self._held = 0
        self._lock = threading.Lock()

    def find(self, question: Hashable) -> tuple[State, Arrays] | None:
        """What was answered last, and in which state."""
        with self._lock:
            if question in self._answers:
                self._answers.move_to_end(question)
            return self._answers.get(question)

    def keep(self, question: Hashable, state: State, answer: Arrays) -> None:
        """Keep an answer instead of the one before."""
        for array in answer:
            array.setflags(write=False)
        with self._lock:
            if question in self._answers:
                self._held -= _bytes(question, self._answers.pop(question)[1])
            self._answers[question] = state, answer
            self._held += _bytes(question, answer)
            while self._held > self._room:
                oldest, (_, of_oldest) = self._answers.popitem(last=False)
                self._held -= _bytes(oldest, of_oldest)


@dataclass
class _Snapshot:
    """One transaction that reads: what is remembered, which state it sees, and what changed between others and it."""

    remembered: Remembered
    state: State | None = None
    changes: dict[tuple[int, State], NDArray[np.int64] | None] = field(default_factory=dict)

    def now(self, connection: sa.Connection) -> State:
        """The state that this transaction sees."""
        if self.state is None:
            last = sa.select(sa.select(_CATALOG.c.identity).scalar_subquery(), _EVENT.c.seq, _EVENT.c.hash)
            row = connection.execute(last.order_by(_EVENT.c.seq.desc()).limit(1)).first()
            self.state = State(*(row or ("", 0, "")))
        return self.state

    def changed(self, connection: sa.Connection, project: int, then: State) -> NDArray[np.int64] | None:
        """The records of a project that were projected after a state; None for too many, or where it never was ours."""
        if (project, then) not in self.changes:
            self.changes[project, then] = None
            now, of_then = self.now(connection), sa.select(_EVENT.c.hash).where(_EVENT.c.seq == then.seq)
            older = then.catalog == now.catalog and then.seq < now.seq
            if older and connection.execute(of_then).scalar() == then.hash:
                later = (_SEARCH.c.project == project, _SEARCH.c.event > then.seq)
                found = connection.execute(sa.select(_SEARCH.c.number).where(*later).limit(MOST + 1)).scalars().all()
                if len(found) <= MOST:
                    self.changes[project, then] = np.array(found, np.int64)
        return self.changes[project, then]


def snapshot(connection: sa.Connection, remembered: Remembered) -> None:
    """Let what this connection reads, in one transaction that writes nothing, be remembered."""
    connection.execution_options(**{_SNAPSHOT: _Snapshot(remembered)})


def remembering(
    connection: sa.Connection, project: int, question: Hashable, ask: Callable[[], Arrays], renew: Renew | None = None
) -> Arrays:
    """What ``ask`` answers about a project, or answered before; ``renew`` makes an older answer that of today.

    A transaction that writes asks always: what it sees may never come to be.
    """
    seen: _Snapshot | None = connection.get_execution_options().get(_SNAPSHOT)
    if seen is None:
        return ask()
    now = seen.now(connection)
    known = seen.remembered.find((project, question))
    if known is not None and known[0] == now:
        return known[1]
    changed = None if known is None or renew is None else seen.changed(connection, project, known[0])
    answer = ask() if known is None or renew is None or changed is None else renew(known[1], changed)
    if known is None or known[0].catalog != now.catalog or known[0].seq <= now.seq:
        seen.remembered.keep((project, question), now, answer)
    return answer


def renewing(ask: Callable[[Sequence[int]], Arrays]) -> Renew:
    """How columns are renewed, of which the first has the number of a record: ``ask`` reads the rows of some."""

    def renew(then: Arrays, changed: NDArray[np.int64]) -> Arrays:
        if not len(changed):
            return then
        kept = ~np.isin(then[0], changed)
        today = ask(changed.tolist())
        return tuple(np.concatenate([old[kept], new]) for old, new in zip(then, today, strict=True))

    return renew


def _bytes(question: Hashable, answer: Arrays) -> int:
    return ENTRY + len(repr(question)) + sum(array.nbytes for array in answer)
