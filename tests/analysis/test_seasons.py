from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from errata.analysis import seasons

HOURS = np.arange(28 * 24, dtype=np.int64) * 3600 + 1767225600  # from 2026-01-01, a Thursday


def _log(seed: int, *, daily: float = 0.0, scatter: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    rows = rng.poisson(80, len(HOURS)).astype(float) + 1
    rates = 0.1 * (1 + daily * np.sin(np.arange(len(HOURS)) % 24 / 24 * 2 * np.pi))
    if scatter:
        rates = rates * rng.gamma(1 / scatter, scatter, len(HOURS))
    return rng.binomial(rows.astype(int), np.minimum(rates, 1)).astype(float), rows


def test_the_baseline_is_the_poisson_regression() -> None:
    failed, rows = _log(1, daily=0.5)
    places = seasons.positions(HOURS, 3600)
    fit = seasons.expected(failed, rows, [places["hour of day"], places["day of week"]])
    design = np.column_stack(
        [np.ones(len(HOURS))]
        + [places["hour of day"] == hour for hour in range(1, 24)]
        + [places["day of week"] == day for day in range(1, 7)]
    ).astype(float)
    oracle = sm.GLM(failed, design, family=sm.families.Poisson(), offset=np.log(rows)).fit().fittedvalues
    assert fit == pytest.approx(oracle, rel=1e-6)


def test_the_week_begins_on_monday() -> None:
    places = seasons.positions(HOURS, 3600)
    assert places["day of week"][0] == 3  # Thursday
    assert places["hour of day"][:25].tolist() == [*range(24), 0]


def test_what_has_not_come_round_three_times_is_no_season() -> None:
    assert set(seasons.positions(HOURS[: 2 * 24], 3600)) == set()
    assert set(seasons.positions(HOURS[: 3 * 24], 3600)) == {"hour of day"}
    assert set(seasons.positions(HOURS[::24], 86400)) == {"day of week"}


def test_a_season_is_taken_where_there_is_one_and_else_seldom() -> None:
    levels, places = np.zeros(len(HOURS), np.int64), seasons.positions(HOURS, 3600)
    assert seasons.seasons_of(*_log(1, daily=0.4), levels, places) == ["hour of day"]
    taken = sum(bool(seasons.seasons_of(*_log(seed), levels, places)) for seed in range(100))
    assert taken <= 8  # two tests of 1 % each
    taken = sum(bool(seasons.seasons_of(*_log(seed, scatter=0.2), levels, places)) for seed in range(100))
    assert taken <= 8


def test_the_dispersion_is_of_the_scatter_between_buckets() -> None:
    for scatter in (0.0, 0.1):
        found = []
        for seed in range(20):
            failed, rows = _log(seed, scatter=scatter)
            found.append(seasons.dispersion(failed, rows, seasons.expected(failed, rows, []), 1))
        # Of a gamma of variance s around a rate p: p(1 − p)/n + s p² over p(1 − p)/n, 1 + s n p/(1 − p).
        assert np.mean(found) == pytest.approx(1 + scatter * 81 * 0.1 / 0.9, rel=0.1)


def test_a_few_buckets_that_stand_out_do_not_hide_themselves() -> None:
    failed, rows = _log(3)
    failed[:10] = rows[:10]
    assert seasons.dispersion(failed, rows, seasons.expected(failed, rows, []), 1) < 1.5
