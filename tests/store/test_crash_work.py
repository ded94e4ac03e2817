"""kill -9 of a worker at every instant: the job is taken up again, and its work is done once."""

from __future__ import annotations

import signal
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from errata.core import clock
from errata.store.catalog import Store, open_store
from errata.store.events import events
from errata.store.making import init_store
from errata.store.places import Server
from errata.verbs.check import add_check
from errata.verbs.doctor import doctor
from errata.verbs.finding import list_findings
from errata.verbs.job import get_job, list_jobs, submit_job
from errata.verbs.run import list_gates
from errata.verbs.work import Worker
from tests import forked
from tests.catalogs import NIGHT, log, predictions, slices

INSTANTS = 60


def work(store: Store, fault: int) -> int:
    """The exit code of a worker that is killed at this instant."""
    place = store.home.place
    where = {"ERRATA_CATALOG": str(place)}
    if isinstance(place, Server):
        where = {"ERRATA_CATALOG": place.url, "ERRATA_FILES": str(place.files)}
    done = forked.errata(
        "work", "--once", ERRATA_FAULT=str(fault), ERRATA_ACTOR="grace", ERRATA_PROJECT=store.project.name, **where
    )
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode


def later(monkeypatch: pytest.MonkeyPatch, minutes: int) -> None:
    """Let every lease run out, by the clock of whichever home it is."""
    for place in ("errata.store.catalog.now", "errata.store.sqlite.now"):
        monkeypatch.setattr(place, lambda: clock.now() + timedelta(minutes=minutes))
    monkeypatch.setattr(
        "errata.store.postgresql.Database.now", lambda home, connection: clock.now() + timedelta(minutes=minutes)
    )


def ask_analyze(store: Store) -> None:
    log(store, predictions(300), model="pets@1")
    log(store, predictions(300, seed=1), model="pets@2")
    submit_job(store, "analyze", {"runs": [1, 2]})


def analyzed_once(store: Store) -> None:
    assert slices(list_findings(store)) == [NIGHT, NIGHT]
    assert [one.number for one in list_findings(store, 1)] == [1]
    made = [one for one in events(store) if one.verb == "analyze"]
    assert sorted(one.subject for one in made) == ["run:1", "run:2"]


def ask_gate(store: Store) -> None:
    log(store, predictions(300))
    add_check(store, slice=NIGHT, criterion="<= 0.1")
    submit_job(store, "gate", {"run": 1})


def gated_once(store: Store) -> None:
    assert [one.ref for one in list_gates(store)] == ["gate:1"]
    assert [one.subject for one in events(store) if one.subject == "gate:1"] == ["gate:1"]


@pytest.mark.slow
@pytest.mark.homes("folder", "postgresql")
@pytest.mark.parametrize(("ask", "done_once", "least"), [(ask_analyze, analyzed_once, 10), (ask_gate, gated_once, 4)])
def test_a_worker_killed_at_every_instant_leaves_work_that_is_done_once(
    place: Any, ask: Any, done_once: Any, least: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ERRATA_ACTOR", "ada")
    killed = 0
    step = 3 if isinstance(place, Server) else 1  # the instants are the same; here it is the database that is looked at
    for instant in range(1, INSTANTS, step):
        with monkeypatch.context() as patch:
            name = f"pets{instant}"
            root = place if isinstance(place, Server) else tmp_path / str(instant)
            store, _ = init_store(root, name)
            ask(store)
            code = work(store, instant)
            assert get_job(store, 1).state in ("queued", "running", "done")
            if code == 0:
                assert get_job(store, 1).attempts == 1
            later(patch, 2)
            Worker(store).run(once=True)
            [job] = list_jobs(store)
            assert (job.state, job.error) == ("done", None)
            assert job.attempts <= 2
            done_once(store)
            ends = [one for one in events(store, "job:1") if one.reason == "done"]
            assert len(ends) == 1
            assert doctor(store).faults == ()
            store.close()
        if code == 0:
            break
        killed += 1
    assert killed >= least // step, "the instants were not reached"
    assert code == 0, "there are more instants than were tried"


@pytest.mark.slow
def test_one_that_kills_every_worker_is_given_up(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    store, _ = init_store(place, "pets")
    ask_gate(store)
    for attempt in range(1, 4):
        where = {"ERRATA_FAULT": "job-begun", "ERRATA_CATALOG": str(store.root)}
        with monkeypatch.context() as patch:
            assert forked.errata("work", "--once", "--lease", "1", **where).returncode == -signal.SIGKILL
            assert (get_job(store, 1).state, get_job(store, 1).attempts) == ("running", attempt)
            later(patch, 1)
            if attempt == 3:
                assert Worker(store).run(once=True) == 0
        time.sleep(1.1)
    job = get_job(store, 1)
    assert job.error is not None
    assert (job.state, job.error["code"]) == ("failed", "job-given-up")
    assert list_gates(store) == []
    store.close()
    open_store(store.root).close()
