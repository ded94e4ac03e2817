"""A template: a form that guides who writes a record; some ship with Errata, the others are a project's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from errata.nouns.record import Body, Kind

ACTIVE, RETIRED = "active", "retired"
MOVES = {ACTIVE: (RETIRED,), RETIRED: (ACTIVE,)}


class TemplateBody(Body):
    """What a template says: ``asks`` a question of each field, in the order of the form; ``fills`` some in already.

    ``requires`` are the fields that a record of this template needs, beyond those that every record needs, before it
    can be submitted.
    """

    title: str = Field(min_length=1, max_length=300)
    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")
    description: str = ""
    of: Literal["case"] = "case"
    asks: Mapping[str, str] = Field(min_length=1)
    fills: Mapping[str, Any] = Field(default_factory=dict)
    requires: tuple[str, ...] = ()


def facets(body: TemplateBody) -> list[tuple[str, str]]:
    """By what a template is found."""
    return [("name", body.name), ("of", body.of)]


KIND = Kind(
    name="template",
    version=1,
    body=TemplateBody,
    moves=MOVES,
    editable=("title", "description", "asks", "fills", "requires"),
    facets=facets,
)
