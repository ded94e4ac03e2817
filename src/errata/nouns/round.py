"""A labelling round: several people label the same things without seeing each other's answers, then compare them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

from pydantic import Field

from errata.core.names import is_key
from errata.nouns.agreement import Agreement
from errata.nouns.record import Body, Kind, Record
from errata.nouns.vocabulary import VocabularyBody

OPEN, CLOSED, ADJUDICATED = "open", "closed", "adjudicated"
MOVES = {OPEN: (CLOSED,), CLOSED: (ADJUDICATED,), ADJUDICATED: ()}
MOST = 5_000
"""No more subjects than this are in one round."""


class RoundBody(Body):
    """What a round says. ``many`` allows more than one term a subject; ``choices`` are the only terms that may be
    given, when there are any. ``actors`` may label, and nobody else."""

    title: str = Field(min_length=1, max_length=300)
    vocabulary: str
    vocabulary_revision: int
    subjects: tuple[str, ...] = Field(min_length=1, max_length=MOST)
    actors: tuple[str, ...] = Field(min_length=1, max_length=200)
    many: bool = False
    choices: tuple[str, ...] = ()
    instructions: str = ""


def facets(body: RoundBody) -> list[tuple[str, str]]:
    """By what a round is found."""
    subjects = [("subject", key) for key in body.subjects if is_key(key)]
    return [("vocabulary", body.vocabulary), *(("actor", actor) for actor in body.actors), *subjects]


@dataclass(frozen=True, slots=True)
class Answer:
    """What one person said of a subject: the ids of terms."""

    actor: str
    terms: tuple[str, ...]
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"actor": self.actor, "terms": list(self.terms), "note": self.note}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A subject with the answers that may be seen, and what was decided of it; None while nothing was."""

    subject: str
    answers: tuple[Answer, ...]
    decided: tuple[str, ...] | None = None
    decided_by: str = ""
    note: str = ""

    @property
    def alike(self) -> float:
        """The share of pairs of answers that are the same; 1 for a single one."""
        said = [frozenset(answer.terms) for answer in self.answers]
        pairs = list(combinations(said, 2))
        return sum(a == b for a, b in pairs) / len(pairs) if pairs else 1.0

    @property
    def waits(self) -> bool:
        """Whether it has answers and nothing was decided."""
        return bool(self.answers) and self.decided is None

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "subject": self.subject,
            "answers": [answer.to_json() for answer in self.answers],
            "alike": self.alike,
            "decided": None if self.decided is None else list(self.decided),
            "decided_by": self.decided_by,
            "note": self.note,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundView:
    """A round as one actor may see it: while it is open, with their own answers alone and without agreement.

    ``done`` is how many subjects each actor has labelled; while it is open, of the one who looks alone. ``complete``
    says whether everybody has answered everything, so that it can be closed.
    """

    record: Record
    vocabulary: VocabularyBody
    items: tuple[Item, ...]
    done: dict[str, int]
    complete: bool
    agreement: Agreement | None = None

    @property
    def waiting(self) -> list[Item]:
        """What waits for a decision, where people differ most first."""
        return sorted(
            (item for item in self.items if item.waits),
            key=lambda item: (len(item.answers) < 2, item.alike, -len(item.answers)),
        )

    @property
    def choices(self) -> list[str]:
        """The terms that may be given."""
        given: tuple[str, ...] = self.record.body.choices
        return list(given) or self.vocabulary.living()

    def to_json(self) -> dict[str, Any]:
        """Plain values; ``agreement`` is null while the round is open."""
        return {
            **self.record.to_json(),
            "vocabulary_name": self.vocabulary.name,
            "items": [item.to_json() for item in self.items],
            "done": self.done,
            "complete": self.complete,
            "waiting": [item.subject for item in self.waiting],
            "agreement": self.agreement.to_json() if self.agreement else None,
        }


KIND = Kind(
    name="round",
    version=1,
    body=RoundBody,
    moves=MOVES,
    editable=("title", "instructions"),
    facets=facets,
    words=lambda body: (body.instructions,),
    about=lambda body: filter(is_key, body.subjects),
)
