"""What needs somebody, and the review queue: who may verify, what came back to whom, what is to be labelled."""

from __future__ import annotations

import pytest

from errata.nouns.case_parts import Judged
from errata.show.needs_text import needs_text
from errata.store import jobs, records
from errata.store.catalog import Store
from errata.verbs.case import open_case
from errata.verbs.job import submit_job
from errata.verbs.label import add_label
from errata.verbs.needs import needs, review_queue
from errata.verbs.rate import rate_case
from errata.verbs.record import edit_record
from errata.verbs.review import return_case, submit_case
from errata.verbs.round import label_in_round, open_round
from errata.verbs.vocabulary import add_vocabulary, rename_term

pytestmark = pytest.mark.homes("folder", "postgresql")
LEVELS = {"harm": 2, "reach": 1, "detectability": 1, "recoverability": 0}
WHOLE = {
    "why": "half of the cameras look at streets",
    "summary": "Walkers are missed where there is no lamp.",
    "models": ["pets@1"],
    "expected": "a walker",
    "observed": "nothing",
    "impact": [{"on": "people", "what": "walkers", "estimate": 3, "basis": "a count"}],
}


def submitted(store: Store, title: str, owner: str = "ada") -> str:
    made = open_case(store, title=title, owner=owner, **WHOLE)
    rate_case(store, made.key, LEVELS)
    return submit_case(store, made.key).key


def said(store: Store) -> list[tuple[str, str]]:
    return [(one["what"], one["subject"]) for one in needs(store)["needs"]]


def test_nothing_needs_whoever_has_done_everything(store: Store) -> None:
    assert needs(store) == {"schema": "errata.needs/1", "actor": "ada", "needs": []}
    assert needs_text(needs(store)) == "Nothing needs ada.\nerrata case list"


def test_a_submitted_case_needs_those_who_neither_wrote_nor_labelled_it(store: Store) -> None:
    key = submitted(store, "Night")
    bob, eve = store.acting("bob"), store.acting("eve")
    assert said(store) == []
    assert said(bob) == [("verify", key)]
    add_vocabulary(store, "failure-mode")
    add_label(bob, key, "failure-mode:shift")
    assert said(bob) == []
    assert said(eve) == [("verify", key)]
    assert needs(eve)["needs"][0]["next"] == f"errata case verify {key} --reran run:N"


def test_the_queue_has_whoever_waits_longest_first(store: Store) -> None:
    bob = store.acting("bob")
    first, second = submitted(store, "Night"), submitted(bob, "Rain")
    edit_record(bob, first, "case", {"observed": "a shadow"})
    add_vocabulary(store, "failure-mode")
    add_label(store, second, "failure-mode:shift")
    found = review_queue(store)
    assert found["total"] == 2
    assert [(one["key"], one["authors"], one["labellers"], one["may_verify"]) for one in found["waiting"]] == [
        (first, ["ada", "bob"], [], False),
        (second, ["bob"], ["ada"], False),
    ]
    assert [one["may_verify"] for one in review_queue(store.acting("eve"))["waiting"]] == [True, True]
    assert [one["submitted_by"] for one in found["waiting"]] == ["ada", "bob"]


def test_what_was_returned_needs_who_opened_or_owns_it_and_says_why(store: Store) -> None:
    key = submitted(store, "Night", owner="grace")
    return_case(store.acting("bob"), key, "which cameras?")
    for name in ("ada", "grace"):
        [one] = needs(store.acting(name))["needs"]
        assert (one["what"], one["subject"], one["said"]) == ("returned", key, "returned by bob: which cameras?")
    assert said(store.acting("bob")) == []
    [back] = review_queue(store)["returned"]
    assert (back["key"], back["by"], back["reason"]) == (key, "bob", "which cameras?")


def test_what_came_back_stands_first(store: Store) -> None:
    returned, back = submitted(store, "Night"), submitted(store, "Rain")
    return_case(store.acting("bob"), returned, "which cameras?")
    with store.write("gate") as transaction:
        case = records.get(transaction.connection, store, back)
        case = records.revise(transaction, case, state="closed")
        body = case.body.model_copy(update={"came_back": Judged(run=7, gate=2)})
        records.revise(transaction, case, body, state="reopened")
    assert said(store) == [("came back", back), ("returned", returned)]
    assert needs_text(needs(store)).splitlines() == [
        "2 things need ada",
        "",
        f"▲ {back}  Rain · came back on run:7",
        f"    errata case show {back}",
        f"{returned}  Night · returned by bob: which cameras?",
        f"    errata case submit {returned}",
    ]


def test_names_are_taken_as_they_are_written(store: Store) -> None:
    key = submitted(store, "Night", owner="Ada")
    return_case(store.acting("bob"), key, "which cameras?")
    assert said(store.acting("A*")) == []
    assert said(store.acting("ADA")) == []
    assert said(store.acting("Ada")) == [("returned", key)]
    assert said(store.acting('a "quoted" name')) == []


def test_a_round_needs_its_labellers_until_they_have_said_all(store: Store) -> None:
    keys = [open_case(store, title=title).key for title in ("Night", "Rain")]
    add_vocabulary(store, "failure-mode")
    bob = store.acting("bob")
    key = open_round(store, title="First", vocabulary="failure-mode", subjects=keys, actors=["ada", "bob"]).key
    label_in_round(store, key, keys[0], ["shift"])
    assert needs(store)["needs"][0]["said"] == "1 of 2 subjects to be labelled"
    assert needs(bob)["needs"][0]["said"] == "2 of 2 subjects to be labelled"
    label_in_round(store, key, keys[1], ["shift"])
    assert said(store) == []
    assert said(store.acting("eve")) == []


def test_labels_whose_term_changed_need_who_gave_them(store: Store) -> None:
    key = open_case(store, title="Night").key
    vocabulary = add_vocabulary(store, "failure-mode")
    add_label(store, key, "failure-mode:shift")
    assert said(store) == []
    rename_term(store, "failure-mode:shift", "displacement", reason="clearer")
    [one] = needs(store)["needs"]
    assert (one["what"], one["subject"], one["next"]) == ("move", vocabulary.key, "errata label moves failure-mode")
    assert one["said"] == "1 label of yours whose term was renamed, split or merged"
    assert said(store.acting("bob")) == []


def test_a_job_that_failed_needs_who_asked_for_it_until_it_is_asked_for_again(store: Store) -> None:
    job = submit_job(store, "doctor", {})
    with store.write("work") as transaction:
        jobs.change_job(
            transaction,
            job.number,
            {"state": "failed", "finished_at": transaction.at, "error": {"message": "the disk is full"}},
        )
    [one] = needs(store)["needs"]
    assert (one["what"], one["subject"], one["said"]) == ("failed", "job:1", "failed: the disk is full")
    assert said(store.acting("bob")) == []
    submit_job(store, "doctor", {})
    assert said(store) == []
