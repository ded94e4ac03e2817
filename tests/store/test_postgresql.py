"""What is PostgreSQL's alone: addresses, an empty database, the folder of files, the lock, and what can go wrong."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import errata
from errata.core.errors import Locked
from errata.store import records, tables
from errata.store.catalog import VERSION, open_store
from errata.store.events import events
from errata.store.files import Files
from errata.store.making import open_server
from errata.store.migrating import upgrade
from errata.store.places import Server
from errata.store.postgresql import Database
from errata.verbs.record import get_record
from errata.verbs.run import list_runs

HOLD = """
import sys, time
from pathlib import Path
from errata.store.catalog import open_store
from errata.store.places import Server
with open_store(Server(sys.argv[1], Path(sys.argv[2])), actor="grace").write("log"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def server(postgresql: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Server:
    """An empty database, and the folder for its files that is not there yet."""
    monkeypatch.setenv("ERRATA_ACTOR", "ada")
    return Server(postgresql, tmp_path / "files")


def ask(address: str, query: str) -> list[tuple[object, ...]]:
    """What the database answers to somebody else."""
    with psycopg.connect(address, autocommit=True) as connection:
        cursor = connection.execute(query)
        return cursor.fetchall() if cursor.description else []


def test_an_empty_database_is_made_a_catalog_named_after_it(postgresql: str, tmp_path: Path) -> None:
    with errata.open(postgresql, files=tmp_path / "files", actor="ada") as catalog:
        assert catalog.project == sa.make_url(postgresql).database
        assert (catalog.key, catalog.path) == ("PET", tmp_path / "files")
        assert catalog.address.startswith(f"postgresql://postgres@/{catalog.project}?host=")
        assert [one.verb for one in catalog.events()] == ["init"]
    with errata.open(postgresql.replace("postgresql:", "postgres:"), files=tmp_path / "files") as again:
        assert len(again.events()) == 1
    assert sorted(path.name for path in (tmp_path / "files").iterdir()) == ["blobs", "owner", "parts", "tmp"]


def test_the_migrations_make_the_tables_that_the_code_reads(server: Server) -> None:
    store = open_server(server)

    def is_ours(name: str | None, kind: str, _: object) -> bool:
        return kind != "table" or not (name or "").startswith("search_text")

    with store.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True, "include_name": is_ours}
        )
        assert compare_metadata(context, tables.metadata) == []
        assert context.get_current_revision() == VERSION
    store.close()


def test_a_populated_catalog_of_an_older_schema_is_brought_up_to_this_one(server: Server) -> None:
    assert server.files is not None
    files = Files(server.files)
    files.make()
    staged = files.stage(b"a picture")
    files.place("blobs", [staged])
    home = Database(server)
    with home.engine.connect() as connection, connection.begin():
        upgrade(connection, "0002")
        old = sa.MetaData()
        old.reflect(connection)
        at = sa.func.now()
        rows: dict[str, dict[str, object]] = {
            "project": {"name": "pets", "prefix": "PET", "at": at, "records": 1, "runs": 1},
            "actor": {"name": "ada", "at": at},
            "run": {
                "project": 1, "number": 1, "model": "pets", "model_version": "1", "repeat": 1, "state": "failed",
                "digest": "d" * 64, "params": {}, "roles": {}, "notes": [], "actor": "ada", "at": at,
            },
            "blob": {"project": 1, "digest": staged.digest, "media_type": "image/png", "bytes": 9, "at": at},
            "record": {
                "project": 1, "number": 1, "kind": "suite", "head": 1, "state": "active", "title": "night checks",
                "created_by": "ada", "created_at": at, "changed_by": "ada", "changed_at": at,
            },
            "revision": {
                "project": 1, "number": 1, "revision": 1, "schema": "suite/1", "state": "active", "digest": "d" * 64,
                "body": {"title": "night checks", "checks": ["PET-7"]}, "actor": "ada", "at": at, "reason": "",
            },
        }  # fmt: skip
        for name, row in rows.items():
            connection.execute(sa.insert(old.tables[name]).values(row))
    home.engine.dispose()
    store = open_store(server)
    assert store.files.read(staged.digest) == b"a picture"
    assert [run.model for run in list_runs(store)] == ["pets@1"]
    assert get_record(store, "PET-1").title == "night checks"
    with store.read() as connection:
        found = records.records(connection, store, "suite", facet=("check", "PET-7"))
    assert [one.key for one in found] == ["PET-1"]
    assert [one.reason for one in events(store, "catalog")] == ["schema 0002 to 0003"]
    store.close()


def test_who_waits_too_long_is_told_who_holds_it(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_server(server)
    monkeypatch.setenv("ERRATA_LOCK_TIMEOUT", "0.3")
    line = [sys.executable, "-c", HOLD, server.url, str(server.files)]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "held\n"
        began = time.monotonic()
        with pytest.raises(Locked) as failure, store.write("test"):
            pass
        assert time.monotonic() - began > 0.25
        with store.read() as connection:  # readers never wait
            assert connection.execute(sa.select(sa.func.count()).select_from(tables.project)).scalar() == 1
        process.kill()
    assert failure.value.code == "catalog-locked"
    assert failure.value.message.startswith(
        f"the catalog is being written by grace, `errata log`, process {process.pid}"
    )
    assert failure.value.found.startswith("held since ")
    monkeypatch.setenv("ERRATA_LOCK_TIMEOUT", "5")
    with store.write("test"):  # a writer that was killed holds nothing
        pass
    store.close()
