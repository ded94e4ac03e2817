"""The deviate of a slice is the normal one with the same tail as the hypergeometric distribution."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import hypergeom, norm

from errata.analysis.null import LEAN
from errata.analysis.tail import deviate, effective_tests, mean_deviate, sidak, sidak_threshold, upper_tail

TABLES = [
    # rows, failed rows, and a slice's rows: small and large, rare and frequent failures
    (100, 10, 10),
    (1_000, 90, 25),
    (1_000, 500, 100),
    (12_408, 1_117, 980),
    (50_000, 5_000, 500),
    (50_000, 250, 500),
    (200_000, 20_000, 2_000),
    (200_000, 190_000, 3_000),
    (1_000_000, 3_000, 10_000),
]


@pytest.mark.parametrize(("rows", "failed", "inside"), TABLES)
def test_the_tail_is_that_of_the_hypergeometric_distribution(rows: int, failed: int, inside: int) -> None:
    counts = np.arange(max(0, inside + failed - rows), min(failed, inside) + 1)
    exact = hypergeom(rows, failed, inside).sf(counts - 1)
    judged = (exact < 0.01) & (exact > 1e-280)
    assert judged.any()
    found = deviate(counts, inside, failed, rows)[judged]
    error = np.abs(upper_tail(found) / exact[judged] - 1)
    assert np.median(error) < 0.012
    assert error[:-1].max() < 0.045
    assert error[-1] < 0.13  # the last is a slice of which every row failed
    assert np.abs(found - norm.isf(exact[judged])).max() < 0.02


def test_a_textbook_table() -> None:
    # Fisher's tea: 4 of 4 cups with milk first named rightly, of 8 cups: P = 1/70.
    assert norm.sf(deviate(4, 4, 4, 8)) == pytest.approx(1 / 70, rel=0.09)


@given(
    rows=st.integers(3, 5_000),
    share=st.floats(0.01, 0.99),
    part=st.floats(0.01, 0.99),
)
def test_more_failures_are_stronger_evidence(rows: int, share: float, part: float) -> None:
    failed, inside = max(1, int(rows * share)), max(1, int(rows * part))
    counts = np.arange(inside * failed // rows, min(failed, inside) + 1)
    assert (np.diff(deviate(counts, inside, failed, rows)) > 0).all()


@given(rows=st.integers(4, 20_000), share=st.floats(0.001, 0.5), part=st.floats(0.001, 0.5))
def test_where_few_fail_the_exact_deviate_of_a_small_slice_is_below_the_plain_one(
    rows: int, share: float, part: float
) -> None:
    failed, inside = max(1, int(rows * share)), max(1, int(rows * part))
    counts = np.arange(inside * failed // rows + 1, min(failed, inside) + 1)
    rate = failed / rows
    plain = mean_deviate(counts, inside, rate, rate * (1 - rate), rows)
    chance = plain < 5  # chance seldom deals more
    assert (deviate(counts, inside, failed, rows)[chance] <= plain[chance] + LEAN).all()


def test_what_cannot_fail_more_has_no_evidence() -> None:
    assert deviate([0, 5, 3], [0, 10, 10], 0, 10).tolist() == [0, 0, 0]
    assert deviate([10, 5], [10, 5], 10, 10).tolist() == [0, 0]
    assert deviate([5], [10], 5, 10).tolist() == [0]


def test_each_slice_may_have_its_own_totals() -> None:
    together = deviate([5, 9], [20, 30], [40, 90], [400, 300])
    assert together.tolist() == [deviate(5, 20, 40, 400).item(), deviate(9, 30, 90, 300).item()]


def test_a_mean_is_judged_without_replacement() -> None:
    # 2 of the 4 values 0, 0, 1, 1: the sum 2 lies sqrt(3) deviations above 1, since the variance is 1/4 · 2 · 2/3.
    assert mean_deviate(2, 2, 0.5, 0.25, 4) == pytest.approx(3**0.5)
    assert mean_deviate([1, 2], [0, 4], 0.5, 0.25, 4).tolist() == [0, 0]
    assert mean_deviate(2, 2, 0.5, 0.0, 4) == 0


def test_sidak_for_3482_slices() -> None:
    assert sidak_threshold(3_482, 0.05) == pytest.approx(4.1776, abs=1e-4)
    assert sidak(sidak_threshold(3_482, 0.05), 3_482) == pytest.approx(0.05)
    assert effective_tests(sidak_threshold(3_482, 0.05), 0.05) == pytest.approx(3_482)
    assert sidak_threshold(0, 0.05) == sidak_threshold(1, 0.05) == pytest.approx(1.6449, abs=1e-4)
