from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from errata.core.errors import Conflict, NotFound, UsageError, ValueFault
from errata.nouns.record import differences
from errata.nouns.suite import KIND
from errata.store import events, records, tables
from errata.store.catalog import Store
from errata.verbs.record import edit_record, get_record, history, list_records

pytestmark = pytest.mark.homes("folder", "postgresql")


def make(store: Store, title: str = "night checks") -> str:
    with store.write("test") as transaction:
        return records.create(transaction, KIND, KIND.make({"title": title}), reason="made").key


def test_a_record_begins_at_revision_1_in_its_first_state(store: Store) -> None:
    record = get_record(store, make(store), "suite")
    assert (record.key, record.revision, record.state, record.title) == ("PET-1", 1, "active", "night checks")
    assert record.created_by == "ada"


def test_an_edit_is_a_revision_with_who_when_why_and_what(store: Store) -> None:
    key = make(store)
    edit_record(store, key, "suite", {"title": "dark checks"}, reason="darker")
    first, second = history(store, key, "suite")
    assert (first.body["title"], second.body["title"]) == ("night checks", "dark checks")
    assert (second.actor, second.reason, second.schema) == ("ada", "darker", "suite/1")
    assert [(c.field, c.before, c.after) for c in second.changes] == [("title", "night checks", "dark checks")]


def test_an_edit_that_changes_nothing_makes_no_revision(store: Store) -> None:
    key = make(store)
    assert edit_record(store, key, "suite", {"title": "night checks"}).revision == 1


def test_who_edits_an_older_revision_is_told_so(store: Store) -> None:
    key = make(store)
    edit_record(store, key, "suite", {"title": "by ada"}, revision=1)
    with pytest.raises(Conflict) as failure:
        edit_record(store, key, "suite", {"title": "by grace"}, revision=1)
    assert failure.value.code == "edit-conflict"
    assert get_record(store, key, "suite").title == "by ada"


def test_of_two_who_edit_at_once_one_wins_and_one_is_told(store: Store) -> None:
    key = make(store)
    seen = get_record(store, key, "suite")
    outcomes: list[str] = []

    def edit(name: str) -> None:
        try:
            edit_record(store, key, "suite", {"title": name}, revision=seen.revision)
            outcomes.append("kept")
        except Conflict as exc:
            outcomes.append(exc.code)

    threads = [threading.Thread(target=edit, args=(f"title {n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["edit-conflict"] * 3 + ["kept"]
    assert get_record(store, key, "suite").revision == 2


def test_what_cannot_be_edited_by_hand_is_refused_with_what_can(store: Store) -> None:
    key = make(store)
    with pytest.raises(UsageError) as failure:
        edit_record(store, key, "suite", {"titel": "x"})
    assert (failure.value.code, failure.value.expected) == ("not-editable", "one of title, checks")
    with pytest.raises(UsageError, match="nothing was asked"):
        edit_record(store, key, "suite", {})
    with pytest.raises(ValueFault) as fault:
        edit_record(store, key, "suite", {"title": ""})
    assert fault.value.code == "bad-body"
    assert get_record(store, key, "suite").revision == 1


def test_a_move_that_the_kind_forbids_is_refused(store: Store) -> None:
    key = make(store)
    with store.write("test") as transaction:
        record = records.get(transaction.connection, store, key)
        records.revise(transaction, record, state="retired", reason="old")
    with pytest.raises(UsageError, match="never gone"):
        list_records(store, "suite", state="gone")
    assert [one.key for one in list_records(store, "suite", state="retired")] == [key]
    with pytest.raises(Conflict) as failure, store.write("test") as transaction:
        records.revise(transaction, records.get(transaction.connection, store, key), state="gone")
    assert (failure.value.code, failure.value.expected) == ("bad-move", "from retired: active")


@pytest.mark.homes("folder")
@pytest.mark.parametrize("key", ["PET-2", "DIG-1", "pet-1", "PET-0", "PET-1; DROP TABLE record", "", "PET-" + "9" * 30])
def test_a_key_that_names_nothing_is_not_found(store: Store, key: str) -> None:
    make(store)
    with pytest.raises(NotFound) as failure:
        get_record(store, key, "suite")
    assert failure.value.code == "no-such-record"


def test_a_key_of_another_kind_says_which(store: Store) -> None:
    with pytest.raises(NotFound) as failure:
        get_record(store, make(store), "case")
    assert (failure.value.code, failure.value.next) == ("wrong-kind", "errata suite show PET-1")


def test_every_change_is_an_event_and_the_chain_shows_tampering(store: Store) -> None:
    key = make(store)
    edit_record(store, key, "suite", {"title": "dark checks"}, reason="darker")
    newest, first = events.events(store, key)
    assert (newest.verb, newest.actor, newest.reason, newest.before) == ("suite edit", "ada", "darker", first.after)
    with store.read() as connection:
        assert events.broken_link(connection) is None
    with store.engine.connect() as connection, connection.begin():
        connection.execute(sa.update(tables.event).where(tables.event.c.seq == 2).values(actor="mallory"))
    with store.read() as connection:
        assert events.broken_link(connection) == 2
    with store.engine.connect() as connection, connection.begin():
        connection.execute(sa.delete(tables.event).where(tables.event.c.seq == 2))
    with store.read() as connection:
        assert events.broken_link(connection) == 3


def test_facets_are_those_of_the_head(store: Store) -> None:
    one, two = make(store, "one"), make(store, "two")
    suite = make(store, "suite")
    edit_record(store, suite, "suite", {"checks": [one]})
    edit_record(store, suite, "suite", {"checks": [two]})
    with store.read() as connection:
        assert records.records(connection, store, "suite", facet=("check", one)) == []
        assert [r.key for r in records.records(connection, store, "suite", facet=("check", two))] == [suite]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1, max_size=3), inner, max_size=3),
    max_leaves=8,
)
bodies = st.dictionaries(st.text(min_size=1, max_size=3), json_values, max_size=4)


@given(bodies, bodies)
def test_what_changed_one_way_changed_back_the_other(before: dict[str, object], after: dict[str, object]) -> None:
    there, back = differences(before, after), differences(after, before)
    assert [(c.field, c.before, c.after) for c in there] == [(c.field, c.after, c.before) for c in back]
    assert differences(before, before) == ()


def test_nested_fields_are_named_with_dots() -> None:
    (change,) = differences({"closed_by": {"run": 1, "gate": 2}}, {"closed_by": {"run": 3, "gate": 2}})
    assert (change.field, change.before, change.after) == ("closed_by.run", 1, 3)
