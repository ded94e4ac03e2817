"""The learning curve error = a + b · n^(−c), n the number of training examples: does more data help?

Power laws describe learning curves over orders of magnitude (Cortes et al. 1994; Hestness et al. 2017; Viering and
Loog 2023). For each exponent c of a grid, a and b are weighted least squares (weights: rows over the binomial
variance at the fitted rate, two rounds), a ≥ 0; the best c is taken. b may be negative: nothing forces the curve to
fall.

Intervals are percentiles of a bootstrap of the samples: trainings are judged on the same samples, so all their rates
move together, and whole samples (or groups) are drawn. Trainings scatter for reasons of their own (seeds, which
examples were drawn): where they scatter around the curve by more than samples explain, noise of that size is added to
each draw.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from errata.analysis.intervals import wilson
from errata.nouns.causes import FLAT, MORE_DATA, UNSURE
from errata.nouns.report import Estimate

Floats = NDArray[np.float64]
EXPONENTS = np.geomspace(0.05, 2.0, 40)
BOOTSTRAPS = 1000
LEAST_SIZES = 4
MATTERS = 0.05
"""A gain of less than this share of the error is no help."""


@dataclass(frozen=True, slots=True)
class Curve:
    """``rates`` and ``fitted`` by training."""

    rates: Floats
    fitted: Floats
    floor: Estimate
    exponent: Estimate
    doubled: Estimate
    gain: Estimate
    scatter: float
    verdict: str


def fit(sizes: Floats, rates: Floats, rows: Floats) -> tuple[Floats, Floats, Floats]:
    """a, b and c for each of several (draws, trainings) rates; ``rows`` (trainings,) are those behind each rate."""
    unit = sizes.max()
    weights = np.broadcast_to(rows, rates.shape)
    found = (np.zeros(len(rates)), np.zeros(len(rates)), np.ones(len(rates)))
    for _ in range(2):
        best = np.full(len(rates), np.inf)
        a_best, b_best, c_best = (one.copy() for one in found)
        for exponent in EXPONENTS:
            x = (sizes / unit) ** -exponent
            total = weights.sum(axis=1)
            mean_x, mean_y = (weights @ x) / total, (weights * rates).sum(axis=1) / total
            away = x[None] - mean_x[:, None]
            spread = (weights * away**2).sum(axis=1)
            b = (weights * away * rates).sum(axis=1) / spread
            a = mean_y - b * mean_x
            # Below 0 no error rate can end: the curve then goes to 0.
            b = np.where(a < 0, (weights * rates) @ x / (weights @ x**2), b)
            a = np.maximum(a, 0.0)
            error = (weights * (rates - a[:, None] - b[:, None] * x[None]) ** 2).sum(axis=1)
            better = error < best
            best = np.where(better, error, best)
            a_best, b_best = np.where(better, a, a_best), np.where(better, b, b_best)
            c_best = np.where(better, exponent, c_best)
        found = a_best, b_best, c_best
        at = np.clip(_at(found, sizes / unit), 1e-4, 1 - 1e-4)
        weights = rows[None] / (at * (1 - at))
    return found


def _at(curve: tuple[Floats, Floats, Floats], sizes: Floats) -> Floats:
    a, b, c = curve
    found: Floats = a[:, None] + b[:, None] * sizes[None] ** -c[:, None]
    return found


def learning_curve(sizes: Floats, rows: Floats, failed: Floats, *, seed: int = 0) -> Curve | str:
    """``rows`` and ``failed`` are (units, trainings): what is judged in each unit (sample, group) after each training.

    ``sizes`` (trainings,) are above 0. Returns why there is no curve where there are fewer than four sizes, or where no
    training or every training failed on all.
    """
    distinct = len(np.unique(sizes))
    if distinct < LEAST_SIZES:
        return f"{distinct} {'size' if distinct == 1 else 'sizes'}: a curve needs {LEAST_SIZES} at least"
    n, k = rows.sum(axis=0), failed.sum(axis=0)
    if (n < 1).any():
        return "a training without a row of known outcome"
    rates = k / n
    if rates.max() == 0 or rates.min() == 1:
        return "every training fails on none of the rows" if rates.max() == 0 else "every training fails on all rows"
    curve = fit(sizes, rates[None], n)
    scaled = sizes / sizes.max()
    fitted = np.clip(_at(curve, scaled)[0], 1e-6, 1 - 1e-6)
    generator = np.random.default_rng([seed, 43])
    drawn = _drawn(rows, failed, generator)
    # What trainings scatter beyond samples: of rates that move together, only what is left around the curve counts.
    around = drawn - rates[None]
    around = around - _at(fit(sizes, np.clip(rates[None] + around, 0, 1), n), scaled) + fitted[None]
    freedom = max(len(sizes) - 3, 1)
    explained = float((around**2).mean(axis=0).sum())
    left = float(((rates - fitted) ** 2).sum())
    scatter = max(1.0, (left / freedom) / max(explained / freedom, 1e-300)) if explained > 0 else 1.0
    extra = max(0.0, left / freedom - explained / freedom)
    noisy = fitted[None] + (drawn - rates[None]) + generator.normal(0, np.sqrt(extra), drawn.shape)
    draws = fit(sizes, np.clip(noisy, 0.0, 1.0), n)
    last, next_ = (_at(draws, np.array([at]))[:, 0] for at in (1.0, 2.0))
    (now,), (then,) = (_at(curve, np.array([at]))[:, 0] for at in (1.0, 2.0))
    gain = _estimate(float(now - then), last - next_)
    return Curve(
        rates=rates,
        fitted=fitted,
        floor=_estimate(float(curve[0][0]), draws[0]),
        exponent=_estimate(float(curve[2][0]), draws[2]),
        doubled=_estimate(float(then), np.maximum(next_, 0.0)),
        gain=gain,
        scatter=scatter,
        verdict=_verdict(gain, float(now)),
    )


def _drawn(rows: Floats, failed: Floats, generator: np.random.Generator) -> Floats:
    """Rates by training, (draws, trainings), units drawn anew."""
    units = len(rows)
    found = []
    step = max(1, (1 << 24) // units)
    for start in range(0, BOOTSTRAPS, step):
        many = min(step, BOOTSTRAPS - start)
        weights = generator.multinomial(units, np.full(units, 1 / units), many).astype(np.float64)
        found.append((weights @ failed) / np.maximum(weights @ rows, 1e-9))
    drawn: Floats = np.concatenate(found)
    return drawn


def _estimate(value: float, draws: Floats) -> Estimate:
    low, high = (float(end) for end in np.quantile(draws, [0.025, 0.975]))
    return Estimate(value, min(low, value), max(high, value))


def _verdict(gain: Estimate, now: float) -> str:
    assert gain.low is not None and gain.high is not None
    if gain.high < MATTERS * now:
        return FLAT
    return MORE_DATA if gain.low > 0 else UNSURE


def interval(failed: float, rows: float, effect: float) -> Estimate:
    """A training's error rate with Wilson's interval."""
    return Estimate(failed / rows, *wilson(failed / effect, rows / effect))
