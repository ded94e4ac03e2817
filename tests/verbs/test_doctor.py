from __future__ import annotations

import os

import pytest
import sqlalchemy as sa

from errata.store import tables
from errata.store.catalog import Project, Store
from errata.store.projections import first_id
from errata.verbs.case import open_case
from errata.verbs.comment import add_comment
from errata.verbs.doctor import doctor
from errata.verbs.label import add_label
from errata.verbs.reindex import reindex
from errata.verbs.vocabulary import add_vocabulary
from tests.catalogs import NIGHT, files_under, log, predictions

pytestmark = pytest.mark.homes("folder", "postgresql")


def test_a_sound_catalog_is_said_to_be_sound(store: Store) -> None:
    log(store, predictions(300))
    open_case(store, title="Night", slice=NIGHT, run=1)
    found = doctor(store)
    assert (found.sound, found.orphans, found.removed) == (True, (), False)
    assert found.checked == {
        "projects": 1, "events": 3, "revisions": 1, "labels": 0, "comments": 0, "parts": 2, "blobs": 2,
    }  # fmt: skip


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
        f"search of project pets: {what}: 1; `errata reindex --project PET` makes it anew"
        for what in (
            "records that search does not know",
            "records whose words are not found",
            "records that are none, but have facets",
            "values that are none, but are facets of records",
        )
    }
    reindex(store)
    assert doctor(store).faults == ()


def test_records_labels_and_comments_of_every_project_are_held_to_the_log(store: Store) -> None:
    other = Store(store.home, Project(_second(store), "cars", "CAR"), "ada")
    for one in (store, other):
        key = open_case(one, title="Night").key
        add_vocabulary(one, "failure-mode")
        for term in ("duplicate", "background-as-object"):
            add_label(one, key, f"failure-mode:{term}")
        add_comment(one, key, "It was the lamp.")
    assert doctor(store).faults == ()
    with store.home.writing("ada", "test") as connection:
        mine = tables.label.c.project == other.project.id
        connection.execute(sa.update(tables.label).where(mine, tables.label.c.number == 1).values(note="x"))
        connection.execute(sa.delete(tables.label).where(mine, tables.label.c.number == 2))
        connection.execute(sa.update(tables.comment).values(text="It was not."))
        connection.execute(
            sa.update(tables.revision)
            .where(tables.revision.c.project == other.project.id)
            .values(reason="x", state="y")
        )
    found = doctor(store)
    assert found.faults == (
        "comment:1 of project pets is not what was written",
        "CAR-1 revision 1 is not what was written",
        "CAR-2 revision 1 is not what was written",
        "label:2 of project cars is gone",
        "label:1 of project cars is not what was written",
        "comment:1 of project cars is not what was written",
    )


def _second(store: Store) -> int:
    """A further project of the same catalog."""
    from errata.core.clock import now

    with store.home.writing("ada", "test") as connection:
        values = {"name": "cars", "prefix": "CAR", "at": now()}
        made = sa.insert(tables.project).values(values).returning(tables.project.c.id)
        return int(connection.execute(made).scalar_one())
