"""Pages and JSON of vocabularies, labels and rounds, and the one form that writes."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest

from tests.web.conftest import HOSTILE, predictions, served

HERE = {"sec-fetch-site": "same-origin"}
SUMMARY = "Boxes lie beside the dog when it is dark."


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory):
    """PET-1 with two labels, the failure modes as PET-2, an open round PET-3 and a closed one PET-4."""
    from errata.client.catalog import init_catalog, open_catalog

    folder = tmp_path_factory.mktemp("labels")
    init_catalog(folder, project="pets").close()
    ada, bob = (open_catalog(folder / ".errata", actor=name) for name in ("ada", "bob"))
    ada.runs.log(predictions(0.5, 0.05), model="pets@1", dataset="field@1", image="image")
    ada.cases.open(title=f"Night {HOSTILE}", slice="source = 'night'", run=1, summary=SUMMARY)
    ada.vocabularies.add("failure-mode")
    ada.labels.add("PET-1", "failure-mode:shift", confidence=0.8, spans=[("summary", 0, 16)], note=HOSTILE)
    ada.labels.add("run:1#s0003", "failure-mode:shift")
    subjects = ["PET-1", *(f"run:1#s{row:04}" for row in range(4))]
    for title in ("open", "closed"):
        ada.rounds.open(title=title, vocabulary="failure-mode", subjects=subjects, actors=["ada", "bob"])
    for one, term in ((ada, "shift"), (bob, "leakage")):
        one.rounds.label("PET-4", "PET-1", term)
        one.rounds.label("PET-4", "run:1#s0000", "confusion")
    bob.rounds.label("PET-3", "PET-1", "duplicate")
    ada.rounds.close("PET-4")
    ada.comments.add("PET-1", f"a lamp? {HOSTILE}")
    bob.comments.add("PET-1", "no lamp", answers=1)
    bob.comments.retract(bob.comments.add("PET-1", "a secret").number, "not for here")
    yield ada
    ada.close()
    bob.close()


@pytest.fixture(scope="module")
def address_of_labels(labelled) -> Iterator[str]:
    with served(labelled) as found:
        yield found


@pytest.fixture(scope="module")
def client(address_of_labels):
    with httpx.Client(base_url=address_of_labels, timeout=60) as made:
        yield made


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/vocabularies", "118"),
        ("/vocabularies/failure-mode", "Poor localization"),
        ("/vocabularies/PET-2", "Poor localization"),
        ("/vocabularies/failure-mode/shift", "run:1#s0003"),
        ("/vocabularies/failure-mode/prompt-injection", "https://atlas.mitre.org/techniques/AML.T0051"),
        ("/vocabularies/failure-mode/concept-drift", "gmf:Concept Drift"),
        ("/rounds", "closed"),
        ("/rounds/PET-3", "1 of 5"),
        ("/rounds/PET-3?at=2", "cat"),
        ("/rounds/PET-4", "Krippendorff"),
        ("/cases/PET-1", 'title="Shifted">Boxes lie beside<'),
        ("/cases/PET-1", '<p class="told">a lamp? &lt;script&gt;'),
        ("/cases/PET-1", 'comment:2 answers <a href="#comment-1">comment:1</a>'),
        ("/cases/PET-1", "errata comment add PET-1 TEXT --answers comment:3"),
    ],
)
def test_a_page_says_it(client, path, said):
    answer = client.get(path)
    assert answer.status_code == 200
    assert said in answer.text
    assert HOSTILE not in answer.text


def test_what_was_taken_back_of_a_discussion_is_not_shown(client):
    text = client.get("/cases/PET-1").text
    assert "Taken back by bob: not for here" in text
    assert "a secret" not in text


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/vocabularies/failure-modes", "no-such-vocabulary"),
        ("/vocabularies/failure-mode/shfit", "no-such-term"),
        ("/rounds/PET-1", "wrong-kind"),
        ("/api/labels/99", "no-such-label"),
    ],
)
def test_what_is_not_there_is_said(client, path, code):
    answer = client.get(path)
    assert answer.status_code == 404
    assert code in answer.text


def test_an_empty_catalog_says_what_to_type(empty_address):
    assert "errata vocabulary add failure-mode" in httpx.get(f"{empty_address}/vocabularies").text
    assert "errata round open" in httpx.get(f"{empty_address}/rounds").text


def test_the_interface_gives_the_same(client):
    assert client.get("/api/vocabularies/failure-mode").json()["key"] == "PET-2"
    skos = client.get("/api/vocabularies/failure-mode/skos")
    assert (skos.headers["content-type"], len(skos.json()["@graph"])) == ("application/ld+json", 119)
    assert client.get("/api/vocabularies/failure-mode/health").json()["terms"] == 118
    assert [one["term"] for one in client.get("/api/labels?subject=PET-1").json()["labels"]] == ["shift"]
    assert [one["id"] for one in client.get("/api/labels?term=failure-mode:localization").json()["labels"]] == [
        "label:1",
        "label:2",
    ]
    assert client.get("/api/rounds/PET-4/view").json()["waiting"] == ["PET-1"]


def test_no_page_of_an_open_round_shows_another_s_answer(client):
    screen = client.get("/rounds/PET-3").text
    assert "You said" not in screen and "aria-pressed" not in screen
    assert "duplicate" not in str(client.get("/api/rounds/PET-3/view").json()["items"])  # the vocabulary is told beside
    for path in ("/api/labels?everything=true", "/api/labels?actor=bob", "/cases/PET-1"):
        text = re.sub(
            "<datalist.*?</datalist>", "", client.get(path).text, flags=re.DOTALL
        )  # every term is offered there
        assert "duplicate" not in text.casefold()


def test_a_form_of_another_page_writes_nothing(client, labelled):
    form = {"subject": "run:1#s0001", "term": "shift"}
    foreign = [{}, {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "none"}, {"origin": "https://evil.example"}]
    for headers in [*foreign, {"sec-fetch-site": "same-site", "origin": "http://localhost:1"}]:
        answer = client.post("/rounds/PET-3/label", data=form, headers=headers)
        assert (answer.status_code, "not-from-here" in answer.text) == (403, True)
    other = client.post("/rounds/PET-3/label", data=form, headers={**HERE, "host": "10.0.0.5"})
    assert other.status_code == 403
    assert 'method="post"' not in client.get("/rounds/PET-3", headers={"host": "10.0.0.5"}).text
    assert labelled.rounds.view("PET-3").done == {}


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        ({"term": "shift"}, 422, "bad-request"),
        ({"subject": "run:1#s0001", "term": "nope"}, 404, "no-such-term"),
        ({"subject": "run:9#s1", "term": "shift"}, 404, "not-in-round"),
        ({"subject": "run:1#s0001", "term": ["shift", "duplicate"]}, 422, "one-term"),
        ({"subject": "x" * 200_000}, 422, "bad-request"),
    ],
)
def test_a_form_that_cannot_be_an_answer_is_refused(client, form, status, code):
    answer = client.post("/rounds/PET-3/label", data={**form, "note": "as in <night>"}, headers=HERE)
    assert (answer.status_code, code in answer.text) == (status, True)
    kept = 'name="note" value="as in &lt;night&gt;"' in answer.text and 'value="run:1#s0001">' in answer.text
    assert kept == (form.get("subject") == "run:1#s0001")


def test_an_answer_leads_to_the_next_subject_without_one(client, labelled):
    asked = client.post("/rounds/PET-3/label", data={"subject": "run:1#s0002", "term": "shift"}, headers=HERE)
    assert (asked.status_code, asked.headers["location"]) == (303, "/rounds/PET-3?at=5")
    assert "You said <strong>Shifted</strong>" in client.get("/rounds/PET-3?at=4").text
    client.post("/rounds/PET-3/label", data={"subject": "run:1#s0002", "term": ""}, headers=HERE)
    assert labelled.rounds.view("PET-3").done == {}


def test_a_term_that_was_used_has_a_key(client, labelled):
    client.post("/rounds/PET-3/label", data={"subject": "run:1#s0003", "term": "leakage"}, headers=HERE)
    assert (
        'value="leakage"' in client.get("/rounds/PET-3?at=2").text.partition('data-key="1"')[0].rpartition("<button")[2]
    )
    client.post("/rounds/PET-3/label", data={"subject": "run:1#s0003"}, headers=HERE)
