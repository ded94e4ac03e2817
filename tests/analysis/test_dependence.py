"""What dependent rows are worth."""

from __future__ import annotations

import numpy as np
import pytest

from errata.analysis.dependence import effects_of, intraclass, uneven


def test_copies_are_wholly_alike_and_strangers_not_at_all() -> None:
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(400), 5)
    assert intraclass(np.repeat(rng.random(400), 5), groups) == pytest.approx(1)
    assert intraclass(rng.random(2_000), groups) < 0.03
    assert intraclass(rng.random(2_000), np.arange(2_000)) == 0
    assert intraclass(np.ones(2_000), groups) == 0
    assert intraclass(rng.random(10), np.zeros(10, np.int64)) == 1


def test_the_correlation_of_beta_binomial_groups() -> None:
    # Rates drawn from Beta(a, b) make rows of a group alike by 1 / (a + b + 1).
    rng = np.random.default_rng(1)
    sizes = rng.integers(1, 30, 4_000)
    groups = np.repeat(np.arange(4_000), sizes)
    values = (rng.random(len(groups)) < rng.beta(1, 3, 4_000)[groups]).astype(float)
    assert intraclass(values, groups) == pytest.approx(1 / 5, abs=0.015)


def one_slice(inside: list[int], outside: list[int], correlation: float) -> float:
    """The effect on a slice where groups have so many rows inside, and so many outside."""
    s, r = np.array(inside, float), np.array(outside, float)
    return effects_of(
        np.array([(s**2).sum()]),
        np.array([(s * (s + r)).sum()]),
        np.array([int(s.sum())]),
        float(((s + r) ** 2).sum()),
        int((s + r).sum()),
        correlation,
    ).item()


def test_whole_groups_of_copies_count_once() -> None:
    assert one_slice([4] * 50 + [0] * 100, [0] * 50 + [4] * 100, 1.0) == pytest.approx(4)
    assert one_slice([4] * 50 + [0] * 100, [0] * 50 + [4] * 100, 0.25) == pytest.approx(1.75)
    assert one_slice([4] * 50 + [0] * 100, [0] * 50 + [4] * 100, 0.0) == 1


def test_a_slice_with_a_row_of_each_group_loses_nothing() -> None:
    assert one_slice([1] * 100, [5] * 100, 0.5) == 1


def test_one_large_group_is_little_evidence_on_either_side() -> None:
    assert one_slice([1_000] + [0] * 500, [0] + [2] * 500, 0.2) > 90
    assert one_slice([0] + [2] * 500, [1_000] + [0] * 500, 0.2) > 90


def test_only_groups_of_like_size_can_be_dealt_to_each_other() -> None:
    assert not uneven(np.repeat(np.arange(50), 4))
    assert not uneven(np.repeat(np.arange(101), [4] * 100 + [3]))
    assert not uneven(np.repeat(np.arange(60), [2] * 30 + [9] * 30))
    assert uneven(np.repeat(np.arange(101), [4] * 100 + [400]))
    assert uneven(np.repeat(np.arange(8), 50))
