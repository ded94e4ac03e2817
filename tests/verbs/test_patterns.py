"""Which failure modes recur: counted once a case, by model and month, from projections alone."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest
import sqlalchemy as sa

from errata.nouns.case_parts import Judged
from errata.nouns.patterns import mode_query, read_patterns
from errata.show.patterns_text import patterns_text
from errata.store import records, tables
from errata.store.catalog import Store
from errata.verbs.case import open_case
from errata.verbs.label import add_label, retract_label
from errata.verbs.patterns import patterns
from errata.verbs.rate import rate_case
from errata.verbs.reindex import reindex
from errata.verbs.search import search
from errata.verbs.vocabulary import add_vocabulary
from errata.verbs.withdraw import withdraw_case

pytestmark = pytest.mark.homes("folder", "postgresql")
SHIFT, MISSED = "failure-mode:localization/shift", "failure-mode:localization/too-large"
LEAK = "failure-mode:leakage"


def case(store: Store, day: str, models: list[str], *terms: str, **fields: Any) -> str:
    made = open_case(store, title=f"Of {day}", occurred=day, models=models, **fields)
    for term in terms:
        add_label(store, made.key, term)
    return made.key


@pytest.fixture
def told(store: Store) -> Store:
    """PET-1 is the vocabulary; PET-2 to PET-7 are cases, of which one has no label and one was withdrawn."""
    add_vocabulary(store, "failure-mode")
    first = case(store, "2026-01-05", ["pets@1", "pets@2"], SHIFT, MISSED)
    case(store, "2026-03", ["pets@2", "dogs@1"], SHIFT)
    case(store, "2026-03-09", [], SHIFT)
    case(store, "2026-03-20", ["pets@2"], LEAK)
    case(store, "2026-04-01", ["pets@2"])
    gone = case(store, "2026-05-01", ["pets@2"], LEAK)
    withdraw_case(store, gone, "it was none")
    rate_case(store, first, {"harm": 2, "reach": 1, "detectability": 1, "recoverability": 0}, reason="it hurts")
    return store


def test_a_case_counts_once_in_its_mode_whatever_its_terms_and_versions(told: Store) -> None:
    found = patterns(told)
    assert (found.cases, found.unlabelled) == (5, 1)
    place = found.patterns[0]
    assert (place.mode.split("/")[-1], place.recurs) == ("localization", True)
    assert (place.tally.cases, place.tally.open, place.tally.came_back) == (3, 3, 0)
    assert place.months == {"2026-01": 1, "2026-03": 2}
    assert [(one.model, one.tally.cases, one.months) for one in place.models] == [
        ("pets", 2, {"2026-01": 1, "2026-03": 1}),
        ("dogs", 1, {"2026-03": 1}),
        ("", 1, {"2026-03": 1}),
    ]


def test_the_terms_under_a_mode_are_counted_likewise(told: Store) -> None:
    place = patterns(told).patterns[0]
    assert [(one.mode, one.tally.cases, one.recurs) for one in place.under] == [
        ("localization/shift", 3, True),
        ("localization/too-large", 1, False),
    ]


def test_the_gravest_is_that_of_its_cases_and_what_was_not_rated_has_none(told: Store) -> None:
    place, leak = patterns(told).patterns
    assert (place.to_json()["severity"], leak.to_json()["severity"]) == ("low", None)


def test_what_does_not_recur_comes_last(told: Store) -> None:
    assert [(one.mode, one.tally.cases, one.recurs) for one in patterns(told).patterns] == [
        ("localization", 3, True),
        ("data", 1, False),
    ]


def test_the_search_of_a_pattern_finds_what_was_counted(told: Store) -> None:
    for one in patterns(told).patterns:
        assert search(told, mode_query(one.mode), kind="case").total == one.tally.cases
        for each in one.models:
            assert search(told, mode_query(one.mode, each.model), kind="case").total == each.tally.cases
            for month, n in each.months.items():
                assert search(told, mode_query(one.mode, each.model, month), kind="case").total == n


def test_what_came_back_is_counted_for_good(told: Store) -> None:
    with told.write("gate") as transaction:
        mine = records.get(transaction.connection, told, "PET-3")
        body = mine.body.model_copy(update={"came_back": Judged(run=1, gate=1)})
        records.revise(transaction, mine, body)
    assert patterns(told).patterns[0].tally.came_back == 1
    assert search(told, "came-back:yes", kind="case").total == 1


def test_a_label_that_was_taken_back_no_longer_counts(told: Store) -> None:
    retract_label(told, 5, "it was another")
    assert [one.mode for one in patterns(told).patterns] == ["localization"]
    assert patterns(told).unlabelled == 2


def test_counts_are_those_of_the_bodies_and_stay_when_indexed_anew(told: Store) -> None:
    bodies: dict[str, set[str]] = defaultdict(set)
    with told.read() as connection:
        rows = connection.execute(sa.select(tables.label.c.subject, tables.label.c.term)).all()
        states = {one.key: one.state for one in records.records(connection, told, "case")}
    top = {"shift": "localization", "too-large": "localization", "leakage": "data"}
    for row in rows:
        if states[row.subject] != "withdrawn":
            bodies[top[row.term]].add(row.subject)
    before = patterns(told)
    assert {one.mode: one.tally.cases for one in before.patterns} == {name: len(keys) for name, keys in bodies.items()}
    reindex(told)
    assert patterns(told) == before
    assert read_patterns(before.to_json()) == before


def test_the_terminal_says_what_recurs_and_how_to_see_the_rest(told: Store) -> None:
    text = patterns_text(patterns(told), 100)
    assert text.splitlines()[0] == "1 of 2 failure modes recurs, over 4 cases; 1 more has no failure mode."
    assert text.splitlines()[3].split("  ")[0] == "localization"
    assert "2026-01 to 2026-03, 2 of them" in text
    assert text.splitlines()[-1] == "errata patterns --all"
    everything = patterns_text(patterns(told), 100, everything=True)
    assert "\n  shift " in everything and "\ndata " in everything
    assert everything.splitlines()[-1] == (
        "errata case search 'failure-mode:localization,localization/* -state:withdrawn,merged'"
    )


def test_an_empty_catalog_and_one_without_labels_say_what_to_type(store: Store) -> None:
    assert patterns_text(patterns(store), 80) == "No case yet.\nerrata case open --title TEXT"
    case(store, "2026-01", [])
    assert patterns_text(patterns(store), 80) == (
        "The one case has no failure mode yet.\nerrata label add KEY failure-mode:TERM"
    )
