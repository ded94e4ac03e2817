from __future__ import annotations

from typing import Any

import pytest

from errata.core.errors import Conflict, NotFound, UsageError, ValueFault
from errata.nouns.record import Record
from errata.store.catalog import Store
from errata.store.events import events
from errata.verbs.analyze import AnalyzeOptions
from errata.verbs.analyze_run import analyze_run
from errata.verbs.case import attach, evidence_of, open_case
from errata.verbs.check import add_check
from errata.verbs.doctor import doctor
from errata.verbs.finding import get_finding
from errata.verbs.link import link_record, links_of, unlink_record
from errata.verbs.lint import lint_case, mute_lint, unmute_lint
from errata.verbs.plan import open_plan
from errata.verbs.rate import add_rubric, rate_case, rubric_of
from errata.verbs.record import edit_record, get_record, history
from errata.verbs.review import return_case, review_case, submit_case, verify_case
from errata.verbs.template import add_template, form_of, new_case, template_named, templates
from errata.verbs.withdraw import merge_case, restore_case, withdraw_case
from tests.catalogs import NIGHT, log, predictions

LEVELS = {"harm": 2, "reach": 1, "detectability": 1, "recoverability": 0}


def as_(store: Store, actor: str) -> Store:
    return store.acting(actor)


def whole(store: Store, **changes: Any) -> Record:
    fields = {
        "why": "half of the cameras look at streets",
        "summary": "Walkers are missed where there is no lamp.",
        "models": ["pets@1"],
        "expected": "a walker",
        "observed": "nothing",
        "owner": "grace",
        **changes,
    }
    case = open_case(store, title="Fails by night", **fields)
    return rate_case(store, case.key, LEVELS)


def test_a_case_that_people_tell_needs_no_run(store: Store) -> None:
    case = open_case(store, title="It answered in Latin", case_kind="incident", occurred="2026-03")
    assert (case.key, case.state, case.slice, case.evidence) == ("PET-1", "draft", None, None)
    with pytest.raises(NotFound) as failure:
        evidence_of(store, "PET-1")
    assert failure.value.code == "no-evidence"
    for do in (
        lambda: open_plan(store, cases=["PET-1"], actions=["x"], title="x"),
        lambda: add_check(store, case="PET-1"),
    ):
        with pytest.raises(Conflict) as refused:
            do()
        assert refused.value.code == "no-slice"


def test_what_lacks_the_minimum_is_not_submitted(store: Store) -> None:
    open_case(store, title="It answered in Latin")
    with pytest.raises(Conflict) as failure:
        submit_case(store, "PET-1")
    assert failure.value.code == "incomplete"
    assert len(failure.value.details) == 6
    assert get_record(store, "PET-1").state == "draft"


def test_a_template_asks_for_more(store: Store) -> None:
    new_case(store, "incident", title="It answered in Latin", why="a b c d")
    with pytest.raises(Conflict) as failure:
        submit_case(store, "PET-1")
    assert "detection: its template asks for it" in failure.value.details
    assert get_record(store, "PET-1").sensitivity == "confidential"


def test_the_author_cannot_verify_and_somebody_else_can(store: Store) -> None:
    case = whole(store)
    assert review_case(store, case.key)["said"] == "unverified: nobody but ada acts in this catalog"
    submit_case(store, case.key)
    with pytest.raises(Conflict) as failure:
        verify_case(store, case.key, reran="the same walk")
    assert failure.value.code == "not-independent"
    verified = verify_case(as_(store, "grace"), case.key, reran="the same walk, 20 times", digest="ab" * 32)
    assert (verified.state, verified.verification.actor, verified.verification.digest) == (
        "verified",
        "grace",
        "ab" * 32,
    )
    assert review_case(store, verified.key)["said"] == "reproduced by grace"
    assert review_case(store, verified.key)["verified"] is True


def test_a_labeller_cannot_verify(store: Store) -> None:
    case = whole(store)
    submit_case(store, case.key)
    with as_(store, "hopper").write("label add") as transaction:
        from errata.store import tables

        transaction.insert(
            tables.label,
            {
                "number": transaction.next("labels"), "subject": case.key, "vocabulary": 9, "vocabulary_revision": 1,
                "term": "shift", "status": "known", "confidence": None, "spans": [], "note": "", "round": None,
                "adjudicates": False, "actor": "hopper", "at": transaction.at,
            },
        )  # fmt: skip
    with pytest.raises(Conflict, match="hopper labelled PET-1"):
        verify_case(as_(store, "hopper"), case.key, reran="the same walk")


