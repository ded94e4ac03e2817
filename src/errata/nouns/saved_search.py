"""A saved search: a query that somebody asks again and again, under a name."""

from __future__ import annotations

from pydantic import Field, field_validator

from errata.nouns.query import Query
from errata.nouns.record import Body, Kind

ACTIVE, RETIRED = "active", "retired"
MOVES = {ACTIVE: (RETIRED,), RETIRED: (ACTIVE,)}


class SavedSearchBody(Body):
    """What it says: its name, and the canonical text of its query."""

    title: str = Field(min_length=1, max_length=100)
    query: str = Field(min_length=1)

    @field_validator("query")
    @classmethod
    def _canonical(cls, query: str) -> str:
        return Query.parse(query).text


KIND = Kind(name="saved-search", version=1, body=SavedSearchBody, moves=MOVES, editable=("title", "query"))
