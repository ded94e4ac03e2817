"""Jobs: asked for, taken by a worker for as long as it is heard of, and done once.

Each step is one transaction under the writer's lock, so two workers never have one job; and a worker that lost its
lease is told so by every step, and changes nothing.
"""

from __future__ import annotations

import os
import socket
import threading
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from errata.core.canonical import digest_of
from errata.core.errors import CatalogError, Conflict, ErrataError, UsageError
from errata.core.names import nearest
from errata.nouns.job import (
    ALIVE,
    ATTEMPTS,
    CANCELLED,
    DONE,
    FAILED,
    LEASE,
    QUEUED,
    RUNNING,
    STATES,
    Job,
    Progress,
)  # fmt: skip
from errata.store import jobs
from errata.store.catalog import Store, Transaction
from errata.verbs.job_kinds import arguments_of, job_kind

ASKED = threading.Event()
"""Set when this process asks for a job, so that a worker of its own need not find out by looking."""
PRIORITIES = range(-100, 101)


def submit_job(store: Store, kind: str, arguments: Mapping[str, Any], *, priority: int = 0) -> Job:
    """Ask for a job. The same work that waits, is being done or was done is that job, ``known``; failed work may be
    tried again.

    Raises UsageError ``no-such-job-kind``, ValueFault ``bad-arguments``, NotFound for a run that is not there.
    """
    if priority not in PRIORITIES:
        raise UsageError("bad-priority", "a job has no such priority", expected="-100 to 100", found=str(priority))
    asked = arguments_of(kind, arguments)
    known = job_kind(kind)
    values = asked.model_dump(mode="json", exclude_defaults=True)
    input = digest_of({"kind": kind, "arguments": values, "stands_for": known.stands_for(store, asked)})
    with store.write("job submit") as transaction:
        same = jobs.same_job(transaction.connection, store, input, lasting=known.lasting)
        if same is not None:
            return replace(same, known=True)
        job = jobs.insert_job(transaction, kind=kind, arguments=values, input=input, priority=priority)
        transaction.event(job.ref, before=None, after=input, reason=job.title)
    ASKED.set()
    return job


def worker_name() -> str:
    """A name for whoever takes a job now, which nobody had before."""
    return f"{socket.gethostname()[:100]}:{os.getpid()}:{uuid.uuid4().hex[:12]}"


def take_job(store: Store, worker: str, lease: timedelta = LEASE) -> Job | None:
    """The next job, now of this ``worker`` (a ``worker_name`` of its own) until its lease runs out; None: none waits.

    One whose worker was not heard of any more is taken up again with its checkpoint, and given up after ``ATTEMPTS``.
    Raises Locked.
    """
    with store.read() as connection:
        if jobs.next_job(connection, store, store.home.now(connection)) is None:
            return None
    with store.write("job take") as transaction:
        at = store.home.now(transaction.connection)
        while (job := jobs.next_job(transaction.connection, store, at)) is not None:
            if job.attempts >= ATTEMPTS:
                _end(transaction, job.number, FAILED, error=_given_up(job).to_problem())
                continue
            values = {"state": RUNNING, "worker": worker, "lease_until": at + lease}
            values |= {"attempts": job.attempts + 1, "started_at": job.started_at or transaction.at}
            jobs.change_job(transaction, job.number, values)
            return jobs.get_job(transaction.connection, store, job.number)
    return None


def stores_waiting(store: Store) -> list[Store]:
    """The catalog by each of its projects in which a job is to be done, the most urgent first."""
    with store.read() as connection:
        found = jobs.waiting(connection, store.home.now(connection))
    return [Store(store.home, project, store.actor) for project in found]


def heartbeat(
    store: Store,
    number: int,
    worker: str,
    progress: Progress,
    checkpoint: Mapping[str, Any] | None = None,
    lease: timedelta = LEASE,
) -> str | None:
    """Say that the worker lives and how far it is. None: go on; ``cancelled``, or ``lost`` when somebody else has it.

    Without a ``checkpoint`` the last one stays. Raises Locked, NotFound.
    """
    with store.write("job heartbeat") as transaction:
        at = store.home.now(transaction.connection)
        values: dict[str, Any] = {"lease_until": at + lease, "progress": progress.to_json()}
        if checkpoint is not None:
            values["checkpoint"] = dict(checkpoint)
        if jobs.change_job(transaction, number, values, worker=worker):
            return None
        state = jobs.get_job(transaction.connection, store, number).state
    return CANCELLED if state == CANCELLED else "lost"


