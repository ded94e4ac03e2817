"""Backup and restore: whole and verified, from either home into either, or not at all."""

from __future__ import annotations

import json
import os
import signal
import tarfile
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import errata
from errata.core.errors import CatalogError, ErrataError, FileError, Incompatible, StorageError, UsageError
from errata.nouns.suite import KIND
from errata.store import archive, records
from errata.store.backup import write_backup
from errata.store.catalog import Store, open_store
from errata.store.making import init_store
from errata.store.migrating import upgrade
from errata.store.places import Server
from errata.store.restoring import restore_backup
from errata.store.sqlite import Folder
from errata.verbs.analyze import AnalyzeOptions
from errata.verbs.analyze_run import analyze_run
from errata.verbs.case import open_case
from errata.verbs.doctor import doctor
from errata.verbs.record import edit_record, get_record
from tests import forked
from tests.catalogs import log, predictions

BOTH = pytest.mark.homes("folder", "postgresql")


def fill(store: Store) -> None:
    """A run with findings, a case with evidence and two revisions, and a second project with a record."""
    log(store, predictions(400), params={"lr": 0.1, "depth": -0.0, "name": "Zürich 日本"})
    analyze_run(store, 1, AnalyzeOptions())
    case = open_case(store, title="Night fails", finding=1)
    edit_record(store, case.key, "case", {"title": "Fails at night"}, reason="plainer")
    other, _ = init_store(store.home.place if isinstance(store.home.place, Server) else store.root, "visits", "V")
    with other.write("test") as transaction:
        records.create(transaction, KIND, KIND.make({"title": "night checks", "checks": ["V-9"]}))
    other.close()


def rows(store: Store) -> dict[str, list[bytes]]:
    """Every row that a backup holds, by table."""
    with store.read() as connection:
        return {table.name: list(archive.lines(connection, table, store.home.bytewise)) for table in archive.kept()}


@pytest.fixture
def filled(store: Store) -> Store:
    fill(store)
    return store


@BOTH
def test_what_is_restored_is_what_was_there(filled: Store, tmp_path: Path) -> None:
    found = write_backup(filled, tmp_path / "pets.tar")
    assert found.projects == ("pets", "visits")
    assert (found.rows["run"], found.rows["revision"], found.files["parts"]) == (1, 3, 2)
    restored, manifest = restore_backup(tmp_path / "pets.tar", tmp_path / "again")
    assert rows(restored) == rows(filled)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    assert manifest["projects"] == ["pets", "visits"]
    diagnosis = doctor(restored)
    assert (diagnosis.faults, diagnosis.orphans) == ((), ())
    assert diagnosis.checked == doctor(filled).checked | {"events": found.rows["event"]}
    restored.close()


def test_from_a_folder_to_postgresql_and_back_the_rows_are_the_same(
    filled: Store, postgresql: str, tmp_path: Path
) -> None:
    write_backup(filled, tmp_path / "one.tar")
    there, _ = restore_backup(tmp_path / "one.tar", Server(postgresql, tmp_path / "files"))
    assert rows(there) == rows(filled)
    assert doctor(there).faults == ()
    write_backup(there, tmp_path / "two.tar")
    with tarfile.open(tmp_path / "one.tar") as one, tarfile.open(tmp_path / "two.tar") as two:
        names = one.getnames()
        assert names == two.getnames()
        for name in names[:-1]:
            assert one.extractfile(name).read() == two.extractfile(name).read(), name  # type: ignore[union-attr]
    back, _ = restore_backup(tmp_path / "two.tar", tmp_path / "back")
    assert rows(back) == rows(filled)
    # Numbers go on where they were.
    for store in (there, back):
        with store.write("test") as transaction:
            assert records.create(transaction, KIND, KIND.make({"title": "more"})).key == "PET-2"
        assert doctor(store).faults == ()
        store.close()


@BOTH
def test_what_is_restored_is_found_by_its_facets(filled: Store, tmp_path: Path, postgresql: str) -> None:
    write_backup(filled, tmp_path / "pets.tar")
    for place in (tmp_path / "again", Server(postgresql, tmp_path / "elsewhere")):
        if isinstance(place, Server) and isinstance(filled.home.place, Server):
            continue  # that database is taken
        restored, _ = restore_backup(tmp_path / "pets.tar", place)
        visits = open_store(restored.home.place, "visits")
        with visits.read() as connection:
            found = records.records(connection, visits, "suite", facet=("check", "V-9"))
        assert [one.key for one in found] == ["V-1"]
        visits.close()
        restored.close()


