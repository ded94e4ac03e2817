"""Workers do what was asked for: one job at a time each, each job once."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from errata.core.errors import UsageError
from errata.store import events
from errata.store.catalog import Store
from errata.store.making import init_store
from errata.verbs.case import open_case
from errata.verbs.check import add_check
from errata.verbs.doctor import doctor
from errata.verbs.finding import list_findings
from errata.verbs.job import cancel_job, get_job, give_back, list_jobs, submit_job, take_job, worker_name
from errata.verbs.run import list_gates
from errata.verbs.work import Stopped, Worker
from tests.catalogs import NIGHT, log, predictions, slices
from tests.jobs import Clock, Counting

pytestmark = pytest.mark.homes("folder", "postgresql")


@pytest.fixture(autouse=True)
def counting(monkeypatch: pytest.MonkeyPatch) -> Counting:
    return Counting(monkeypatch)


def count(store: Store, to: int, mark: int = 0) -> int:
    return submit_job(store, "count", {"to": to, "mark": mark}).number


def test_all_that_waits_is_done(store: Store, counting: Counting) -> None:
    told: list[tuple[str, str]] = []
    count(store, 2)
    count(store, 3)
    assert Worker(store, told=lambda job: told.append((job.ref, job.state))).run(once=True) == 2
    assert told == [("job:1", "running"), ("job:1", "done"), ("job:2", "running"), ("job:2", "done")]
    assert counting.steps == [(1, 1), (1, 2), (2, 1), (2, 2), (2, 3)]
    job = get_job(store, 2)
    assert (job.result, job.attempts, job.worker) == ({"counted": 3}, 1, None)
    assert (job.progress.done, job.progress.total) == (3, 3)
    assert Worker(store).run(once=True) == 0


def test_runs_are_analysed_in_the_name_of_who_asked(store: Store) -> None:
    log(store, predictions(1000))
    log(store, predictions(1000, seed=1), model="pets@2")
    submit_job(store, "analyze", {"runs": [1, 2]})
    Worker(store.acting("worker")).run(once=True)
    job = get_job(store, 1)
    assert job.result is not None
    assert [(one["run"], one["findings"]) for one in job.result["runs"]] == [("run:1", 1), ("run:2", 1)]
    assert slices(list_findings(store)) == [NIGHT, NIGHT]
    [made] = [one for one in events.events(store, "run:1") if one.verb == "analyze"]
    assert (made.actor, made.after) == ("ada", job.result["runs"][0]["analysis"])


def test_a_gate_and_the_end_of_its_job_are_one_write(store: Store) -> None:
    log(store, predictions(1000))
    case = open_case(store, title="Night", run=1, slice=NIGHT)
    add_check(store, case=case.key, criterion="<= 0.1")
    submit_job(store, "gate", {"run": 1})
    Worker(store).run(once=True)
    job = get_job(store, 1)
    assert job.result == {"gate": "gate:1", "verdict": "fail", "came_back": []}
    [gate] = list_gates(store)
    assert gate.at == job.finished_at
    assert submit_job(store, "gate", {"run": 1}).state == "done"


def test_the_catalog_is_verified_and_indexed(store: Store) -> None:
    log(store, predictions(200))
    open_case(store, title="Night", run=1, slice=NIGHT)
    submit_job(store, "doctor", {})
    submit_job(store, "reindex", {})
    Worker(store).run(once=True)
    diagnosis, indexed = (get_job(store, number).result for number in (1, 2))
    assert diagnosis is not None
    assert (diagnosis["sound"], diagnosis["checked"]["parts"]) == (True, 2)
    assert indexed == {"records": 1}


def test_a_gate_whose_job_was_cancelled_meanwhile_is_not_made(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    import errata.verbs.gate_run as gating

    log(store, predictions(200))
    add_check(store, slice=NIGHT, criterion="<= 0.1")
    submit_job(store, "gate", {"run": 1})
    judge = gating.judge

    def cancelled(*args: Any, **options: Any) -> Any:
        cancel_job(store, 1)
        return judge(*args, **options)

    monkeypatch.setattr(gating, "judge", cancelled)
    Worker(store).run(once=True)
    assert get_job(store, 1).state == "cancelled"
    assert list_gates(store) == []
    assert doctor(store).faults == ()


def test_what_the_user_can_mend_fails_the_job_with_its_own_words(store: Store) -> None:
    log(store, predictions(200))
    submit_job(store, "analyze", {"runs": 1, "factors": ["colour"]})
    count(store, 1)
    assert Worker(store).run(once=True) == 2
    failed, done = get_job(store, 1), get_job(store, 2)
    assert failed.error is not None
    assert (failed.state, failed.error["code"], failed.result) == ("failed", "no-such-column", None)
    assert done.state == "done"


def test_a_mistake_of_ours_fails_the_job_and_not_the_worker(
    store: Store, counting: Counting, caplog: pytest.LogCaptureFixture
) -> None:
    def mistake(work: Any, step: int) -> None:
        raise ZeroDivisionError("division by zero")

    counting.meanwhile = mistake
    count(store, 1)
    assert Worker(store).run(once=True) == 1
    error = get_job(store, 1).error
    assert error is not None
    assert (error["code"], error["title"]) == (
        "internal",
        "a mistake of ours, not yours: ZeroDivisionError: division by zero",
    )
    assert "while doing job:1, count to=1" in caplog.text


def test_it_goes_on_where_the_last_worker_died(
    store: Store, counting: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch)

    def dies(work: Any, step: int) -> None:
        if step == 3:
            # As of a killed process: nothing more is written by it.
            monkeypatch.setattr(work, "give_back", lambda: None)
            raise Stopped

    counting.meanwhile = dies
    count(store, 4)
    Worker(store).run(once=True)
    assert (get_job(store, 1).state, get_job(store, 1).checkpoint) == ("running", {"counted": 2})
    counting.meanwhile = lambda work, step: None
    assert Worker(store).run(once=True) == 0
    clock.on(61)
    assert Worker(store).run(once=True) == 1
    assert (get_job(store, 1).state, get_job(store, 1).attempts) == ("done", 2)
    assert counting.steps == [(1, 1), (1, 2), (1, 3), (1, 4)]


def test_who_is_stopped_gives_the_job_back_as_if_it_had_not_been_taken(store: Store, counting: Counting) -> None:
    worker = Worker(store)
    counting.meanwhile = lambda work, step: worker.stop() if step == 2 else None
    count(store, 5)
    worker.run()
    job = get_job(store, 1)
    assert (job.state, job.attempts, job.checkpoint) == ("queued", 0, {"counted": 2})
    Worker(store).run(once=True)
    assert (get_job(store, 1).state, counting.steps[-1]) == ("done", (1, 5))


def test_who_is_stopped_deep_in_its_work_is_taken_the_job_from(store: Store, counting: Counting) -> None:
    deep, on = threading.Event(), threading.Event()

    def waits(work: Any, step: int) -> None:
        deep.set()
        assert on.wait(10)

    counting.meanwhile = waits
    count(store, 1)
    worker = Worker(store)
    thread = threading.Thread(target=worker.run)
    thread.start()
    assert deep.wait(10)
    worker.stop()
    worker.let_go()
    assert get_job(store, 1).state == "queued"
    on.set()
    thread.join(10)
    assert (get_job(store, 1).state, get_job(store, 1).result) == ("queued", None)


def test_a_heartbeat_keeps_a_long_job(store: Store, counting: Counting) -> None:
    other = worker_name()

    def long(work: Any, step: int) -> None:
        until = time.monotonic() + 1.5
        while time.monotonic() < until:
            assert take_job(store, other) is None
            time.sleep(0.1)

    counting.meanwhile = long
    count(store, 1)
    Worker(store, lease=timedelta(seconds=0.9)).run(once=True)
    assert (get_job(store, 1).state, get_job(store, 1).attempts) == ("done", 1)


def test_a_cancelled_job_stops_at_its_next_word(store: Store, counting: Counting) -> None:
    counting.meanwhile = lambda work, step: cancel_job(store, 1) and None if step == 2 else None
    count(store, 100)
    Worker(store).run(once=True)
    assert counting.steps == [(1, 1), (1, 2)]
    assert get_job(store, 1).state == "cancelled"


def test_another_writer_that_takes_too_long_is_no_failure_at_first(store: Store, counting: Counting) -> None:
    from errata.core.errors import Locked

    tries: list[int] = []

    def locked(work: Any, step: int) -> None:
        tries.append(work.job.attempts)
        raise Locked("catalog-locked", "the catalog is being written by grace")

    counting.meanwhile = locked
    count(store, 1)
    assert Worker(store).run(once=True) == 3
    assert tries == [1, 2, 3]
    error = get_job(store, 1).error
    assert error is not None
    assert error["code"] == "catalog-locked"


def test_several_workers_never_have_one_job(store: Store, counting: Counting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ERRATA_LOCK_TIMEOUT", "60")
    doing: set[int] = set()
    most = [0]
    lock = threading.Lock()

    def alone(work: Any, step: int) -> None:
        with lock:
            assert work.job.number not in doing
            doing.add(work.job.number)
            most[0] = max(most[0], len(doing))
        time.sleep(0.01)
        with lock:
            doing.remove(work.job.number)

    counting.meanwhile = alone
    for mark in range(12):
        count(store, 2, mark)
    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(lambda _: Worker(store).run(once=True), range(4)))
    assert sum(taken) == 12
    assert most[0] > 1
    assert sorted(counting.steps) == [(job, step) for job in range(1, 13) for step in (1, 2)]
    assert [(job.state, job.attempts) for job in list_jobs(store)] == [("done", 1)] * 12
    ends = [one for one in events.events(store) if one.verb == "job finish"]
    assert len(ends) == 12


def test_it_waits_for_work_and_hears_of_it(store: Store, counting: Counting) -> None:
    worker = Worker(store)
    thread = threading.Thread(target=worker.run)
    thread.start()
    number = count(store, 1)
    until = time.monotonic() + 20
    while get_job(store, number).alive and time.monotonic() < until:
        time.sleep(0.02)
    worker.stop()
    thread.join(20)
    assert get_job(store, number).state == "done"
    assert not thread.is_alive()


def test_a_job_given_back_by_hand_is_not_that_workers_any_more(store: Store) -> None:
    count(store, 1)
    worker = worker_name()
    assert take_job(store, worker) is not None
    assert give_back(store, 1, worker)
    assert not give_back(store, 1, worker)


def test_the_client_waits_for_whoever_works(store: Store) -> None:
    from errata.client.jobs import Jobs
    from errata.client.transport import Local
    from errata.core.errors import Conflict

    jobs = Jobs(Local(store))
    number = jobs.submit("count", to=1).number
    with pytest.raises(Conflict) as failure:
        jobs.wait(number, timeout=0.05)
    assert (failure.value.code, failure.value.message) == ("job-unfinished", "job:1 is still queued")
    thread = threading.Thread(target=lambda: jobs.worker().run(once=True))
    thread.start()
    assert jobs.wait(number, timeout=20).result == {"counted": 1}
    thread.join()
    assert [job.ref for job in jobs.list("done")] == ["job:1"]
    with pytest.raises(UsageError):
        jobs.submit("count to")


def test_a_worker_of_a_catalog_does_the_jobs_of_every_project(store: Store, counting: Counting, place: Any) -> None:
    birds, _ = init_store(place, "birds")
    try:
        count(store, 1)
        submit_job(birds, "count", {"to": 2}, priority=5)
        submit_job(birds, "count", {"to": 1})
        took: list[tuple[str, str, str]] = []
        narrow = Worker(store, told=lambda job: took.append((narrow.project, job.ref, job.state)))
        assert narrow.run(once=True) == 1
        assert took == [("pets", "job:1", "running"), ("pets", "job:1", "done")]
        wide = Worker(store, every=True, told=lambda job: took.append((wide.project, job.ref, job.state)))
        count(store, 3)
        took.clear()
        assert wide.run(once=True) == 3
        done = [one[:2] for one in took if one[2] == "done"]
        assert done == [("birds", "job:1"), ("birds", "job:2"), ("pets", "job:2")]
        assert {job.actor for job in list_jobs(birds)} == {"ada"}
    finally:
        birds.close()


def test_while_nothing_waits_what_ended_long_ago_is_let_go_of(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    count(store, 1)
    worker = Worker(store)
    worker.run(once=True)
    clock.on(31 * 86_400)
    assert (worker.run(once=True), len(list_jobs(store))) == (0, 1)  # it did so within the hour
    assert (Worker(store).run(once=True), list_jobs(store)) == (0, [])
