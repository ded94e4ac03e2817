from __future__ import annotations

import os

import pytest
import sqlalchemy as sa

from errata.store import tables
from errata.store.catalog import Store
from errata.store.projections import first_id
from errata.verbs.case import open_case
from errata.verbs.doctor import doctor
from errata.verbs.reindex import reindex
from tests.catalogs import NIGHT, files_under, log, predictions

pytestmark = pytest.mark.homes("folder", "postgresql")


def test_a_sound_catalog_is_said_to_be_sound(store: Store) -> None:
    log(store, predictions(300))
    open_case(store, title="Night", slice=NIGHT, run=1)
    found = doctor(store)
    assert (found.sound, found.orphans, found.removed) == (True, (), False)
    assert found.checked == {"events": 3, "revisions": 1, "parts": 2, "blobs": 2}


def test_what_a_crash_left_is_named_and_removed(store: Store) -> None:
    log(store, predictions(300))
    before = {name for name in files_under(store.root) if not name.startswith("catalog.db")}
    staged = store.files.stage(b"left behind")
    store.files.place("blobs", [staged])
    (store.root / "tmp" / "999999999-dead").write_bytes(b"half")
    (store.root / "tmp" / f"{os.getpid()}-alive").write_bytes(b"being written")
    dry = doctor(store, remove=False)
    assert dry.orphans == ("tmp/999999999-dead", f"blobs/{staged.digest[:2]}/{staged.digest}")
    assert (dry.sound, dry.removed) == (True, False)
    assert doctor(store).removed
    (store.root / "tmp" / f"{os.getpid()}-alive").unlink()
    assert {name for name in files_under(store.root) if not name.startswith("catalog.db")} == before


def test_what_is_gone_or_altered_is_a_fault(store: Store) -> None:
    log(store, predictions(300))
    one, two = sorted(store.files.standing("parts").values())
    one.unlink()
    two.write_bytes(b"x")
    found = doctor(store)
    assert found.faults == (f"parts/{one.stem} is gone", f"parts/{two.stem} is not what was stored")
    assert not found.sound


def test_what_search_would_not_find_or_find_of_nothing_is_a_fault_until_it_is_made_anew(store: Store) -> None:
    for title in ("Night", "Rain"):
        open_case(store, title=title, models=["pets@1"])
    words = sa.table("search_text", sa.column(store.home.words.id))
    with store.write("test") as transaction:
        transaction.connection.execute(sa.delete(words).where(words.c[store.home.words.id] == first_id(1) + 2))
        transaction.connection.execute(sa.delete(tables.search).where(tables.search.c.number == 1))
        transaction.connection.execute(sa.delete(tables.facet_value).where(tables.facet_value.c.name == "model"))
        transaction.insert(tables.facet, {"number": 9, "value": 1})
    assert {fault for fault in doctor(store).faults if "but have words" not in fault} == {
        f"search: {what}: 1; `errata reindex` makes it anew"
        for what in (
            "records that search does not know",
            "records whose words are not found",
            "records that are none, but have facets",
            "values that are none, but are facets of records",
        )
    }
    reindex(store)
    assert doctor(store).faults == ()
