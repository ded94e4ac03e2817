"""Uploads: as a stream, within a size and the room of the disk; what breaks off leaves nothing."""

from __future__ import annotations

import hashlib
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from errata.client.catalog import Catalog, open_catalog
from errata.core.errors import NotFound, StorageError, UsageError
from errata.store import uploads
from errata.store.catalog import Store
from errata.store.uploads import Upload
from errata.verbs.job import cancel_job, submit_job
from errata.verbs.prune_jobs import prune_jobs
from errata.verbs.run import list_runs
from errata.verbs.token import add_token
from tests.catalogs import log, predictions
from tests.serving import served

ROWS = b"id,truth,prediction\n1,cat,cat\n"
REF = f"upload:{hashlib.sha256(ROWS).hexdigest()}/rows.csv"


@pytest.fixture
def client(store: Store) -> Iterator[httpx.Client]:
    pytest.importorskip("fastapi", reason="the extra serve is not installed")
    token = add_token(store, "ada", "ada")
    with (
        served(Catalog(store), most_upload=100_000) as address,
        httpx.Client(base_url=f"{address}/api", headers={"authorization": f"Bearer {token}"}, timeout=60) as made,
    ):
        yield made


def left(store: Store) -> list[str]:
    """All that is among the temporary files and the uploads."""
    return sorted(path.name for name in ("tmp", "uploads") for path in (store.root / name).glob("*"))


def send(client: httpx.Client, content: Any, name: str = "rows.csv", **headers: str) -> httpx.Response:
    return client.post("/uploads", params={"name": name}, content=content, headers=headers)


def test_a_file_that_was_sent_is_named_by_its_digest_and_lies_there_once(client: httpx.Client, store: Store) -> None:
    for _ in range(2):
        sent = send(client, ROWS)
        assert (sent.status_code, sent.json()) == (201, {"upload": REF, "bytes": 30})
    assert left(store) == [REF[7:71]]
    assert uploads.path_of(store.files, Upload.parse(REF)).read_bytes() == ROWS


def test_what_is_too_large_is_refused_before_it_comes_and_while_it_comes(client: httpx.Client, store: Store) -> None:
    for content in (b"x" * 100_001, iter([b"x" * 60_000] * 2)):
        refused = send(client, content)
        assert (refused.status_code, refused.json()["code"]) == (413, "upload-too-large")
        assert refused.json()["expected"] == "at most 100.0 kB"
    query = {"about": '{"model": "pets@1", "dataset": "field@1"}', "name": "rows.csv"}
    assert client.post("/runs", params=query, content=b"x" * 100_001).json()["code"] == "upload-too-large"
    assert left(store) == []


def test_what_the_disk_has_no_room_for_is_refused(
    client: httpx.Client, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Disk:
        free = uploads.SPARE + 20_000

    monkeypatch.setattr("errata.store.uploads.shutil.disk_usage", lambda path: Disk)
    assert send(client, b"x" * 20_000).status_code == 201
    refused = send(client, b"x" * 20_001)
    assert (refused.status_code, refused.json()["code"]) == (507, "no-room")
    assert (refused.json()["expected"], refused.json()["found"]) == ("67.1 MB free", "67.1 MB free")
    monkeypatch.setattr("errata.store.uploads.LOOK", 10_000)
    Disk.free = uploads.SPARE
    assert send(client, iter([b"x" * 6_000] * 4)).json()["code"] == "no-room"  # the disk fills while it comes
    assert len(left(store)) == 1


def test_an_upload_that_breaks_off_leaves_nothing(client: httpx.Client, store: Store) -> None:
    host, port = client.base_url.host, client.base_url.port
    begun = (
        f"POST /api/uploads?name=rows.csv HTTP/1.1\r\nHost: {host}:{port}\r\n"
        f"Authorization: {client.headers['authorization']}\r\nContent-Length: 5000\r\n\r\n"
    )
    with socket.create_connection((host, port)) as line:
        line.sendall(begun.encode() + b"x" * 100)
        while not left(store):
            time.sleep(0.01)
    deadline = time.monotonic() + 10
    while left(store) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert left(store) == []


def test_a_server_that_was_killed_leaves_a_file_that_is_found(store: Store) -> None:
    gone = store.root / "tmp" / f"999999999-{'0' * 32}-{socket.gethostname()}"
    gone.write_bytes(b"x")
    assert store.files.abandoned() == [gone]


@pytest.mark.parametrize("name", ["../x.csv", "a/b.csv", "..", "x\n.csv", "x" * 201])
def test_a_name_with_folders_in_it_is_refused(client: httpx.Client, store: Store, name: str) -> None:
    assert send(client, ROWS, name).status_code == 422
    assert left(store) == []


def test_who_may_not_write_sends_nothing(client: httpx.Client, store: Store) -> None:
    assert send(client, ROWS, authorization="Bearer errata_x").status_code == 401
    reads = add_token(store, "reads", "ada", writes=False)
    assert send(client, ROWS, authorization=f"Bearer {reads}").status_code == 403
    assert left(store) == []


def test_an_upload_is_there_for_a_day_and_as_long_as_a_job_waits_for_it(client: httpx.Client, store: Store) -> None:
    log(store, predictions(400))
    send(client, ROWS)
    job = submit_job(store, "compare", {"a": "run:1", "b": REF})
    path = uploads.path_of(store.files, Upload.parse(REF))
    os.utime(path, (0, 0))
    assert prune_jobs(store)["uploads"] == 0
    cancel_job(store, job.number)
    assert prune_jobs(store)["uploads"] == 1
    with pytest.raises(NotFound) as missing:
        uploads.path_of(store.files, Upload.parse(REF))
    assert missing.value.code == "no-such-upload"
    for wrong in ("upload:x/y", f"{REF}/z", "run:1", REF.replace("rows.csv", "..")):
        with pytest.raises(UsageError):
            Upload.parse(wrong)


def test_where_a_file_lies_on_the_server_is_nobodys_business(client: httpx.Client, store: Store) -> None:
    query = {"about": '{"model": "pets@1", "dataset": "field@1"}', "name": "rows.csv"}
    for content in (b"", b"a,b\n1,2\n", b"\x00\x01", b"id,truth,prediction\n1,cat\n"):
        refused = client.post("/runs", params=query, content=content)
        assert refused.status_code == 422
        assert str(store.root) not in refused.text
    assert list_runs(store) == []
    assert left(store) == []


def test_the_sdk_says_what_the_server_said_of_a_file_it_does_not_take(
    client: httpx.Client, store: Store, tmp_path: Path
) -> None:
    file = tmp_path / "large.csv"
    file.write_bytes(b"x" * 3_000_000)
    token = client.headers["authorization"].removeprefix("Bearer ")
    with open_catalog(str(client.base_url).removesuffix("/api/"), token=token) as catalog:
        with pytest.raises((UsageError, StorageError)) as refused:
            catalog.runs.log(file, model="pets@1", dataset="field@1")
        assert refused.value.code == "upload-too-large"
