"""Jobs of a catalog: work that is asked for now and done by a worker."""

from __future__ import annotations

import builtins
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from errata.client.transport import Collection, Progress, Transport, not_remote
from errata.core.errors import Conflict
from errata.nouns.job import LEASE, QUEUED, Job

if TYPE_CHECKING:
    from errata.verbs.work import Told, Worker


class Jobs(Collection):
    """``catalog.jobs``."""

    def submit(self, kind: str, *, priority: int = 0, **arguments: Any) -> Job:
        """Ask for a job: ``analyze`` (``runs=[1, 2]``, options), ``gate`` (``run=3``, ``baseline=``, ``suite=`` or
        ``checks=``), ``doctor`` or ``reindex``.

        The same work that waits, is being done or was done is that job, ``known`` True. Raises UsageError, ValueFault
        ``bad-arguments``, NotFound.
        """
        job: Job = self._transport.ask("job submit", kind=kind, arguments=arguments, priority=priority)
        return job

    def get(self, number: int) -> Job:
        """One job as it stands. Raises NotFound."""
        job: Job = self._transport.ask("job get", number=number)
        return job

    def list(self, state: str | None = None) -> builtins.list[Job]:
        """Every job, newest first; of one state, or those that are ``alive`` (queued or running)."""
        found: builtins.list[Job] = self._transport.ask("job list", state=state)
        return found

    def cancel(self, number: int, reason: str = "") -> Job:
        """Let a job be that is queued or running. Raises NotFound, Conflict ``job-ended``."""
        job: Job = self._transport.ask("job cancel", number=number, reason=reason)
        return job

    def wait(self, number: int, timeout: float | None = None) -> Job:
        """The job when it has ended, by whatever worker. Raises Conflict ``job-unfinished`` after ``timeout`` seconds.

        Somebody has to work: ``errata work``, ``errata serve``, or ``worker()`` in a thread of yours.
        """
        return ended(self._transport, self.get(number), timeout=timeout)

    def prune(self, days: int = 30) -> dict[str, Any]:
        """Remove the jobs that ended more than ``days`` ago, and their results; how many. That they were asked for, and
        how they ended, stays in the log. A worker does so by itself, once an hour."""
        found: dict[str, Any] = self._transport.ask("job prune", days=days)
        return found

    def worker(
        self, *, every: bool = False, lease: float = LEASE.total_seconds(), told: Told = lambda _: None
    ) -> Worker:
        """Somebody who does jobs: ``worker().run(once=True)`` all that wait, ``run()`` until ``stop()`` is called.

        With ``every`` those of every project of the catalog.

        A job whose worker is not heard of for ``lease`` seconds is taken up by another; ``told`` hears of each.
        Raises UsageError ``not-remote`` over the network.
        """
        from errata.verbs.work import Worker

        if self._remote:
            raise not_remote("working", "errata work --catalog PLACE, on a machine that reaches the catalog itself")
        return Worker(self._store, every=every, lease=timedelta(seconds=lease), told=told)


def ended(transport: Transport, job: Job, progress: Progress | None = None, *, timeout: float | None = None) -> Job:
    """The job when it has ended, by whatever worker; ``progress`` hears how far it is.

    Raises Conflict ``job-unfinished`` after ``timeout`` seconds.
    """
    deadline = None if timeout is None else time.monotonic() + timeout
    pause, told = 0.05, ""
    while job.alive:
        said = f"waiting for a worker to take {job.ref}" if job.state == QUEUED else job.progress.text
        if progress is not None and said and said != told:
            progress(said)
            told = said
        if deadline is not None and time.monotonic() >= deadline:
            raise Conflict(
                "job-unfinished",
                f"{job.ref} is still {job.state}",
                expected=f"its end within {timeout:g} s",
                found=job.progress.text,
                next="errata work, where nobody does",
            )
        time.sleep(pause if deadline is None else min(pause, max(0.0, deadline - time.monotonic())))
        pause = min(pause * 1.5, 1.0)
        job = transport.ask("job get", number=job.number)
    return job
