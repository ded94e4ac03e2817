"""Many writers at once, of threads and of processes: nothing is lost and nothing is doubled."""

from __future__ import annotations

import multiprocessing
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from errata.nouns.suite import KIND
from errata.store import records, tables
from errata.store.catalog import Store, open_store
from errata.store.events import broken_link
from errata.store.places import Server
from errata.verbs.doctor import doctor

WRITERS, WRITES = 8, 25


def write(place: Path | Server, writer: int) -> list[str]:
    """Make records in the catalog at ``place``; their keys."""
    keys = []
    store = open_store(place, actor=f"writer {writer}")
    for number in range(WRITES):
        with store.write("test") as transaction:
            transaction.blob(store.files.stage(f"{number % 5}".encode()), "text/plain")
            keys.append(records.create(transaction, KIND, KIND.make({"title": f"{writer} {number}"})).key)
    store.close()
    return keys


@pytest.mark.homes("folder", "postgresql")
@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_numbers_are_given_out_once_and_the_chain_is_whole(
    store: Store, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ERRATA_LOCK_TIMEOUT", "60")
    context = multiprocessing.get_context("spawn")
    executor = ThreadPoolExecutor(WRITERS) if kind == "threads" else ProcessPoolExecutor(2, mp_context=context)
    with executor as pool:
        keys = sorted(
            (key for some in pool.map(write, [store.home.place] * WRITERS, range(WRITERS)) for key in some),
            key=lambda key: int(key.removeprefix("PET-")),
        )
    assert keys == [f"PET-{number}" for number in range(1, WRITERS * WRITES + 1)]
    with store.read() as connection:
        made = sa.select(sa.func.count(), sa.func.count(tables.event.c.subject.distinct()))
        assert connection.execute(made.where(tables.event.c.verb == "test")).one() == (200, 200)
        assert broken_link(connection) is None
        titles = [one.title for one in records.records(connection, store, "suite")]
    assert sorted(titles) == sorted(f"{writer} {number}" for writer in range(WRITERS) for number in range(WRITES))
    found = doctor(store)
    assert (found.faults, found.orphans, found.checked["blobs"]) == ((), (), 5)


@pytest.mark.homes("folder", "postgresql")
def test_a_reader_sees_one_moment_while_others_write(store: Store) -> None:
    stop = threading.Event()

    def add() -> None:
        while not stop.is_set():
            with store.write("test") as transaction:
                records.create(transaction, KIND, KIND.make({"title": "x"}))

    writer = threading.Thread(target=add)
    writer.start()
    try:
        for _ in range(20):
            with store.read() as connection:
                counts = [
                    connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
                    for table in (tables.record, tables.revision, tables.record)
                ]
            assert len(set(counts)) == 1
    finally:
        stop.set()
        writer.join()
