"""A full disk: for real, by the limits that the system puts on a process and SQLite on a database."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from errata.core.errors import StorageError
from errata.store.catalog import Store
from errata.store.making import init_store
from errata.verbs.doctor import doctor
from tests.catalogs import files_under, log, predictions

LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
from errata.cli.__main__ import main
sys.argv[1:] = sys.argv[2:]
main()
"""


@pytest.mark.parametrize("limit", [0, 500, 3000, 8000])
def test_a_log_on_a_full_disk_leaves_the_catalog_as_it_was(tmp_path: Path, limit: int) -> None:
    pq.write_table(predictions(3000), tmp_path / "preds.parquet")
    store, _ = init_store(tmp_path / "pets")
    log(store, predictions(50, seed=9), dataset="other@1")
    store.close()
    before = files_under(store.root)
    line = [sys.executable, "-c", LIMITED, str(limit), "log", str(tmp_path / "preds.parquet"), "--model", "pets@1"]
    done = subprocess.run(
        [*line, "--dataset", "field@1", "--catalog", str(store.root), "--json"],
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    problem = json.loads(done.stderr.strip().splitlines()[-1])
    assert (problem["code"], problem["status"]) == ("disk-full", 507)
    assert {name: data for name, data in files_under(store.root).items() if name != "catalog.db-wal"} == before
    again, _ = init_store(tmp_path / "pets")
    assert doctor(again).to_json()["faults"] == []
    assert log(again, predictions(3000)).number == 2
    again.close()


def test_a_database_that_cannot_grow_is_a_full_disk(store: Store) -> None:
    with store.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StorageError) as failure, store.write("test") as transaction:
        for number in range(2000):
            transaction.event("x" * 100 + str(number), before=None, after=None, reason="y" * 500)
    assert failure.value.code == "disk-full"
    store.close()
    assert doctor(init_store(store.root.parent)[0]).checked["events"] == 1
