from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.proportion import confint_proportions_2indep

from errata.analysis.gone import Recount


def test_a_worked_example() -> None:
    one = Recount(rows=1014, failed=58, rest_rows=2986, rest_failed=163, demonstrated=0.308, among=1)
    assert one.margin == pytest.approx(0.077)
    low, high = confint_proportions_2indep(58, 1014, 163, 2986, method="newcomb", alpha=0.10)
    assert one.high == pytest.approx(high, abs=1e-9)
    low, high = confint_proportions_2indep(58, 1014, 163, 2986, method="newcomb", alpha=0.05)
    assert one.low == pytest.approx(low, abs=1e-9)
    assert one.gone


def test_too_few_rows_never_make_it_gone() -> None:
    assert not Recount(rows=10, failed=0, rest_rows=1000, rest_failed=50, demonstrated=0.3, among=1).gone
    assert not Recount(rows=0, failed=0, rest_rows=1000, rest_failed=50, demonstrated=0.3, among=1).gone
    assert not Recount(rows=1000, failed=50, rest_rows=0, rest_failed=0, demonstrated=0.3, among=1).gone


def test_what_fails_a_little_more_for_certain_is_not_gone() -> None:
    one = Recount(rows=1_000_000, failed=55_000, rest_rows=1_000_000, rest_failed=50_000, demonstrated=0.2, among=1)
    assert one.high < one.margin
    assert not one.gone


def test_the_margin_is_a_quarter_of_what_was_shown_and_at_least_a_point() -> None:
    assert Recount(1, 0, 1, 0, demonstrated=0.4, among=1).margin == 0.1
    assert Recount(1, 0, 1, 0, demonstrated=0.02, among=1).margin == 0.01
    assert Recount(1, 0, 1, 0, demonstrated=-0.1, among=1).margin == 0.01


def test_more_questions_and_dependent_rows_ask_for_more_rows() -> None:
    alone = Recount(400, 20, 4000, 200, demonstrated=0.2, among=1)
    many = Recount(400, 20, 4000, 200, demonstrated=0.2, among=50)
    grouped = Recount(400, 20, 4000, 200, demonstrated=0.2, among=1, effect=4.0, rest_effect=4.0)
    assert alone.high < many.high
    assert alone.high < grouped.high
    assert alone.gone
    assert not grouped.gone


def test_what_still_fails_by_the_margin_is_seldom_called_gone() -> None:
    """Of five failures that each still fail by the margin, in at most 5 % of runs is any called gone."""
    rng = np.random.default_rng(0)
    runs, among, demonstrated, rest = 4000, 5, 0.3, 0.05
    margin = Recount(1, 0, 1, 0, demonstrated, among).margin
    wrong = 0
    for _ in range(runs):
        failed = rng.binomial(300, rest + margin, among)
        others = rng.binomial(2000, rest, among)
        wrong += any(
            Recount(300, int(k), 2000, int(m), demonstrated, among).gone for k, m in zip(failed, others, strict=True)
        )
    assert wrong / runs <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / runs)


def test_what_is_gone_is_mostly_called_so() -> None:
    rng = np.random.default_rng(1)
    called = [
        Recount(400, int(rng.binomial(400, 0.05)), 3000, int(rng.binomial(3000, 0.05)), 0.3, 3).gone for _ in range(500)
    ]
    assert np.mean(called) > 0.9