def test_an_edit_after_the_verification_is_said(store: Store) -> None:
    case = whole(store)
    submit_case(store, case.key)
    verify_case(as_(store, "grace"), case.key, reran="the same walk")
    edit_record(store, case.key, "case", {"cause": "no night in training"})
    found = review_case(store, case.key)
    assert (found["verified"], found["said"]) == (False, "reproduced by grace at revision 2, and edited since")
    assert "CASE114" in [one.code for one in lint_case(store, case.key).said]


def test_not_reproduced_returns_it(store: Store) -> None:
    case = whole(store)
    submit_case(store, case.key)
    assert verify_case(as_(store, "grace"), case.key, reran="the walk", reproduced=False).state == "returned"
    assert submit_case(store, case.key).state == "submitted"
    with pytest.raises(UsageError, match="needs a reason"):
        return_case(as_(store, "grace"), case.key, " ")
    assert return_case(as_(store, "grace"), case.key, "which camera?").state == "returned"


def test_a_draft_is_not_verified_and_a_digest_is_one(store: Store) -> None:
    case = whole(store)
    with pytest.raises(Conflict) as failure:
        verify_case(as_(store, "grace"), case.key, reran="x")
    assert failure.value.code == "not-submitted"
    with pytest.raises(UsageError) as refused:
        verify_case(as_(store, "grace"), case.key, reran="x", digest="abc")
    assert refused.value.code == "bad-digest"
    with pytest.raises(UsageError) as empty:
        verify_case(as_(store, "grace"), case.key, reran=" ")
    assert empty.value.code == "no-rerun"


def test_a_rerun_that_was_logged_brings_its_own_digest(store: Store) -> None:
    run = log(store, predictions(400))
    case = whole(store)
    submit_case(store, case.key)
    verified = verify_case(as_(store, "grace"), case.key, reran="run:1")
    assert verified.verification.digest == run.digest
    assert [(one.predicate, one.object) for one in links_of(store, case.key)] == [("wasInformedBy", "run:1")]


def test_a_told_case_can_come_to_rest_on_a_finding(store: Store) -> None:
    log(store, predictions(2000))
    analyze_run(store, 1, AnalyzeOptions())
    case = whole(store, models=["pets@0"])
    rested = attach(store, case.key, finding=1)
    assert (rested.slice, rested.models, rested.run) == (NIGHT, ("pets@0", "pets@1"), 1)
    assert evidence_of(store, case.key).failed == rested.figures.failed
    assert get_finding(store, 1).status == "known (PET-1)"
    with pytest.raises(Conflict) as failure:
        attach(store, case.key, finding=1)
    assert failure.value.code == "has-evidence"
    assert add_check(store, case=case.key).case == case.key


def test_a_withdrawn_case_is_read_and_knows_no_finding(store: Store) -> None:
    log(store, predictions(2000))
    analyze_run(store, 1, AnalyzeOptions())
    case = open_case(store, title="Night", finding=1)
    with pytest.raises(UsageError):
        withdraw_case(store, case.key, "")
    gone = withdraw_case(store, case.key, "the labels were wrong")
    assert (gone.state, gone.withdrawn) == ("withdrawn", "the labels were wrong")
    assert get_finding(store, 1).status == "new"
    back = restore_case(store, case.key, "they were right")
    assert (back.state, back.withdrawn) == ("draft", "")
    assert get_finding(store, 1).status == "known (PET-1)"


def test_a_merged_case_leaves_its_name_and_its_findings_to_the_other(store: Store) -> None:
    log(store, predictions(2000))
    analyze_run(store, 1, AnalyzeOptions())
    first = open_case(store, title="Night", finding=1)
    other = open_case(store, title="Dark")
    held = merge_case(store, first.key, other.key, "the same nights")
    assert (held.key, held.aliases, held.holds) == ("PET-2", ("PET-1",), (first.fingerprint,))
    merged = get_record(store, first.key)
    assert (merged.state, merged.merged_into) == ("merged", "PET-2")
    assert get_finding(store, 1).status == "known (PET-2)"
    assert [(one.subject, one.predicate) for one in links_of(store, "PET-2")] == [("PET-1", "specializationOf")]
    for key, into in (("PET-2", "PET-2"), ("PET-2", "PET-1")):
        with pytest.raises(Conflict) as failure:
            merge_case(store, key, into)
        assert failure.value.code == "bad-merge"
    assert review_case(store, held.key)["authors"] == ["ada"]
    assert doctor(store).faults == ()


