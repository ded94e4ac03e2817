"""The parts of a case's body: when, how bad, why, what was tried, and who has looked at it."""

from __future__ import annotations

import calendar
import math
import re
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

BandName = Literal["none", "low", "medium", "high", "critical"]
BANDS: tuple[BandName, ...] = get_args(BandName)
"""What a severity comes to, mildest first, whatever the rubric."""
SENSITIVITIES = ("public", "internal", "confidential", "restricted")
_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?\Z", re.ASCII)


class Piece(BaseModel):
    """A part of a body: frozen, and without fields that nobody knows."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_max_length=100_000)


def check_date(text: str) -> str:
    """``text`` if it is a year, a month or a day (``2026``, ``2026-01``, ``2026-01-05``). Raises ValueError."""
    match = _DATE.match(text)
    if match is None or not _is_day(int(match[1]), int(match[2] or 1), int(match[3] or 1)):
        raise ValueError(f"{text!r} is no date: a year, a month or a day is meant, 2026, 2026-01 or 2026-01-05")
    return text


def _is_day(year: int, month: int, day: int) -> bool:
    return year >= 1 and 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]


PartialDate = Annotated[str, AfterValidator(check_date)]
"""A date with its granularity: as much of it as is known, and no more."""


class Rating(Piece):
    """The level chosen on one axis of a rubric, and why."""

    axis: str
    level: int
    why: str = ""


class Severity(Piece):
    """How bad it is by a revision of a rubric: the levels that somebody chose, the score in [0, 1] computed of them."""

    rubric: str
    revision: int = Field(ge=1)
    ratings: tuple[Rating, ...]
    score: float = Field(ge=0, le=1)
    band: BandName


class Impact(Piece):
    """An estimate of what it costs: people, money or safety, with an interval where one is known, and its basis."""

    on: Literal["people", "money", "safety"]
    what: str = Field(min_length=1, max_length=1000)
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    unit: str = ""
    basis: str = ""

    @model_validator(mode="after")
    def _ordered(self) -> Impact:
        values = [one for one in (self.low, self.estimate, self.high) if one is not None]
        if not all(map(math.isfinite, values)):
            raise ValueError("a figure is not finite")
        if values != sorted(values):
            raise ValueError("low, estimate and high are not in this order")
        return self


class Moment(Piece):
    """One line of the timeline: when, as far as it is known, and what happened."""

    at: str = Field(min_length=4, max_length=40)
    what: str = Field(min_length=1)


class Hypothesis(Piece):
    """What may explain it, how that was tested, and what the test said."""

    claim: str = Field(min_length=1)
    test: str = ""
    verdict: Literal["untested", "supported", "refuted", "inconclusive"] = "untested"


class Remedy(Piece):
    """What was done about it, failed attempts too, and what was learnt."""

    what: str = Field(min_length=1)
    outcome: Literal["untried", "worked", "partly", "failed", "unknown"] = "unknown"
    learnt: str = ""
    plan: str | None = None


class Mute(Piece):
    """A lint code that is not to be said of this case, and why not."""

    code: str = Field(pattern=r"^[A-Z]{3,4}[0-9]{3}$")
    reason: str = Field(min_length=1)


class Verification(Piece):
    """What somebody else ran again at a revision of the case, by its digest, and what came of it."""

    actor: str
    revision: int
    reran: str = Field(min_length=1)
    digest: str | None = None
    verdict: Literal["reproduced", "not reproduced"]
    note: str = ""


class CaseFigures(Piece):
    """The slice as it was counted when the case was opened; rates in [0, 1]."""

    rows: int
    failed: int | None
    error_rate: float
    low: float
    high: float
    rest_error_rate: float | None = None
    excess_errors: float | None = None


class Caught(Piece):
    """The candidates that a case was opened from, and how many rows of what their rule caught they stand for.

    ``chosen`` of ``drawn`` candidates; by their probabilities they stand for ``rows`` of the ``matched`` rows, a
    ``share`` of them; the bounds are of 95 %, None where nothing bounds it.
    """

    rule: str
    revision: int
    manifest: str
    chosen: int
    drawn: int
    matched: int
    rows: float | None = None
    rows_low: float | None = None
    rows_high: float | None = None
    share: float | None = None
    low: float | None = None
    high: float | None = None


class Judged(Piece):
    """The run that was judged and the gate that holds its verdicts."""

    run: int
    gate: int


def severity_rank(severity: Severity | None) -> int | None:
    """0 for ``none`` … 4 for ``critical``."""
    return None if severity is None else BANDS.index(severity.band)
