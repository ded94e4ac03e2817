from __future__ import annotations

import re

import httpx
import pytest

from tests.web.conftest import HOSTILE

BOTH = "/compare?a=run:1&b=run:2"


@pytest.fixture(scope="module")
def client(address):
    with httpx.Client(base_url=address, timeout=60) as made:
        yield made


def test_two_runs_stand_beside_each_other(client):
    page = client.get(BOTH)
    assert page.status_code == 200
    assert page.text.count("<h1") == 1
    assert "B is better than A." in page.text
    assert "errata compare run:1 run:2" in page.text
    assert page.text.index("Where B is better") < page.text.index('id="samples"')
    assert "source = &#39;night&#39;" in page.text
    assert HOSTILE not in page.text
    assert "style=" not in page.text and "onclick" not in page.text


def test_what_changed_is_a_wall_of_samples_with_a_sheet_each(client):
    page = client.get(f"{BOTH}&show=newly_passing&slice=source+%3D+%27night%27").text
    sheets = re.findall(r'href="(/compare/1/2/samples/\d+\?show=newly_passing)"', page)
    assert len(sheets) > 50
    assert len(re.findall(r'<img src="[^"]+"', page)) > 50
    sheet = client.get(sheets[0])
    assert sheet.status_code == 200
    assert "prediction of A" in sheet.text
    assert "newly passing, sample" in sheet.text
    assert "passed" in sheet.text


def test_pictures_of_the_wall_are_served(client):
    page = client.get(f"{BOTH}&show=newly_passing").text
    image = re.search(r'<img src="([^"]+)"', page)
    assert image is not None
    assert client.get(image[1]).headers["content-type"] == "image/png"


def test_without_two_runs_there_is_a_choice(client, empty_address):
    page = client.get("/compare").text
    assert page.count("<select") == 2
    assert 'value="run:4"' not in page, "a run without predictions cannot be compared"
    with httpx.Client(base_url=empty_address, timeout=60) as empty:
        assert "errata log" in empty.get("/compare").text


def test_a_short_address_leads_there(client):
    moved = client.get("/compare/1/2")
    assert (moved.status_code, moved.headers["location"]) == (307, "/compare?a=run%3A1&b=run%3A2")


def test_the_pages_lead_to_it(client):
    assert "/compare?a=run:1&amp;b=run:2" in client.get("/runs/2").text
    assert "/compare?a=run:2&amp;b=run:3" in client.get("/").text


def test_the_same_as_json(client):
    found = client.get("/api/compare?a=run:1&b=run:2").json()
    assert (found["schema"], found["verdict"], found["pairs"]) == ("errata.compare/1", "better", 900)
    assert found["newly_passing"] == len(found["samples"]["newly_passing"])


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/compare?a=run:1&b=run:99", 404),
        ("/compare?a=run:1&b=run:4", 404),
        ("/compare?a=1&b=<b>", 422),
        ("/compare?a=run:1&b=run:2&slice=nowhere+%3D+1", 422),
        ("/compare?a=run:1&b=run:2&show=everything", 422),
        ("/compare/1/2/samples/899000", 404),
        ("/api/compare?a=run:1", 422),
        ("/api/compare?a=run:1&b=run:2&depth=9", 422),
    ],
)
def test_what_cannot_be_compared_is_answered_in_words(client, path, status):
    answer = client.get(path)
    assert answer.status_code == status
    assert "<b>" not in answer.text
