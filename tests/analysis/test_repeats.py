"""Repeats: estimators against enumeration, coverage and level by simulation, power on planted scatter."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, hypergeom

from errata.analysis.dependence import intraclass
from errata.analysis.repeats import KS, concluded, pass_k, trials_of
from errata.nouns.repeats import FAILING, FLAKY, ONCE, PASSING, Repeats


def found(trials: list[int], passes: list[int], seed: int = 0) -> Repeats:
    result = concluded(trials_of(range(len(trials)), trials, passes), 0, "task", seed)
    assert isinstance(result, Repeats)
    return result


def simulated(rng: np.random.Generator, tasks: int, trials: int, a: float, b: float) -> tuple[list[int], list[int]]:
    passes = rng.binomial(trials, rng.beta(a, b, tasks))
    return [trials] * tasks, passes.tolist()


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=2, max_size=6))
def test_pass_k_is_the_mean_over_every_choice_of_trials(tasks: list[tuple[int, int]]) -> None:
    trials, passes = [fail + win for fail, win in tasks], [win for _, win in tasks]
    for k in KS[:5]:
        one = pass_k(trials_of(range(len(tasks)), trials, passes), k)
        some = [(n, c) for n, c in zip(trials, passes, strict=True) if n >= k]
        if one is None:
            assert len(some) < 2 or 2 * len(some) < len(tasks)
            continue
        every = [[[True] * c + [False] * (n - c)] for n, c in some]
        chosen = [list(combinations(outcomes[0], k)) for outcomes in every]
        assert one.tasks == len(some)
        assert one.at == pytest.approx(np.mean([np.mean([any(c) for c in of]) for of in chosen]))
        assert one.all == pytest.approx(np.mean([np.mean([all(c) for c in of]) for of in chosen]))
        assert one.at_low <= one.at + 1e-9 and one.at <= one.at_high + 1e-9


def test_large_numbers_of_trials_stay_exact() -> None:
    one = pass_k(trials_of(range(2), [200, 200], [5, 0]), 100)
    assert one is not None
    assert one.at == pytest.approx((1 - hypergeom(200, 5, 100).pmf(0)) / 2)


def test_tasks_are_told_apart_and_ranked() -> None:
    result = found([4] * 9 + [1, 8, 4], [0, 4, 2, 1, 3, 0, 4, 4, 2, 1, 4, 4])
    assert [(one.state, one.tasks) for one in result.states] == [(FAILING, 2), (FLAKY, 5), (PASSING, 4)]
    assert [one.task for one in result.tasks] == ["2", "8", "10", "3", "4", "0", "5", "1", "6", "7", "11", "9"]
    assert result.tasks[-1].state == ONCE
    assert (result.count, result.repeated, result.least_trials, result.most_trials) == (12, 11, 1, 8)
    assert result.notes == ("1 task tried once: counted in pass@1 alone",)


def test_jeffreys_interval_of_a_task() -> None:
    flaky, failing = found([4, 4], [1, 0]).tasks
    assert (flaky.low, flaky.high) == pytest.approx(beta(1.5, 3.5).interval(0.95))
    assert (failing.low, failing.high) == pytest.approx((0.0, beta(0.5, 4.5).ppf(0.975)))


def test_what_chance_alone_would_leave() -> None:
    rng = np.random.default_rng(0)
    result = found([3, 3, 2, 4], [3, 1, 0, 3])
    dealt = rng.multivariate_hypergeometric([3, 3, 2, 4], 7, size=200_000)
    expected = {one.state: one.expected for one in result.states}
    assert expected[FAILING] == pytest.approx((dealt == 0).sum(axis=1).mean(), abs=0.01)
    assert expected[PASSING] == pytest.approx((dealt == [3, 3, 2, 4]).sum(axis=1).mean(), abs=0.01)
    assert sum(expected.values()) == pytest.approx(4)


def test_the_intraclass_correlation_is_that_of_the_rows() -> None:
    trials, passes = simulated(np.random.default_rng(1), 40, 5, 1, 1)
    outcomes = np.concatenate([np.arange(n) < c for n, c in zip(trials, passes, strict=True)]).astype(float)
    groups = np.repeat(np.arange(40), 5)
    result = found(trials, passes)
    assert result.intraclass == pytest.approx(intraclass(outcomes, groups))
    assert result.between is not None and result.within is not None
    assert result.between**2 + result.within**2 == pytest.approx(outcomes.var())


@pytest.mark.parametrize("tasks", [50, 2500])
def test_alike_tasks_seldom_look_unlike_and_unlike_ones_are_seen(tasks: int) -> None:
    rng = np.random.default_rng(2)
    runs = 200 if tasks == 50 else 60
    alike = [found([4] * tasks, rng.binomial(4, 0.4, tasks).tolist(), seed).p for seed in range(runs)]
    unlike = [found(*simulated(rng, tasks, 4, 1, 1), seed).p for seed in range(30)]
    assert np.mean([p is not None and p <= 0.05 for p in alike]) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / runs)
    assert np.mean([p is not None and p <= 0.05 for p in unlike]) >= 0.95


@pytest.mark.parametrize(("a", "b"), [(0.5, 0.5), (2.0, 2.0), (5.0, 1.0)])
def test_intervals_of_pass_k_and_of_the_correlation_cover(a: float, b: float) -> None:
    rng = np.random.default_rng(3)
    runs, hits = 200, np.zeros(4)
    truth = [a / (a + b), None, None, 1 / (a + b + 1)]
    miss = np.prod([(b + i) / (a + b + i) for i in range(3)])
    every = np.prod([(a + i) / (a + b + i) for i in range(3)])
    for seed in range(runs):
        result = found(*simulated(rng, 50, 4, a, b), seed)
        three = next(one for one in result.passing if one.k == 3)
        one = result.passing[0]
        assert truth[0] is not None and truth[3] is not None
        assert result.intraclass_low is not None and result.intraclass_high is not None
        hits += [
            one.at_low <= truth[0] <= one.at_high,
            three.at_low <= 1 - miss <= three.at_high,
            three.all_low <= every <= three.all_high,
            result.intraclass_low <= truth[3] <= result.intraclass_high,
        ]
    assert (hits[:3] / runs >= 0.91).all() and (hits[:3] / runs <= 0.99).all()
    assert hits[3] / runs >= 0.84  # a little short where few trials fail, as the docs say


def test_one_outcome_only_is_said_and_nothing_breaks() -> None:
    always = found([4] * 20, [4] * 20)
    assert (always.p, always.intraclass, always.method) == (None, None, "none")
    assert always.passing[0].all_low == pytest.approx(0.8, abs=0.06)
    never = found([2] * 12, [0] * 12)
    assert (never.passing[0].at, never.passing[0].at_low) == (0.0, 0.0)
    few = found([4, 4, 4], [0, 2, 4])
    assert few.notes == ("how tasks scatter is not told of fewer than 10 repeated ones",)
    same = found([4] * 30, [2] * 30)
    assert same.passing[0].at_low > 0.39 and same.passing[0].at_high < 0.61


def test_why_nothing_can_be_told() -> None:
    assert concluded(trials_of([], [], []), 3, "task") == "no row of known outcome names a task in task"
    once = concluded(trials_of(["a", "b"], [1, 1], [0, 1]), 0, "task")
    assert once == "no value of task stands in two rows of known outcome: nothing was tried twice"


def test_many_tasks_are_listed_up_to_a_thousand() -> None:
    result = found([2] * 3000, [1] * 3000)
    assert (len(result.tasks), result.more) == (1000, 2000)
