"""A job goes from state to state, has one worker at a time, and gets one result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from errata.core.clock import now
from errata.core.errors import Conflict, FileError, NotFound, UsageError, ValueFault
from errata.nouns.job import ATTEMPTS, Job, Progress
from errata.store import events, tables
from errata.store.catalog import Store
from errata.verbs.check import add_check, make_suite
from errata.verbs.job import (
    cancel_job,
    fail_job,
    finish_job,
    get_job,
    give_back,
    heartbeat,
    list_jobs,
    submit_job,
    take_job,
    worker_name,
)  # fmt: skip
from errata.verbs.prune_jobs import prune_jobs
from errata.verbs.record import edit_record
from tests.catalogs import NIGHT, log, predictions
from tests.jobs import Clock, Counting

pytestmark = pytest.mark.homes("folder", "postgresql")
WRONG = FileError("file-missing", "there is no file")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture(autouse=True)
def counting(monkeypatch: pytest.MonkeyPatch) -> Counting:
    return Counting(monkeypatch)


def count(store: Store, to: int, **options: Any) -> Job:
    return submit_job(store, "count", {"to": to}, **options)


def taken(store: Store) -> tuple[int, str]:
    name = worker_name()
    job = take_job(store, name)
    assert job is not None
    assert (job.state, job.worker) == ("running", name)
    return job.number, name


def states(store: Store) -> list[str]:
    return [job.state for job in reversed(list_jobs(store))]


def code(kind: type[Exception], call: Callable[[], object]) -> str:
    with pytest.raises(kind) as failure:
        call()
    return str(failure.value.code)  # type: ignore[attr-defined]


def test_the_same_work_is_one_job_until_it_fails(store: Store) -> None:
    first = count(store, 3)
    assert (first.ref, first.state, first.known, first.actor) == ("job:1", "queued", False, "ada")
    again = count(store, 3, priority=9)
    assert (again.ref, again.known, again.priority) == ("job:1", True, 0)
    assert count(store, 4).ref == "job:2"
    number, worker = taken(store)
    assert count(store, 3).ref == "job:1"
    assert finish_job(store, number, worker, {"counted": 3})
    done = count(store, 3)
    assert (done.ref, done.state, done.result) == ("job:1", "done", {"counted": 3})
    number, worker = taken(store)
    assert fail_job(store, number, worker, WRONG)
    assert (count(store, 4).ref, states(store)) == ("job:3", ["done", "failed", "queued"])
    assert list_jobs(store, "failed")[0].error == WRONG.to_problem()


def test_what_is_of_today_is_done_anew_when_it_is_asked_for_again(store: Store) -> None:
    assert [submit_job(store, "doctor", {}).ref for _ in range(2)] == ["job:1", "job:1"]
    assert finish_job(store, *taken(store), {"sound": True})
    assert submit_job(store, "doctor", {}).ref == "job:2"


def test_the_urgent_is_taken_first_then_the_old(store: Store) -> None:
    for to, priority in ((1, 0), (2, 5), (3, 0), (4, 5)):
        count(store, to, priority=priority)
    assert [taken(store)[0] for _ in range(4)] == [2, 4, 1, 3]
    assert take_job(store, worker_name()) is None


def test_a_worker_that_is_not_heard_of_loses_its_job_and_can_change_nothing(store: Store, clock: Clock) -> None:
    count(store, 3)
    number, lost = taken(store)
    assert heartbeat(store, number, lost, Progress("counting", 1, 3), {"counted": 1}) is None
    clock.on(59)
    assert take_job(store, worker_name()) is None
    assert heartbeat(store, number, lost, Progress("counting", 1, 3)) is None
    clock.on(60)
    number, other = taken(store)
    [job] = list_jobs(store)
    assert (job.attempts, job.checkpoint, job.progress) == (2, {"counted": 1}, Progress("counting", 1, 3))
    assert heartbeat(store, number, lost, Progress()) == "lost"
    assert not finish_job(store, number, lost, {"counted": 99})
    assert not fail_job(store, number, lost, WRONG)
    assert not give_back(store, number, lost)
    assert list_jobs(store) == [job]
    assert finish_job(store, number, other, {"counted": 3})
    assert not finish_job(store, number, other, {"counted": 98})
    assert list_jobs(store)[0].result == {"counted": 3}


def test_a_late_worker_whose_job_nobody_took_may_still_finish_it(store: Store, clock: Clock) -> None:
    count(store, 3)
    number, worker = taken(store)
    clock.on(3600)
    assert finish_job(store, number, worker, {"counted": 3})


def test_a_job_that_kills_its_workers_is_given_up(store: Store, clock: Clock) -> None:
    count(store, 3)
    for _ in range(ATTEMPTS):
        number, _ = taken(store)
        clock.on(61)
    count(store, 4)
    assert taken(store)[0] == 2
    job = list_jobs(store, "failed")[0]
    assert job.error is not None
    assert (job.number, job.attempts, job.error["code"]) == (number, 3, "job-given-up")
    assert job.error["title"] == "job:1 was taken up 3 times, and its worker died each time"
    assert job.error["next"].endswith("errata job submit count to=3")


def test_what_is_given_back_counts_only_where_it_was_tried(store: Store) -> None:
    count(store, 3)
    assert give_back(store, *taken(store))
    assert (list_jobs(store)[0].attempts, states(store)) == (0, ["queued"])
    assert give_back(store, *taken(store), counted=True)
    assert list_jobs(store)[0].attempts == 1


def test_a_cancelled_job_is_let_be(store: Store) -> None:
    count(store, 3)
    number, worker = taken(store)
    assert cancel_job(store, number, "asked for the wrong run").state == "cancelled"
    assert heartbeat(store, number, worker, Progress()) == "cancelled"
    assert not finish_job(store, number, worker, {"counted": 3})
    assert code(Conflict, lambda: cancel_job(store, number)) == "job-ended"
    assert count(store, 3).ref == "job:2"
    assert [(one.verb, one.reason) for one in reversed(events.events(store, "job:1"))] == [
        ("job submit", "count to=3"),
        ("job cancel", "cancelled: asked for the wrong run"),
    ]


def test_what_cannot_be_asked_for_is_said(store: Store) -> None:
    log(store, predictions(200))
    for expected, kind, arguments in (
        ("no-such-job-kind", "analyse", {}),
        ("bad-arguments", "analyze", {}),
        ("bad-arguments", "analyze", {"runs": ["1"]}),
        ("bad-arguments", "analyze", {"runs": [1, "run:1"]}),
        ("bad-arguments", "analyze", {"runs": 1, "dept": 2}),
        ("bad-arguments", "gate", {"run": 1, "margin": float("nan")}),
        ("bad-arguments", "gate", {"run": 1, "suite": "PET-1", "checks": ["PET-2"]}),
        ("bad-arguments", "reindex", {"run": 1}),
        ("bad-option", "analyze", {"runs": 1, "depth": 9}),
        ("no-checks", "gate", {"run": 1}),
    ):
        assert code((UsageError, ValueFault), lambda: submit_job(store, kind, arguments)) == expected  # type: ignore[arg-type]  # noqa: B023
    assert code(NotFound, lambda: submit_job(store, "analyze", {"runs": 2})) == "no-such-run"
    assert code(NotFound, lambda: submit_job(store, "gate", {"run": 1, "checks": ["PET-9"]})) == "no-such-record"
    assert code(UsageError, lambda: count(store, 1, priority=101)) == "bad-priority"
    assert code(UsageError, lambda: list_jobs(store, "dead")) == "no-such-state"
    assert list_jobs(store) == []


def test_a_run_is_named_by_its_number_or_as_everywhere(store: Store) -> None:
    log(store, predictions(200))
    log(store, predictions(200, seed=1), model="pets@2")
    assert submit_job(store, "analyze", {"runs": 1}).arguments == {"runs": ["run:1"]}
    assert submit_job(store, "analyze", {"runs": "run:1", "depth": 3}).ref == "job:1"
    assert submit_job(store, "analyze", {"runs": [1, "run:2"], "depth": "2"}).title == "analyze run:1 run:2 depth=2"


def test_an_analysis_is_another_when_its_truth_is(store: Store) -> None:
    from errata.integrations.files import table_source
    from errata.verbs.late_truth import TruthOptions, add_truth

    table = predictions(200)
    log(store, table.drop_columns("truth"), allow_unknown=True)
    before = submit_job(store, "analyze", {"runs": 1})
    add_truth(store, table_source(table.select(["id", "truth"])), TruthOptions(run=1))
    after = submit_job(store, "analyze", {"runs": 1})
    assert (before.ref, after.ref) == ("job:1", "job:2")
    assert before.input != after.input


def test_a_gate_is_another_when_what_it_asks_is(store: Store) -> None:
    log(store, predictions(200))
    check = add_check(store, slice=NIGHT, criterion="<= 0.2")
    assert submit_job(store, "gate", {"run": 1}).ref == "job:1"
    assert submit_job(store, "gate", {"run": 1}).ref == "job:1"
    edit_record(store, check.key, "check", {"title": "At night"})
    assert submit_job(store, "gate", {"run": 1}).ref == "job:2"
    suite = make_suite(store, "Nights", [check.key])
    assert submit_job(store, "gate", {"run": 1, "suite": suite.key}).title == f"gate run:1 suite={suite.key}"


@dataclass
class Expected:
    """What a job should be."""

    to: int
    priority: int
    state: str = "queued"
    worker: str | None = None
    until: float = 0
    attempts: int = 0
    result: Any = None


@dataclass
class Model:
    """Jobs as this page says they are."""

    jobs: list[Expected] = field(default_factory=list)
    at: float = 0

    def submit(self, to: int, priority: int) -> int:
        for number, job in enumerate(self.jobs, 1):
            if job.to == to and job.state in ("queued", "running", "done"):
                return number
        self.jobs.append(Expected(to, priority))
        return len(self.jobs)

    def take(self, worker: str) -> int | None:
        def free(job: Expected) -> bool:
            return job.state == "queued" or (job.state == "running" and job.until <= self.at)

        for job in sorted(filter(free, self.jobs), key=lambda job: -job.priority):
            if job.attempts >= 3:
                job.state, job.worker = "failed", None
                continue
            job.state, job.worker, job.until = "running", worker, self.at + 60
            job.attempts += 1
            return self.jobs.index(job) + 1
        return None

    def of(self, number: int, worker: str) -> Expected | None:
        job = self.jobs[number - 1]
        return job if job.state == "running" and job.worker == worker else None


STEPS = st.one_of(
    st.tuples(st.just("submit"), st.integers(1, 3), st.sampled_from([0, 0, 5])),
    st.tuples(st.just("take"), st.just(0), st.just(0)),
    st.tuples(st.sampled_from(["beat", "finish", "fail", "back"]), st.integers(0, 9), st.just(0)),
    st.tuples(st.just("cancel"), st.integers(0, 9), st.just(0)),
    st.tuples(st.just("wait"), st.sampled_from([1, 59, 60]), st.just(0)),
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=st.lists(STEPS, min_size=8, max_size=30))
def test_whatever_happens_jobs_are_as_the_model_says(store: Store, clock: Clock, steps: list[Any]) -> None:
    with store.write("test") as transaction:
        transaction.connection.execute(sa.delete(tables.job))
        transaction.connection.execute(sa.update(tables.project).values(jobs=0))
    model = Model()
    held: list[tuple[int, str]] = []
    results = 0
    for step, value, priority in steps:
        if step == "submit":
            assert count(store, value, priority=priority).number == model.submit(value, priority)
        elif step == "take":
            worker = worker_name()
            job = take_job(store, worker)
            assert (job.number if job else None) == model.take(worker)
            held += [(job.number, worker)] if job else []
        elif step == "wait":
            clock.on(value)
            model.at += value
        elif step == "cancel" and model.jobs:
            number = 1 + value % len(model.jobs)
            expected = model.jobs[number - 1]
            if expected.state in ("queued", "running"):
                cancel_job(store, number)
                expected.state, expected.worker = "cancelled", None
            else:
                assert code(Conflict, lambda: cancel_job(store, number)) == "job-ended"  # noqa: B023
        elif held and step != "cancel":
            number, worker = held[value % len(held)]
            mine = model.of(number, worker)
            results += 1
            if step == "beat":
                answer = heartbeat(store, number, worker, Progress())
                assert (answer is None) == (mine is not None)
                if mine:
                    mine.until = model.at + 60
            elif step == "finish":
                assert finish_job(store, number, worker, {"result": results}) == (mine is not None)
                if mine:
                    mine.state, mine.worker, mine.result = "done", None, {"result": results}
            elif step == "fail":
                assert fail_job(store, number, worker, WRONG) == (mine is not None)
                if mine:
                    mine.state, mine.worker = "failed", None
            elif step == "back":
                assert give_back(store, number, worker) == (mine is not None)
                if mine:
                    mine.state, mine.worker, mine.attempts = "queued", None, mine.attempts - 1
        found = [(job.state, job.worker, job.attempts, job.result) for job in reversed(list_jobs(store))]
        assert found == [(job.state, job.worker, job.attempts, job.result) for job in model.jobs]


def test_what_ended_long_ago_is_pruned_and_the_log_keeps_that_it_was(store: Store, clock: Clock) -> None:
    for to in (1, 2, 3):
        count(store, to)
    assert finish_job(store, *taken(store), {"counted": 1})
    assert fail_job(store, *taken(store), WRONG)
    clock.on(29 * 86_400)
    assert prune_jobs(store) == {"jobs": 0, "requests": 0, "uploads": 0}
    cancel_job(store, 3)
    clock.on(2 * 86_400)
    assert prune_jobs(store)["jobs"] == 2
    assert [job.ref for job in list_jobs(store)] == ["job:3"]
    assert code(NotFound, lambda: get_job(store, 1)) == "no-such-job"
    told = [(one.verb, one.subject, one.reason) for one in events.events(store)]
    assert told[0] == ("job prune", "catalog", "2 jobs that ended before 2026-01-02 00:00 UTC")
    assert ("job finish", "job:1", "done") in told
    assert count(store, 1).ref == "job:4"
    assert code(UsageError, lambda: prune_jobs(store, -1)) == "bad-days"


def test_a_lease_goes_by_the_clock_of_the_catalog_not_of_this_machine(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    count(store, 1)
    taken(store)
    wrong = Clock(monkeypatch)  # of this process alone
    monkeypatch.undo()
    monkeypatch.setattr("errata.store.catalog.now", lambda: wrong.now)
    assert take_job(store, worker_name()) is None
    wrong.on(10 * 365 * 86_400)
    assert take_job(store, worker_name()) is None
    with store.read() as connection:
        assert abs((store.home.now(connection) - now()).total_seconds()) < 60


def test_a_list_of_jobs_holds_no_whole_answers(store: Store) -> None:
    log(store, predictions(400))
    job = submit_job(store, "drift", {"a": "run:1", "b": 1})
    assert (job.title, submit_job(store, "drift", {"a": 1, "b": "run:1"}).known) == ("drift a=run:1 b=run:1", True)
    assert finish_job(store, *taken(store), {"columns": []})
    assert get_job(store, 1).result == {"columns": []}
    assert list_jobs(store)[0].result is None
    for wrong in ({"a": "run:1", "b": "x.csv"}, {"a": "run:1", "b": "upload:../x"}, {"a": "run:1"}):
        assert code(ValueFault, lambda: submit_job(store, "drift", wrong)) == "bad-arguments"  # noqa: B023