def test_severity_is_computed_by_a_revision_that_stays_readable(store: Store) -> None:
    case = whole(store)
    assert (case.severity.rubric, case.severity.revision, case.severity.band) == ("PET-2", 1, "low")
    assert case.severity.score == pytest.approx((2 * 2 / 4 + 1 / 3 + 1 / 3 + 0) / 5, abs=1e-6)
    rubric = rubric_of(store)
    assert isinstance(rubric, Record)
    changed = {**rubric.body.model_dump(), "combine": "max"}
    assert add_rubric(store, changed, "the worst axis counts").revision == 2
    assert get_record(store, case.key).severity.revision == 1
    assert rate_case(store, case.key, LEVELS).severity.revision == 2
    with pytest.raises(ValueFault):
        rate_case(store, case.key, {"harm": 2})
    with pytest.raises(NotFound):
        rate_case(store, case.key, LEVELS, rubric="nope")


def test_lint_is_muted_with_a_reason_that_stays(store: Store) -> None:
    case = whole(store, cause="no night in training")
    assert [one.code for one in lint_case(store, case.key).said] == ["CASE101", "CASE109"]
    mute_lint(store, case.key, "CASE109", "it was measured elsewhere")
    found = lint_case(store, case.key)
    assert [one.code for one in found.said] == ["CASE101"]
    assert [(one.code, one.reason) for one in found.muted] == [("CASE109", "it was measured elsewhere")]
    unmute_lint(store, case.key, "CASE109")
    assert len(lint_case(store, case.key).said) == 2
    with pytest.raises(NotFound, match="CASE999"):
        mute_lint(store, case.key, "CASE999", "x")
    with pytest.raises(UsageError):
        mute_lint(store, case.key, "CASE109", "")


def test_links_are_retracted_and_never_lost(store: Store) -> None:
    case = whole(store)
    link_record(store, case.key, "wasInfluencedBy", "ticket:OPS-12")
    link_record(store, case.key, "wasInfluencedBy", "ticket:OPS-12")
    assert len(links_of(store, case.key)) == 1
    unlink_record(store, case.key, "wasInfluencedBy", "ticket:OPS-12", "another ticket")
    assert links_of(store, case.key) == []
    with pytest.raises(NotFound):
        unlink_record(store, case.key, "wasInfluencedBy", "ticket:OPS-12")
    assert events(store, case.key)[0].reason == "another ticket"
    link_record(store, case.key, "wasInfluencedBy", "ticket:OPS-12")
    assert len(links_of(store, case.key)) == 1
    for target in ("run:7", "PET-99", "gate:3", "finding:9"):
        with pytest.raises(NotFound):
            link_record(store, case.key, "used", target)


def test_a_projects_own_template_stands_before_the_one_that_ships(store: Store) -> None:
    assert templates(store)["incident"][1] is None
    own = {"title": "Ours", "name": "incident", "asks": {"title": "What?"}, "fills": {"deployment": "prod"}}
    assert add_template(store, own).revision == 1
    assert add_template(store, own).revision == 1
    assert template_named(store, "incident").title == "Ours"
    assert form_of(store, "incident") == "# What?\ntitle:\n"
    case = new_case(store, "incident", title="x")
    assert (case.deployment, case.template) == ("prod", "incident")
    with pytest.raises(NotFound) as failure:
        new_case(store, "incidents", title="x")
    assert failure.value.next == "--template incident"


def test_a_case_keeps_its_state_when_it_is_verified_late(store: Store) -> None:
    log(store, predictions(2000))
    analyze_run(store, 1, AnalyzeOptions())
    case = open_case(store, title="Night", finding=1)
    open_plan(store, cases=[case.key], actions=["more nights"], title="More nights")
    assert verify_case(as_(store, "grace"), case.key, reran="run:1").state == "planned"
    assert [one.state for one in history(store, case.key, "case")] == ["draft", "planned", "planned"]
