"""Signing in with a token: who writes, from where, and what keeps others from it."""

from __future__ import annotations

import importlib
import pkgutil
import re

import httpx
import pytest
from fastapi import APIRouter

from errata.web import access
from errata.web.pages.sign_in import own_address
from tests.serving import served
from tests.web.forms import HERE, pages

__all__ = ["pages"]
THERE = {"host": "10.0.0.5", **HERE}


@pytest.fixture(scope="module")
def tokens(pages):
    """The token of carol, who may write, and of dan, who may only read."""
    from errata.verbs.token import add_token

    store = pages.ada.store
    return {
        "carol": add_token(store, "carols-laptop", actor="carol"),
        "dan": add_token(store, "dans-laptop", actor="dan", writes=False),
    }


def signing(pages, token: str, **more) -> httpx.Response:
    """The answer to who signs in, from another machine."""
    return pages.client.post("/sign-in", data={"token": token, **more}, headers=THERE)


def cookie(pages, token: str) -> str:
    """What a browser sends that signed in with a token."""
    answer = signing(pages, token)
    pages.client.cookies.clear()
    return answer.headers["set-cookie"].partition(";")[0]


@pytest.fixture
def carol(pages, tokens):
    """The headers of carol's browser, on another machine."""
    return {**THERE, "cookie": cookie(pages, tokens["carol"])}


@pytest.fixture
def gone(carol) -> str:
    """What a browser sends that signed in before the server was started anew."""
    return f"{carol['cookie'].partition('=')[0]}=gone"


def test_the_cookie_is_seen_by_no_script_and_sent_by_no_other_site(pages, tokens):
    answer = signing(pages, tokens["carol"], next="/cases?q=night")
    pages.client.cookies.clear()
    assert (answer.status_code, answer.headers["location"]) == (303, "/cases?q=night&done=sign-in#happened")
    kept = answer.headers["set-cookie"]
    assert re.match("errata_[0-9a-f]{12}=[^;]{40,};", kept) and tokens["carol"] not in kept
    assert {"httponly", "samesite=strict", "path=/"} <= {one.strip().casefold() for one in kept.split(";")[1:]}
    assert "max-age" not in kept.casefold()


def test_who_signed_in_writes_from_elsewhere_under_their_own_name(pages, carol):
    key = pages.draft("Seen by two")
    assert "sign in with a token" in pages.get(f"/cases/{key}", headers={"host": "10.0.0.5"}).text
    text = pages.get(f"/cases/{key}", headers=carol).text
    assert "Signed in as <strong>carol</strong>" in text and f'action="/cases/{key}/withdraw' in text
    sent = pages.client.post(f"/about/{key}/comment", data={"text": "I saw it, too"}, headers=carol)
    assert sent.status_code == 303
    assert [(one.actor, one.text) for one in pages.ada.comments.list(key)] == [("carol", "I saw it, too")]
    form = {"title": "Seen by three", "reason": "asked", "revision": "1"}
    pages.client.post(f"/cases/{key}/edit", data=form, headers=carol)
    assert pages.ada.cases.history(key)[-1].actor == "carol"


def test_on_this_machine_too_it_is_who_signed_in(pages, carol):
    key = pages.submitted("ada")
    here = {**HERE, "cookie": carol["cookie"]}
    assert "ada wrote it" not in pages.get(f"/cases/{key}", headers=here).text
    form = {"reran": "by hand", "verdict": "reproduced"}
    assert pages.client.post(f"/cases/{key}/verify", data=form, headers=here).status_code == 303
    assert pages.ada.cases.get(key).verification.actor == "carol"


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_another_site_cannot_use_the_cookie(pages, carol, site):
    key = pages.draft("Foreign")
    headers = {**carol, "sec-fetch-site": site}
    assert pages.client.post(f"/cases/{key}/withdraw", data={"reason": "x"}, headers=headers).status_code == 403
    assert pages.client.post("/sign-in", data={"token": "x"}, headers=headers).status_code == 403
    assert pages.client.post("/sign-out", headers=headers).status_code == 403
    assert pages.ada.cases.get(key).state == "draft"