def finish_job(store: Store, number: int, worker: str, result: Mapping[str, Any]) -> bool:
    """Write what a job came to; whether it was still this worker's, else nothing is changed. Raises Locked."""
    with store.write("job finish") as transaction:
        return _end(transaction, number, DONE, worker, result=dict(result))


def finish_within(transaction: Transaction, number: int, worker: str, result: Mapping[str, Any]) -> None:
    """As ``finish_job``, in the transaction of the work. Raises Conflict ``lease-lost``, so that neither happens."""
    if not _end(transaction, number, DONE, worker, result=dict(result)):
        raise Conflict("lease-lost", f"job:{number} was cancelled, or taken up by another worker")


def fail_job(store: Store, number: int, worker: str, error: ErrataError) -> bool:
    """Write why a job cannot be done; whether it was still this worker's. Raises Locked."""
    with store.write("job fail") as transaction:
        return _end(transaction, number, FAILED, worker, error=error.to_problem())


def give_back(store: Store, number: int, worker: str, *, counted: bool = False) -> bool:
    """Put a job back into the queue with its checkpoint; whether it was still this worker's. Raises Locked.

    The attempt does not count, unless it is to be ``counted``.
    """
    with store.write("job give-back") as transaction:
        attempts = jobs.get_job(transaction.connection, store, number).attempts
        values = {"state": QUEUED, "worker": None, "lease_until": None, "attempts": attempts - (not counted)}
        return jobs.change_job(transaction, number, values, worker=worker)


def cancel_job(store: Store, number: int, reason: str = "") -> Job:
    """Let a job be: its worker stops when it next says what it does, and nothing more of it is written.

    Raises NotFound, Conflict ``job-ended``.
    """
    with store.write("job cancel") as transaction:
        job = jobs.get_job(transaction.connection, store, number)
        if not job.alive:
            raise Conflict(
                "job-ended",
                f"{job.ref} is {job.state}, so it cannot be cancelled",
                expected="a job that is queued or running",
                next=f"errata job show {job.ref}",
            )
        _end(transaction, number, CANCELLED, reason=reason)
        return jobs.get_job(transaction.connection, store, number)


def get_job(store: Store, number: int) -> Job:
    """One job. Raises NotFound ``no-such-job``."""
    with store.read() as connection:
        return jobs.get_job(connection, store, number)


def list_jobs(store: Store, state: str | None = None) -> list[Job]:
    """Every job, newest first; ``alive`` ones, or those of one state, when it is given. Raises UsageError."""
    if state is not None and state not in (*STATES, "alive"):
        close = nearest(state, [*STATES, "alive"], 1) or ["alive"]
        raise UsageError(
            "no-such-state",
            f"a job is never {state}",
            expected=", ".join((*STATES, "alive")),
            next=f"errata job list --state {close[0]}",
        )
    states = None if state is None else ALIVE if state == "alive" else (state,)
    with store.read() as connection:
        return jobs.list_jobs(connection, store, states)


def _end(
    transaction: Transaction, number: int, state: str, worker: str | None = None, *, reason: str = "", **values: Any
) -> bool:
    ended = {"state": state, "worker": None, "lease_until": None, "finished_at": transaction.at, **values}
    if not jobs.change_job(transaction, number, ended, worker=worker):
        return False
    after = digest_of(values["result"]) if "result" in values else None
    said = reason or values.get("error", {}).get("title", "")
    transaction.event(f"job:{number}", before=None, after=after, reason=f"{state}: {said}" if said else state)
    return True


def _given_up(job: Job) -> ErrataError:
    return CatalogError(
        "job-given-up",
        f"{job.ref} was taken up {job.attempts} times, and its worker died each time",
        expected="a worker that lives until the job is done",
        found=f"the last was {job.worker}" if job.worker else "none came to an end",
        next=f"look at the memory of that machine, then {job.command}",
    )
