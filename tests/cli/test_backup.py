"""Backup, restore and PostgreSQL at the command line, as a person types it."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from errata.cli.faults import _masked
from errata.store.making import init_store
from tests.catalogs import log, predictions
from tests.cli import typed


def errata(folder: Path, *words: str, **variables: str) -> typed.Done:
    return typed.errata(folder, *words, **{"XDG_DATA_HOME": str(folder / "data"), **variables})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project pets with one run in a folder, and its predictions."""
    home = tmp_path / "pets"
    store, _ = init_store(home)
    log(store, predictions(300))
    store.close()
    pq.write_table(predictions(300), home / "v1.parquet")
    return home


def test_a_catalog_is_backed_up_and_restored(folder: Path) -> None:
    done = errata(folder, "backup", "pets.tar")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "pets.tar  project pets · 2 events, 0 revisions, 2 parts, 1 blob",
        "errata restore pets.tar --to FOLDER",
    ]
    done = errata(folder, "restore", "pets.tar", "--to", "again")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        f"{folder}/again/.errata  project pets · 2 events, 0 revisions, 2 parts, 1 blob",
        "✓ sound",
    ]
    told = json.loads(errata(folder, "restore", "pets.tar", "--to", "third", "--json").stdout)
    assert (told["sound"], told["projects"], told["rows"]["run"]) == (True, ["pets"], 1)
    done = errata(folder, "restore", "pets.tar", "--to", "again")
    assert (done.returncode, done.stderr.splitlines()[0][:16]) == (2, "error[not-empty]")


def test_what_was_damaged_before_is_said_after(folder: Path) -> None:
    import sqlite3

    with sqlite3.connect(folder / ".errata" / "catalog.db") as raw:
        raw.execute("UPDATE event SET actor = 'mallory' WHERE seq = 1")
    raw.close()
    assert errata(folder, "backup", "pets.tar").returncode == 0
    done = errata(folder, "restore", "pets.tar", "--to", "again")
    assert done.returncode == 2
    assert done.stdout.splitlines()[1:] == [
        "● damaged, as it was when the backup was made",
        "  ● event 1 is not what was written, or follows one that is gone",
    ]


def test_the_same_commands_work_on_postgresql(folder: Path, postgresql: str) -> None:
    where = {"ERRATA_CATALOG": postgresql, "ERRATA_FILES": str(folder / "files")}
    done = errata(folder, "init", postgresql, "--project", "dogs", **where)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0].endswith("  project dogs, records DOG-1, DOG-2, …")
    for words in (("log", "v1.parquet", "--model", "pets@1", "--dataset", "field@1"), ("run", "list"), ("doctor",)):
        done = errata(folder, *words, **where)
        assert (done.returncode, done.stderr) == (0, ""), words
    assert done.stdout == "✓ sound · 1 project, 2 events, 0 revisions, 0 labels, 0 comments, 2 parts, 1 blob\n"
    assert errata(folder, "backup", "dogs.tar", **where).returncode == 0
    done = errata(folder, "restore", "dogs.tar", "--to", postgresql, **where)
    assert (done.returncode, done.stderr.splitlines()[0][:23]) == (2, "error[foreign-database]")
    done = errata(folder, "run", "list", ERRATA_CATALOG=postgresql)  # without the folder of its files
    assert (done.returncode, done.stderr.splitlines()[0][:15]) == (2, "error[no-files]")


def test_a_report_of_our_mistakes_holds_no_password() -> None:
    text = "errata run list --catalog postgresql://ada:s3cr:et@db/pets?password=s3cret&x=1 'password=s3cret'"
    assert _masked(text) == "errata run list --catalog postgresql://ada:***@db/pets?password=***&x=1 'password=***'"
