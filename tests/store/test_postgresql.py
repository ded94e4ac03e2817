"""What is PostgreSQL's alone: addresses, an empty database, the folder of files, the lock, and what can go wrong."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, product
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import errata
from errata.core.errors import ErrataError, Locked, StorageError, UsageError
from errata.nouns.suite import KIND
from errata.store import records, tables
from errata.store.catalog import VERSION, open_store
from errata.store.events import events
from errata.store.files import Files
from errata.store.making import open_server
from errata.store.migrating import upgrade
from errata.store.places import Server, find_catalog
from errata.store.postgresql import Database
from errata.store.postgresql_words import _vector
from errata.verbs.doctor import doctor
from errata.verbs.record import get_record
from errata.verbs.run import list_runs
from tests import forked
from tests.catalogs import files_under, log, predictions

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
    import psycopg

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


def refusal(address: str, **options: object) -> ErrataError:
    """What opening it says."""
    with pytest.raises(ErrataError) as failure:
        errata.open(address, **options)  # type: ignore[arg-type]
    assert "s3cret" not in str(failure.value)
    assert str(failure.value).count("next:") == 1
    return failure.value


def test_what_is_no_address_is_not_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for text in ("postgresql://", "postgresql://ada:s3cret@host:port/db", "postgress://ada:s3cret@host/db",
                 "postgresql+psycopg://ada:s3cret@host/db", "postgresql://ada:s3cret@host"):  # fmt: skip
        assert refusal(text).code == "bad-address"
    assert refusal(str(tmp_path), files=tmp_path).code == "bad-option"
    monkeypatch.setenv("ERRATA_CATALOG", "postgresql://ada:s3cret@host/db")
    monkeypatch.setenv("ERRATA_FILES", str(tmp_path))
    place = find_catalog()
    assert isinstance(place, Server) and place.files == tmp_path
    assert "s3cret" not in repr(place)
    assert Database(place).address == "postgresql://ada@host/db"


def test_a_server_that_is_not_there_is_said(tmp_path: Path) -> None:
    for address in (f"postgresql://ada:s3cret@/pets?host={tmp_path}", "postgresql://ada:s3cret@127.0.0.1:9/pets"):
        error = refusal(address)
        assert (error.code, type(error)) == ("database-unreachable", StorageError)
    assert error.where == "postgresql://ada@127.0.0.1:9/pets"


def test_who_may_not_come_in_or_make_tables_is_told_so(postgresql: str, tmp_path: Path) -> None:
    ask(postgresql, "DROP ROLE IF EXISTS guarded")
    ask(postgresql, "CREATE ROLE guarded LOGIN PASSWORD 's3cret'")
    guarded = postgresql.replace("//postgres@", "//guarded:{}@")
    assert refusal(guarded.format("wrong")).code == "database-refused"
    assert refusal(guarded.replace(":{}", "")).code == "database-refused"
    assert refusal(postgresql.replace("//postgres@", "//nobody_like_that@")).code == "database-refused"
    absent = re.sub(r"/pets_\d+", "/absent", postgresql)
    error = refusal(absent)
    assert (error.code, error.next) == ("no-such-database", "createdb absent, as somebody who may")
    error = refusal(guarded.format("s3cret"), files=tmp_path / "files")
    assert (error.code, error.found) == ("database-refused", "permission denied for schema public")
    assert not (tmp_path / "files").exists()


def test_a_database_of_something_else_is_left_alone(postgresql: str, tmp_path: Path) -> None:
    ask(postgresql, "CREATE TABLE orders (id int)")
    ask(postgresql, "CREATE TABLE alembic_version (version_num varchar(32))")
    ask(postgresql, "INSERT INTO alembic_version VALUES ('0003')")
    error = refusal(postgresql, files=tmp_path / "files")
    assert (error.code, error.found) == ("foreign-database", "alembic_version, orders")
    assert ask(postgresql, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(2,)]
    assert not (tmp_path / "files").exists()


def test_a_database_that_cannot_hold_every_text_is_refused(postgresql: str, tmp_path: Path) -> None:
    ask(postgresql, "CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
    error = refusal(re.sub(r"/pets_\d+", "/latin", postgresql), files=tmp_path)
    ask(postgresql, "DROP DATABASE latin WITH (FORCE)")
    assert (error.code, error.found) == ("foreign-database", "LATIN1")


def test_files_are_those_of_this_database_alone(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert server.files is not None
    store = open_server(server)
    log(store, predictions(50))
    store.close()
    (owner,) = ask(server.url, "SELECT identity FROM catalog")[0]
    assert (server.files / "owner").read_text() == f"{owner}\n"

    other = tmp_path / "other"
    other.mkdir()
    (other / "owner").write_text("another\n")
    assert refusal(server.url, files=other).code == "other-files"
    error = refusal(server.url, files=tmp_path / "nowhere")
    assert (error.code, error.where) == ("no-files", str(tmp_path / "nowhere"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert refusal(server.url).where == str(tmp_path / "data" / "errata" / str(owner))

    server.files.rename(tmp_path / "moved")
    (tmp_path / "moved" / "owner").unlink()
    with errata.open(server.url, files=tmp_path / "moved") as catalog:  # it has every file that the rows name
        assert catalog.runs.get(1).rows == 50
    assert (tmp_path / "moved" / "owner").read_text() == f"{owner}\n"


def test_a_folder_with_something_in_it_is_not_taken(server: Server) -> None:
    assert server.files is not None
    server.files.mkdir()
    (server.files / "letters.txt").write_text("dear ada")
    assert refusal(server.url, files=server.files).code == "other-files"
    assert ask(server.url, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]
    assert [path.name for path in server.files.iterdir()] == ["letters.txt"]


def test_by_default_a_database_has_a_folder_of_its_own_among_the_users_data(
    postgresql: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.delenv("ERRATA_FILES", raising=False)
    with errata.open(postgresql) as catalog:
        (owner,) = ask(postgresql, "SELECT identity FROM catalog")[0]
        assert catalog.path == tmp_path / "errata" / str(owner)
    assert [path.name for path in (tmp_path / "errata").iterdir()] == [owner]


def test_a_connection_that_is_lost_in_the_middle_loses_nothing(server: Server) -> None:
    store = open_server(server)
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE '%`errata test`%'"
    with pytest.raises(StorageError) as failure, store.write("test") as transaction:
        transaction.blob(store.files.stage(b"some bytes"), "text/plain")
        transaction.event("x", before=None, after=None)
        ask(server.url, end)
        transaction.event("y", before=None, after=None)
    assert failure.value.code == "connection-lost"
    assert len(events(store)) == 1
    # Another writer may rely on the file by now: it stays, until doctor finds that nobody does.
    assert len(store.files.standing("blobs")) == 1
    found = doctor(store)
    assert (found.faults, len(found.orphans)) == ((), 1)
    assert store.files.standing("blobs") == {}
    with store.write("test") as transaction:
        assert transaction.next("records") == 1
    store.close()


def test_a_server_that_was_started_again_is_taken_up_again(server: Server) -> None:
    store = open_server(server)
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
    end += " AND datname = current_database()"
    ask(server.url, end)
    assert len(events(store)) == 1
    store.close()


def test_texts_that_it_cannot_keep_are_the_users_to_change(server: Server) -> None:
    store = open_server(server)
    for subject, code in (("nul \0 in it", "nul-character"), ("x" * 201, "too-long"), ("\ud800", "not-unicode")):
        with pytest.raises(UsageError) as failure, store.write("test") as transaction:
            transaction.event("ok", before=None, after=None)
            transaction.insert(
                tables.link, {"subject": subject, "predicate": "p", "object": "o", "actor": "a", "at": transaction.at}
            )
        assert failure.value.code == code
    assert len(events(store)) == 1
    store.close()


def test_a_write_that_fails_leaves_nothing(server: Server) -> None:
    store = open_server(server)
    assert server.files is not None
    before = files_under(server.files)
    with pytest.raises(ZeroDivisionError), store.write("test") as transaction:
        transaction.blob(store.files.stage(b"some bytes"), "text/plain")
        transaction.event("x", before=None, after=None)
        raise ZeroDivisionError
    assert files_under(server.files) == before
    assert len(events(store)) == 1
    store.close()


def test_many_that_open_an_empty_database_at_once_make_one_catalog(server: Server) -> None:
    with ThreadPoolExecutor(6) as pool:
        stores = list(pool.map(lambda _: open_server(server), range(6)))
    assert len(events(stores[0])) == 1
    for store in stores:
        store.close()


def test_the_tables_are_looked_at_when_they_have_outgrown_the_last_look(server: Server) -> None:
    looks = "SELECT reltuples::int FROM pg_class WHERE relname IN ('search', 'facet_value') ORDER BY relname DESC"
    store = open_server(server, "pets")

    def write(many: int) -> list[tuple[object, ...]]:
        with store.write("test") as transaction:
            some = [(KIND.make({"title": f"suite {at % 3}"}), "") for at in range(many)]
            records.create_all(transaction, KIND, some)
        return ask(server.url, looks)

    assert write(400) == [(-1,), (-1,)]
    assert write(200) == [(600,), (3,)]
    assert write(600) == [(600,), (3,)]
    assert write(100) == [(1300,), (3,)]
    store.close()


def test_many_rows_that_the_database_refuses_are_refused_as_one_is(server: Server) -> None:
    store = open_server(server, "pets")
    with store.write("test") as transaction, pytest.raises(sa.exc.IntegrityError, match="COPY actor"):
        store.home.insert_many(transaction.connection, "actor", ["name", "at"], [("bea", transaction.at)] * 2)
    with pytest.raises(StorageError) as failure, store.write("test") as transaction:
        # Somebody ends the connection in the middle.
        [pid] = transaction.connection.execute(sa.text("SELECT pg_backend_pid()")).one()
        ask(server.url, f"SELECT pg_terminate_backend({pid})")
        store.home.insert_many(transaction.connection, "actor", ["name", "at"], [("bea", transaction.at)])
    assert failure.value.code == "connection-lost"
    store.close()


def test_of_more_words_than_a_vector_holds_the_first_are_found(server: Server) -> None:
    store = open_server(server, "pets")
    letters = "abcdefghijklmnopqrstuvwxyz01234"
    short = ["".join(one) for one in chain(*(product(letters, repeat=many) for many in (1, 2, 3, 4)))]
    query = "SELECT strip(CAST(:words AS tsvector)) @@ 'aaa', length(CAST(:words AS tsvector))"
    with store.read() as connection:
        row = connection.execute(sa.text(query), {"words": _vector("night", " ".join(short))}).one()
    assert row[0] and 100_000 < row[1] < len(short)
    store.close()


@pytest.mark.slow
def test_log_killed_at_every_instant_leaves_the_run_whole_or_not_at_all(server: Server, tmp_path: Path) -> None:
    pq.write_table(predictions(300), tmp_path / "preds.parquet")
    open_server(server, "pets").close()
    known = killed = left_behind = 0
    for instant in range(1, 60):
        words = ["log", str(tmp_path / "preds.parquet"), "--model", f"pets@{instant}", "--dataset", "field@1"]
        where = {"ERRATA_CATALOG": server.url, "ERRATA_FILES": str(server.files)}
        done = forked.errata(*words, **where, ERRATA_FAULT=str(instant))
        assert done.returncode in (0, -signal.SIGKILL), done.stderr
        store = open_store(server)
        found = doctor(store)
        assert found.faults == ()
        left_behind += len(found.orphans)
        runs = list_runs(store)
        assert len(runs) in (known, known + 1)
        assert {run.rows for run in runs} <= {300}
        known = len(runs)
        store.close()
        if done.returncode == 0:
            break
        killed += 1
    assert done.returncode == 0, "there are more instants than were tried"
    assert killed >= 12 and left_behind > 0
