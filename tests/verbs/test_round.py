"""Rounds: nobody sees another's answers while one is open, by any way; then people agree, or somebody decides."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from errata.client.catalog import Catalog, init_catalog, open_catalog
from errata.core.errors import Conflict, ErrataError, NotFound, UsageError
from tests.catalogs import predictions

PEOPLE = ("ada", "bob", "eve")


@pytest.fixture
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Catalog]]:
    """One catalog as three people have it: two cases, the failure modes as PET-3, and a round over 6 things, PET-4."""
    monkeypatch.setenv("ERRATA_ACTOR", "ada")
    with ExitStack() as stack:
        init_catalog(tmp_path, project="pets").close()
        made = {name: stack.enter_context(open_catalog(tmp_path / ".errata", actor=name)) for name in PEOPLE}
        ada = made["ada"]
        ada.runs.log(predictions(400), model="pets@1", dataset="field@1")
        for title in ("Night", "Dusk"):
            ada.cases.open(title=title, slice="source = 'night'", run=1)
        ada.vocabularies.add("failure-mode")
        ada.rounds.open(
            title="How do they fail?",
            vocabulary="failure-mode",
            subjects=["PET-1", "PET-2", "run:1#s00001", "run:1#s00002", "run:1#s00003", "run:1#s00004", "PET-1"],
            actors=["ada", "bob"],
        )
        yield made


def test_an_answer_in_a_round_is_no_label_of_its_case_yet(team: dict[str, Catalog]) -> None:
    team["bob"].rounds.label("PET-4", "PET-1", "shift")
    assert "CASE101" in [one.code for one in team["ada"].cases.lint("PET-1").said]
    team["bob"].labels.add("PET-1", "failure-mode:shift")
    assert "CASE101" not in [one.code for one in team["ada"].cases.lint("PET-1").said]


def answer(team: dict[str, Catalog]) -> None:
    """Both agree on PET-1, and on nothing else; bob alone labels s00001."""
    for name, terms in (("ada", ("shift", "confusion")), ("bob", ("shift", "leakage"))):
        for subject, term in zip(("PET-1", "PET-2"), terms, strict=True):
            team[name].rounds.label("PET-4", subject, term)
    team["bob"].rounds.label("PET-4", "run:1#s00001", "duplicate")


def seen(catalog: Catalog) -> str:
    """All that a person can learn of labels by every way that there is."""
    view = catalog.rounds.view("PET-4")
    ways: list[Any] = [
        [item.to_json() for item in view.items],
        view.agreement,
        [one.to_json() for one in catalog.labels.list(everything=True)],
        [one.to_json() for one in catalog.labels.list("PET-1", everything=True)],
        [one.to_json() for one in catalog.labels.list(actor="bob", everything=True)],
        [one.to_json() for one in catalog.labels.list(term="failure-mode:data", everything=True)],
        [one.to_json() for one in catalog.labels.moves()],
        [event.to_json() for event in catalog.events(limit=None) if event.verb == "round label"],
        [event.to_json() for event in catalog.events("label:4") + catalog.events("PET-1")],
        [one.to_json()["changes"] for key in ("PET-1", "PET-4") for one in catalog.rounds.__class__.history(
            catalog.rounds if key == "PET-4" else catalog.cases, key)],  # type: ignore[arg-type]
        catalog.vocabularies.counts("failure-mode"),
        catalog.vocabularies.health("failure-mode").to_json()["unclear"],
    ]  # fmt: skip
    return str(ways)


def test_while_a_round_is_open_nobody_sees_another_s_answer_by_any_way(team: dict[str, Catalog]) -> None:
    answer(team)
    assert "leakage" in seen(team["bob"]) and "confusion" not in seen(team["bob"])
    assert "confusion" in seen(team["ada"]) and "leakage" not in seen(team["ada"])
    assert "confusion" not in seen(team["eve"]) and "leakage" not in seen(team["eve"])
    for number in (3, 4, 5):
        with pytest.raises(NotFound) as failure:
            team["ada"].labels.get(number)
        assert failure.value.code == "no-such-label"
        with pytest.raises(NotFound):
            team["ada"].labels.retract(number, "not mine")
    assert team["ada"].rounds.view("PET-4").done == {"ada": 2}
    assert team["eve"].rounds.view("PET-4").done == {}


def test_who_answered_in_an_open_round_is_told_to_nobody_else(team: dict[str, Catalog]) -> None:
    team["bob"].rounds.label("PET-4", "PET-1", "shift")
    assert team["ada"].cases.review("PET-1")["labellers"] == []
    assert team["bob"].cases.review("PET-1")["labellers"] == ["bob"]
    with pytest.raises(Conflict, match="bob labelled PET-1"):
        submitted(team["ada"], "PET-1")
        team["bob"].cases.verify("PET-1", reran="run:1")
    assert [one["labellers"] for one in team["eve"].review_queue()["waiting"]] == [[]]
    team["ada"].rounds.close("PET-4")
    assert team["ada"].cases.review("PET-1")["labellers"] == ["bob"]
    assert [one["labellers"] for one in team["eve"].review_queue()["waiting"]] == [["bob"]]


def submitted(catalog: Catalog, key: str) -> None:
    """Say what a case needs, and hand it in."""
    impact = [{"on": "people", "what": "walkers", "estimate": 3, "basis": "a count"}]
    told = {"why": "It hurts.", "summary": "It fails where there is no lamp.", "owner": "ada", "impact": impact}
    catalog.cases.edit(key, reason="told", models=["p@1"], expected="a walker", observed="nothing", **told)
    catalog.cases.rate(key, {"harm": 2, "reach": 1, "detectability": 1, "recoverability": 0})
    catalog.cases.submit(key)


def test_that_everybody_is_done_is_all_that_is_said_of_an_open_round(team: dict[str, Catalog]) -> None:
    from errata.show.round_text import round_text

    for name in ("ada", "bob"):
        for subject in team["ada"].rounds.get("PET-4").subjects:
            assert not team["eve"].rounds.view("PET-4").complete
            team[name].rounds.label("PET-4", subject, "shift")
    view = team["eve"].rounds.view("PET-4")
    assert view.complete and view.to_json()["done"] == {}
    text = round_text(view, "eve", 80)
    assert "Everybody has answered everything." in text and "6 of 6" not in text


def test_answers_in_an_open_round_are_no_facets(team: dict[str, Catalog]) -> None:
    answer(team)
    assert facet(team["bob"], "localization/shift") == []
    team["ada"].rounds.close("PET-4")
    assert facet(team["bob"], "localization/shift") == ["PET-1"]


def facet(catalog: Catalog, path: str) -> list[str]:
    from errata.store import records

    with catalog.store.read() as connection:
        found = records.records(connection, catalog.store, "case", facet=("failure-mode", path))
    return [one.key for one in found]


def test_an_answer_replaces_the_one_before(team: dict[str, Catalog]) -> None:
    rounds = team["ada"].rounds
    rounds.label("PET-4", "PET-1", "shift")
    [answer] = rounds.label("PET-4", "PET-1", "failure-mode:detection/duplicate")
    assert answer.term == "duplicate"
    assert rounds.label("PET-4", "PET-1", "duplicate") == [answer]
    assert rounds.label("PET-4", "PET-1") == []
    assert rounds.view("PET-4").done == {}


def test_what_all_agree_on_is_decided_and_the_rest_waits_worst_first(team: dict[str, Catalog]) -> None:
    answer(team)
    view = team["eve"].rounds.close("PET-4", "enough")
    assert view.record.state == "closed"
    assert [item.subject for item in view.waiting] == ["PET-2", "run:1#s00001"]
    [agreed] = team["eve"].labels.list("PET-1")
    assert (agreed.adjudicates, agreed.actor, agreed.note) == (True, "eve", "2 of 2 agree")
    assert view.agreement is not None
    assert (view.agreement.paired, view.agreement.percent.value) == (2, 0.5)
    # Two pairs of values: shift shift, confusion leakage. Observed 1/2; expected 1 − (2·1 + 0 + 0)/12 = 5/6.
    assert view.agreement.alpha.value == pytest.approx(1 - 0.5 / (5 / 6))
    assert "confusion" in seen(team["bob"])


def test_a_decision_is_what_counts_outside_and_ends_the_round(team: dict[str, Catalog]) -> None:
    answer(team)
    eve = team["eve"]
    with pytest.raises(Conflict) as early:
        eve.rounds.adjudicate("PET-4", "PET-2", "leakage", reason="one patient twice")
    assert early.value.code == "round-open"
    eve.rounds.close("PET-4")
    assert eve.labels.list("PET-2") == []
    eve.rounds.adjudicate("PET-4", "PET-2", "leakage", reason="one patient twice")
    assert [(one.term, one.note) for one in eve.labels.list("PET-2")] == [("leakage", "one patient twice")]
    assert eve.rounds.get("PET-4").state == "closed"
    view = eve.rounds.adjudicate("PET-4", "run:1#s00001", "confusion", reason="bob saw it wrong")
    assert (view.record.state, view.waiting) == ("adjudicated", [])
    eve.rounds.adjudicate("PET-4", "PET-2", "confusion", reason="looked again")
    assert [one.term for one in eve.labels.list("PET-2")] == ["confusion"]
    assert facet(eve, "data/leakage") == []


@pytest.mark.parametrize(
    ("who", "subject", "terms", "code"),
    [
        ("eve", "PET-1", ("shift",), "not-a-labeller"),
        ("ada", "PET-3", ("shift",), "not-in-round"),
        ("ada", "PET-1", ("shift", "duplicate"), "one-term"),
        ("ada", "PET-1", ("shfit",), "no-such-term"),
    ],
)
def test_an_answer_that_the_round_does_not_take_is_refused(
    team: dict[str, Catalog], who: str, subject: str, terms: tuple[str, ...], code: str
) -> None:
    with pytest.raises(ErrataError) as failure:
        team[who].rounds.label("PET-4", subject, *terms)
    assert failure.value.code == code


def test_a_round_is_closed_once_and_takes_no_answer_after(team: dict[str, Catalog]) -> None:
    with pytest.raises(Conflict) as nobody:
        team["ada"].rounds.close("PET-4")
    assert nobody.value.code == "no-answers"
    answer(team)
    team["ada"].rounds.close("PET-4")
    with pytest.raises(Conflict) as closed:
        team["bob"].rounds.label("PET-4", "PET-1", "shift")
    assert closed.value.code == "round-closed"
    with pytest.raises(Conflict) as twice:
        team["ada"].rounds.close("PET-4")
    assert twice.value.code == "bad-move"


def test_a_round_takes_its_terms_as_they_were_when_it_was_opened(team: dict[str, Catalog]) -> None:
    team["ada"].vocabularies.rename_term("failure-mode:shift", "displacement", "clearer")
    [said] = team["ada"].rounds.label("PET-4", "PET-1", "shift")
    assert (said.revision, said.path) == (1, "localization/shift")


def test_several_terms_agree_when_their_sets_are_the_same(team: dict[str, Catalog]) -> None:
    made = team["ada"].rounds.open(
        title="All that hold",
        vocabulary="failure-mode",
        subjects=["PET-1", "PET-2"],
        actors=["ada", "bob"],
        many=True,
        choices=["shift", "duplicate", "leakage"],
    )
    with pytest.raises(UsageError) as failure:
        team["ada"].rounds.label(made.key, "PET-1", "confusion")
    assert failure.value.code == "not-a-choice"
    for name, other in (("ada", ["leakage"]), ("bob", ["leakage", "shift"])):
        team[name].rounds.label(made.key, "PET-1", "shift", "duplicate")
        team[name].rounds.label(made.key, "PET-2", *other)
    view = team["ada"].rounds.close(made.key)
    assert view.agreement is not None
    assert (view.agreement.scale, view.agreement.percent.value) == ("masi", 0.5)
    assert [item.subject for item in view.waiting] == ["PET-2"]
    assert [one.term for one in team["ada"].labels.list("PET-1")] == ["duplicate", "shift"]


def test_health_says_which_terms_serve_badly(team: dict[str, Catalog]) -> None:
    answer(team)
    ada = team["ada"]
    ada.rounds.close("PET-4")
    for number in range(21):
        ada.labels.add(f"run:1#s{number:05}", "failure-mode:confusion")
    ada.labels.add("run:1", "failure-mode:overfitting")
    ada.vocabularies.add_term("failure-mode:glare", broader="bad-input")
    ada.vocabularies.deprecate_term("failure-mode:overfitting", "a cause, not a mode", ["leakage"])
    found = ada.vocabularies.health("failure-mode")
    assert (found.terms, found.labels, found.overloaded) == (118, 23, (("confusion", 21),))
    assert (found.undefined, found.outdated) == (("glare",), (("overfitting", 1, ("leakage",)),))
    assert {"confusion", "leakage"} == {term for term, key, _ in found.unclear if key == "PET-4"}
    assert "localization" not in found.unused and "duplicate" in found.unused
