"""The page of cases and the API, asked in the language of queries."""

from __future__ import annotations

from html import unescape

import httpx
import pytest

from tests.schemas import agrees


@pytest.fixture
def client(address):
    with httpx.Client(base_url=address, timeout=60) as made:
        yield made


def test_the_api_answers_a_query_with_the_published_schema(client):
    answer = client.get("/api/cases", params={"q": "night state:open"}).json()
    agrees("errata.search-1", answer)
    assert (answer["query"], answer["total"], answer["cursor"]) == ("night state:open", 1, None)
    assert [record["key"] for record in answer["records"]] == ["ANI-1"]
    assert {"name": "state", "values": [{"value": "reopened", "count": 1}], "more": 0} in answer["facets"]
    assert client.get("/api/cases", params={"q": "", "facets": False}).json()["facets"] == []
    assert list(client.get("/api/cases").json()) == ["records", "cursor"]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"q": "sevrity:high"}, "no-such-field"),
        ({"q": '"'}, "bad-query"),
        ({"q": "\x00"}, "bad-query"),
        ({"q": "", "cursor": "x"}, "bad-cursor"),
    ],
)
def test_what_is_no_query_is_a_problem(client, asked, code):
    answer = client.get("/api/cases", params=asked)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_the_page_finds_narrows_and_says_what_is_wrong(client):
    text = unescape(client.get("/cases", params={"q": "night model:pets"}).text)
    assert '<p class="soft">1 case · ' in text
    assert 'href="/cases?q=night"' in text
    assert "errata case search 'night model:pets'" in text
    assert "No case holds all of this." in client.get("/cases?q=zebra").text
    broken = unescape(client.get("/cases", params={"q": "night sevrity>=high"}).text)
    assert "there is no field 'sevrity'" in broken
    assert "<code>severity>=high</code>" in broken
    hostile = client.get("/cases", params={"q": '"<script>alert(1)</script>'}).text
    assert "<script>alert(1)" not in hostile


def test_the_front_search_takes_the_same_language(client):
    assert "ANI-1" in client.get("/search", params={"q": "night -zebra"}).text
    assert "ANI-1" in client.get("/search", params={"q": "fails: night"}).text
    assert "Nothing holds" in client.get("/search", params={"q": "!!"}).text
