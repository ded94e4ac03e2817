"""Sampling: probabilities that are kept, estimates without bias, intervals that cover; a naive mean does not."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from errata.analysis.sampling import Drawn, draw, estimate
from errata.nouns.candidates import Estimate

NAMES = ["night"] * 200 + ["dusk"] * 800 + ["day"] * 4000
RATES = np.repeat([0.6, 0.3, 0.05], [200, 800, 4000])


def of(drawn: Drawn, values: np.ndarray, copies: np.ndarray | None = None) -> Estimate:
    found = {at: one.found for at, one in enumerate(drawn.strata)}
    each = np.ones(len(drawn.at)) if copies is None else copies[drawn.at].astype(float)
    return estimate(values[drawn.at].astype(float), each, drawn.stratum, found)


def test_a_quota_takes_the_same_of_each_and_says_how_likely_that_was() -> None:
    drawn = draw(NAMES, "quota", 50, [1])
    assert [(one.name, one.found, one.drawn) for one in drawn.strata] == [
        ("day", 4000, 50), ("dusk", 800, 50), ("night", 200, 50)
    ]  # fmt: skip
    assert Counter(drawn.probability.tolist()) == {50 / 4000: 50, 50 / 800: 50, 50 / 200: 50}


def test_strata_share_a_size_in_proportion_and_never_less_than_two() -> None:
    assert [one.drawn for one in draw(NAMES, "stratified", 100, [1]).strata] == [80, 16, 4]
    rare = ["a"] * 990 + ["b"] * 8 + ["c"] * 2
    assert [one.drawn for one in draw(rare, "stratified", 20, [1]).strata] == [16, 2, 2]


@given(
    st.lists(st.sampled_from("abcdef"), max_size=60),
    st.sampled_from(["all", "reservoir", "stratified", "quota"]),
    st.integers(1, 30),
    st.integers(0, 5),
)
def test_a_draw_keeps_to_its_size_and_weighs_back_to_all_there_is(
    names: list[str], method: str, size: int, seed: int
) -> None:
    names = ["all"] * len(names) if method == "reservoir" else names
    drawn = draw(names, method, size, [seed])
    assert len(set(drawn.at.tolist())) == len(drawn.at) == sum(one.drawn for one in drawn.strata)
    if method in ("reservoir", "stratified"):
        assert len(drawn.at) == min(max(size, len(drawn.strata)), len(names))
    for at, probability in zip(drawn.at, drawn.probability, strict=True):
        stratum = next(one for one in drawn.strata if one.name == names[at])
        assert probability == stratum.drawn / stratum.found
    if names:
        assert (1 / drawn.probability).sum() == pytest.approx(len(names))
    again = draw(names, method, size, [seed])
    assert again.at.tolist() == drawn.at.tolist()


def test_every_row_is_drawn_as_often_as_its_probability_says() -> None:
    names = ["a"] * 10 + ["b"] * 40
    times = sum(np.bincount(draw(names, "quota", 5, [seed]).at, minlength=50) for seed in range(2000))
    # 2,000 draws of 0.5 and 0.125: four standard deviations are 89 and 59.
    assert np.abs(times[:10] - 1000).max() < 89 and np.abs(times[10:] - 250).max() < 59


@pytest.mark.parametrize(("method", "size"), [("reservoir", 300), ("stratified", 300), ("quota", 100)])
def test_estimates_are_unbiased_and_their_intervals_cover(method: str, size: int) -> None:
    y = np.random.default_rng(3).random(5000) < RATES
    losses = np.random.default_rng(4).gamma(2.0, 1 + 3 * y)
    names = ["all"] * 5000 if method == "reservoir" else NAMES
    held = {"share": 0, "total": 0, "loss": 0}
    means, naive = [], []
    for seed in range(1000):
        drawn = draw(names, method, size, [seed])
        share, loss = of(drawn, y), of(drawn, losses)
        assert share.low is not None and share.high is not None and loss.low is not None and loss.high is not None
        assert loss.total_low is not None and loss.total_high is not None
        held["share"] += share.low <= y.mean() <= share.high
        held["loss"] += loss.low <= losses.mean() <= loss.high
        held["total"] += loss.total_low <= losses.sum() <= loss.total_high
        means.append(loss.total)
        naive.append(losses[drawn.at].mean())
    error = np.std(means) / np.sqrt(1000)
    assert abs(np.mean(means) - losses.sum()) < 4 * error
    assert all(930 <= times <= 970 for times in held.values()), held
    if method == "quota":
        assert np.mean(naive) > 1.2 * losses.mean(), "a plain mean of a quota takes rare strata for common ones"


def test_copies_of_a_row_count_as_often_as_they_are() -> None:
    rng = np.random.default_rng(5)
    y, copies = rng.random(1000), rng.integers(1, 5, 1000)
    found = [of(draw(["all"] * 1000, "reservoir", 200, [seed]), y, copies) for seed in range(1000)]
    truth = float((y * copies).sum())
    totals = np.array([one.total for one in found])
    assert abs(totals.mean() - truth) < 4 * totals.std() / np.sqrt(1000)
    within = sum(one.low <= truth / copies.sum() <= one.high for one in found)  # type: ignore[operator]
    assert 930 <= within <= 970


def test_everything_drawn_is_known_exactly() -> None:
    y = np.array([0.0, 1.0, 1.0, 0.0])
    found = of(draw(["a"] * 4, "all", None, [0]), y)
    assert (found.mean, found.low, found.high, found.total, found.size) == (0.5, 0.5, 0.5, 2.0, 4.0)


def test_a_share_of_nothing_has_an_upper_bound() -> None:
    found = of(draw(["a"] * 1000, "reservoir", 100, [0]), np.zeros(1000))
    assert found.mean == 0.0 and found.low == 0.0
    # Wilson's of 0 in about 100 / 0.9 rows, with t of 99 degrees of freedom.
    assert found.high == pytest.approx(0.034, abs=0.002)


def test_what_nothing_stands_for_is_said() -> None:
    assert estimate(np.zeros(0), np.zeros(0), np.zeros(0, np.int64), {0: 5}).reason == "nothing was drawn"
    one = estimate(np.ones(1), np.ones(1), np.zeros(1, np.int64), {0: 5})
    assert (one.mean, one.low, one.reason) == (1.0, None, "one row bounds nothing")
    gone = estimate(np.ones(2), np.ones(2), np.zeros(2, np.int64), {0: 5, 1: 3})
    assert (gone.mean, gone.reason) == (None, "a stratum has no value: nothing stands for it")
