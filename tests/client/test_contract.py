"""The same SDK, whatever the catalog: in a folder, in PostgreSQL, behind an address. Each test runs on all three."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from errata.client.catalog import Catalog, open_catalog
from errata.core.errors import Conflict, NotFound, Refused, StorageError, UsageError, ValueFault
from errata.verbs.token import add_token, revoke_token
from tests.catalogs import predictions
from tests.serving import served

LEVELS = {"harm": 2, "reach": 1, "detectability": 1, "recoverability": 0}


def whole(catalog: Catalog) -> str:
    case = catalog.cases.open(
        title="Fails by night",
        why="half of the cameras look at streets",
        summary="Walkers are missed where there is no lamp.",
        models=["pets@1"],
        expected="a walker",
        observed="nothing",
        owner="grace",
        impact=[{"on": "people", "what": "walkers", "estimate": 3, "basis": "a count"}],
    )
    catalog.cases.rate(case.key, LEVELS)
    return case.key


def test_a_catalog_says_which_it_is(as_: Callable[[str], Catalog]) -> None:
    catalog = as_("ada")
    assert (catalog.project, catalog.key) == ("pets", "PET")
    assert catalog.overview()["counts"] == {"runs": 0, "findings": 0, "open_cases": 0}


def test_a_case_from_its_draft_to_its_verification(as_: Callable[[str], Catalog]) -> None:
    ada, grace = as_("ada"), as_("grace")
    with pytest.raises(ValueFault) as faulty:
        ada.cases.open(title="", occurred="2026-13")
    assert faulty.value.code == "bad-body"
    assert len(faulty.value.details) == 2
    with pytest.raises(UsageError, match="'ownr' of a case cannot be edited"):
        ada.cases.open(title="x", ownr="ada")
    key = whole(ada)
    assert [one.code for one in ada.cases.lint(key).said] == ["CASE101", "CASE105"]
    assert ada.cases.submit(key).state == "submitted"
    with pytest.raises(Conflict) as refused:
        ada.cases.verify(key, reran="the walk")
    assert refused.value.code == "not-independent"
    verified = grace.cases.verify(key, reran="the same walk", note="twice")
    assert (verified.state, verified.verification.actor, verified.changed_by) == ("verified", "grace", "grace")
    assert ada.cases.review(key)["said"] == "reproduced by grace"
    assert [(one.state, one.actor) for one in ada.cases.history(key)] == [
        ("draft", "ada"), ("draft", "ada"), ("submitted", "ada"), ("verified", "grace"),
    ]  # fmt: skip
    assert ada.cases.get(key).impact[0].what == "walkers"
    assert ada.record(key) == ada.cases.get(key)
    assert [one.key for one in ada.cases.list("verified")] == [key]


def test_of_two_who_edit_one_revision_one_is_told(as_: Callable[[str], Catalog]) -> None:
    ada, grace = as_("ada"), as_("grace")
    key = whole(ada)
    seen = grace.cases.get(key).revision
    ada.cases.edit(key, title="Fails at dusk", revision=seen)
    with pytest.raises(Conflict) as late:
        grace.cases.edit(key, title="Fails at dawn", revision=seen)
    assert late.value.code == "edit-conflict"
    assert grace.cases.get(key).title == "Fails at dusk"


def test_what_is_not_there_is_said_alike(as_: Callable[[str], Catalog]) -> None:
    catalog = as_("ada")
    for ask in (
        lambda: catalog.cases.get("PET-9"),
        lambda: catalog.runs.get(9),
        lambda: catalog.findings.get(9),
        lambda: catalog.gates.get(9),
        lambda: catalog.cases.withdraw("PET-9", "x"),
    ):
        with pytest.raises(NotFound) as failure:
            ask()
        assert failure.value.next


def test_links_merging_and_withdrawing(as_: Callable[[str], Catalog]) -> None:
    catalog = as_("ada")
    first, second = whole(catalog), catalog.cases.open(title="Dark").key
    link = catalog.cases.link(first, "wasInfluencedBy", "ticket:OPS-12")
    assert catalog.cases.links(first) == [link]
    catalog.cases.unlink(first, "wasInfluencedBy", "ticket:OPS-12", "another one")
    assert catalog.cases.links(first) == []
    assert catalog.cases.merge(second, first).aliases == (second,)
    assert catalog.cases.get(second).merged_into == first
    with pytest.raises(UsageError, match="needs a reason"):
        catalog.cases.withdraw(first, "")
    assert catalog.cases.withdraw(first, "the labels were wrong").state == "withdrawn"
    assert catalog.cases.restore(first, "they were right").state == "draft"


def test_rubrics_and_templates(as_: Callable[[str], Catalog]) -> None:
    catalog = as_("ada")
    key = whole(catalog)
    rubric = catalog.rubrics.list()[0]
    assert catalog.cases.get(key).severity.rubric == rubric.key
    assert catalog.rubrics.add({**rubric.body.model_dump(mode="json"), "combine": "max"}).revision == 2
    own = {"title": "Ours", "name": "ours", "asks": {"title": "What?"}, "fills": {"deployment": "prod"}}
    assert catalog.templates.add(own).revision == 1
    assert catalog.templates.form("ours") == "# What?\ntitle:\n"
    assert (catalog.templates.named("ours").fills, catalog.templates.all()["incident"][1]) == (
        {"deployment": "prod"},
        None,
    )
    assert catalog.rubrics.named().revision == 2
    with pytest.raises(NotFound, match="there is no template 'our'"):
        catalog.templates.named("our")
    assert catalog.cases.open(title="x", template="ours").deployment == "prod"


def test_a_run_is_logged_from_a_file_and_from_memory_once(as_: Callable[[str], Catalog], tmp_path: Path) -> None:
    catalog = as_("ada")
    table = predictions(400)
    pq.write_table(table, tmp_path / "field.parquet")
    run = catalog.runs.log(tmp_path / "field.parquet", model="pets@1", dataset="field@1", params={"lr": 0.1})
    again = catalog.runs.log(table, model="pets@1", dataset="field@1", params={"lr": 0.1})
    assert (run.number, run.rows, run.known, again.number, again.known) == (1, 400, False, 1, True)
    assert run.source.endswith("field.parquet")
    failed = catalog.runs.log(model="pets@2", state="failed", error="MemoryError")
    assert (failed.number, failed.state, failed.rows) == (2, "failed", None)
    assert [one.number for one in catalog.runs.list()] == [2, 1]
    assert catalog.runs.get(1).digest == run.digest
    with pytest.raises(Conflict):
        catalog.runs.log(predictions(500), model="pets@3", dataset="field@1")


def test_checks_plans_and_suites_of_a_case_on_a_run(as_: Callable[[str], Catalog]) -> None:
    catalog = as_("ada")
    catalog.runs.log(predictions(2000), model="pets@1", dataset="field@1")
    case = catalog.cases.open(title="Night", slice="source = 'night'", run=1)
    assert catalog.cases.evidence(case.key).failed == case.figures.failed
    check = catalog.checks.add(case=case.key, criterion="<= 0.2")
    assert [one.key for one in catalog.checks.list(case.key)] == [check.key]
    assert catalog.suites.make(title="nights", checks=[check.key]).checks == (check.key,)
    plan = catalog.plans.open(cases=[case.key], action="more nights", title="Nights", samples=["s00001"])
    assert (plan.uses, plan.predicted.run, catalog.cases.get(case.key).state) == (1, 1, "planned")
    assert "source = 'night'" in catalog.checks.export()
    assert catalog.checks.retire(check.key).state == "retired"


def test_labels_of_a_vocabulary_are_found_by_a_search(as_: Callable[[str], Catalog]) -> None:
    ada, grace = as_("ada"), as_("grace")
    key, other = whole(ada), ada.cases.open(title="Zürich fails").key
    vocabulary = ada.vocabularies.add("failure-mode")
    assert ada.vocabularies.get("failure-mode").key == vocabulary.key
    label = grace.labels.add(key, "failure-mode:detection/duplicate", confidence=0.8, spans=[("summary", 0, 7)])
    assert (label.full, label.actor, label.spans[0].quote) == ("failure-mode:detection/duplicate", "grace", "Walkers")
    assert ada.labels.list(key) == [ada.labels.get(label.number)] == [label]
    found = ada.cases.search("failure-mode:detection/*")
    assert ([one.key for one in found], found.total) == ([key], 1)
    [modes] = [one for one in found.facets if one.name == "failure-mode"]
    assert ("detection/duplicate", 1) in modes.values
    ada.vocabularies.rename_term("failure-mode:duplicate", "double", reason="shorter")
    assert [one.choices for one in ada.labels.moves()] == [("double",)]
    moved = grace.labels.move(label.number, reason="renamed")
    assert (moved.term, grace.labels.get(label.number).retracted) == ("double", True)
    assert [one.key for one in ada.cases.search("zurich")] == [other]
    assert [one.record.key for one in ada.cases.alike("Missed", "Walkers are missed where no lamp is.")] == [key]
    first = ada.cases.search("state:open sort:key", limit=1)
    assert [one.key for one in ada.cases.search("state:open sort:key", limit=1, cursor=first.cursor)] == [other]
    ada.saved_searches.save("mine", "author:ada")
    assert ada.saved_searches.run("mine").total == 2


def test_a_case_is_discussed(as_: Callable[[str], Catalog]) -> None:
    ada, grace = as_("ada"), as_("grace")
    key = whole(ada)
    first = ada.comments.add(key, "Is it the lamp?")
    answer = grace.comments.add(key, "No, it is lit.", answers=first.number)
    assert ada.comments.list(key) == [first, answer]
    assert (answer.answers, answer.actor) == (1, "grace")
    gone = ada.comments.retract(first.number, "the wrong case")
    assert (gone.text, gone.retracted_by, gone.retracted_reason) == ("", "ada", "the wrong case")
    assert grace.comments.list(key) == [gone, answer]


def test_who_watches_is_told_what_others_do(as_: Callable[[str], Catalog]) -> None:
    ada, grace = as_("ada"), as_("grace")
    key = whole(ada)
    assert ada.subscriptions.watch(key) == ada.subscriptions.list()[0]
    ada.subscriptions.watch("lamp")
    grace.comments.add(key, "Is it lit?")
    told = ada.inbox(mark=True)
    assert [(one.subject, one.query, one.total, one.events[0].actor) for one in told.news] == [
        (key, False, 1, "grace"), ("lamp", True, 1, "grace"),
    ]  # fmt: skip
    assert ada.inbox().news == ()
    ada.subscriptions.unwatch("lamp")
    assert [one.subject for one in ada.subscriptions.list()] == [key]


def test_a_rota_is_kept_by_revision_and_says_who_is_on_duty(as_: Callable[[str], Catalog]) -> None:
    ada = as_("ada")
    key = whole(ada)
    rota = ada.rotas.add(title="Reviews", owners=["ada", "grace"], starts="2026-01-05")
    assert ada.rotas.list() == [ada.rotas.get(rota.key)] == [rota]
    assert [one["on_duty"] for one in ada.rotas.duty(key, "2026-01-05")] == ["grace"]
    assert ada.rotas.edit(rota.key, days=1, owners=["grace", "ada"]).owners == ("grace", "ada")
    assert ada.rotas.duty(day="2026-01-06")[0]["on_duty"] == "ada"
    assert ada.rotas.retire(rota.key).state == "retired"
    assert ada.rotas.duty() == []


def test_answers_of_a_round_are_blind_while_it_is_open(as_: Callable[[str], Catalog]) -> None:
    ada, grace = as_("ada"), as_("grace")
    key = whole(ada)
    ada.vocabularies.add("failure-mode")
    opened = ada.rounds.open(title="Two", vocabulary="failure-mode", subjects=[key], actors=["ada", "grace"])
    grace.rounds.label(opened.key, key, "detection/duplicate")
    assert [one.actor for one in grace.labels.list(key, everything=True)] == ["grace"]
    assert ada.labels.list(key, everything=True) == []
    assert "grace" not in {one.actor for one in ada.events(key)}


def test_everything_that_was_done_is_in_the_log_by_whom(as_: Callable[[str], Catalog]) -> None:
    ada, grace = as_("ada"), as_("grace")
    key = whole(ada)
    grace.cases.edit(key, cause="no night in training")
    assert [(one.actor, one.verb) for one in ada.events(key)] == [
        ("grace", "case edit"), ("ada", "case rate"), ("ada", "case open"),
    ]  # fmt: skip


def test_sixteen_who_write_at_once_lose_and_double_nothing(as_: Callable[[str], Catalog]) -> None:
    catalogs = [as_(f"writer-{number}") for number in range(16)]
    keys: list[str] = []

    def write(catalog: Catalog) -> None:
        for _ in range(4):
            keys.append(catalog.cases.open(title="x").key)

    threads = [threading.Thread(target=write, args=[one]) for one in catalogs]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(keys, key=lambda key: int(key[4:])) == [f"PET-{number}" for number in range(1, 65)]
    assert len(catalogs[0].cases.list()) == 64


def test_a_server_that_is_not_there_is_said() -> None:
    with open_catalog("http://127.0.0.1:9", token="x") as catalog, pytest.raises(StorageError) as failure:
        catalog.cases.list()
    assert failure.value.code == "no-server"


def test_a_token_that_does_not_count_is_refused(tmp_path: Path) -> None:
    from errata.store.making import init_store

    pytest.importorskip("uvicorn", reason="the extra serve is not installed")
    store, _ = init_store(tmp_path / "pets", "pets", actor="ada")
    reading, revoked = add_token(store, "reads", writes=False), add_token(store, "gone")
    revoke_token(store, "gone", "lost")
    with served(Catalog(store)) as address:
        for token, code in (
            (None, "no-token"),
            ("errata_x", "no-token"),
            (revoked, "no-token"),
            (reading, "read-only-token"),
        ):
            with open_catalog(address, token=token) as catalog:
                if token in (None, reading):
                    assert catalog.cases.list() == []
                with pytest.raises(Refused) as failure:
                    catalog.cases.open(title="x")
                assert failure.value.code == code
    store.close()


def test_a_job_is_asked_for_once_and_cancelled(as_: Callable[[str], Catalog], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("errata.verbs.work.Worker.step", lambda self: None)  # nobody is to take it meanwhile
    catalog = as_("ada")
    job = catalog.jobs.submit("doctor", remove=True, priority=2)
    assert (job.ref, job.title, job.state) == ("job:1", "doctor remove=True", "queued")
    assert (job.actor, job.known) == ("ada", False)
    assert catalog.jobs.submit("doctor", remove=True).known
    assert catalog.jobs.get(1) == job
    with pytest.raises(ValueFault) as faulty:
        catalog.jobs.submit("analyze", runs=[1, 1])
    assert (faulty.value.code, faulty.value.details) == ("bad-arguments", ["analyze: a run is named twice"])
    with pytest.raises(NotFound):
        catalog.jobs.submit("analyze", runs=1)
    assert as_("grace").jobs.cancel(1, "not today").state == "cancelled"
    with pytest.raises(Conflict) as ended:
        catalog.jobs.cancel(1)
    assert ended.value.code == "job-ended"
    assert [one.state for one in catalog.jobs.list()] == ["cancelled"]
    assert catalog.jobs.list("alive") == []


def test_what_recurs_and_what_needs_somebody(as_: Callable[[str], Catalog]) -> None:
    ada, grace = as_("ada"), as_("grace")
    key = whole(ada)
    ada.vocabularies.add("failure-mode")
    ada.labels.add(key, "failure-mode:shift")
    ada.cases.submit(key)
    [place] = ada.patterns().patterns
    assert (place.mode, place.tally.cases, [one.model for one in place.models]) == ("localization", 1, ["pets"])
    assert [(one["what"], one["subject"]) for one in grace.needs()["needs"]] == [("verify", key)]
    assert [(one["key"], one["may_verify"]) for one in ada.review_queue()["waiting"]] == [(key, False)]


def test_a_vocabulary_is_retired_and_patterns_are_counted_by_a_facet(as_: Callable[[str], Catalog]) -> None:
    catalog = as_("ada")
    key = catalog.cases.open(title="Lamp", systems=["rail"]).key
    catalog.vocabularies.add("failure-mode")
    assert catalog.vocabularies.retire("failure-mode", "unused").state == "retired"
    with pytest.raises(Conflict, match="nothing new is labelled"):
        catalog.labels.add(key, "failure-mode:detection/duplicate")
    assert catalog.vocabularies.restore("failure-mode", "used after all").state == "active"
    assert [one.mode for one in catalog.patterns("system").patterns] == ["rail"]
    with pytest.raises(NotFound, match="there is no run:1"):
        catalog.cases.open_candidates(1, title="x")
    with pytest.raises(NotFound):
        catalog.cases.shared(key)
