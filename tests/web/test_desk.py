"""The pages for people at work: a case with its reviews, the inbox, rounds that are decided, a page for every kind."""

from __future__ import annotations

import re

import httpx
import pytest

from errata.client.operations import PLURALS
from errata.web.page import ALL
from errata.web.pages.reading import place_of
from tests.web.conftest import HOSTILE
from tests.web.desk import desk, people

__all__ = ["desk", "people"]
HERE = {"sec-fetch-site": "same-origin"}


@pytest.fixture(scope="module")
def air(desk):
    with httpx.Client(base_url=desk, timeout=60) as made:
        yield made


def test_a_label_is_marked_in_the_text_that_it_is_about(air):
    text = air.get("/cases/AIR-1").text
    assert (
        '<p class="told"><mark title="Shifted">Customers pay<span class="quiet"> (Shifted)</span></mark> for flights'
        in text
    )
    assert text.count("<mark ") == 2  # here, and in the first snippet of the evidence


def test_a_case_tells_who_ran_it_again_and_what_came_of_it(air, people):
    text = air.get("/cases/AIR-1").text
    reviews = text[text.index('id="reviews"') : text.index('id="discussion"')]
    steps = re.findall(r'<th scope="row" class="nowrap">(?:<span.*?</span> )?([a-z ]+?)(?:</span>)? <span', reviews)
    assert steps == ["verified", "submitted", "returned", "submitted"]
    digest = people["ada"].runs.get(2).digest
    assert f'<a href="/runs/2">run:2</a></td><td><code title="{digest}">{digest[:12]}</code>' in reviews
    assert "<td>as told</td>" in reviews and "<td>which airline?</td>" in reviews
    assert "Reproduced by linus. Written by ada, labelled by ada, grace." in reviews


def test_a_case_draws_its_timeline(air):
    text = air.get("/cases/AIR-1").text
    assert 'aria-label="3 moments from 2026-01-03 to 2026-02"' in text
    lines = re.findall(
        r'<li><span class="mono soft">(\d)\.</span> <span class="mono soft">(.*?)</span> (.*?)</li>', text
    )
    assert [(number, at) for number, at, _ in lines] == [
        ("1", "2026-01-03"),
        ("2", "2026-01-05"),
        ("3", "some day"),
        ("4", "2026-02"),
    ]
    assert "2 d later" in lines[1][2]


def test_every_revision_of_a_case_says_what_changed(air):
    text = air.get("/cases/AIR-1").text
    assert "<dt>severity</dt>" in text and "<dt>verification</dt>" in text


@pytest.mark.parametrize(
    ("key", "place"),
    [
        ("AIR-1", "/cases/AIR-1"),
        ("AIR-2", "/vocabularies/AIR-2"),
        ("AIR-3", "/rotas/AIR-3"),
        ("AIR-4", "/rounds/AIR-4"),
        ("AIR-6", "/cases?q=severity%3E%3Dlow"),
        ("AIR-7", "/checks/AIR-7"),
        ("AIR-8", "/suites/AIR-8"),
        ("AIR-9", "/rubrics/AIR-9"),
    ],
)
def test_a_key_leads_to_the_page_of_its_kind(air, key, place):
    for path in (f"/records/{key}", f"/search?q={key.lower()}"):
        answer = air.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, place)
    assert air.get(place).status_code == 200


def test_there_is_a_page_for_every_kind_of_record(air):
    for kind, plural in PLURALS.items():
        assert air.get(f"/{plural}/AIR-99").status_code == 404, kind
    assert air.get("/records/AIR-99").status_code == 404
    assert "no-such-record" in air.get("/records/AIR-99").text


def test_links_of_a_case_lead_to_the_page_of_their_kind(air):
    text = air.get("/cases/AIR-1").text
    assert '<a href="/records/AIR-7" rel="noreferrer">AIR-7</a>' in text
    assert '<a href="/cases/AIR-7"' not in text


