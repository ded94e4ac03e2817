from __future__ import annotations

import os
import sqlite3
import tempfile
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from errata.core.errors import CatalogError, Incompatible, StorageError, UsageError
from errata.store import tables
from errata.store.catalog import VERSION, Store, open_store
from errata.store.making import init_store
from errata.store.places import acting, find_catalog
from tests.catalogs import files_under


def test_init_makes_a_folder_with_a_project_named_after_it(tmp_path: Path) -> None:
    store, made = init_store(tmp_path / "digits")
    assert made
    assert (store.project.name, store.project.prefix) == ("digits", "DIG")
    assert store.root == tmp_path / "digits" / ".errata"
    assert sorted(path.name for path in store.root.iterdir() if path.is_dir()) == ["blobs", "parts", "tmp"]
    store.close()


def test_init_again_changes_nothing(store: Store) -> None:
    store.close()
    before = files_under(store.root)
    again, made = init_store(store.root.parent)
    again.close()
    assert not made
    assert files_under(store.root) == before


def test_a_further_project_counts_by_itself_under_its_own_key(store: Store) -> None:
    other, made = init_store(store.root.parent, "petshop")
    assert made
    assert other.project.prefix == "PET2"
    with store.write("test") as one:
        assert one.next("records") == 1
    with other.write("test") as two:
        assert two.next("records") == 1
    other.close()


def test_which_project_is_asked_when_there_are_several(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    init_store(store.root.parent, "visits", "V")[0].close()
    with pytest.raises(UsageError, match="2 projects") as failure:
        open_store(store.root)
    assert failure.value.code == "which-project"
    assert "pets, visits" in failure.value.expected
    assert open_store(store.root, "V").project.name == "visits"
    monkeypatch.setenv("ERRATA_PROJECT", "pets")
    assert open_store(store.root).project.prefix == "PET"
    with pytest.raises(UsageError) as failure:
        open_store(store.root, "pest")
    assert (failure.value.code, failure.value.next) == ("no-such-project", "--project pets")


@pytest.mark.parametrize(
    ("project", "key", "code"),
    [("a b", None, "bad-project"), ("", None, "bad-project"), ("x", "dig", "bad-key"), ("x", "PET", "key-taken"),
     (None, "ABC", "no-project"), ("pets", "ABC", "key-differs")],
)  # fmt: skip
def test_names_that_cannot_be_used_are_refused(store: Store, project: str | None, key: str | None, code: str) -> None:
    with pytest.raises(UsageError) as failure:
        init_store(store.root.parent, project, key)
    assert failure.value.code == code


def test_the_nearest_catalog_upward_is_found(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ERRATA_CATALOG", raising=False)
    deep = store.root.parent / "a" / "b"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    assert find_catalog() == store.root
    assert find_catalog(store.root) == find_catalog(store.root.parent) == store.root
    other, _ = init_store(tmp_path / "other")
    other.close()
    monkeypatch.setenv("ERRATA_CATALOG", str(tmp_path / "other"))
    assert find_catalog() == other.root


def test_a_catalog_is_never_made_implicitly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ERRATA_CATALOG", raising=False)
    monkeypatch.chdir(tmp_path)
    for given in (None, "elsewhere"):
        with pytest.raises(CatalogError) as failure:
            find_catalog(given)
        assert failure.value.code == "no-catalog"
        assert failure.value.next.startswith("errata init")
    assert list(tmp_path.iterdir()) == []


def test_a_catalog_of_a_newer_schema_is_refused_and_left_alone(store: Store) -> None:
    store.close()
    with sqlite3.connect(store.root / "catalog.db") as raw:
        raw.execute("UPDATE alembic_version SET version_num = '0099'")
    raw.close()
    before = files_under(store.root)
    with pytest.raises(Incompatible) as failure:
        open_store(store.root)
    assert (failure.value.code, failure.value.found) == ("newer-catalog", "schema 0099")
    assert files_under(store.root) == before


@pytest.mark.parametrize("content", [b"", b"this is no database" * 100])
def test_a_file_that_is_no_catalog_is_refused(store: Store, content: bytes) -> None:
    store.close()
    for name in ("catalog.db-wal", "catalog.db-shm"):
        (store.root / name).unlink(missing_ok=True)
    (store.root / "catalog.db").write_bytes(content)
    with pytest.raises(StorageError) as failure:
        open_store(store.root)
    assert failure.value.code == "catalog-corrupt"


def _is_ours(name: str | None, kind: str, _: object) -> bool:
    return kind != "table" or not (name or "").startswith("search_text")


def test_the_migration_makes_the_tables_that_the_code_reads(store: Store) -> None:
    with store.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True, "include_name": _is_ours}
        )
        assert compare_metadata(context, tables.metadata) == []
        assert context.get_current_revision() == VERSION


def test_the_project_is_in_every_key() -> None:
    without = {
        "catalog",
        "project",
        "actor",
        "event",
    }  # the whole, the namespace, people, the one chain of all projects
    without |= {"facet_value", "search"}  # projections, numbered over the whole catalog
    for table in tables.metadata.tables.values():
        keys = [column.name for column in table.primary_key]
        assert table.name in without or keys[0] == "project", table.name


def test_the_schema_can_be_made_on_postgresql() -> None:
    from sqlalchemy.dialects import postgresql

    for table in tables.metadata.sorted_tables:
        text = str(sa.schema.CreateTable(table).compile(dialect=postgresql.dialect()))
        assert "DATETIME" not in text
        assert "JSONB" not in text  # it would forget the order of keys


def test_who_acts_is_erratas_actor_or_the_systems_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ERRATA_ACTOR", "Ada Lovelace")
    assert acting() == "Ada Lovelace"
    monkeypatch.setenv("ERRATA_ACTOR", "a\nb")
    with pytest.raises(UsageError):
        acting()
    monkeypatch.setenv("ERRATA_ACTOR", " ")
    monkeypatch.setenv("LOGNAME", "grace")
    assert acting() == "grace"


def test_a_write_that_fails_leaves_nothing(store: Store) -> None:
    staged = store.files.stage(b"some bytes")
    with pytest.raises(ZeroDivisionError), store.write("test") as transaction:
        transaction.blob(staged, "text/plain")
        transaction.event("x", before=None, after=None)
        raise ZeroDivisionError
    assert store.files.standing("blobs") == {}
    with store.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(tables.event)).scalar() == 1


def test_a_folder_that_may_only_be_read_is_read() -> None:
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        made, _ = init_store(Path(name) / "pets")
        made.close()
        user = os.geteuid()
        made.root.chmod(0o555)
        try:
            if user == 0:
                os.seteuid(65534)  # nothing is read-only to root
            store = open_store(made.root)
            with store.read() as connection:
                assert connection.execute(sa.select(tables.project.c.name)).scalars().all() == ["pets"]
            with pytest.raises(StorageError) as failure, store.write("test"):
                pass
            store.close()
        finally:
            os.seteuid(user)
            made.root.chmod(0o755)
        assert failure.value.code == "catalog-unwritable"
