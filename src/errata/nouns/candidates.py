"""Candidates: the rows of a run that a rule caught, drawn with known probabilities; a frozen, digested manifest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from errata.core.clock import stamp
from errata.nouns.evidence import Sample

SCHEMA = "errata.candidates/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stratum:
    """``drawn`` of ``found`` rows: each had the probability drawn / found."""

    name: str
    found: int
    drawn: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What is so of everything a rule caught, by what is so of the rows drawn, with 95 % intervals.

    ``size`` is how many rows that is; a ``share`` is a mean of yes and no. None where nothing can be
    said, and ``reason`` says why.
    """

    rows: int
    mean: float | None
    total: float | None
    low: float | None = None
    high: float | None = None
    total_low: float | None = None
    total_high: float | None = None
    size: float = 0.0
    share: bool = False
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Double:
    """An earlier candidate that this one repeats, by ``id``, by ``content`` (of the input) or by ``text`` (nearly)."""

    run: int
    row: int
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A drawn row. It stands for ``copies`` rows of the same content, and was drawn with ``probability``."""

    sample: Sample
    digest: str
    copies: int
    probability: float
    stratum: str
    double: Double | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """What a rule's revision caught in a run: ``matched`` of ``seen`` rows, in ``distinct`` contents, some drawn.

    Of ``unknown`` rows it is not known whether they match. ``outcomes`` is the number of the outcomes that were looked
    at (1: as logged), ``dataset`` its name without a version, ``text`` the column of texts, ``asked`` what is
    asked, in words.
    """

    digest: str
    run: int
    run_digest: str
    dataset: str
    text: str | None
    outcomes: int
    rule: str
    revision: int
    title: str
    asked: str
    sampling: Mapping[str, Any]
    seen: int
    unknown: int
    matched: int
    distinct: int
    strata: tuple[Stratum, ...]
    candidates: tuple[Candidate, ...]

    @property
    def drawn(self) -> int:
        """How many were drawn."""
        return len(self.candidates)

    @property
    def fresh(self) -> int:
        """How many of them repeat no earlier candidate."""
        return sum(one.double is None for one in self.candidates)

    def manifest(self) -> dict[str, Any]:
        """What is stored, and digested: everything but the digest itself."""
        values = {"schema": SCHEMA, **asdict(self)}
        del values["digest"]
        return values

    def to_json(self) -> dict[str, Any]:
        """Plain values of the schema ``errata.candidates/1``, with the digest and what was counted."""
        return {**self.manifest(), "digest": self.digest, "drawn": self.drawn, "fresh": self.fresh}

    @staticmethod
    def read(digest: str, manifest: Mapping[str, Any]) -> Candidates:
        """The candidates of a stored manifest."""
        values = {name: value for name, value in manifest.items() if name != "schema"}
        strata = tuple(Stratum(**one) for one in values.pop("strata"))
        candidates = tuple(
            Candidate(
                **{
                    **one,
                    "sample": Sample(**{**one["sample"], "image": None}),
                    "double": Double(**one["double"]) if one["double"] else None,
                }
            )
            for one in values.pop("candidates")
        )
        return Candidates(digest=digest, strata=strata, candidates=candidates, **values)


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateSet:
    """One capture as it is listed: by run, rule and revision; ``digest`` names the manifest."""

    run: int
    rule: str
    revision: int
    outcomes: int
    title: str
    seen: int
    unknown: int
    matched: int
    distinct: int
    drawn: int
    fresh: int
    digest: str
    actor: str
    at: datetime

    def to_json(self) -> dict[str, Any]:
        """Plain values of the schema ``errata.candidate-set/1``."""
        return {"schema": "errata.candidate-set/1", **asdict(self), "at": stamp(self.at)}
