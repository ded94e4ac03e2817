"""Who watches a case hears of what guards it and what is planned for it; what is said of it in comments is searched."""

from __future__ import annotations

import pytest

from errata.core.errors import UsageError
from errata.store.catalog import Store
from errata.verbs.case import open_case
from errata.verbs.check import add_check, retire_check
from errata.verbs.comment import add_comment, retract_comment
from errata.verbs.gate_run import gate_run
from errata.verbs.patterns import patterns
from errata.verbs.plan import open_plan
from errata.verbs.reindex import reindex
from errata.verbs.search import search
from errata.verbs.watch import inbox, watch
from tests.catalogs import NIGHT, log, predictions

pytestmark = pytest.mark.homes("folder", "postgresql")


@pytest.mark.parametrize("watched", ["PET-1", "night"])
def test_its_checks_plans_and_the_gates_that_it_did_not_pass_are_news(store: Store, watched: str) -> None:
    log(store, predictions(400))
    bob = store.acting("bob")
    open_case(store, title="Fails by night", slice=NIGHT, run=1)
    open_case(store, title="Fails by day", slice="source = 'day'", run=1)
    watch(store, watched)
    add_check(bob, case="PET-1", criterion="<= 0.99", name="loose")
    gate_run(bob, 1)
    add_check(bob, case="PET-1", criterion="<= 0.01", name="strict")
    add_check(bob, case="PET-2", criterion="<= 0.01", name="of another")
    gate_run(bob, 1)
    retire_check(bob, "PET-4")
    open_plan(bob, cases=["PET-1"], actions=["more nights"], title="Nights")
    [news] = inbox(store).news
    assert [(one.subject, one.verb) for one in reversed(news.events)] == [
        ("PET-3", "check add"),
        ("PET-4", "check add"),
        ("gate:2", "gate"),
        ("PET-4", "check retire"),
        ("PET-6", "plan open"),
        ("PET-1", "plan open"),
    ]
    assert news.total == 6


def test_what_is_said_of_a_case_is_found_until_it_is_taken_back(store: Store) -> None:
    open_case(store, title="Lamp")
    open_case(store, title="Tram")
    said = add_comment(store, "PET-1", "Seen in Zürich, 東京も")

    def found() -> list[list[str]]:
        return [[one.key for one in search(store, query, "case").records] for query in ("zurich", "東京", "-zurich")]

    assert found() == [["PET-1"], ["PET-1"], ["PET-2"]]
    reindex(store)
    assert found() == [["PET-1"], ["PET-1"], ["PET-2"]]
    retract_comment(store, said.number, "the wrong town")
    assert found()[:2] == [[], []]
    reindex(store)
    assert found()[:2] == [[], []]


def test_patterns_are_counted_by_any_facet(store: Store) -> None:
    for system, models in (("rail", ["a@1"]), ("rail", ["b@1"]), ("road", ["a@2"])):
        open_case(store, title="x", systems=(system,), models=models, occurred="2026-03-05")
    found = patterns(store, "system")
    assert [(one.mode, one.tally.cases, one.recurs) for one in found.patterns] == [
        ("rail", 2, True),
        ("road", 1, False),
    ]
    assert (found.by, found.unlabelled, found.to_json()["by"]) == ("system", 0, "system")
    assert patterns(store, "owner").unlabelled == 3
    with pytest.raises(UsageError) as unknown:
        patterns(store, "sytem")
    assert (unknown.value.code, unknown.value.next) == ("no-such-facet", "errata patterns --by system")