@pytest.mark.parametrize("where", ["rows", "parts", "blobs", "manifest"])
def test_a_flipped_bit_is_found_and_said(filled: Store, tmp_path: Path, where: str) -> None:
    file = tmp_path / "pets.tar"
    write_backup(filled, file)
    with tarfile.open(file) as tar:
        hit = next(one for one in tar.getmembers() if one.name.startswith(where) and one.size)
    data = bytearray(file.read_bytes())
    data[hit.offset_data + hit.size // 2] ^= 1
    file.write_bytes(data)
    with pytest.raises(FileError) as failure:
        restore_backup(file, tmp_path / "again")
    assert failure.value.code == "backup-damaged"
    assert not (tmp_path / "again" / ".errata").exists()
    assert list(tmp_path.glob("again/*")) == []


def test_wherever_a_bit_is_flipped_the_rows_are_the_same_or_there_are_none(filled: Store, tmp_path: Path) -> None:
    file = tmp_path / "pets.tar"
    write_backup(filled, file)
    whole = file.read_bytes()
    expected = rows(filled)
    for at in range(0, len(whole), len(whole) // 40):
        data = bytearray(whole)
        data[at] ^= 16
        file.write_bytes(data)
        try:
            restored, _ = restore_backup(file, tmp_path / str(at))
        except FileError as error:
            assert error.code == "backup-damaged"
            assert not (tmp_path / str(at) / ".errata").exists()
        else:
            assert rows(restored) == expected
            assert doctor(restored).faults == ()
            restored.close()


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.99])
def test_a_backup_that_was_cut_short_is_none(filled: Store, tmp_path: Path, share: float) -> None:
    file = tmp_path / "pets.tar"
    write_backup(filled, file)
    with tarfile.open(file) as tar:
        last = tar.getmembers()[-1]
    assert last.name == "manifest.json"
    file.write_bytes(file.read_bytes()[: int(share * (last.offset_data + last.size))])
    with pytest.raises(FileError) as failure:
        restore_backup(file, tmp_path / "again")
    assert failure.value.code == "backup-damaged"


def test_a_damaged_backup_leaves_an_empty_database_and_no_files(filled: Store, postgresql: str, tmp_path: Path) -> None:
    file = tmp_path / "pets.tar"
    write_backup(filled, file)
    with tarfile.open(file) as tar:
        hit = next(one for one in tar.getmembers() if one.name.startswith("blobs"))
    data = bytearray(file.read_bytes())
    data[hit.offset_data] ^= 1
    file.write_bytes(data)
    with pytest.raises(FileError, match="nothing was restored"):
        restore_backup(file, Server(postgresql, tmp_path / "files"))
    assert not (tmp_path / "files").exists()
    with errata.open(postgresql, files=tmp_path / "files") as catalog:  # it is still empty
        assert [one.verb for one in catalog.events()] == ["init"]


@BOTH
def test_nothing_is_restored_over_something(filled: Store, tmp_path: Path) -> None:
    write_backup(filled, tmp_path / "pets.tar")
    before = rows(filled)
    place: Any = filled.home.place
    with pytest.raises(CatalogError) as failure:
        restore_backup(tmp_path / "pets.tar", place)
    assert failure.value.code in ("not-empty", "foreign-database")
    assert rows(filled) == before
    with pytest.raises(UsageError) as refused:
        write_backup(filled, tmp_path / "pets.tar")
    assert refused.value.code == "backup-exists"


def test_a_catalog_with_an_altered_file_is_not_backed_up(filled: Store, tmp_path: Path) -> None:
    digest, path = next(iter(filled.files.standing("parts").items()))
    data = path.read_bytes()
    path.write_bytes(data[:-1] + b"?")
    with pytest.raises(StorageError) as failure:
        write_backup(filled, tmp_path / "pets.tar")
    assert (failure.value.code, digest[:12] in failure.value.message) == ("part-altered", True)
    path.unlink()
    with pytest.raises(StorageError) as failure:
        write_backup(filled, tmp_path / "pets.tar")
    assert failure.value.code == "part-missing"
    assert [one.name for one in tmp_path.iterdir()] == ["pets"]


def test_a_file_that_is_no_backup_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.tar").write_bytes(b"this is no backup" * 1000)
    with tarfile.open(tmp_path / "y.tar", "w") as tar:
        tar.add(tmp_path / "x.tar", "x")
    for name, code in (("x.tar", "backup-damaged"), ("y.tar", "backup-damaged"), ("z.tar", "file-missing")):
        with pytest.raises(ErrataError) as failure:
            restore_backup(tmp_path / name, tmp_path / "again")
        assert failure.value.code == code


