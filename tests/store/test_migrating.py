"""A catalog of the first schema, made by the program of its day, is brought up to this one when it is opened."""

from __future__ import annotations

import os
import signal
import tarfile
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from errata.core.errors import Incompatible
from errata.integrations.files import table_source
from errata.store import catalog, sqlite
from errata.store.catalog import Store, open_store
from errata.store.events import events
from errata.store.migrating import migrate
from errata.verbs.analyze import AnalyzeOptions
from errata.verbs.analyze_run import analyze_run
from errata.verbs.doctor import doctor
from errata.verbs.finding import list_findings
from errata.verbs.late_truth import TruthOptions, add_truth
from errata.verbs.record import list_records
from errata.verbs.run import get_run, list_gates, list_runs
from tests import forked
from tests.catalogs import NIGHT, predictions, slices

OLD = Path(__file__).parent / "catalog_0001.tar.gz"
"""Made by the code of commit bc1871f, the last of schema 0001. To make it again (digests of runs, parts, findings and
records are then the same), check that commit out, run this with its ``src`` and ``tests/catalogs.py``, and
``tar czf catalog_0001.tar.gz -C FOLDER .errata``:

    store, _ = init_store(FOLDER, "pets", actor="ada")
    first = predictions(400)
    truth = [*first["truth"].to_pylist()[:300], *[None] * 100]
    log(store, first.set_column(1, "truth", pa.array(truth)), allow_unknown=True)
    log(store, predictions(400, seed=1), "pets@2")
    log_run(store, None, Roles(), LogOptions(model="pets@3", state="failed", error="out of memory"))
    analyze_run(store, 1, AnalyzeOptions())
    case = open_case(store, title="Night", slice=NIGHT, run=1)
    add_check(store, case=case.key, criterion="<= 0.15")
    gate_run(store, 2)

Its environment is a made-up one, which names no machine.
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The folder of an old catalog."""
    with tarfile.open(OLD) as file:
        file.extractall(tmp_path, filter="data")
    return tmp_path / ".errata"


def version(root: Path) -> str:
    with sqlite.connect(root).connect() as connection:
        return str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar())


def test_an_old_catalog_is_brought_up_to_date_when_it_is_opened(root: Path) -> None:
    assert version(root) == "0001"
    store = open_store(root, actor="grace")
    assert version(root) == catalog.VERSION
    assert [(run.model, run.rows, run.failed, run.unknown) for run in list_runs(store)] == [
        ("pets@3", None, None, None), ("pets@2", 400, 68, 0), ("pets@1", 400, 42, 100),
    ]  # fmt: skip
    assert [case.key for case in list_records(store, "case")] == ["PET-1"]
    assert [gate.run for gate in list_gates(store)] == [2]
    assert doctor(store).faults == ()
    assert [one.reason for one in events(store, "catalog")] == ["schema 0001 to 0003"]
    store.close()


def test_its_parts_say_what_their_run_said(root: Path) -> None:
    store = open_store(root)
    run = get_run(store, 1)
    predictions_, outcomes = run.parts
    assert (outcomes.failed, outcomes.unknown, outcomes.low, outcomes.high) == (42, 100, run.low, run.high)
    assert (predictions_.actor, predictions_.source, outcomes.actor) == ("ada", "table", "ada")
    assert get_run(store, 3).parts == ()
    store.close()


def test_its_reports_are_read_and_its_runs_take_late_truth(root: Path) -> None:
    store = open_store(root)
    known = list_findings(store, 1)
    report = analyze_run(store, 1, AnalyzeOptions())
    assert [one.id for one in report.findings] == [one.id for one in known]
    assert report.gone == ()
    labels = predictions(400).select(["id", "truth"])
    added = add_truth(store, table_source(labels), TruthOptions(run=1))
    assert (added.missing, added.changed) == (0, 100)
    assert slices(analyze_run(store, 1, AnalyzeOptions()).findings) == [NIGHT]
    assert doctor(store).faults == ()
    store.close()


def test_the_same_schema_by_migration_and_anew(root: Path, tmp_path: Path) -> None:
    from errata.store.making import init_store

    open_store(root).close()
    new, _ = init_store(tmp_path / "new", "pets")
    shapes = []
    for where in (root, new.root):
        inspector = sa.inspect(sqlite.connect(where))
        columns = {table: inspector.get_columns(table) for table in inspector.get_table_names()}
        shapes.append(
            {table: [(c["name"], str(c["type"]), c["nullable"]) for c in cs] for table, cs in columns.items()}
        )
    assert shapes[0] == shapes[1]
    new.close()


@pytest.mark.slow
def test_killed_at_every_instant_it_is_old_or_new(root: Path) -> None:
    codes = []
    for instant in range(1, 10):
        codes.append(forked.errata("run", "list", "--catalog", str(root), ERRATA_FAULT=str(instant)).returncode)
        if codes[-1] == 0:
            break
    assert codes[:-1] == [-signal.SIGKILL] * (len(codes) - 1)
    assert len(codes) > 1
    assert version(root) == catalog.VERSION
    store = open_store(root)
    assert doctor(store).faults == ()
    assert len(events(store, "catalog")) == 1
    store.close()


def test_two_that_open_it_at_once_migrate_it_once(root: Path) -> None:
    stores: list[Store] = []
    threads = [threading.Thread(target=lambda: stores.append(open_store(root))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(stores) == 4
    assert len(events(stores[0], "catalog")) == 1
    for store in stores:
        store.close()


def test_one_that_may_only_be_read_is_left_alone(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = sqlite.Folder(root)
    monkeypatch.setattr(os, "access", lambda *_, **__: False)
    with pytest.raises(Incompatible) as failure:
        migrate(home, "0001")
    assert failure.value.code == "older-catalog"
    monkeypatch.undo()
    assert version(root) == "0001"


def test_one_of_a_newer_schema_is_refused(root: Path) -> None:
    engine = sqlite.connect(root)
    with engine.connect() as connection, connection.begin():
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(Incompatible) as failure:
        open_store(root)
    assert (failure.value.code, failure.value.found) == ("newer-catalog", "schema 9999")