@pytest.mark.parametrize("path", [href for _, places in ALL for href, _ in places])
def test_every_list_is_there_and_stands_at_the_foot_of_every_page(air, empty_address, path):
    answer = air.get(path)
    assert answer.status_code == 200 and answer.text.count("<h1") == 1
    assert HOSTILE not in answer.text
    foot = air.get("/").text.split("<footer")[1]
    assert f'<a href="{path}">' in foot
    assert httpx.get(f"{empty_address}{path}").status_code == 200


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/checks", '<a class="mono" href="/cases/AIR-1">AIR-1</a>'),
        ("/checks/AIR-7", "No gate has asked it yet:"),
        ("/checks/AIR-7", '<a href="/suites/AIR-8">AIR-8 All</a>'),
        ("/suites/AIR-8", '<a href="/checks/AIR-7">'),
        ("/rotas/AIR-3", "ada, grace take turns of 7 days, from 2026-01-05 on."),
        ("/rubrics/AIR-9", "weighs 2"),
        ("/rubrics/severity", "weighs 2"),
        ("/templates/data-quality", "What is wrong with the data, in a few words?"),
        ("/templates", '<a class="mono" href="/templates/data-quality">'),
        ("/rounds", '<a class="mono" href="/rounds/AIR-4">'),
    ],
)
def test_a_page_of_a_record_says_it(air, path, said):
    assert said in air.get(path).text


def test_a_list_is_sorted_filtered_and_cut_by_its_address(air):
    assert "0 of 2 rounds" in air.get("/rounds?q=zebra").text
    assert [m for m in re.findall(r'href="/rounds/(AIR-\d)">AIR', air.get("/rounds?sort=key").text)] == [
        "AIR-4",
        "AIR-5",
    ]
    assert "AIR-5" not in air.get("/rounds?state=closed").text
    assert air.get("/rounds?sort=colour").status_code == 422


def test_turns_of_a_rota_go_on_from_the_present_one():
    from datetime import date

    from errata.nouns.rota import RotaBody
    from errata.web.pages.rota import turns

    body = RotaBody(title="Weekly", owners=("ada", "grace", "linus"), starts="2026-01-05")
    found = turns(body, date(2026, 1, 20))
    assert found[0] == ("2026-01-19", "2026-01-25", "linus", True)
    assert [name for _, _, name, _ in found[:4]] == ["linus", "ada", "grace", "linus"]
    assert [present for *_, present in found] == [True] + 7 * [False]
    assert turns(body, date(2025, 12, 1))[0] == ("2026-01-05", "2026-01-11", "ada", False)
    assert len(turns(body, date(9999, 12, 20))) == 1


def test_what_a_rule_captured_has_a_page(client_of_pets):
    text = client_of_pets.get("/candidates").text
    href = re.search(r'href="(/candidates/1/ANI-\d+)"', text)
    assert href
    capture = client_of_pets.get(href[1]).text
    assert capture.count('<tr data-href="/runs/1/samples/') == 9
    assert "9 drawn of" in capture and "an estimate that leaves it out is biased" in capture


@pytest.fixture(scope="module")
def client_of_pets(address):
    with httpx.Client(base_url=address, timeout=60) as made:
        yield made


def test_the_inbox_leads_to_what_was_done(air, people):
    text = air.get("/inbox").text
    assert '<a href="/records/AIR-1#comment-1">comment add</a>' in text
    assert "<td>The same in the other airline.</td>" in text
    assert '<a href="/runs/1#comment-2">comment add</a>' in text
    assert '<a href="/cases?q=severity%3E%3Dlow">cases of <code>severity&gt;=low</code></a>' in text
    assert HOSTILE not in text
    told = sum(one.total for one in people["ada"].inbox().news)
    assert f"{told} new, of what ada watches" in text
    assert f'<a href="/inbox">{told} new in the inbox</a>' in air.get("/").text


def test_an_inbox_of_somebody_who_watches_nothing_says_what_to_type(empty_address):
    text = httpx.get(f"{empty_address}/inbox").text
    assert "watches nothing yet" in text and "errata watch KEY" in text
    assert "in the inbox" not in httpx.get(f"{empty_address}/").text


def test_the_inbox_is_marked_from_its_own_page_alone(air, people):
    upto = people["ada"].inbox().upto
    assert air.post("/inbox/mark", data={"upto": str(upto)}).status_code == 403
    assert air.post("/inbox/mark", data={"upto": "all"}, headers=HERE).status_code == 422
    assert f'name="upto" value="{upto}"' in air.get("/inbox").text
    assert 'method="post"' not in air.get("/inbox", headers={"host": "10.0.0.5"}).text
    people["grace"].comments.add("AIR-1", "One more.")
    answer = air.post("/inbox/mark", data={"upto": str(upto)}, headers=HERE)
    assert (answer.status_code, answer.headers["location"]) == (303, "/inbox")
    assert [one.total for one in people["ada"].inbox().news] == [1, 1]
    assert "One more." in air.get("/inbox").text


