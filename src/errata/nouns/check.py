"""A check: an executable criterion on a slice and a metric, which guards a case or stands alone."""

from __future__ import annotations

from pydantic import Field

from errata.nouns.record import Body, Kind

ACTIVE, RETIRED = "active", "retired"
MOVES = {ACTIVE: (RETIRED,), RETIRED: (ACTIVE,)}


class CheckBody(Body):
    """What a check says: its name, slice (``all`` is everything), metric and criterion, and the case it guards;
    ``positive`` is the class that fpr and fnr are about."""

    title: str = Field(min_length=1, max_length=300)
    slice: str
    metric: str
    criterion: str
    case: str | None = None
    positive: str | None = None

    @property
    def name(self) -> str:
        """The check's name, which is its title."""
        return self.title


def facets(body: CheckBody) -> list[tuple[str, str]]:
    """By what a check is found."""
    return [("metric", body.metric), *([("case", body.case)] if body.case else [])]


KIND = Kind(
    name="check",
    version=1,
    body=CheckBody,
    moves=MOVES,
    editable=("title", "criterion"),
    facets=facets,
    about=lambda body: [body.case] if body.case else (),
)
