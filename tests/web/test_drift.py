from __future__ import annotations

import httpx
import pytest

from tests.web.conftest import HOSTILE


@pytest.fixture(scope="module")
def client(address):
    with httpx.Client(base_url=address, timeout=60) as made:
        yield made


def test_what_drifted_stands_with_its_arrow_and_its_json(client):
    page = client.get("/drift?a=run:1&b=run:2")
    assert page.status_code == 200
    assert page.text.count("<h1") == 1
    assert "errata drift run:1 run:2" in page.text
    assert "Where the change of the error rate comes from" in page.text
    assert HOSTILE not in page.text
    assert "style=" not in page.text and "onclick" not in page.text
    found = client.get("/api/drift?a=run:1&b=run:2").json()
    assert found["schema"] == "errata.drift/1"
    assert all(f"<code>{column['column']}</code>" in page.text for column in found["columns"])
    assert "prediction" in {column["column"] for column in found["columns"]}


def test_a_run_has_not_drifted_from_itself(client):
    page = client.get("/drift?a=run:1&b=run:1").text
    assert "None of" in page and "drifted" in page
    assert not any(column["alarm"] for column in client.get("/api/drift?a=run:1&b=run:1").json()["columns"])


def test_without_two_runs_there_is_a_choice(client, empty_address):
    assert client.get("/drift").text.count("<select") == 2
    with httpx.Client(base_url=empty_address, timeout=60) as empty:
        assert "errata log" in empty.get("/drift").text


def test_what_is_not_a_run_is_refused(client):
    assert client.get("/drift?a=run:1&b=run:99").status_code == 404
    assert client.get("/drift?a=run:1&b=nonsense").status_code == 422
    assert client.get("/api/drift?a=run:1").status_code == 422
    assert client.get("/api/drift?a=run:1&b=run:2&min_effect=7").status_code == 422
