"""A plan: what will be changed, for which cases, with what predicted gain; afterwards, the measured one."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from errata.nouns.record import Body, Kind

PLANNED, MEASURED, WITHDRAWN = "planned", "measured", "withdrawn"
MOVES = {PLANNED: (MEASURED, WITHDRAWN), MEASURED: (MEASURED,), WITHDRAWN: (PLANNED,)}


class Predicted(BaseModel):
    """The ceiling: errors that go if the union of the planned slices fails at the rest's rate, each row counted once.

    ``low`` and ``high`` are a bootstrap's 95 %, resampling groups when the run has them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    run: int
    rows: int
    failed: int
    rest_rows: int
    rest_failed: int
    errors: float
    low: float
    high: float
    grouped: bool
    draws: int
    seed: int
    ceiling: bool = True


class MeasuredSlice(BaseModel):
    """Errors before and after on the same samples; ``gain`` is before minus after, with a bootstrap's 95 %."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    slice: str
    case: str | None
    rows: int
    before: int
    after: int
    gain: int
    low: float
    high: float


class Measured(BaseModel):
    """The measured gain, paired by sample, on samples that the plan did not use; ``slices[0]`` is everything."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    before_run: int
    after_run: int
    left_out: int
    grouped: bool
    draws: int
    seed: int
    slices: tuple[MeasuredSlice, ...]


class PlanBody(Body):
    """What a plan says. ``samples`` is the digest of the list of samples that it uses, ``uses`` how many they are."""

    title: str = Field(min_length=1, max_length=300)
    actions: tuple[str, ...] = Field(min_length=1)
    cases: tuple[str, ...] = Field(min_length=1)
    cost: str = ""
    samples: str | None = None
    uses: int = 0
    predicted: Predicted
    measured: Measured | None = None


def facets(body: PlanBody) -> list[tuple[str, str]]:
    """By what a plan is found."""
    return [("case", key) for key in sorted(set(body.cases))]


KIND = Kind(
    name="plan",
    version=1,
    body=PlanBody,
    moves=MOVES,
    editable=("title", "actions", "cost"),
    facets=facets,
    about=lambda body: body.cases,
)
