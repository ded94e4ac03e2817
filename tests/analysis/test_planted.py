"""The calibration benchmark in short: five planted slices are found, shuffled failures are not."""

from __future__ import annotations

import pytest

from benchmarks.calibration import KINDS


@pytest.mark.parametrize("seed", range(3))
def test_all_five_planted_slices_are_listed_and_at_most_one_other(seed: int) -> None:
    fine, odd = KINDS["planted"](seed, 200_000)
    assert fine, odd


@pytest.mark.parametrize(("kind", "rows"), [("shuffled", 20_000), ("copies", 4_000), ("skewed", 8_000)])
def test_where_nothing_was_planted_nothing_is_listed(kind: str, rows: int) -> None:
    # One file in twenty may list a slice: three of five would, once in a thousand times.
    assert sum(KINDS[kind](seed, rows)[0] for seed in range(5)) >= 3


def test_the_bounds_of_planted_slices_hold_at_once() -> None:
    said = [KINDS["bounds"](seed, 20_000) for seed in range(20)]
    assert sum(fine for fine, _ in said) >= 17
    assert 85 <= sum(detail["pointwise"] for _, detail in said) <= 100  # type: ignore[index]
