from __future__ import annotations

import pytest

from errata.core.errors import Bug, Conflict, UsageError, ValueFault
from errata.nouns.lifecycle import CLOSED, MERGED, MOVES, OPEN, REOPENED, RETURNED
from errata.nouns.record import KINDS, Body, Kind, kind_named


class Dog(Body):
    """The body of a kind that exists for this test: since version 2 it has a list of names."""

    title: str
    names: tuple[str, ...]


def two_names(old: dict[str, object]) -> dict[str, object]:
    return {"title": old["title"], "names": [old["name"]]}


DOG = Kind(
    name="dog", version=2, body=Dog, moves={"young": ("old",), "old": ()}, editable=("title",), upcasts={1: two_names}
)


def test_an_older_body_is_read_as_todays() -> None:
    assert DOG.read("dog/1", {"title": "Terrier", "name": "Rex"}) == Dog(title="Terrier", names=("Rex",))
    assert DOG.read("dog/2", {"title": "Terrier", "names": []}) == Dog(title="Terrier", names=())


@pytest.mark.parametrize("schema", ["dog/3", "cat/1", "dog", "dog/x"])
def test_a_body_that_this_program_cannot_know_is_our_mistake(schema: str) -> None:
    with pytest.raises(Bug):
        DOG.read(schema, {"title": "Terrier", "names": []})


def test_a_body_says_every_fault() -> None:
    with pytest.raises(ValueFault) as failure:
        DOG.make({"names": 3, "tail": True})
    assert failure.value.code == "bad-body"
    assert sorted(line.split(":")[0] for line in failure.value.details) == ["names", "tail", "title"]


def test_only_what_is_editable_is_edited() -> None:
    dog = Dog(title="Terrier", names=("Rex",))
    assert DOG.edited(dog, {"title": "Bull terrier"}) == Dog(title="Bull terrier", names=("Rex",))
    with pytest.raises(UsageError, match="'names' of a dog cannot be edited"):
        DOG.edited(dog, {"names": []})


def test_a_move_is_one_of_those_in_the_table() -> None:
    DOG.check_move("DOG-1", "young", "old")
    with pytest.raises(Conflict, match="DOG-1 is old, so it cannot become young"):
        DOG.check_move("DOG-1", "old", "young")


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_stands_in_its_own_file_and_moves_only_to_states_it_has(name: str) -> None:
    kind = kind_named(name)
    assert (kind.name, kind.schema) == (name, f"{name}/{kind.version}")
    assert {state for after in kind.moves.values() for state in after} <= set(kind.moves)
    assert set(kind.editable) <= set(kind.body.model_fields)
    assert set(kind.upcasts) == set(range(1, kind.version))


def test_a_closed_case_can_only_come_back_or_turn_out_to_be_another() -> None:
    assert MOVES[CLOSED] == (REOPENED, MERGED)
    assert all(CLOSED in MOVES[state] for state in OPEN if state != RETURNED)
    assert next(iter(MOVES)) == "draft"


def test_a_body_says_its_faults_in_plain_words() -> None:
    with pytest.raises(ValueFault) as failure:
        kind_named("suite").make({"tail": 1})
    assert sorted(failure.value.details) == ["tail: there is no such field", "title: it is not given"]
    with pytest.raises(ValueFault) as failure:
        kind_named("suite").make({"title": ""})
    assert failure.value.details == ["title: it is empty"]
    with pytest.raises(ValueFault) as failure:
        kind_named("suite").make({"title": "x" * 301, "checks": ()})
    assert failure.value.details == ["title: it is longer than 300 characters"]
