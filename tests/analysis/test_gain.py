from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from errata.analysis.gain import measured_gain, predicted_gain

bits = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=2, max_size=60)


def test_the_ceiling_is_what_goes_if_the_slice_fails_as_the_rest_does() -> None:
    inside = np.repeat([True, False], [100, 400])
    failed = np.concatenate([np.arange(100) < 40, np.arange(400) < 20])
    found = predicted_gain(inside, failed, None, seed=0)
    assert (found.rows, found.failed, found.rest_rows, found.rest_failed) == (100, 40, 400, 20)
    assert found.gain.errors == 35.0  # 40 − 100 · 20/400
    assert found.gain.low < 35 < found.gain.high


def test_the_interval_is_that_of_the_delta_method_when_rows_are_many() -> None:
    rng = np.random.default_rng(0)
    inside = rng.random(20_000) < 0.2
    failed = rng.random(20_000) < np.where(inside, 0.3, 0.1)
    found = predicted_gain(inside, failed, None, seed=1, draws=8000)
    p, q, n, m = 0.3, 0.1, int(inside.sum()), int((~inside).sum())
    # variance of F − N·q̂ over rows drawn anew: each row inside adds its failure minus q̂, and q̂ itself varies
    deviation = np.sqrt(n * p * (1 - p) + n * (p - q) ** 2 * 0.8 + n**2 * q * (1 - q) / m)
    assert (found.gain.high - found.gain.low) / 2 == pytest.approx(1.96 * deviation, rel=0.06)


def test_dependent_rows_make_the_interval_wider() -> None:
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(200), 10)
    inside = np.repeat(rng.random(200) < 0.5, 10)
    failed = np.repeat(rng.random(200) < np.where(inside[::10], 0.5, 0.1), 10)
    alone = predicted_gain(inside, failed, None, seed=0).gain
    grouped = predicted_gain(inside, failed, groups, seed=0).gain
    assert grouped.errors == alone.errors
    assert (grouped.high - grouped.low) == pytest.approx(np.sqrt(10) * (alone.high - alone.low), rel=0.15)


def test_every_row_planned_leaves_no_rest() -> None:
    with pytest.raises(ValueError, match="no rest"):
        predicted_gain(np.ones(3, bool), np.ones(3, bool), None, seed=0)


def test_the_measured_gain_is_errors_before_minus_errors_after() -> None:
    before = np.array([True] * 30 + [False] * 70)
    after = np.array([False] * 20 + [True] * 10 + [True] * 5 + [False] * 65)
    gain = measured_gain(before, after, None, seed=0)
    assert gain.errors == 15.0
    assert gain.low == pytest.approx(15 - 1.96 * np.sqrt(25 - 15**2 / 100), abs=1.6)
    assert gain.high == pytest.approx(15 + 1.96 * np.sqrt(25 - 15**2 / 100), abs=1.6)


def test_no_rows_no_gain() -> None:
    gain = measured_gain(np.zeros(0, bool), np.zeros(0, bool), None, seed=0)
    assert (gain.errors, gain.low, gain.high) == (0.0, 0.0, 0.0)


@given(bits, st.integers(0, 5))
def test_a_model_against_itself_gains_nothing(rows: list[tuple[bool, bool]], seed: int) -> None:
    failed = np.array([a for a, _ in rows])
    gain = measured_gain(failed, failed, None, seed)
    assert (gain.errors, gain.low, gain.high) == (0.0, 0.0, 0.0)


@given(bits, st.randoms(use_true_random=False))
def test_the_gain_does_not_depend_on_the_order_of_rows(rows: list[tuple[bool, bool]], random: object) -> None:
    order = np.array(random.sample(range(len(rows)), len(rows)))  # type: ignore[attr-defined]
    before, after = (np.array(side) for side in zip(*rows, strict=True))
    groups = np.arange(len(rows)) // 3
    there = measured_gain(before, after, groups, seed=0)
    shuffled = np.unique(groups[order], return_inverse=True)[1]
    assert measured_gain(before[order], after[order], shuffled, seed=0) == there


@pytest.mark.slow
def test_the_interval_of_the_ceiling_covers_at_its_level() -> None:
    covered, trials = 0, 400
    rng = np.random.default_rng(7)
    for trial in range(trials):
        inside = rng.random(1500) < 0.3
        failed = rng.random(1500) < np.where(inside, 0.25, 0.1)
        gain = predicted_gain(inside, failed, None, seed=trial, draws=500).gain
        covered += gain.low <= 1500 * 0.3 * 0.15 <= gain.high
    assert 0.92 <= covered / trials <= 0.975
