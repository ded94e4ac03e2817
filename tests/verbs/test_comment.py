"""Discussion: what may be said about what, the order of a thread, and what stays of what was taken back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errata.core.errors import ErrataError
from errata.nouns.comment import Comment, threaded
from errata.show.comment_text import thread_text
from errata.store.catalog import Store
from errata.store.events import events
from errata.verbs.case import open_case
from errata.verbs.comment import add_comment, list_comments, retract_comment
from tests.catalogs import log, predictions


@pytest.fixture
def cased(store: Store) -> Store:
    """The case PET-1."""
    open_case(store, title="Night")
    return store


def said(number: int, answers: int | None) -> Comment:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return Comment(number=number, subject="PET-1", answers=answers, text="x", actor="ada", at=at)


@pytest.mark.homes("folder", "postgresql")
def test_answers_stand_under_what_they_answer(cased: Store) -> None:
    bob = cased.acting("bob")
    first = add_comment(cased, "PET-1", "Is it the lamp?")
    add_comment(cased, "PET-1", "The camera was changed.")
    answer = add_comment(bob, "PET-1", "No, it is lit.", answers=first.number)
    assert (answer.id, answer.actor, answer.answers) == ("comment:3", "bob", 1)
    assert [one.number for one in list_comments(cased, "PET-1")] == [1, 3, 2]
    newest = events(cased, "PET-1")[0]
    assert (newest.verb, newest.actor, newest.reason) == ("comment add", "bob", "comment:3 answers comment:1")


@pytest.mark.homes("folder", "postgresql")
def test_a_comment_taken_back_keeps_who_when_and_why_but_not_its_text(cased: Store) -> None:
    add_comment(cased, "PET-1", "the customer is Grace")
    gone = retract_comment(cased.acting("bob"), 1, "a name")
    assert (gone.text, gone.actor, gone.retracted_by, gone.retracted_reason) == ("", "ada", "bob", "a name")
    assert list_comments(cased, "PET-1") == [gone]
    assert thread_text([gone], 80).endswith("UTC\n  taken back by bob: a name")
    assert [(one.verb, one.reason) for one in events(cased, "PET-1")[:2]] == [
        ("comment retract", "comment:1: a name"), ("comment add", "comment:1"),
    ]  # fmt: skip
    with pytest.raises(ErrataError, match="comment:1 was taken back by bob") as again:
        retract_comment(cased, 1, "a name")
    assert again.value.code == "retracted"


def test_runs_are_discussed_like_records(cased: Store) -> None:
    log(cased, predictions(400))
    add_comment(cased, "run:1", "the second camera was off")
    assert [one.text for one in list_comments(cased, "run:1")] == ["the second camera was off"]
    assert list_comments(cased, "PET-1") == []


@pytest.mark.parametrize(
    ("subject", "text", "code"),
    [
        ("PET-9", "x", "no-such-record"),
        ("run:1", "x", "no-such-run"),
        ("finding:1", "x", "no-such-finding"),
        ("gate:1", "x", "not-discussed"),
        ("run:1#s00001", "x", "not-discussed"),
        ("PET-1", " \n", "no-text"),
        ("PET-1", "x" * 20_001, "long-text"),
    ],
)
def test_what_cannot_be_said_is_refused_and_leaves_nothing(cased: Store, subject: str, text: str, code: str) -> None:
    before = len(events(cased))
    with pytest.raises(ErrataError) as refused:
        add_comment(cased, subject, text)
    assert (refused.value.code, bool(refused.value.next)) == (code, True)
    assert len(events(cased)) == before


def test_the_longest_comment_is_kept_whole(cased: Store) -> None:
    assert len(add_comment(cased, "PET-1", "x" * 20_000).text) == 20_000


def test_an_answer_is_about_the_same(cased: Store) -> None:
    open_case(cased, title="Day")
    add_comment(cased, "PET-1", "x")
    with pytest.raises(ErrataError, match="comment:1 is about PET-1, not about PET-2") as other:
        add_comment(cased, "PET-2", "y", answers=1)
    assert other.value.code == "answers-another"
    with pytest.raises(ErrataError) as missing:
        add_comment(cased, "PET-1", "y", answers=7)
    assert missing.value.code == "no-such-comment"
    with pytest.raises(ErrataError) as reasonless:
        retract_comment(cased, 1, " ")
    assert reasonless.value.code == "no-reason"


@given(st.lists(st.integers(0, 30), max_size=30))
def test_a_thread_holds_every_comment_once_and_answers_after_what_they_answer(chosen: list[int]) -> None:
    comments = [said(at, pick % at or None) for at, pick in enumerate(chosen, 1)]
    found = threaded(comments)
    assert sorted(one.number for _, one in found) == [one.number for one in comments]
    depths = {one.number: depth for depth, one in found}
    places = {one.number: at for at, (_, one) in enumerate(found)}
    for one in comments:
        if one.answers is None:
            assert depths[one.number] == 0
        else:
            assert depths[one.number] == depths[one.answers] + 1
            assert places[one.number] > places[one.answers]
