"""Recurring patterns: how many cases there are of a failure mode, by model and month."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from errata.nouns.query_fields import LEVELS

MODES = "failure-mode"
"""The vocabulary that patterns are of."""
RECURS = 2
"""A mode recurs with so many cases, in as many months or of as many models."""
NO_MODEL = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many cases, how many of them are open, how many ever came back, and the rank of the gravest."""

    cases: int
    open: int
    came_back: int
    severity: int | None

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        band = None if self.severity is None else LEVELS[self.severity]
        return {"cases": self.cases, "open": self.open, "came_back": self.came_back, "severity": band}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPattern:
    """The cases of a mode that one model is affected by, with their number in each month that has any.

    ``model`` is a name without a version, ``""`` of cases that name no model.
    """

    model: str
    tally: Tally
    months: dict[str, int]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"model": self.model, **self.tally.to_json(), "months": self.months}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """One failure mode: a first level of the vocabulary, or (among ``under`` one) the level after it.

    A case with several models or modes counts once in each of them, and once in what is over them.
    """

    mode: str
    tally: Tally
    months: dict[str, int]
    models: tuple[ModelPattern, ...]
    under: tuple[Pattern, ...] = ()

    @property
    def recurs(self) -> bool:
        """Whether it is more than one case of one model in one month."""
        named = sum(one.model != NO_MODEL for one in self.models)
        return self.tally.cases >= RECURS and (len(self.months) >= RECURS or named >= RECURS)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "mode": self.mode,
            "recurs": self.recurs,
            **self.tally.to_json(),
            "months": self.months,
            "models": [one.to_json() for one in self.models],
            "under": [one.to_json() for one in self.under],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Patterns:
    """Every pattern, those that recur first; ``unlabelled`` cases have no failure mode, so they are in none.

    ``by`` is the facet whose values are counted, where it is not the failure mode.
    """

    cases: int
    unlabelled: int
    patterns: tuple[Pattern, ...]
    by: str = MODES

    def to_json(self) -> dict[str, Any]:
        """Plain values of the schema ``errata.patterns/1``."""
        return {
            "schema": "errata.patterns/1",
            "by": self.by,
            "cases": self.cases,
            "unlabelled": self.unlabelled,
            "months": list(self.months()),
            "patterns": [one.to_json() for one in self.patterns],
        }

    def months(self) -> Iterator[str]:
        """The months that have cases with a failure mode, in order."""
        yield from sorted({month for one in self.patterns for month in one.months})


def order(pattern: Pattern) -> tuple[Any, ...]:
    """What recurs first, then what has most cases."""
    return (not pattern.recurs, -pattern.tally.cases, pattern.mode)


def mode_query(mode: str, model: str | None = None, month: str = "", by: str = MODES) -> str:
    """The search that finds the cases of a pattern; ``model`` is None for all of them, ``""`` for none named."""
    said = (
        f"{by}:{mode},{mode}/*" if by == MODES else f'{by}:"{mode}","{mode}/*"',
        "" if model is None else f'model:"{model}"' if model else "-model:*",
        f"date:{month}" if month else "",
        "-state:withdrawn,merged",
    )
    return " ".join(one for one in said if one)


def read_patterns(values: Mapping[str, Any]) -> Patterns:
    """Patterns from their JSON."""
    return Patterns(
        cases=values["cases"],
        unlabelled=values["unlabelled"],
        patterns=tuple(_read_pattern(one) for one in values["patterns"]),
        by=values["by"],
    )


def _read_pattern(values: Mapping[str, Any]) -> Pattern:
    models = (
        ModelPattern(model=one["model"], tally=_read_tally(one), months=dict(one["months"])) for one in values["models"]
    )
    return Pattern(
        mode=values["mode"],
        tally=_read_tally(values),
        months=dict(values["months"]),
        models=tuple(models),
        under=tuple(_read_pattern(one) for one in values["under"]),
    )


def _read_tally(values: Mapping[str, Any]) -> Tally:
    band = values["severity"]
    rank = None if band is None else LEVELS.index(band)
    return Tally(cases=values["cases"], open=values["open"], came_back=values["came_back"], severity=rank)
