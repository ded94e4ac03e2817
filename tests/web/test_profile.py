from __future__ import annotations

import httpx
import pytest


@pytest.fixture(scope="module")
def client(address):
    with httpx.Client(base_url=address, timeout=60) as made:
        yield made


def test_a_model_over_its_versions(client):
    text = client.get("/models/pets").text
    assert text.count("<h1") == 1 and "<h1>pets</h1>" in text
    assert "ANI-1 came back." in text
    for part in (
        "Versions on their data",
        "What recurs",
        "From version to version",
        "Kinds of error",
        "Cases over time",
    ):
        assert f">{part}</h2>" in text
    assert "<code>source = &#39;night&#39;</code>" in text
    assert "errata profile pets" in text
    assert "MemoryError" in text and "<script>" not in text.split("<main")[1]
    assert '<a href="/compare?a=run:1&amp;b=run:2">' in text


def test_the_list_of_models_and_the_whole_project(client):
    text = client.get("/models").text
    assert '<a href="/models/pets">pets</a>' in text and "1 model" in text
    assert "<h1>animals</h1>" in client.get("/profile").text


def test_models_are_linked_from_where_runs_are(client):
    assert 'href="/models/pets"' in client.get("/").text
    assert 'href="/models"' in client.get("/runs").text
    assert 'href="/models/pets"' in client.get("/runs/1").text


def test_the_same_as_json(client):
    found = client.get("/api/profile?model=pets").json()
    assert found["schema"] == "errata.profile/1" and found["model"] == "pets"
    assert client.get("/api/profile").json()["model"] is None
    assert [one["model"] for one in client.get("/api/models").json()] == ["pets"]


def test_a_model_that_is_not_there(client):
    answer = client.get("/models/cats")
    assert answer.status_code == 404 and "no-such-model" in answer.text
    assert client.get("/api/profile?model=cats").json()["code"] == "no-such-model"


def test_without_any_run(empty_address):
    with httpx.Client(base_url=empty_address, timeout=60) as client:
        assert "errata log preds.csv --model NAME@V --dataset NAME@V" in client.get("/models").text
        answer = client.get("/profile")
        assert answer.status_code == 404 and "no-runs" in answer.text
