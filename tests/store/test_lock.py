from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from errata.core.errors import Locked, UsageError
from errata.store.catalog import Store

HOLD = """
import sys, time
from pathlib import Path
from errata.store.catalog import open_store
store = open_store(Path(sys.argv[1]), actor="grace")
with store.write("log"):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""
HOLD_DATABASE = """
import sqlite3, sys, time
raw = sqlite3.connect(sys.argv[1] + "/catalog.db", isolation_level=None)
raw.execute("BEGIN IMMEDIATE")
print("held", flush=True)
time.sleep(float(sys.argv[2]))
"""


@contextmanager
def holder(program: str, root: Path, seconds: float) -> Iterator[subprocess.Popen[str]]:
    line = [sys.executable, "-c", program, str(root), str(seconds)]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_a_writer_waits_for_another_one(store: Store) -> None:
    with holder(HOLD, store.root, 0.5), store.write("test") as transaction:
        assert transaction.next("records") == 1


def test_who_waits_too_long_is_told_who_holds_the_catalog(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ERRATA_LOCK_TIMEOUT", "0.3")
    with holder(HOLD, store.root, 60) as process:
        began = time.monotonic()
        with pytest.raises(Locked) as failure, store.write("test"):
            pass
        assert time.monotonic() - began > 0.25
        with store.read() as connection:  # readers never wait
            assert connection.exec_driver_sql("SELECT count(*) FROM project").scalar() == 1
    assert failure.value.code == "catalog-locked"
    assert failure.value.message.startswith(
        f"the catalog is being written by grace, `errata log`, process {process.pid}"
    )
    assert failure.value.found.startswith("held since ")


def test_a_writer_that_was_killed_holds_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ERRATA_LOCK_TIMEOUT", "5")
    with holder(HOLD, store.root, 60) as process:
        process.kill()
        process.wait()
        with store.write("test"):
            pass


def test_a_foreign_program_with_the_databases_own_lock_is_named(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.close()
    monkeypatch.setenv("ERRATA_LOCK_TIMEOUT", "0.3")
    from errata.store.catalog import open_store

    waiting = open_store(store.root)
    waiting.close()  # only the foreign program has the database open
    with holder(HOLD_DATABASE, store.root, 60) as process:
        with pytest.raises(Locked) as failure, waiting.write("test"):
            pass
        assert failure.value.code == "catalog-locked"
        assert f"(process {process.pid})" in failure.value.message
    waiting.close()


def test_threads_of_one_process_take_turns(store: Store) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def take(_: int) -> int:
        with store.write("test") as transaction:
            return transaction.next("records")

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(take, range(40))) == list(range(1, 41))


@pytest.mark.parametrize("text", ["soon", "-1", "nan", "inf"])
def test_a_timeout_that_is_no_number_is_refused(store: Store, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("ERRATA_LOCK_TIMEOUT", text)
    with pytest.raises(UsageError, match="ERRATA_LOCK_TIMEOUT"), store.write("test"):
        pass


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_catalog_that_may_not_be_written_says_so(store: Store) -> None:
    from errata.core.errors import StorageError

    (store.root / "lock").touch()
    (store.root / "lock").chmod(0o400)
    with pytest.raises(StorageError) as failure, store.write("test"):
        pass
    assert failure.value.code == "catalog-unwritable"