def test_the_cookie_is_no_token_for_the_interface(pages, carol):
    key = pages.draft("Asked")
    answer = pages.client.post(f"/api/cases/{key}/withdraw", json={"reason": "x"}, headers=carol)
    assert answer.status_code == 401


def test_a_token_that_may_only_read_writes_nothing(pages, tokens):
    key = pages.draft("Read by dan")
    dan = {**HERE, "cookie": cookie(pages, tokens["dan"])}
    text = pages.get(f"/cases/{key}", headers=dan).text
    assert "Signed in as <strong>dan</strong>" in text and "which may only read" in text
    assert f'action="/cases/{key}/withdraw' not in text
    answer = pages.client.post(f"/cases/{key}/withdraw", data={"reason": "x"}, headers=dan)
    assert (answer.status_code, "read-only-token" in answer.text) == (403, True)


@pytest.mark.parametrize("token", ["", "errata_nobody", "é" * 300])
def test_what_is_no_token_is_said(pages, token):
    answer = signing(pages, token, next="/runs")
    assert (answer.status_code, "no-token" in answer.text) == (401, True)
    assert "set-cookie" not in answer.headers
    assert 'name="next" value="/runs"' in answer.text


def test_a_revoked_token_counts_from_the_next_request_on_no_more(pages):
    from errata.verbs.token import add_token, revoke_token

    token = add_token(pages.ada.store, "lost", actor="eve")
    eve = {**THERE, "cookie": cookie(pages, token)}
    assert "Signed in as <strong>eve</strong>" in pages.get("/runs", headers=eve).text
    revoke_token(pages.ada.store, "lost")
    assert "Signed in" not in pages.get("/runs", headers=eve).text
    sent = pages.client.post("/about/run:1/comment", data={"text": "x"}, headers=eve)
    assert (sent.status_code, "no-token" in sent.text) == (403, True)


def test_with_a_sign_in_that_counts_no_more_nothing_is_written_as_somebody_else(pages, gone):
    """On this machine, too, where a browser that never signed in writes as whoever serves."""
    key = pages.draft("Begun as eve")
    eve = {**HERE, "cookie": gone}
    text = pages.get(f"/cases/{key}", headers=eve).text
    assert "counts no more" in text and f'action="/cases/{key}/withdraw' not in text
    sent = pages.client.post(f"/about/{key}/comment", data={"text": "x"}, headers=eve)
    assert (sent.status_code, "no-token" in sent.text) == (403, True)
    assert pages.ada.comments.list(key) == []
    assert pages.client.post("/sign-out", headers=eve).status_code == 303


def test_behind_a_proxy_on_this_machine_nobody_is_taken_for_whoever_serves(pages, carol):
    """It asks for 127.0.0.1 from 127.0.0.1, whoever it asks for; the browser tells under which name it asked."""
    key = pages.draft("Asked through a proxy")
    there = {**HERE, "origin": "https://errata.example"}
    sent = pages.client.post(f"/about/{key}/comment", data={"text": "x"}, headers=there)
    assert (sent.status_code, "not-from-here" in sent.text) == (403, True)
    signed = {**there, "cookie": carol["cookie"]}
    assert pages.client.post(f"/about/{key}/comment", data={"text": "y"}, headers=signed).status_code == 303
    here = {**HERE, "origin": str(pages.client.base_url).rstrip("/")}
    assert pages.client.post(f"/about/{key}/comment", data={"text": "z"}, headers=here).status_code == 303
    assert [(one.actor, one.text) for one in pages.ada.comments.list(key)] == [("carol", "y"), ("ada", "z")]


def test_signing_out_ends_the_session(pages, carol):
    answer = pages.client.post("/sign-out", headers=carol)
    assert (answer.status_code, answer.headers["location"]) == (303, "/?done=sign-out#happened")
    name = carol["cookie"].partition("=")[0]
    assert answer.headers["set-cookie"].startswith(f'{name}="";') and "Max-Age=0" in answer.headers["set-cookie"]
    assert "Signed in as" not in pages.get("/runs", headers=carol).text