def test_a_newer_backup_is_refused_and_an_older_one_is_brought_up_to_date(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store)
    monkeypatch.setattr("errata.store.backup.VERSION", "0099")
    write_backup(store, tmp_path / "newer.tar")
    with pytest.raises(Incompatible) as failure:
        restore_backup(tmp_path / "newer.tar", tmp_path / "again")
    assert (failure.value.code, failure.value.found) == ("newer-catalog", "schema 0099")

    # One as the program of schema 0002 would have written it: without what came after.
    old = sa.MetaData()
    with (opened := Folder(tmp_path)).engine.connect() as connection, connection.begin():
        upgrade(connection, "0002")
        old.reflect(connection)
    opened.engine.dispose()
    (tmp_path / "catalog.db").unlink()

    names = {name: [column.name for column in table.columns] for name, table in old.tables.items()}

    def without(connection: sa.Connection, table: sa.Table, bytewise: str) -> Any:

        for line in archive_lines(connection, table, bytewise):
            row = json.loads(line)
            yield json.dumps({name: row[name] for name in names[table.name]}).encode() + b"\n"

    archive_lines = archive.lines
    monkeypatch.setattr("errata.store.backup.VERSION", "0002")
    monkeypatch.setattr(archive, "lines", without)
    kept = [table for table in archive.kept() if table.name in old.tables]
    monkeypatch.setattr(archive, "kept", lambda: kept)
    write_backup(store, tmp_path / "older.tar")
    restored, _ = restore_backup(tmp_path / "older.tar", tmp_path / "again")
    assert get_record(restored, "PET-1").title == "Fails at night"
    assert doctor(restored).faults == ()
    restored.close()


@pytest.mark.slow
def test_killed_at_every_instant_a_backup_and_a_restore_are_whole_or_not_there(filled: Store, tmp_path: Path) -> None:
    def killed_at(instant: int, *words: str) -> int:
        return forked.errata(*words, ERRATA_FAULT=str(instant)).returncode

    expected = rows(filled)
    for instant in range(1, 100):
        file = tmp_path / f"{instant}.tar"
        code = killed_at(instant, "backup", str(file), "--catalog", str(filled.root), "--project", "pets")
        assert code in (0, -signal.SIGKILL)
        if file.exists():
            restored, _ = restore_backup(file, tmp_path / f"of {instant}")
            assert rows(restored) == expected
            restored.close()
        if code == 0:
            break
    assert instant > 3
    kills = 0
    for instant in range(1, 400, 3):
        code = killed_at(instant, "restore", str(file), "--to", str(tmp_path / f"to {instant}"))
        assert code in (0, -signal.SIGKILL)
        if (tmp_path / f"to {instant}" / ".errata").exists():
            store = open_store(tmp_path / f"to {instant}" / ".errata", "pets")
            assert rows(store) == expected
            assert doctor(store).faults == ()
            store.close()
        kills += code != 0
        if code == 0:
            break
    assert kills > 3 and code == 0


@pytest.mark.slow
@pytest.mark.parametrize("files", ["usual", "named", "mounted"])
def test_a_restore_into_postgresql_that_was_killed_left_it_empty(
    filled: Store, postgresql: str, tmp_path: Path, files: str
) -> None:
    file, folder = tmp_path / "pets.tar", tmp_path / "files"
    write_backup(filled, file)
    if files == "mounted":
        folder.mkdir()
    more = {"XDG_DATA_HOME": str(tmp_path / "data"), **({} if files == "usual" else {"ERRATA_FILES": str(folder)})}
    line = ("restore", str(file), "--to", postgresql)
    for instant in ("staged", "renamed", "before-restored"):
        assert forked.errata(*line, **more, ERRATA_FAULT=instant).returncode == -signal.SIGKILL
    done = forked.errata(*line, **more)
    assert (done.returncode, done.stderr) == (0, "")
    found = forked.errata("doctor", "--catalog", postgresql, "--project", "pets", **more).stdout
    assert found.count("removed") == (0 if files == "mounted" else 3 if files == "usual" else 2)
    beside = tmp_path / "data" / "errata" if files == "usual" else tmp_path
    assert [path.name for path in beside.iterdir() if path.name.endswith(".part")] == []
    assert len([path for path in beside.iterdir() if (path / "owner").exists()]) == 1
    assert not list(beside.rglob("begun"))


def test_a_catalog_that_was_begun_beside_is_named_and_removed(filled: Store) -> None:
    beside = filled.root.parent
    for name in (f"{filled.root.name}-999999999.part", f"{filled.root.name}.999999999-{'0' * 32}-.part"):
        (beside / name / "parts").mkdir(parents=True)
    for other in ("theirs-999999999.part", f"{filled.root.name}-{os.getpid()}.part"):
        (beside / other / "parts").mkdir(parents=True)
    mine = beside / f"{filled.root.name}-999999998.part"
    mine.mkdir()
    (mine / "thesis.tex").touch()  # whatever that is, it is not ours
    names = [f"../{filled.root.name}{middle}.part" for middle in ("-999999999", f".999999999-{'0' * 32}-")]
    assert list(doctor(filled, remove=False).orphans) == names
    assert doctor(filled).removed
    assert doctor(filled).orphans == ()
    assert mine.exists() and (beside / "theirs-999999999.part").exists()
