"""A labelling round: several people label the same things without seeing each other's answers, then compare them."""

from __future__ import annotations

from pydantic import Field

from errata.nouns.record import Body, Kind

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
    return [("vocabulary", body.vocabulary), *(("actor", actor) for actor in body.actors)]


KIND = Kind(
    name="round",
    version=1,
    body=RoundBody,
    moves=MOVES,
    editable=("title", "instructions"),
    facets=facets,
    words=lambda body: (body.instructions,),
)