def test_two_servers_of_one_host_keep_their_cookies_apart(pages, tokens, carol):
    with served(pages.ada, hosts=[]) as address, httpx.Client(base_url=address) as other:
        there = other.post("/sign-in", data={"token": tokens["dan"]}, headers=HERE).headers["set-cookie"]
        both = {**HERE, "cookie": f"{carol['cookie']}; {there.partition(';')[0]}"}
        other.cookies.clear()
        assert "Signed in as <strong>dan</strong>" in other.get("/runs", headers=both).text
    assert "Signed in as <strong>carol</strong>" in pages.get("/runs", headers=both).text


def test_who_signed_in_first_makes_room(pages, carol, tokens, monkeypatch):
    monkeypatch.setattr(access, "SESSIONS", 1)
    later = cookie(pages, tokens["dan"])
    assert "counts no more" in pages.get("/runs", headers=carol).text
    assert "Signed in as <strong>dan</strong>" in pages.get("/runs", headers={**carol, "cookie": later}).text


def test_from_elsewhere_nobody_sees_what_whoever_serves_said_in_an_open_round(pages):
    key = pages.draft("Labelled blind")
    round_ = pages.ada.rounds.open(title="Blind", vocabulary="failure-mode", subjects=[key], actors=["ada", "bob"]).key
    pages.ada.rounds.label(round_, key, "leakage", note="zebra")
    elsewhere = {"host": "10.0.0.5"}
    for path in (f"/rounds/{round_}", "/api/events"):
        here, there = (pages.get(path, headers=headers).text for headers in ({}, elsewhere))
        assert "zebra" in here and "zebra" not in there, path
    assert "of what somebody not signed in watches" in pages.get("/inbox", headers=elsewhere).text


def test_who_signs_in_comes_back_to_where_they_were(pages):
    there = {"host": "10.0.0.5"}
    begun = '/sign-in?next=/cases/new%3Ffinding%3Dfinding%253A1"'
    assert begun in pages.get("/cases/new?finding=finding:1", headers=there).text
    from_page = {**there, **HERE, "referer": "http://10.0.0.5/cases/new?finding=finding:1"}
    sent = pages.client.post("/cases/new", data={"title": "x"}, headers=from_page)
    assert (sent.status_code, begun in sent.text) == (403, True)


@pytest.mark.parametrize(
    ("asked", "to"),
    [
        ("/cases/PET-1", "/cases/PET-1"),
        ("/cases?q=a+b", "/cases?q=a+b"),
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/a\r\nset-cookie: x", "/"),
        ("", "/"),
    ],
)
def test_signing_in_leads_nowhere_else(asked, to):
    assert own_address(asked) == to


def _written() -> list[str]:
    """The address of every page that takes a form, but for those by which one signs in and out."""
    import errata.web.pages

    found = set()
    for module in pkgutil.iter_modules(errata.web.pages.__path__, "errata.web.pages."):
        for route in getattr(importlib.import_module(module.name), "router", APIRouter()).routes:
            if "POST" in route.methods:
                found.add(re.sub(r"\{\w+\}", "PET-1", route.path))
    return sorted(found - {"/sign-in", "/sign-out"})


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "origin": "http://127.0.0.1:1"},
        {"origin": "null"},
        THERE,
        {**HERE, "cookie": "gone"},
        {**HERE, "cookie": "dan"},
    ],
    ids=["another site", "another port", "no origin", "another machine", "a session that is none", "one that reads"],
)
def test_no_page_takes_a_form_that_it_should_not(pages, tokens, gone, headers):
    if "cookie" in headers:
        headers = {**headers, "cookie": gone if headers["cookie"] == "gone" else cookie(pages, tokens["dan"])}
    paths = _written()
    assert len(paths) > 25
    answers = {path: pages.client.post(path, headers=headers).status_code for path in paths}
    assert set(answers.values()) == {403}, answers
