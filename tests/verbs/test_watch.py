"""Watching: what others do to a record or to the cases of a query, until it was seen; and nothing that is blind."""

from __future__ import annotations

import pytest

from errata.core.errors import ErrataError
from errata.store.catalog import Store
from errata.store.events import events
from errata.verbs.case import open_case
from errata.verbs.comment import add_comment
from errata.verbs.record import edit_record
from errata.verbs.round import label_in_round, open_round
from errata.verbs.vocabulary import add_vocabulary
from errata.verbs.watch import inbox, list_subscriptions, mark_inbox, unwatch, watch
from tests.catalogs import log, predictions


@pytest.fixture
def cased(store: Store) -> Store:
    """The cases PET-1, about the night, and PET-2."""
    open_case(store, title="Night")
    open_case(store, title="Day")
    return store


def new(store: Store) -> list[tuple[str, list[tuple[str, str, str]]]]:
    return [
        (news.subject, [(one.subject, one.actor, one.verb) for one in news.events]) for news in inbox(store).news
    ]  # fmt: skip


@pytest.mark.homes("folder", "postgresql")
def test_what_others_do_to_a_record_is_new_until_it_was_seen(cased: Store) -> None:
    bob = cased.acting("bob")
    watch(cased, "PET-1")
    assert new(cased) == []
    add_comment(cased, "PET-1", "my own")
    add_comment(bob, "PET-1", "the lamp")
    add_comment(bob, "PET-2", "elsewhere")
    edit_record(bob, "PET-1", "case", {"why": "streets"})
    assert new(cased) == [("PET-1", [("PET-1", "bob", "case edit"), ("PET-1", "bob", "comment add")])]
    mark_inbox(cased, inbox(cased).upto)
    assert new(cased) == []
    assert new(bob) == []
    add_comment(bob, "PET-1", "again")
    assert new(cased) == [("PET-1", [("PET-1", "bob", "comment add")])]


@pytest.mark.homes("folder", "postgresql")
def test_of_a_query_the_cases_that_match_it_today_and_changed_are_new(cased: Store) -> None:
    bob = cased.acting("bob")
    assert watch(cased, "  night ").subject == "night"
    add_comment(bob, "PET-2", "by day")
    add_comment(bob, "PET-1", "in the dark")
    open_case(bob, title="A night without a moon")
    assert new(cased) == [("night", [("PET-3", "bob", "case open"), ("PET-1", "bob", "comment add")])]
    edit_record(bob, "PET-1", "case", {"title": "Dusk"})
    assert new(cased) == [("night", [("PET-3", "bob", "case open")])]


def test_what_comes_while_one_reads_is_not_marked_as_seen(cased: Store) -> None:
    bob = cased.acting("bob")
    watch(cased, "PET-1")
    add_comment(bob, "PET-1", "read")
    read = inbox(cased)
    add_comment(bob, "PET-1", "not read yet")
    mark_inbox(cased, read.upto)
    [news] = inbox(cased).news
    assert [one.reason for one in news.events] == ["comment:2"]
    mark_inbox(cased, 0)
    assert inbox(cased).news == (news,)
    mark_inbox(cased, 10**9)
    add_comment(bob, "PET-1", "later")
    assert [one.reason for one in inbox(cased).news[0].events] == ["comment:3"]


def test_blind_answers_of_an_open_round_are_in_no_inbox(cased: Store) -> None:
    bob = cased.acting("bob")
    add_vocabulary(cased, "failure-mode")
    open_round(cased, title="?", vocabulary="failure-mode", subjects=["PET-1"], actors=["ada", "bob"])
    watch(cased, "PET-1")
    watch(cased, "night")
    watch(cased, "PET-4")
    label_in_round(bob, "PET-4", "PET-1", ["shift"])
    assert new(cased) == []


def test_the_newest_fifty_are_shown_and_all_are_counted(cased: Store) -> None:
    watch(cased, "PET-1")
    bob = cased.acting("bob")
    for number in range(52):
        add_comment(bob, "PET-1", str(number))
    [news] = inbox(cased).news
    assert (news.total, len(news.events), news.events[0].reason) == (52, 50, "comment:52")


@pytest.mark.homes("folder", "postgresql")
def test_what_is_watched_is_kept_once_and_ends(cased: Store) -> None:
    log(cased, predictions(400))
    for what in ("PET-2", "run:1", "pet-1", "PET-2", "-label:duplicate  severity>=high"):
        watch(cased, what)
    assert [(one.subject, one.query) for one in list_subscriptions(cased)] == [
        ("PET-2", False), ("run:1", False), ("PET-1", False), ("severity>=high -label:duplicate", True),
    ]  # fmt: skip
    assert list_subscriptions(cased.acting("bob")) == []
    unwatch(cased, "-label:duplicate severity>=high")
    unwatch(cased, "pet-2")
    assert [one.subject for one in list_subscriptions(cased)] == ["run:1", "PET-1"]
    assert [(one.verb, one.reason) for one in events(cased, "subscription")][:2] == [
        ("unwatch", "PET-2"), ("unwatch", "severity>=high -label:duplicate"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("what", "code"),
    [("PET-9", "no-such-record"), ("run:1", "no-such-run"), (" ", "watch-what"), ("n" * 501, "long-query")],
)
def test_what_cannot_be_watched_is_refused(cased: Store, what: str, code: str) -> None:
    with pytest.raises(ErrataError) as refused:
        watch(cased, what)
    assert (refused.value.code, list_subscriptions(cased)) == (code, [])


def test_what_is_not_watched_cannot_end(cased: Store) -> None:
    with pytest.raises(ErrataError, match="you do not watch 'PET-1'") as refused:
        unwatch(cased, "PET-1")
    assert refused.value.code == "not-watched"
