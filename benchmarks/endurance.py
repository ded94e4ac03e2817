"""What many writers and many crashes must leave: each operation makes one mark, which is in the catalog once or not.

``writers`` and ``kills`` measure with it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable
from dataclasses import dataclass, field
from typing import Any, cast

import sqlalchemy as sa

from errata.nouns.vocabulary import VocabularyBody, shipped
from errata.store import tables
from errata.store.catalog import Store
from errata.verbs.doctor import doctor
from errata.verbs.vocabulary import add_vocabulary

_MODES = cast(VocabularyBody, shipped("failure-mode"))
TERM = f"failure-mode:{_MODES.path(next(iter(_MODES.living())))}"


@dataclass(frozen=True, slots=True)
class Step:
    """One operation of the SDK by its name, and the mark that it leaves."""

    mark: str
    name: str
    arguments: dict[str, Any]


def steps(writer: str) -> Generator[Step, str | None, None]:
    """Without end: a case is opened, edited, labelled and linked. The key of each new case is sent in."""
    at = 0
    while True:
        marks = [f"op-{writer}-{number}" for number in range(at, at + 4)]
        at += 4
        key = yield Step(marks[0], "case open", {"title": marks[0]})
        yield Step(marks[1], "case edit", {"key": key, "changes": {"summary": marks[1]}, "reason": marks[1]})
        yield Step(marks[2], "label add", {"subject": key, "term": TERM, "note": marks[2]})
        target = f"ticket:{marks[3]}"
        yield Step(marks[3], "case link", {"key": key, "predicate": "wasInfluencedBy", "target": target})


@dataclass(slots=True)
class Ledger:
    """The marks of what was acknowledged, and of what was sent and not answered."""

    acknowledged: set[str] = field(default_factory=set)
    unsure: set[str] = field(default_factory=set)

    def settle(self, mark: str) -> None:
        """It was answered after all."""
        self.unsure.discard(mark)
        self.acknowledged.add(mark)


def prepared(store: Store) -> None:
    """What the steps need: a vocabulary."""
    add_vocabulary(store, "failure-mode")


def marks_in(store: Store) -> Counter[str]:
    """How often each mark stands in the catalog."""
    columns = (tables.record.c.title, tables.revision.c.reason, tables.label.c.note, tables.link.c.object)
    found: Counter[str] = Counter()
    with store.read() as connection:
        for column in columns:
            found.update(text.removeprefix("ticket:") for text in connection.execute(sa.select(column)).scalars())
    return Counter({mark: times for mark, times in found.items() if mark.startswith("op-")})


def faults_of(store: Store, ledger: Ledger) -> list[str]:
    """What is lost, double, half or unsound; files that a crash left are removed, and are no fault."""
    found = doctor(store)
    faults = [*found.faults, *(f"{path} was left again" for path in doctor(store).orphans)]
    there = marks_in(store)
    faults += _named("is lost", ledger.acknowledged - there.keys())
    faults += _named("is there twice", (mark for mark, times in there.items() if times > 1))
    faults += _named("is there unasked", there.keys() - ledger.acknowledged - ledger.unsure)
    with store.read() as connection:
        for table in (tables.record, tables.label):
            numbers = list(connection.execute(sa.select(table.c.number).order_by(table.c.number)).scalars())
            if numbers != list(range(1, len(numbers) + 1)):
                faults.append(f"the numbers of {table.name} have a gap")
    return faults


def _named(what: str, marks: Iterable[str]) -> list[str]:
    return [f"{mark} {what}" for mark in sorted(marks)]
