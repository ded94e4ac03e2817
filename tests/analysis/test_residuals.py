"""Kinds of error of a regression: against statsmodels and scipy, on nulls and on what was planted."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import scipy.stats
import statsmodels.api
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.diagnostic import het_breuschpagan, het_white

import errata
from errata.analysis.error_tails import Bins, _beyond, kurtosis_p, normal_part, quantile, ranks
from errata.analysis.folds import Moments, difference_of, mean_of
from errata.nouns.residuals import Residuals


def told(error: Any, prediction: Any, **more: Any) -> Residuals:
    """The audit of a regression whose errors (prediction − truth) are these."""
    options = {name: more.pop(name) for name in ("group", "seed") if name in more}
    prediction = np.asarray(prediction, np.float64)
    columns = {"truth": prediction - np.asarray(error), "prediction": prediction, **more}
    report = errata.analyze(pa.table(columns), only=["residuals"], **options)
    found = report.analyses.get("residuals")
    assert isinstance(found, Residuals), report.not_done
    return found


def drawn(seed: int, rows: int = 1500) -> tuple[np.random.Generator, Any, Any]:
    rng = np.random.default_rng(seed)
    return rng, rng.normal(0, 2, rows), rng.normal(10, 3, rows)


def test_bias_by_hand() -> None:
    error = [1.0, 2.0, 3.0, 4.0, 5.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    found = told(error, [0.5, 10.5] * 5)
    assert found.rows == 10
    assert found.bias.value == pytest.approx(3.0)
    # Student's t with 9 degrees of freedom: 2.2622 · 1.4907 / √10
    assert (found.bias.low, found.bias.high) == pytest.approx((1.9336, 4.0664), abs=1e-4)
    assert found.median.value == pytest.approx(3.0)
    assert found.mean_absolute == pytest.approx(3.0)
    assert found.root_mean_square == pytest.approx(math.sqrt(11))


def test_spread_tests_are_those_of_statsmodels() -> None:
    _rng, error, said = drawn(1)
    error = error * (1 + 0.1 * np.abs(said)) + 0.3 * said
    design = statsmodels.api.add_constant(said)
    fitted = statsmodels.api.OLS(error, design).fit(cov_type="HC1")
    found = told(error, said)
    koenker, white = found.spread_tests
    assert (koenker.method, white.method) == ("studentized", "white")
    statistic, p, *_ = het_breuschpagan(fitted.resid, design)
    assert (koenker.statistic, koenker.p) == pytest.approx((statistic, p), rel=1e-6)
    assert koenker.normal_p == pytest.approx(het_breuschpagan(fitted.resid, design, robust=False)[1], rel=1e-6)
    assert (white.statistic, white.p) == pytest.approx(het_white(fitted.resid, design)[:2], rel=1e-6)
    assert found.slope.value == pytest.approx(1 - fitted.params[1], rel=1e-9)
    assert found.slope.low is not None
    assert found.slope.value - found.slope.low == pytest.approx(1.9615 * fitted.bse[1], rel=1e-3)


def test_kurtosis_and_quantiles_are_those_of_scipy() -> None:
    rng, _, said = drawn(2)
    error = rng.standard_t(5, len(said))
    tails = told(error, said).tails
    assert tails is not None and tails.verdict == "heavy"
    assert tails.kurtosis.value == pytest.approx(scipy.stats.kurtosis(error), rel=1e-9)
    assert tails.normal_p == pytest.approx(scipy.stats.kurtosistest(error).pvalue, rel=1e-6)
    for one in tails.quantiles:
        assert one.value == pytest.approx(np.quantile(np.abs(error), one.share, method="inverted_cdf"))
        bounds = scipy.stats.binom.ppf([0.025, 0.975], len(error), one.share)
        low, high = np.sort(np.abs(error))[bounds.astype(int) - 1 + np.array([0, 1])]
        assert (one.low, one.high) == pytest.approx((low, high))
    worst = np.sort(np.abs(error))[::-1]
    one, five = tails.worst
    assert (one.part, one.shortfall) == pytest.approx((worst[:15].sum() / worst.sum(), worst[:15].mean()))
    assert five.rows == 75 and five.part_low < five.part < five.part_high


def test_the_part_of_the_worst_normal_errors() -> None:
    errors = np.sort(np.abs(scipy.stats.norm.ppf((np.arange(200_000) + 0.5) / 200_000)))[::-1]
    assert normal_part(0.05) == pytest.approx(errors[:10_000].sum() / errors.sum(), abs=1e-4)
    assert kurtosis_p(3.0, 1000) == pytest.approx(0.919, abs=0.01)


def test_of_normal_even_errors_few_are_said_to_be_anything() -> None:
    alarms = np.zeros(6)
    for seed in range(60):
        rng, error, said = drawn(seed, 600)
        found = told(error, said, site=rng.choice(["a", "b", "c"], 600), age=rng.normal(0, 1, 600))
        assert found.tails is not None and found.bias_p is not None
        covered = found.bias.low < 0 < found.bias.high  # type: ignore[operator]
        band = all(one.bias_low < 0 < one.bias_high for one in found.curve)  # type: ignore[operator]
        alarms += [
            not covered,
            not band,
            found.spread_tests[0].p <= 0.05,
            bool(found.slices),
            bool(found.spread_factors),
            found.tails.verdict != "no evidence",
        ]
    # 3 of 60 each; 9 and more would be one chance in 300.
    assert (alarms < 9).all(), alarms


def test_whatever_was_planted_is_found() -> None:
    rng, error, said = drawn(3, 3000)
    site = rng.choice(["a", "b", "c"], 3000)
    error = error * np.where(site == "c", 2.0, 1.0) * (1 + 0.15 * np.maximum(said - 10, 0))
    error += np.where(site == "b", 0.8, 0.0) + np.where(said > 14, 3.0, 0.0)
    found = told(error, said, site=site)
    assert found.slices[0].slice == "site = 'b'"
    assert found.slices[0].difference_low < 0.8 < found.slices[0].difference_high
    assert found.spread_factors[0].widest == "site = 'c'" and found.spread_factors[0].ratio_low > 1.4
    last = found.curve[-1]
    assert last.high is None and last.bias_low is not None and last.bias_low > 1.5
    assert last.ratio_low is not None and last.ratio_low > 1.2
    assert max(one.p for one in found.spread_tests) < 1e-6


def test_intervals_hold_when_rows_come_in_groups() -> None:
    missed, level = np.zeros(2), 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        group = np.repeat(np.arange(100), 6)
        said = np.repeat(rng.normal(10, 3, 100), 6)
        error = np.repeat(rng.normal(0, 1, 100), 6) + rng.normal(0, 1, 600)
        for at, found in enumerate((told(error, said), told(error, said, g=group.astype(str), group="g"))):
            missed[at] += not found.bias.low < 0 < found.bias.high  # type: ignore[operator]
            level += at == 1 and found.spread_tests[0].p <= 0.05
    assert missed[0] >= 12 and missed[1] <= 8 and level <= 8


def test_the_share_of_far_errors_in_few_groups_is_in_its_interval() -> None:
    held = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        group = np.repeat(np.arange(4), 100)
        far = rng.random(400) < rng.beta(1, 19, 4)[group]
        error = np.sort(
            np.where(far, rng.choice([-10.0, 10.0], 400) * rng.uniform(1, 1.1, 400), rng.uniform(-1, 1, 400))
        )
        far_first = np.argsort(-np.abs(error), kind="stable")[: far.sum()]
        known = np.zeros((400, 4))
        known[far_first, group[far]] = 1
        known[np.setdiff1d(np.arange(400), far_first), group[~far]] = 1
        powers = np.stack([error, error**2, error**3, error**4], axis=1)
        beyond = _beyond(Bins.of(known, known[:, :, None] * powers[:, None, :]))
        assert beyond.value == pytest.approx(far.mean())
        held += beyond.low <= 0.05 <= beyond.high  # type: ignore[operator]
    # By the normal deviate it is in 162 of them.
    assert held >= 185


def test_four_copies_say_no_more_than_one_row() -> None:
    _rng, error, said = drawn(5, 1000)
    alone = told(error, said)
    four = told(np.tile(error, 4), np.tile(said, 4), row=np.tile(np.arange(1000).astype(str), 4), group="row")
    for name in ("bias", "slope"):
        one, other = getattr(alone, name), getattr(four, name)
        assert one.value == pytest.approx(other.value, rel=1e-9)
        assert other.high - other.low == pytest.approx(one.high - one.low, rel=0.35)
    assert alone.tails is not None and four.tails is not None
    for first, second in zip(alone.tails.quantiles, four.tails.quantiles, strict=True):
        assert None not in (first.low, first.high, second.low, second.high)
        assert second.high - second.low > 0.6 * (first.high - first.low)  # type: ignore[operator]
    assert four.tails.normal_p is None


def test_what_cannot_be_told_is_said() -> None:
    same = told(np.full(60, 2.5), np.linspace(0, 1, 60))
    assert same.bias.value == pytest.approx(2.5) and same.tails is None and same.spread_tests == ()
    assert "every row has the same error" in same.notes
    one = told(np.random.default_rng(0).normal(0, 1, 200), np.full(200, 0.5))
    assert one.curve == () and one.slope.value is None and one.spread_tests == ()
    few = errata.analyze(pa.table({"truth": [0.5, 1.5], "prediction": [0.7, 1.0]}), only=["residuals"])
    assert few.not_done[0].reason == "2 rows with both a truth and a prediction are too few (at least 10)"
    gone = pa.table({"truth": pa.array([None] * 20, pa.float64()), "prediction": np.linspace(0, 1, 20)})
    none = errata.analyze(gone, only=["residuals"], allow_unknown=True)
    assert none.not_done[0].reason == "no row has both a truth and a prediction"
    classes = errata.analyze(pa.table({"truth": ["a", "b"], "prediction": ["a", "a"]}), only=["residuals"])
    assert "a regression" in classes.not_done[0].reason


def test_missing_truth_leaves_every_figure() -> None:
    _rng, error, said = drawn(6, 400)
    truth = [None if at % 4 == 0 else value for at, value in enumerate((said - error).tolist())]
    table = pa.table({"truth": truth, "prediction": said})
    found = errata.analyze(table, only=["residuals"], allow_unknown=True).analyses["residuals"]
    assert isinstance(found, Residuals) and found.rows == 300
    kept = error[np.arange(400) % 4 != 0]
    assert found.bias.value == pytest.approx(kept.mean()) and found.mean_absolute == pytest.approx(np.abs(kept).mean())


@given(st.integers(1, 400), st.floats(0.01, 0.99))
@settings(max_examples=80)
def test_ranks_are_those_of_the_binomial(rows: int, share: float) -> None:
    low, high = ranks(rows, share)
    if low is not None:
        assert scipy.stats.binom.cdf(low - 1, rows, share) <= 0.025 + 1e-12
        assert scipy.stats.binom.cdf(low, rows, share) > 0.025 - 1e-12
    if high is not None:
        assert scipy.stats.binom.cdf(high - 1, rows, share) >= 0.975 - 1e-12


def test_a_quantile_that_rows_do_not_bound_is_open() -> None:
    bins = Bins(np.ones((40, 1)), np.arange(40.0)[:, None])
    assert quantile(bins, 0.5).value == 19.0
    assert quantile(bins, 0.99).high is None


def test_folds_agree_with_welch_and_student() -> None:
    rng = np.random.default_rng(7)
    one, other = rng.normal(0, 1, 50), rng.normal(0.5, 2, 80)

    def moments(values: Any) -> Moments:
        return Moments(np.array([[len(values), *((values**power).sum() for power in (1, 2, 3, 4))]]))

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert difference_of(moments(one), moments(other)).p() == pytest.approx(
            scipy.stats.ttest_ind(one, other, equal_var=False).pvalue
        )
    assert mean_of(moments(one)).p() == pytest.approx(scipy.stats.ttest_1samp(one, 0).pvalue)
    assert moments(one).central()[2] == pytest.approx(scipy.stats.moment(one, 4))


def test_a_real_regression_is_told_as_statsmodels_has_it() -> None:
    datasets, linear_model, selection = (
        pytest.importorskip(f"sklearn.{name}", reason="scikit-learn is not installed")
        for name in ("datasets", "linear_model", "model_selection")
    )
    inputs, truth = datasets.load_diabetes(return_X_y=True, as_frame=True, scaled=False)
    said = selection.cross_val_predict(linear_model.Ridge(1.0), inputs, truth, cv=5)
    error = said - truth.to_numpy()
    found = told(error, said, **{name: inputs[name].to_numpy() for name in inputs.columns})
    design = statsmodels.api.add_constant(said)
    resid = statsmodels.api.OLS(error, design).fit().resid
    assert found.spread_tests[0].p == pytest.approx(het_breuschpagan(resid, design)[1], rel=1e-6)
    assert found.bias.low is not None and found.bias.high is not None and found.bias.low < 0 < found.bias.high
    assert found.curve[-1].spread > 1.5 * found.curve[0].spread  # disease that goes far is told less well
    assert found.tails is not None and found.tails.verdict == "no evidence"
