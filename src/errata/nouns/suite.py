"""A suite: a named, versioned set of checks. An evaluation plan is a suite."""

from __future__ import annotations

from pydantic import Field

from errata.nouns.record import Body, Kind

ACTIVE, RETIRED = "active", "retired"
MOVES = {ACTIVE: (RETIRED,), RETIRED: (ACTIVE,)}


class SuiteBody(Body):
    """What a suite says: its title and the keys of its checks, in order."""

    title: str = Field(min_length=1, max_length=300)
    checks: tuple[str, ...] = ()


def facets(body: SuiteBody) -> list[tuple[str, str]]:
    """By what a suite is found."""
    return [("check", key) for key in sorted(set(body.checks))]


KIND = Kind(
    name="suite",
    version=1,
    body=SuiteBody,
    moves=MOVES,
    editable=("title", "checks"),
    facets=facets,
    about=lambda body: body.checks,
)
