from __future__ import annotations

import httpx
import pytest


@pytest.fixture(scope="module")
def client(address):
    with httpx.Client(base_url=f"{address}/api", timeout=60) as made:
        yield made


@pytest.mark.parametrize(
    ("path", "many"),
    [
        ("/runs", 4),
        ("/cases", 1),
        ("/checks", 2),
        ("/plans", 1),
        ("/gates", 3),
        ("/rules", 1),
        ("/rules?state=retired", 0),
        ("/captures?run=1", 1),
        ("/cases?state=closed", 0),
    ],
)
def test_lists_hold_what_the_catalog_holds(client, path, many):
    name = path.strip("/").partition("?")[0]
    assert len(client.get(path).json()[name if name in ("runs", "gates", "captures") else "records"]) == many


def test_a_fact_has_the_schema_of_the_command_line(client):
    assert client.get("/runs/1").json()["schema"] == "errata.run/1"
    assert client.get("/runs/1/report").json()["schema"] == "errata.report/1"
    assert client.get("/runs/4/report").json() is None
    assert client.get("/gates/1").json()["schema"] == "errata.stored-gate/1"
    assert client.get("/cases/ANI-1/evidence").json()["schema"] == "errata.evidence/1"
    assert client.get("/cases/ANI-1").json()["state"] == "reopened"
    assert client.get("/cases/ANI-1/history").json()["revisions"][0]["state"] == "draft"
    captured = client.get("/runs/1/candidates?rule=ANI-5").json()
    assert (captured["schema"], captured["drawn"], len(captured["candidates"])) == ("errata.candidates/1", 9, 9)
    assert client.get("/captures?run=1").json()["captures"][0]["matched"] == captured["matched"]
    assert client.get("/rules/ANI-5").json()["when"] == "confidence >= 0.6 and failed"
    assert client.get("/findings?run=1").json()["findings"][0]["run"] == "run:1"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [("/runs/99", 404, "no-such-run"), ("/runs/x", 422, "bad-request"), ("/nothing", 404, "no-such-page")],
)
def test_an_error_is_a_problem_document(client, path, status, code):
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["status"], problem["code"], problem["instance"]) == (status, code, f"/api{path}")
    assert problem["type"] == f"urn:errata:error:{code}"


def test_nothing_is_written_without_a_token(client):
    for path in ("/cases", "/cases/ANI-1/submit", "/runs?about={}&name=x.csv"):
        answer = client.post(path, json={})
        assert (answer.status_code, answer.json()["code"]) == (401, "no-token")


def test_the_interface_is_described(client):
    described = client.get("/openapi.json").json()
    assert "/api/runs/{number}" in described["paths"]
    assert "/runs/{number}" not in described["paths"]