def test_an_open_round_tells_nobody_who_answered(air, people):
    for path in (
        "/cases/AIR-1",
        "/rounds/AIR-5",
        "/api/rounds/AIR-5/view",
        "/api/cases/AIR-1/review",
        "/rounds",
        "/review",
    ):
        text = re.sub("<datalist.*?</datalist>", "", air.get(path).text, flags=re.DOTALL)  # every term is offered there
        assert "grace 1" not in text and '"grace": 1' not in text.replace('":', '": ')
        assert "duplicate" not in text.casefold() or "/rounds/AIR-5" in path  # the vocabulary is told there
    assert "duplicate" not in str(air.get("/api/rounds/AIR-5/view").json()["items"])
    assert air.get("/api/rounds/AIR-5/view").json()["done"] == {}


def test_a_closed_round_shows_agreement_and_what_people_differ_about(air):
    text = air.get("/rounds/AIR-4").text
    assert text.count('<svg class="strip"') >= 3
    assert 'To decide <span class="soft">2 subjects, where people differ most first</span>' in text
    assert "as I see it" in text and '<p class="snippet"><span class="soft">question</span>' in text
    assert text.count('action="/rounds/AIR-4/adjudicate"') == 2
    far = air.get("/rounds/AIR-4", headers={"host": "10.0.0.5"}).text
    assert 'method="post"' not in far and "errata round adjudicate AIR-4" in far


def test_a_round_is_decided_by_a_form(air, people):
    form = {"subject": "run:1#t007", "term": "leakage", "other": "", "reason": "one flight twice"}
    assert air.post("/rounds/AIR-4/adjudicate", data=form).status_code == 403
    missing = air.post("/rounds/AIR-4/adjudicate", data={**form, "reason": " "}, headers=HERE)
    assert (missing.status_code, "no-reason" in missing.text) == (422, True)
    assert 'value="leakage" checked' in missing.text and 'name="reason" value=""' in missing.text
    refused = air.post("/rounds/AIR-4/adjudicate", data={**form, "term": ""}, headers=HERE)
    assert (refused.status_code, refused.text.count('name="reason" value="one flight twice"')) == (422, 1)
    answer = air.post("/rounds/AIR-4/adjudicate", data=form, headers=HERE)
    assert (answer.status_code, answer.headers["location"]) == (303, "/rounds/AIR-4#waiting")
    # Another term counts instead of the one that was chosen where one alone may hold.
    other = {"subject": "run:1#t008", "term": "leakage", "other": "jailbreak", "reason": "neither"}
    assert air.post("/rounds/AIR-4/adjudicate", data=other, headers=HERE).status_code == 303
    view = people["ada"].rounds.view("AIR-4")
    assert {item.subject: item.decided for item in view.items} == {
        "AIR-1": ("shift",),
        "run:1#t007": ("leakage",),
        "run:1#t008": ("jailbreak",),
    }
    assert view.record.state == "adjudicated"
    text = air.get("/rounds/AIR-4").text
    assert "Everything that was answered is decided." in text
    anew = re.search(r'href="(/rounds/AIR-4\?anew=run%3A1%23t008)#waiting"', text)
    assert anew
    again = air.get(anew[1]).text
    assert again.count('action="/rounds/AIR-4/adjudicate"') == 1 and "by ada: neither" in again
    assert air.post("/rounds/AIR-5/adjudicate", data=form, headers=HERE).status_code == 409


@pytest.mark.parametrize(
    ("said", "to"),
    [
        ("run:3", "/runs/3"),
        ("run:3#a b", "/runs/3/sample?id=a+b"),
        ("AIR-1", "/records/AIR-1"),
        ("gate:2", "/gates/2"),
        ("run:3 again, by hand", ""),
        ("run:../cases", ""),
        ("finding:1#x", ""),
        ("by hand", ""),
    ],
)
def test_what_was_said_leads_only_where_there_is_a_page(said, to):
    assert place_of(said) == to
