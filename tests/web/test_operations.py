"""What the interface promises of every write: read back by its ETag, done once by its key, refused clearly."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from errata.client.catalog import Catalog, open_catalog
from errata.client.operation import in_path, request_of
from errata.client.operations import OPERATIONS
from errata.core.errors import UsageError
from errata.store import requests
from errata.store.catalog import Store
from errata.store.making import init_store
from errata.verbs.record import list_records
from errata.verbs.token import add_token
from tests.catalogs import log, predictions
from tests.serving import served
from tests.web.forms import HERE


@pytest.fixture
def client(store: Store) -> Iterator[httpx.Client]:
    pytest.importorskip("fastapi", reason="the extra serve is not installed")
    token = add_token(store, "ada", "ada")
    with (
        served(Catalog(store)) as address,
        httpx.Client(base_url=f"{address}/api", headers={"authorization": f"Bearer {token}"}, timeout=60) as made,
    ):
        yield made


def test_what_is_made_says_where_it_is_and_at_which_revision(client: httpx.Client) -> None:
    made = client.post("/cases", json={"title": "Night"})
    assert (made.status_code, made.headers["location"], made.headers["etag"]) == (201, "/api/cases/PET-1", '"1"')
    read = client.get("/cases/PET-1")
    assert (read.headers["etag"], read.json()["title"]) == ('"1"', "Night")
    assert client.get("/cases/PET-1", headers={"if-none-match": '"1"'}).status_code == 304


def test_an_edit_of_an_older_revision_fails_its_precondition(client: httpx.Client) -> None:
    client.post("/cases", json={"title": "Night"})
    edited = client.patch("/cases/PET-1", json={"changes": {"title": "Dusk"}}, headers={"if-match": '"1"'})
    assert (edited.status_code, edited.headers["etag"]) == (200, '"2"')
    late = client.patch("/cases/PET-1", json={"changes": {"title": "Dawn"}}, headers={"if-match": '"1"'})
    assert (late.status_code, late.json()["code"]) == (412, "edit-conflict")
    unread = client.patch("/cases/PET-1", json={"changes": {"title": "Dawn"}}, headers={"if-match": "*"})
    assert (unread.status_code, unread.json()["code"]) == (400, "bad-match")


def test_a_precondition_that_nobody_looks_at_is_refused(client: httpx.Client) -> None:
    client.post("/cases", json={"title": "Night"})
    muted = {"code": "CASE101", "reason": "redacted"}
    refused = client.post("/cases/PET-1/mute", json=muted, headers={"if-match": '"1"'})
    assert (refused.status_code, refused.json()["code"]) == (400, "bad-match")
    done = client.post("/cases/PET-1/mute", json=muted, headers={"idempotency-key": "m"})
    assert done.headers["etag"] == '"2"'
    back = [
        client.post("/cases/PET-1/unmute", json={"code": "CASE101"}, headers={"idempotency-key": "u"}) for _ in range(2)
    ]
    assert back[0].headers["etag"] == '"3"'
    assert [(one.status_code, one.json()["revision"]) for one in back] == [(200, 3)] * 2


def test_what_is_new_is_done_once_under_its_key(client: httpx.Client, store: Store) -> None:
    log(store, predictions(400))
    rule = client.post("/rules", json={"title": "Failed", "when": "failed"}).json()["key"]
    asks: tuple[tuple[str, dict[str, Any]], ...] = (
        ("/runs/1/capture", {"rules": [rule]}),
        ("/jobs", {"kind": "drift", "arguments": {"a": "run:1", "b": "run:1"}}),
    )
    for path, body in asks:
        first, again = (client.post(path, json=body, headers={"idempotency-key": path}) for _ in range(2))
        assert (again.status_code, again.json()) == (first.status_code, first.json())
        assert again.headers["idempotency-replayed"] == "true"


def test_the_same_key_does_it_once(client: httpx.Client, store: Store) -> None:
    key = {"idempotency-key": "k-1"}
    first = client.post("/cases", json={"title": "Night"}, headers=key)
    again = client.post("/cases", json={"title": "Night"}, headers=key)
    assert (again.status_code, again.json(), again.headers["idempotency-replayed"]) == (201, first.json(), "true")
    other = client.post("/cases", json={"title": "Dusk"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (409, "key-reused")
    assert len(list_records(store, "case")) == 1


def test_a_key_whose_answer_was_lost_is_answered_with_what_was_done(client: httpx.Client, store: Store) -> None:
    body = {"title": "Night"}
    client.post("/cases", json=body, headers={"idempotency-key": "k-1"})
    with store.write("test") as transaction:  # as if the server had died between the work and the answer
        from errata.store.tables import request

        transaction.connection.execute(request.update().values(status=None, answer=None))
    again = client.post("/cases", json=body, headers={"idempotency-key": "k-1"})
    assert (again.status_code, again.json()["key"]) == (200, "PET-1")
    assert len(list_records(store, "case")) == 1


def test_the_same_key_at_the_same_time_does_it_once(client: httpx.Client, store: Store) -> None:
    answers: list[Any] = []

    def post() -> None:
        answers.append(client.post("/cases", json={"title": "Night"}, headers={"idempotency-key": "k-1"}))

    threads = [threading.Thread(target=post) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert {one.json()["key"] for one in answers} == {"PET-1"}
    assert len(list_records(store, "case")) == 1


def test_keys_are_each_actors_own(client: httpx.Client, store: Store) -> None:
    grace = {"authorization": f"Bearer {add_token(store, 'grace', 'grace')}", "idempotency-key": "k-1"}
    client.post("/cases", json={"title": "Night"}, headers={"idempotency-key": "k-1"})
    assert client.post("/cases", json={"title": "Night"}, headers=grace).json()["key"] == "PET-2"


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"{", {}, 400, "bad-json"),
        (b"[]", {}, 400, "bad-json"),
        (b'{"title": NaN}', {}, 400, "bad-json"),
        (b"\xff", {}, 400, "bad-json"),
        (b"[" * 100_000, {}, 400, "bad-json"),
        (b'{"title": 3}', {}, 422, "bad-request"),
        (b'{"title": "x", "tail": 1}', {}, 422, "bad-request"),
        (b'{"title": "x", "run": "1"}', {}, 422, "bad-request"),
        (b'{"title": "x", "fields": {"ownr": 1}}', {}, 422, "not-editable"),
        (b'{"title": "\\ud800"}', {}, 422, "not-unicode"),
        (b'{"title": "x"}', {"content-type": "text/plain"}, 415, "bad-type"),
        (b'{"title": "x"}', {"idempotency-key": "k" * 101}, 400, "bad-idempotency-key"),
        (b'{"title": "' + b"x" * 9_000_000 + b'"}', {}, 413, "too-large"),
        (b'{"title": "x"}', {"authorization": "Bearer nope"}, 401, "no-token"),
        (b'{"title": "x"}', {"authorization": "Basic YTpi"}, 401, "no-token"),
    ],
    ids=str,
)
def test_a_request_that_cannot_be_read_changes_nothing(
    client: httpx.Client, store: Store, body: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    answer = client.post("/cases", content=body, headers={"content-type": "application/json", **headers})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert list_records(store, "case") == []


def test_an_upload_is_a_run_and_the_same_again_is_that_run(client: httpx.Client) -> None:
    body = b"id,truth,prediction,lamp\n" + b"".join(
        b"s%d,cat,%s,%d\n" % (n, b"cat" if n % 3 else b"dog", n) for n in range(60)
    )
    query = {"about": json.dumps({"model": "pets@1", "dataset": "field@1"}), "name": "preds.csv"}
    made = client.post("/runs", params=query, content=body)
    assert (made.status_code, made.json()["rows"], made.json()["source"]) == (201, 60, "preds.csv")
    again = client.post("/runs", params=query, content=body)
    assert (again.status_code, again.json()["known"]) == (200, True)


@pytest.mark.parametrize(
    ("about", "name", "status", "code"),
    [
        ("{x", "x.csv", 400, "bad-json"),
        ('{"model": 3}', "x.csv", 422, "bad-request"),
        ('{"model": "pets@1", "truht": "y"}', "x.csv", 422, "bad-request"),
        ('{"model": "pets"}', "x.csv", 422, "no-version"),
        ('{"model": "pets@1", "dataset": "f@1"}', "../x.csv", 422, "bad-name"),
        ('{"model": "pets@1", "dataset": "f@1"}', "x.csv", 422, "no-truth"),
    ],
)
def test_an_upload_that_cannot_be_used_is_refused(
    client: httpx.Client, about: str, name: str, status: int, code: str
) -> None:
    answer = client.post("/runs", params={"about": about, "name": name}, content=b"a,b\n1,2\n")
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_has_a_request_and_a_place_of_its_own(name: str) -> None:
    operation = OPERATIONS[name]
    assert set(in_path(operation)) <= set(request_of(operation).model_fields)
    same = [one for one in OPERATIONS.values() if (one.method, one.path) == (operation.method, operation.path)]
    assert same == [operation]
    assert operation.function().__doc__


def test_a_request_done_by_another_actor_is_not_theirs(store: Store) -> None:
    asked = requests.Request("k", "d")
    with store.acting("ada", asked).write("test"):
        pass
    assert requests.done(store.acting("ada"), asked) == requests.Done(None, None, None)
    assert requests.done(store.acting("grace"), asked) is None


def test_a_token_says_which_project_is_asked(client: httpx.Client, store: Store) -> None:
    birds, _ = init_store(store.root.parent, "birds")
    try:
        token = add_token(birds, "kim", "kim")
        theirs = {"authorization": f"Bearer {token}"}
        assert client.post("/cases", json={"title": "Owls"}, headers=theirs).json()["key"] == "BIR-1"
        assert len(client.get("/cases", headers=theirs).json()) == 1
        assert client.get("/cases").json() == []
        assert client.get("/cases/BIR-1").status_code == 404
        assert client.get("/compare?a=run:1&b=run:2", headers=theirs).json()["title"].endswith("in project birds")
        address = str(client.base_url).removesuffix("/api/")
        own = client.headers["authorization"].removeprefix("Bearer ")
        signed = [httpx.post(f"{address}/sign-in", data={"token": one}, headers=HERE) for one in (own, token)]
        assert [one.status_code == 303 for one in signed] == [True, False]  # the pages are those of pets
        with open_catalog(address, token=token, project="birds") as catalog:
            assert (catalog.key, catalog.actor, catalog.projects()) == ("BIR", "kim", ["pets", "birds"])
        with pytest.raises(UsageError) as wrong:
            open_catalog(address, token=token, project="pets")
        assert wrong.value.code == "no-such-project"
    finally:
        birds.close()


@pytest.mark.slow
def test_whatever_is_sent_is_answered_as_described(client: httpx.Client) -> None:
    schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")
    from hypothesis import HealthCheck, Phase, given, settings

    described = client.get("/openapi.json").json()
    schema = schemathesis.openapi.from_dict(described)
    address = str(client.base_url).removesuffix("/api/")
    headers = {"authorization": client.headers["authorization"]}
    quick = settings(
        max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate],
    )  # fmt: skip
    checked = 0
    for found in schema.get_all_operations():
        operation = found.ok()

        @quick
        @given(case=operation.as_strategy())
        def ask(case: Any) -> None:
            answer = case.call(base_url=address, headers=headers)
            assert answer.status_code < 500, (case.method, case.formatted_path, answer.text)
            case.validate_response(
                answer,
                checks=[
                    schemathesis.checks.not_a_server_error, schemathesis.checks.status_code_conformance,
                    schemathesis.checks.content_type_conformance, schemathesis.checks.response_schema_conformance,
                ],
            )  # fmt: skip

        ask()
        checked += 1
    assert checked > len(OPERATIONS)
