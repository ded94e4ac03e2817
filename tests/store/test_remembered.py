"""What search remembers is what it would read, whoever wrote meanwhile."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from errata.nouns.query import Query
from errata.store import remembered, search
from errata.store.catalog import Store, open_store
from errata.store.places import Server
from errata.store.remembered import Remembered, State
from errata.store.restoring import restore_backup
from errata.verbs.backup import backup
from errata.verbs.case import open_case
from errata.verbs.label import add_label
from errata.verbs.patterns import patterns
from errata.verbs.record import edit_record
from errata.verbs.reindex import reindex
from errata.verbs.search import search as search_cases
from errata.verbs.vocabulary import add_vocabulary
from errata.verbs.withdraw import withdraw_case

pytestmark = pytest.mark.homes("folder", "postgresql")
QUERIES = [
    "", "night", "-night", "night rain", "night -rain", "zurich", "state:open", "-state:open", "model:pets",
    "model:pets@>=2 night", "failure-mode:localization/*", "created>=2020 -model:cars sort:key",
    "sort:-changed", "night sort:-rank",
]  # fmt: skip
WORDS = ["night", "rain", "Zürich", "glare", "road"]
TERMS = ["failure-mode:localization/shift", "failure-mode:leakage"]


def told(store: Store) -> list[Any]:
    """All that search and patterns say."""
    hits = [search_cases(store, query, "case", limit=5).to_json() for query in QUERIES]
    return [*hits, patterns(store).to_json()]


@contextmanager
def another(store: Store) -> Iterator[Store]:
    """The same catalog as another process sees it, which remembers nothing."""
    other = open_store(store.home.place, actor="bea")
    yield other
    other.close()


@contextmanager
def statements(store: Store) -> Iterator[list[str]]:
    """What is asked of the database in the block."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    sa.event.listen(store.engine, "before_cursor_execute", note)
    yield asked
    sa.event.remove(store.engine, "before_cursor_execute", note)


def change(store: Store, draw: random.Random, keys: list[str]) -> None:
    """One thing that somebody may do."""
    said = " ".join(draw.choices(WORDS, k=2))
    what, key = draw.choice(["open", "edit", "edit", "label", "withdraw"]), draw.choice(keys)
    if what == "open":
        models = [f"{draw.choice(['pets', 'cars'])}@{draw.randint(1, 3)}"]
        keys.append(open_case(store, title=said, models=models, occurred="2026-03-05").key)
    elif what == "edit":
        edit_record(store, key, "case", {"title": said, "summary": draw.choice(WORDS)})
    elif what == "label":
        add_label(store, key, draw.choice(TERMS))
    elif len(keys) > 4:
        keys.remove(key)
        withdraw_case(store, key, "it was none")


@pytest.mark.parametrize("most", [1_000, 1], ids=["renewed", "read again"])
def test_whatever_others_write_search_says_what_a_process_says_that_remembers_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(remembered, "MOST", most)
    monkeypatch.setattr(search, "_FEW", 3)
    add_vocabulary(store, "failure-mode")
    draw, keys = random.Random(1), []
    for title in ("night rain", "Zürich", "road"):
        keys.append(open_case(store, title=title, models=["pets@1"]).key)
    with another(store) as writer:
        for turn in range(6):
            told(store)
            for _ in range(draw.randint(1, 3)):
                change(writer, draw, keys)
            if turn == 3:
                reindex(writer)
            with another(store) as fresh:
                assert told(store) == told(fresh)


def test_what_did_not_change_is_not_read_again(store: Store) -> None:
    first, second = (open_case(store, title=title).key for title in ("night rain", "night"))
    assert search_cases(store, "night state:open", "case", facets=False).total == 2
    with statements(store) as asked:
        assert search_cases(store, "night state:open", "case", facets=False).total == 2
    assert [one for one in asked if "search_text" in one or "FROM facet \n" in one] == []
    edit_record(store, second, "case", {"title": "rain"})
    with statements(store) as asked:
        hits = search_cases(store, "night state:open", "case", facets=False)
    assert [record.key for record in hits] == [first]
    sets = [one for one in asked if "_agg" in one or "group_concat" in one]
    assert len(sets) == 3 and all(" IN (" in one for one in sets)


def test_what_a_transaction_sees_that_never_happens_is_not_remembered(store: Store) -> None:
    open_case(store, title="night")
    query = Query.parse("night")
    with suppress(ZeroDivisionError), store.write("test") as transaction:
        from errata.nouns.case import KIND
        from errata.store import records

        records.create(transaction, KIND, KIND.make({"title": "night again"}))
        assert search.matching(transaction.connection, store, query, "case").tolist() == [1, 2]
        raise ZeroDivisionError
    with store.read() as connection:
        assert search.matching(connection, store, query, "case").tolist() == [1]


def test_an_older_view_neither_sees_nor_spoils_what_is_newer(store: Store) -> None:
    open_case(store, title="night")
    query = Query.parse("night")
    with store.read() as old:
        assert search.matching(old, store, query, "case").tolist() == [1]
        open_case(store, title="night again")
        with store.read() as new:
            assert search.matching(new, store, query, "case").tolist() == [1, 2]
        assert search.matching(old, store, query, "case").tolist() == [1]
    with store.read() as new:
        assert search.matching(new, store, query, "case").tolist() == [1, 2]


def test_a_restored_catalog_is_another_one_after_the_same_last_event(store: Store, tmp_path: Path) -> None:
    for model in ("zebra", "ape", "ape"):
        open_case(store, title=model, models=[f"{model}@1"])
    backup(store, tmp_path / "backup.tar")

    def found() -> list[int]:
        return [search_cases(store, query, "case").total for query in ("model:zebra", "model:ape")]

    assert found() == [1, 2]
    place: Any = store.root.parent
    if isinstance(store.home.place, Server):
        place = store.home.place
        with store.engine.begin() as connection:
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public")
    store.close()
    shutil.rmtree(store.root)
    restore_backup(tmp_path / "backup.tar", place)[0].close()
    assert found() == [1, 2]


def test_what_was_not_asked_for_longest_makes_room() -> None:
    memory, state = Remembered(room=5 * remembered.ENTRY), State("c", 1, "a")
    for name in ("first", "second"):
        memory.keep(name, state, (np.zeros(remembered.ENTRY, np.int8),))
    memory.find("first")
    memory.keep("third", state, (np.zeros(remembered.ENTRY, np.int8),))
    assert [memory.find(name) is not None for name in ("first", "second", "third")] == [True, False, True]
    memory.keep("first", state, (np.zeros(3 * remembered.ENTRY, np.int8),))
    assert [memory.find(name) is not None for name in ("first", "second", "third")] == [True, False, False]


def test_what_nobody_finds_takes_room_too() -> None:
    memory, state = Remembered(room=10 * remembered.ENTRY), State("c", 1, "a")
    for at in range(100):
        memory.keep(at, state, (np.zeros(0, np.int64),))
    assert sum(memory.find(at) is not None for at in range(100)) == 9
