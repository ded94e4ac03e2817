"""A capture rule: which rows of a run become candidates, and how they are drawn."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from errata.core.errors import UsageError
from errata.nouns.criterion import parse_expression
from errata.nouns.record import Body, Kind

ACTIVE, RETIRED = "active", "retired"
MOVES = {ACTIVE: (RETIRED,), RETIRED: (ACTIVE,)}
EVERYTHING = "all"
ALL, RESERVOIR, STRATIFIED, QUOTA = "all", "reservoir", "stratified", "quota"
METHODS = (ALL, RESERVOIR, STRATIFIED, QUOTA)
MOST = 10_000
"""The most candidates that one rule makes of one run."""


class Sampling(BaseModel):
    """How candidates are drawn from what matched: ``size`` in all, of ``quota`` of each value of ``by``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: Literal["all", "reservoir", "stratified", "quota"] = "all"
    size: int | None = Field(default=None, ge=1, le=MOST)
    by: tuple[str, ...] = ()
    seed: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        if (self.size is None) != (self.method == ALL):
            self._refuse("takes no size" if self.method == ALL else "needs a size", "--size 200")
        if bool(self.by) != (self.method in (STRATIFIED, QUOTA)):
            self._refuse("needs columns" if not self.by else "takes no columns", "--by COLUMN")
        return self

    def _refuse(self, what: str, option: str) -> None:
        raise UsageError(
            "bad-sampling",
            f"sampling {self.method} {what}",
            expected="all · reservoir with a size · stratified or quota with a size and columns",
            next=option if what.startswith("needs") else f"leave {option.split()[0]} away",
        )

    @property
    def words(self) -> str:
        """How it is drawn, in words."""
        by = ", ".join(self.by)
        return {
            ALL: "everything",
            RESERVOIR: f"{self.size} at random",
            STRATIFIED: f"{self.size} in proportion over {by}",
            QUOTA: f"{self.size} of each {by}",
        }[self.method]


class RuleBody(Body):
    """What a rule says. A row matches when all that is given holds.

    ``when`` is an expression over columns and outcomes (``all`` is every row); ``disagree`` a run whose model says
    otherwise of the same sample; ``anomaly`` a number column with values far from the usual, which is that of
    ``reference`` (its middle 99 %) or of the run itself (robust z).
    """

    title: str = Field(min_length=1, max_length=300)
    when: str = ""
    disagree: int | None = Field(default=None, ge=1)
    anomaly: str = Field(default="", max_length=1000)
    reference: int | None = Field(default=None, ge=1)
    sampling: Sampling = Sampling()

    @field_validator("when")
    @classmethod
    def _canonical(cls, text: str) -> str:
        return text if text in ("", EVERYTHING) else parse_expression(text).text

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        if not self.when and self.disagree is None and not self.anomaly:
            raise UsageError(
                "rule-of-what",
                "a rule says what it captures",
                expected="an expression, a run to disagree with, or a column with anomalies",
                next="--when 'confidence >= 0.9 and failed', --disagree run:N or --anomaly COLUMN",
            )
        if self.reference is not None and not self.anomaly:
            raise UsageError(
                "rule-of-what", "a reference is what anomalies are held against", next="--anomaly COLUMN"
            )  # fmt: skip
        return self

    @property
    def words(self) -> str:
        """What it captures, in one line."""
        usual = f"the middle 99 % of run:{self.reference}" if self.reference else "a robust z of 3.5"
        parts = [
            self.when,
            f"disagrees with run:{self.disagree}" if self.disagree else "",
            f"{self.anomaly} beyond {usual}" if self.anomaly else "",
        ]
        return " and ".join(f"({part})" if " or " in part else part for part in parts if part)


def facets(body: RuleBody) -> list[tuple[str, str]]:
    """By what a rule is found."""
    return [("sampling", body.sampling.method)]


KIND = Kind(
    name="rule",
    version=1,
    body=RuleBody,
    moves=MOVES,
    editable=("title", "when", "disagree", "anomaly", "reference", "sampling"),
    facets=facets,
    words=lambda body: (body.words,),
)
