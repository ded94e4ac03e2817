"""A rota: who reviews when. Owners take turns of some days each, in their order, from a day on."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

from pydantic import Field, field_validator

from errata.nouns.record import Body, Kind

ACTIVE, RETIRED = "active", "retired"
MOVES = {ACTIVE: (RETIRED,), RETIRED: (ACTIVE,)}


class RotaBody(Body):
    """What a rota says: its owners in order, the day of the first one's first turn, and how many days a turn has."""

    title: str = Field(min_length=1, max_length=300)
    owners: tuple[str, ...] = Field(min_length=1, max_length=200)
    starts: str
    days: int = Field(default=7, ge=1, le=366)

    @field_validator("owners")
    @classmethod
    def _named_once(cls, owners: tuple[str, ...]) -> tuple[str, ...]:
        names = tuple(name.strip() for name in owners)
        if not all(names):
            raise ValueError("an owner has no name")
        if twice := [name for name in dict.fromkeys(names) if names.count(name) > 1]:
            raise ValueError(f"{twice[0]} stands in it twice")
        return names

    @field_validator("starts")
    @classmethod
    def _a_day(cls, text: str) -> str:
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError:
            raise ValueError(f"{text[:40]!r} is no day: 2026-01-05 is meant") from None

    def turn(self, day: date) -> int | None:
        """The number of the turn that a day lies in, from 0; None before the rota starts."""
        since = (day - date.fromisoformat(self.starts)).days
        return since // self.days if since >= 0 else None

    def last_day(self, day: date) -> date | None:
        """The last day of the turn that a day lies in; None before the rota starts, or past the end of the calendar."""
        turn = self.turn(day)
        if turn is None:
            return None
        try:
            return date.fromisoformat(self.starts) + timedelta(days=(turn + 1) * self.days - 1)
        except OverflowError:
            return None

    def on_duty(self, day: date, without: Collection[str] = ()) -> str | None:
        """Whose turn it is; of those ``without``, the turn goes to the next. None before it starts, or if all are."""
        turn = self.turn(day)
        if turn is None:
            return None
        first = turn % len(self.owners)
        return next((name for name in self.owners[first:] + self.owners[:first] if name not in without), None)


KIND = Kind(name="rota", version=1, body=RotaBody, moves=MOVES, editable=("title", "owners", "starts", "days"))
