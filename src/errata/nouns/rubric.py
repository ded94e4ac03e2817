"""A rubric: the axes by which a failure's severity is rated, each level anchored in words; the score is computed.

A case keeps the key and the revision of the rubric that rated it, so a rubric may change and an old severity still
says what it meant.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, model_validator

from errata.core.errors import ValueFault
from errata.core.names import nearest
from errata.nouns.case_parts import BANDS, BandName, Piece, Rating, Severity
from errata.nouns.record import Body, Kind

ACTIVE, RETIRED = "active", "retired"
MOVES = {ACTIVE: (RETIRED,), RETIRED: (ACTIVE,)}


class Level(Piece):
    """One level of an axis: its number, its name, and the anchor that says when it is chosen."""

    level: int = Field(ge=0)
    name: str = Field(min_length=1, max_length=60)
    anchor: str = Field(min_length=1)


class Axis(Piece):
    """One axis: its name, the question it answers, how much it weighs, and its levels, mildest first."""

    axis: str = Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")
    question: str
    weight: float = Field(default=1.0, gt=0, allow_inf_nan=False)
    levels: tuple[Level, ...] = Field(min_length=2)

    @model_validator(mode="after")
    def _rising(self) -> Axis:
        numbers = [one.level for one in self.levels]
        if numbers != sorted(set(numbers)):
            raise ValueError(f"the levels of {self.axis} do not rise")
        return self

    def share(self, level: int) -> float:
        """Where a level stands between the mildest (0) and the worst (1). Raises KeyError for one that is not there."""
        if level not in [one.level for one in self.levels]:
            raise KeyError(level)
        first, last = self.levels[0].level, self.levels[-1].level
        return (level - first) / (last - first)


class Band(Piece):
    """A band and the score at which it begins."""

    band: BandName
    at: float = Field(ge=0, le=1)


class Floor(Piece):
    """From this level of an axis on, the severity is at least this band, whatever the other axes say."""

    axis: str
    level: int
    band: Literal["low", "medium", "high", "critical"]


class RubricBody(Body):
    """What a rubric says. The score is the weighted mean of the axes' shares, or the largest of them (``max``)."""

    title: str = Field(min_length=1, max_length=300)
    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")
    description: str = ""
    combine: Literal["mean", "max"] = "mean"
    axes: tuple[Axis, ...] = Field(min_length=1)
    bands: tuple[Band, ...] = Field(min_length=1)
    floors: tuple[Floor, ...] = ()

    @model_validator(mode="after")
    def _sound(self) -> RubricBody:
        names = [one.axis for one in self.axes]
        if len(set(names)) != len(names):
            raise ValueError("two axes have the same name")
        starts = [(BANDS.index(one.band), one.at) for one in self.bands]
        ranks, ats = [rank for rank, _ in starts], [at for _, at in starts]
        if ats[0] != 0 or ats != sorted(set(ats)) or ranks != sorted(set(ranks)):
            raise ValueError("the bands do not begin at 0 and rise")
        for floor in self.floors:
            if floor.axis not in names or floor.level not in [one.level for one in self.axis(floor.axis).levels]:
                raise ValueError(f"a floor is about {floor.axis} {floor.level}, which is no level")
        return self

    def axis(self, name: str) -> Axis:
        """The axis of this name. Raises StopIteration when there is none."""
        return next(one for one in self.axes if one.axis == name)

    def rate(
        self, key: str, revision: int, levels: Mapping[str, int], why: Mapping[str, str] | None = None
    ) -> Severity:
        """The severity of these levels, one for every axis.

        Raises ValueFault ``bad-rating`` with one line a fault: an axis that is missing or unknown, a level that is not
        one of its axis.
        """
        names = [one.axis for one in self.axes]
        faults = [f"{name} is not rated: {self.axis(name).question}" for name in names if name not in levels]
        for name, level in levels.items():
            if name not in names:
                close = nearest(name, names, 1)
                faults.append(f"there is no axis {name}{f', did you mean {close[0]}?' if close else ''}")
            elif level not in [one.level for one in self.axis(name).levels]:
                known = ", ".join(f"{one.level} {one.name}" for one in self.axis(name).levels)
                faults.append(f"{name} has no level {level}, but {known}")
        if faults:
            raise ValueFault(
                "bad-rating",
                f"this is no rating by the rubric {self.name}",
                expected=", ".join(names),
                details=faults,
                next=f"errata rubric show {self.name}",
            )
        shares = {one.axis: one.share(levels[one.axis]) for one in self.axes}
        if self.combine == "max":
            score = max(shares.values())
        else:
            score = sum(one.weight * shares[one.axis] for one in self.axes) / sum(one.weight for one in self.axes)
        band = max(BANDS.index(one.band) for one in self.bands if one.at <= score + 1e-12)
        lowest = (BANDS.index(one.band) for one in self.floors if levels[one.axis] >= one.level)
        ratings = tuple(Rating(axis=name, level=levels[name], why=(why or {}).get(name, "")) for name in names)
        return Severity(
            rubric=key, revision=revision, ratings=ratings, score=round(score, 6), band=BANDS[max(band, *lowest, 0)]
        )


def facets(body: RubricBody) -> list[tuple[str, str]]:
    """By what a rubric is found."""
    return [("name", body.name)]


KIND = Kind(
    name="rubric",
    version=1,
    body=RubricBody,
    moves=MOVES,
    editable=("title", "description", "combine", "axes", "bands", "floors"),
    facets=facets,
)
