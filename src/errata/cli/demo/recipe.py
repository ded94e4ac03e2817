"""From planned slices to training pictures: which factors a case is about, and what a version is trained with."""

from __future__ import annotations

from collections.abc import Iterable

from errata.cli.demo.pictures import NONE
from errata.nouns.slice import Condition, Slice
from errata.perturb.image import PERTURBATIONS

COPIES = 2
"""Augmented copies of each training picture, per planned factor."""
ADJECTIVES = {"rotation": "rotated", "contrast": "faded", "blur": "blurred", "noise": "noisy", "shift": "shifted"}


def factors_of(slice_text: str) -> list[str]:
    """The factors that every picture of a slice is perturbed by: their neutral level lies outside the slice."""
    found = []
    for condition in Slice.parse(slice_text).conditions:
        if condition.column == "perturbation" and condition.kind == "equals" and condition.value != NONE:
            found.append(str(condition.value))
        elif condition.column in PERTURBATIONS and not _holds(condition, PERTURBATIONS[condition.column].neutral):
            found.append(condition.column)
    return sorted(set(found), key=list(PERTURBATIONS).index)


def planned(factors: Iterable[str]) -> dict[str, int]:
    """How many copies of each training picture a version gets, by factor."""
    wanted = set(factors)
    return {name: COPIES for name in PERTURBATIONS if name in wanted}


def adjectives(factors: Iterable[str]) -> str:
    """``shifted and rotated``, as people say it."""
    return listing([ADJECTIVES[name] for name in factors])


def listing(words: list[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _holds(condition: Condition, level: float) -> bool:
    if condition.kind == "equals":
        return condition.value == level
    if condition.kind != "range":
        return True  # a missing level says nothing of the factor
    return (condition.low is None or level >= condition.low) and (condition.high is None or level < condition.high)
