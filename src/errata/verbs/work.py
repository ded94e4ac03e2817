"""``errata work``: a worker takes one job after another, and is heard of while it does it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

from errata.core.errors import Bug, Conflict, ErrataError, Locked, StorageError
from errata.nouns.job import ATTEMPTS, LEASE, Job, Progress
from errata.store.catalog import Store, Transaction, all_projects
from errata.store.faults import instant
from errata.verbs import job as verbs
from errata.verbs.job_arguments import Result
from errata.verbs.job_kinds import arguments_of, job_kind
from errata.verbs.prune_jobs import prune_jobs

_log = logging.getLogger("errata.work")
IDLE = 1.0
"""Seconds between looks at an empty queue."""
TIDY = 3600.0
"""Seconds between two times that what ended long ago is let go of."""
NEWS = 2.0
"""Seconds after which progress is written when there is some."""
Told = Callable[[Job], None]


class Stopped(BaseException):
    """The work is not to go on. No error: what takes errors for results must not take this for one."""


class Worker:
    """Does the jobs of a project, one at a time; with ``every`` those of every project of the catalog.

    ``told`` hears of each job when it is taken and when it is let go, and ``project`` is then that which it is of.
    Once an hour it lets go of what ended long ago.
    """

    def __init__(
        self, store: Store, *, every: bool = False, lease: timedelta = LEASE, told: Told = lambda _: None
    ) -> None:
        self.store = store.whole()
        self.every = every
        self.project = store.project.name
        self.lease = lease
        self.told = told
        self.stopping = threading.Event()
        self._doing: _Doing | None = None
        self._pruned: float | None = None

    def run(self, *, once: bool = False) -> int:
        """Do jobs until ``stop``; with ``once`` until none waits. How many were taken.

        Raises StorageError when the catalog cannot be read or written; with ``once`` Locked.
        """
        taken = 0
        while not self.stopping.is_set():
            try:
                job = self.step()
            except Locked as error:
                if once:
                    raise
                _log.warning("%s", error.message)
                job = None
            taken += job is not None
            if job is None:
                if once:
                    break
                verbs.ASKED.wait(IDLE)
                verbs.ASKED.clear()
        return taken

    def run_patiently(self) -> None:
        """As ``run``, but going on when the catalog cannot be reached for a while."""
        while not self.stopping.is_set():
            try:
                self.run()
            except ErrataError as error:
                _log.error("%s", error)
                self.stopping.wait(30 * IDLE)

    def step(self) -> Job | None:
        """Take one job and do it; how it stands then. None when none waits. Raises Locked, StorageError."""
        name = verbs.worker_name()
        for store in verbs.stores_waiting(self.store) if self.every else [self.store]:
            job = verbs.take_job(store, name, self.lease)
            if job is not None:
                return self._do(store, job, name)
        self._tidy()
        return None

    def _do(self, store: Store, job: Job, name: str) -> Job:
        self.project = store.project.name
        self.told(job)
        self._doing = doing = _Doing(self, store, job, name)
        try:
            doing.do()
        finally:
            self._doing = None
        found = verbs.get_job(store, job.number)
        self.told(found)
        return found

    def _tidy(self) -> None:
        """While nothing waits: an hour after it was done last, let go of what ended long ago."""
        if self._pruned is None or time.monotonic() - self._pruned >= TIDY:
            self._pruned = time.monotonic()
            for store in all_projects(self.store) if self.every else [self.store]:
                with suppress(Locked):
                    prune_jobs(store)

    def stop(self) -> None:
        """Take no more jobs, and stop the one that is being done when it next says what it does."""
        self.stopping.set()
        verbs.ASKED.set()

    def let_go(self) -> None:
        """Give back the job that is being done, however far it is: what its worker still does changes nothing."""
        doing = self._doing
        if doing is not None:
            doing.give_back()


class _Doing:
    """One job while it is done: what the verb says is kept, and written by a thread that keeps the lease."""

    def __init__(self, worker: Worker, store: Store, job: Job, name: str) -> None:
        self.job = job
        # Who asked is who acts, whoever runs the worker.
        self.store = store.acting(job.actor, clearance=job.clearance)
        self._as_worker = store
        self._worker, self._name = worker, name
        self._progress, self._checkpoint = job.progress, job.checkpoint
        self._news = threading.Event()
        self._ended = threading.Event()
        self._over = False
        self._finished = False

    def do(self) -> None:
        """Do the job and write what it came to."""
        beating = threading.Thread(target=self._beat, name=f"heartbeat of {self.job.ref}", daemon=True)
        beating.start()
        try:
            kind = job_kind(self.job.kind)
            instant("job-begun")
            result = kind.run(self, arguments_of(self.job.kind, self.job.arguments))
            instant("job-worked")
            if not self._finished:
                verbs.finish_job(self._as_worker, self.job.number, self._name, result)
        except Stopped:
            if not self._over:
                self.give_back()
        except Locked as error:
            self._tried(error)
        except ErrataError as error:
            if not (isinstance(error, Conflict) and error.code == "lease-lost"):
                self._fail(error)
        except Exception as exc:
            _log.exception("while doing %s, %s", self.job.ref, self.job.title)
            self._fail(Bug("internal", f"a mistake of ours, not yours: {type(exc).__name__}: {exc}"[:1000],
                           next="look at what the worker printed, and report it"))  # fmt: skip
        finally:
            self._ended.set()
            self._news.set()
            beating.join()

    def say(self, text: str) -> None:
        """Keep what is being done; raise Stopped when nobody wants it any more."""
        self._stop_if_asked()
        self._progress = Progress(text[:500], self._progress.done, self._progress.total)
        self._news.set()

    def reached(self, done: int, total: int, checkpoint: Mapping[str, Any] | None = None) -> None:
        """Keep how far it is. A checkpoint is written at once, since the worker may die in the next moment."""
        self._progress = Progress(self._progress.text, done, total)
        if checkpoint is None:
            self._news.set()
            return
        self._checkpoint = dict(checkpoint)
        with suppress(Locked):
            self._write()
        instant("job-checkpoint")
        self._stop_if_asked()

    def finish(self, transaction: Transaction, result: Result) -> None:
        """Say in the transaction of the work that it is done."""
        verbs.finish_within(transaction, self.job.number, self._name, result)
        self._finished = True

    def give_back(self) -> None:
        """Put the job back into the queue; what cannot be written is found when the lease runs out."""
        with suppress(Locked, StorageError):
            verbs.give_back(self._as_worker, self.job.number, self._name)

    def _tried(self, error: Locked) -> None:
        """Another writer took too long: the next worker may have more luck, but not for ever."""
        if self.job.attempts < ATTEMPTS:
            verbs.give_back(self._as_worker, self.job.number, self._name, counted=True)
        else:
            self._fail(error)

    def _fail(self, error: ErrataError) -> None:
        verbs.fail_job(self._as_worker, self.job.number, self._name, error)

    def _stop_if_asked(self) -> None:
        if self._over or self._worker.stopping.is_set():
            raise Stopped

    def _beat(self) -> None:
        rest = self._worker.lease.total_seconds() / 3
        while not self._ended.is_set():
            started = time.monotonic()
            self._ended.wait(min(NEWS, rest))
            self._news.wait(max(0.0, rest - (time.monotonic() - started)))
            self._news.clear()
            if self._ended.is_set():
                return
            try:
                self._write()
            except (Locked, StorageError) as error:  # the lease may outlast it; else the job is no longer ours
                _log.warning("no heartbeat of %s: %s", self.job.ref, error.message)

    def _write(self) -> None:
        if self._over or self._finished:
            return
        answer = verbs.heartbeat(
            self._as_worker, self.job.number, self._name, self._progress, self._checkpoint, self._worker.lease
        )
        self._over = answer is not None
