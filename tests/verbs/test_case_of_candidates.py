"""Cases of candidates: what was caught and drawn becomes evidence that still knows how likely it was to be drawn."""

from __future__ import annotations

import pyarrow as pa
import pytest

from errata.client.catalog import Catalog
from errata.core.errors import ColumnError, Conflict, NotFound, UsageError
from errata.nouns.roles import Roles
from errata.store.catalog import Store
from errata.verbs.capture import capture, estimate_of, get_candidates
from errata.verbs.case_of_candidates import open_of_candidates, shared_of
from errata.verbs.rule import add_rule
from tests.catalogs import log, predictions


@pytest.fixture
def caught(store: Store) -> Store:
    """A run of which a rule caught 280 failures and drew 40, in proportion over the hour."""
    log(store, predictions(2000))
    add_rule(store, title="Wrong", when="failed", method="stratified", size=40, by=["source"])
    capture(store, 1)
    return store


def test_its_evidence_keeps_the_probabilities_and_its_estimate_uses_them(caught: Store) -> None:
    found = get_candidates(caught, 1)
    chosen = [one for one in found.candidates if one.sample.values["source"] == "night"][:6]
    [case] = open_of_candidates(
        caught, run=1, title="Six by night", samples=[one.sample.id for one in chosen], fields={"why": "all at once"}
    )
    evidence = Catalog(caught).cases.evidence(case.key)
    assert [one.row for one in evidence.samples] == [one.sample.row for one in chosen]
    assert [(one.probability, one.stratum) for one in evidence.draws] == [(one.probability, "night") for one in chosen]
    told = estimate_of(caught, found, {one.sample.id: float(one in chosen) for one in found.candidates})
    assert (case.caught.rows, case.caught.rows_low, case.caught.share) == (told.total, told.total_low, told.mean)
    assert (case.caught.chosen, case.caught.drawn, case.caught.matched) == (6, 40, found.matched)
    assert case.caught.rows == pytest.approx(sum(1 / one.probability for one in chosen))
    assert (case.slice, case.run, case.model, case.samples, case.why) == (None, 1, "pets@1", 6, "all at once")
    assert [one.key for one in Catalog(caught).cases.search("rule:PET-1")] == [case.key]
    links = {(one.predicate, one.object) for one in Catalog(caught).cases.links(case.key)}
    assert {("wasDerivedFrom", "run:1"), ("wasDerivedFrom", "PET-1")} < links


def test_without_a_choice_all_that_repeat_no_earlier_candidate_are_taken(caught: Store) -> None:
    [case] = open_of_candidates(caught, run=1, title="All")
    assert (case.samples, case.caught.share) == (40, 1.0)
    add_rule(caught, title="Wrong again", when="failed", method="stratified", size=40, by=["source"])
    capture(caught, 1)
    with pytest.raises(UsageError, match="all 40 candidates of run:1 by PET-3 repeat earlier ones") as failure:
        open_of_candidates(caught, run=1, title="New", rule="PET-3")
    assert failure.value.code == "nothing-chosen"
    samples = [one.sample.id for one in get_candidates(caught, 1, "PET-3").candidates[:2]]
    assert open_of_candidates(caught, run=1, title="Meant", rule="PET-3", samples=samples)[0].samples == 2


def test_one_case_for_each_value_and_together_they_stand_for_all_that_matched(caught: Store) -> None:
    cases = open_of_candidates(caught, run=1, title="Wrong", each="source")
    assert [one.title for one in cases] == ["Wrong: source night", "Wrong: source day"]
    assert sum(one.caught.rows for one in cases) == pytest.approx(cases[0].caught.matched)
    assert sum(one.samples for one in cases) == 40
    [again] = open_of_candidates(caught, run=1, title="Again")
    assert shared_of(caught, again.key) == {one.key: one.samples for one in cases}
    with pytest.raises(ColumnError) as unknown:
        open_of_candidates(caught, run=1, title="x", each="sourc")
    assert unknown.value.next == "--each source"
    with pytest.raises(UsageError, match="no two of 40 candidates are alike"):
        open_of_candidates(caught, run=1, title="x", each="like")


def test_clusters_are_of_nearly_the_same_text(store: Store) -> None:
    lamp = "the lamp at the corner of the long street was taken for the moon by the car"
    texts = [lamp, lamp + " again", "a tram", lamp + " twice", "snow on the road all over the town", "snow on the road "
             "all over the town today", "a bus"]  # fmt: skip
    table = pa.table({"text": texts, "truth": ["a"] * 7, "prediction": ["b"] * 7})
    log(store, table, roles=Roles(truth="truth", prediction="prediction"))
    add_rule(store, title="Wrong", when="failed")
    capture(store, 1)
    cases = open_of_candidates(store, run=1, title="Alike", each="like", samples=range(7))
    assert [(one.title, one.samples) for one in cases] == [("Alike: cluster 1", 3), ("Alike: cluster 2", 2)]


def test_it_is_no_case_of_a_slice_and_is_guarded_by_one_that_is_named(caught: Store) -> None:
    catalog = Catalog(caught)
    key = catalog.cases.open_candidates(1, title="All")[0].key
    with pytest.raises(Conflict, match="rests on no slice"):
        catalog.checks.add(case=key, criterion="<= 0.2")
    with pytest.raises(Conflict) as attached:
        catalog.cases.attach(key, slice="source = 'night'", run=1)
    assert attached.value.code == "has-evidence"
    assert catalog.checks.add(case=key, slice="source = 'night'", criterion="<= 0.2").case == key
    assert catalog.runs.analyze(1).findings, "a case without a slice stands in no analysis's way"


def test_what_is_no_candidate_is_said(caught: Store) -> None:
    with pytest.raises(UsageError, match="'s9' is no candidate of run:1 by PET-1"):
        open_of_candidates(caught, run=1, title="x", samples=["s9"])
    with pytest.raises(NotFound, match="nothing was captured of run:1 by PET-7"):
        open_of_candidates(caught, run=1, title="x", rule="PET-7")
