from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray
from statsmodels.tsa.ar_model import ar_select_order
from statsmodels.tsa.stattools import ccf

from benchmarks.groups import solved
from errata.analysis import lagged as module
from errata.analysis.lagged import Followed, Related, relations, whitened
from errata.analysis.tally import Axis
from errata.analysis.trend import Asked, trend
from errata.nouns.trend import LaggedFactor, Trend

START = 1767225600  # 2026-01-01 00:00 UTC


def _ar(rng: np.random.Generator, buckets: int, past: float) -> NDArray[np.float64]:
    """An autoregressive series of variance 1."""
    noise, values = rng.standard_normal(buckets + 100), np.zeros(buckets + 100)
    for at in range(1, buckets + 100):
        values[at] = past * values[at - 1] + noise[at]
    found: NDArray[np.float64] = values[100:] * np.sqrt(1 - past**2)
    return found


def _related(error: NDArray[np.float64], *factor: NDArray[np.float64], lags: int = 12) -> Related:
    return relations(whitened(error), [np.stack([whitened(one) for one in factor])], lags, 0)[0]


def test_series_that_know_nothing_of_each_other_seldom_correlate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without making them white nearly all of these would: the largest of 25 correlations of slow series is large."""
    monkeypatch.setattr(module, "DRAWS", 99)
    found, raw = 0, 0
    for seed in range(80):
        rng = np.random.default_rng(seed)
        one, two = _ar(rng, 150, 0.9), _ar(rng, 150, 0.9)
        found += _related(one, two).p <= 0.05
        as_they_are = relations(one, [two[None]], 12, 0)[0]
        raw += abs(as_they_are.r) * as_they_are.buckets**0.5 > 3.09  # 5 % over 25 lags, were the values independent
    assert found <= 10
    assert raw >= 45


def test_neither_do_two_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """One coincidence of two changes is no evidence."""
    monkeypatch.setattr(module, "DRAWS", 99)
    found = 0
    for seed in range(80):
        rng = np.random.default_rng(seed)
        steps = [4.0 * (np.arange(150) > rng.integers(20, 130)) + rng.standard_normal(150) for _ in range(2)]
        found += _related(*steps).p <= 0.05
    assert found <= 10


@pytest.mark.parametrize("lag", [3, 0, -2])
def test_a_planted_lag_is_found(lag: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DRAWS", 99)
    right = 0
    for seed in range(30):
        rng = np.random.default_rng(seed)
        factor = _ar(rng, 240, 0.8)
        error = 0.8 * np.roll(factor, lag) + rng.standard_normal(240)
        found = _related(error[10:-10], rng.standard_normal(220), factor[10:-10])
        right += found.p <= 0.05 and (found.lag, found.series) == (lag, 1) and 0 < found.low < found.r < found.high
    assert right >= 27


def test_of_white_series_the_correlation_is_that_of_statsmodels() -> None:
    rng = np.random.default_rng(1)
    factor = rng.standard_normal(400)
    error = np.r_[rng.standard_normal(4), factor[:-4]] + rng.standard_normal(400)
    found = relations(error, [factor[None]], 8, 0)[0]
    assert found.lag == 4 and found.buckets == 396
    assert found.r == pytest.approx(ccf(error, factor, adjusted=True)[4], abs=1e-9)


def test_the_autoregression_is_that_of_statsmodels() -> None:
    series = _ar(np.random.default_rng(2), 300, 0.7)
    order = ar_select_order(series - series.mean(), 24, ic="aic", trend="n")
    fit = order.model.fit()
    ours = whitened(series)
    assert np.isnan(ours[:1]).all()
    assert np.nanstd(ours) == pytest.approx(fit.resid.std(), rel=0.02)
    assert np.corrcoef(ours[-200:], fit.resid[-200:])[0, 1] > 0.99


def test_a_series_without_drift_foresees_everything() -> None:
    assert not whitened(np.full(50, 3.0)).any()
    gaps = _ar(np.random.default_rng(3), 100, 0.5)
    gaps[[10, 11, 40]] = np.nan
    assert np.isnan(whitened(gaps)[[10, 11, 40]]).all()
    assert relations(np.ones(50), [], 5, 0) == []


def _log(seed: int, lag: int | None, hours: int = 240) -> pa.Table:
    """Errors follow the load of so many hours before; the share of fields goes up and down with the time of day."""
    rng = np.random.default_rng(seed)
    load = _ar(rng, hours + 24, 0.7)
    at = np.repeat(np.arange(hours), rng.poisson(120, hours))
    queue = rng.normal(load[24 + at], 1)
    field = rng.random(len(at)) < 0.3 + 0.2 * np.sin(at / 24 * 2 * np.pi)
    before = load[24 + at - lag] if lag is not None else np.zeros(len(at))
    failed = rng.random(len(at)) < 1 / (1 + np.exp(2.2 - 0.6 * before - 0.8 * field))
    return pa.table(
        {
            "@time": pa.array((START + at.astype(np.int64) * 3600) * 1_000_000).cast(pa.timestamp("us")),
            "@failed": failed,
            "queue": queue,
            "road": np.where(field, "field", "city"),
            "still": ["same"] * len(at),
        }
    )


FACTORS = (
    Followed("queue", Axis("queue", edges=(-1.5, -0.7, 0.0, 0.7, 1.5)), True, lambda label: f"queue: {label}"),
    Followed("road", Axis("road"), False, lambda label: f"road = {label!r}"),
    Followed("still", Axis("still"), False, lambda label: f"still = {label!r}"),
)


def _trend(table: pa.Table, **asked: Any) -> Trend:
    asking = trend(Asked(time="at", factors=FACTORS, **asked))
    found: Trend = solved(asking, table, passes=1)
    return found


def _of(found: Trend, name: str) -> LaggedFactor:
    return next(one for one in found.lagged if one.factor == name)


def test_a_log_says_what_drifts_before_its_errors() -> None:
    found = _trend(_log(1, 3))
    queue, road = _of(found, "queue"), _of(found, "road")
    assert found.lags == 24
    assert (queue.related, queue.lag, queue.hours, queue.series) == (True, 3, 3.0, None)
    assert 0 < queue.low < queue.r < queue.high and queue.p_adjusted <= 0.01
    assert road.series == "road = 'field'" and road.p_adjusted >= queue.p_adjusted
    assert "not followed over time: still (no drift at all)" in found.notes


def test_a_season_that_both_have_is_no_relation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fields come at noon and fail more: errors and fields go together within the hour, and at no other lag."""
    monkeypatch.setattr(module, "DRAWS", 99)
    found = [_of(_trend(_log(seed, None)), name) for seed in range(12) for name in ("queue", "road")]
    wrong = [one for one in found if one.related and (one.factor, one.lag) != ("road", 0)]
    assert len(wrong) <= 3


def test_too_few_buckets_are_said() -> None:
    found = _trend(_log(2, 1, 30))
    assert found.lags is None and found.lagged == ()
    assert "30 buckets with known outcomes: too few to say whether factors drift before errors (40)" in found.notes
    table = _log(3, 1)
    kept = pa.array(np.arange(table.num_rows) % 2 == 0)
    hours = (table["@time"].cast(pa.int64()).to_numpy() // 3_600_000_000) % 3
    holes = _trend(table.filter(pa.array(np.asarray(hours != 0) & np.asarray(kept))))
    assert "too many buckets without known outcomes to say whether factors drift before errors" in holes.notes
