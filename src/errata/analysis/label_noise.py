"""Label noise by confident disagreement, held against what calibrated scores lead one to expect.

Confident learning (Northcutt, Jiang and Chuang 2021): t_j is the mean score of class j over the rows labelled j; a row
is confidently j if j has the largest score among the classes whose score reaches their t. Rows that are confidently of
another class than their label are suspects, ranked by their normalised margin.

A model without any wrong label has confident mistakes too, and more of them if it is over-confident. So the labels are
fitted as P(label) = (1 − ε) s_T(label) + ε (1 − s_T(label))/(K − 1), s_T the scores at temperature T, by maximum
likelihood: a temperature bends the scores, and only a share of disagreement that does not fall however sure the model
is remains as ε. Its interval is by the bootstrap over rows or groups (percentiles), and reaches as far up as the
profile likelihood does: at ε = 0, the edge of what can be, resamples hardly vary. What calibrated scores alone expect
is Σ (1 − s_T) over the classes that rows confidently are. A pair of classes is held against the whole fit, noise spread
evenly among it: Σ P(label) over the rows that are confidently the other; p is Poisson's upper tail, which bounds the
Poisson-binomial's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from errata.analysis.distances import false_discovery
from errata.nouns.report import Estimate

Floats = NDArray[np.float64]
FALSE_DISCOVERY_RATE = 0.05
TEMPERATURES = np.geomspace(0.25, 8.0, 22)
SHARES = np.concatenate([[0.0], np.geomspace(1e-4, 0.6, 32)])
BOOTSTRAPS = 400
MOST_FITTED = 10_000
SMALLEST = 1e-9
CHI_SQUARE_95 = 3.841459
"""Of one degree of freedom."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Rows of ``label`` that are confidently ``other`` (class codes), beside what scores and even noise lead to."""

    label: int
    other: int
    rows: int
    expected: float
    p: float
    p_adjusted: float


@dataclass(frozen=True, slots=True)
class Noise:
    """``sure``: the share is above it with 99.5 %. ``suspects`` are row positions by rising ``margins``;
    ``suggested`` and ``chances`` are theirs."""

    share: Estimate
    sure: float
    temperature: float
    disagreements: int
    expected: float
    expected_raw: float
    confident_share: float
    suspects: NDArray[np.int64]
    suggested: NDArray[np.int64]
    margins: Floats
    chances: Floats
    pairs: tuple[Pair, ...]
    tried: int


def thresholds(scores: Floats, labels: NDArray[np.int64]) -> Floats:
    """The mean score of each class over the rows of that label, (K,); 1 for a class without rows."""
    rows = np.bincount(labels, minlength=scores.shape[1])
    own = np.bincount(labels, scores[np.arange(len(labels)), labels], scores.shape[1])
    found: Floats = np.where(rows > 0, own / np.maximum(rows, 1), 1.0)
    return found


def confident(scores: Floats, labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """The class that each row confidently is, −1 where it is none."""
    reached = scores >= thresholds(scores, labels) - 1e-12
    found = np.where(reached, scores, -1.0).argmax(axis=1)
    return np.where(reached.any(axis=1), found, -1)


def joint(of: NDArray[np.int64], labels: NDArray[np.int64], classes: int) -> Floats:
    """The calibrated joint distribution of label and true class, (K, K), adding up to 1 (their equation 3)."""
    sure = of >= 0
    counts = np.zeros((classes, classes))
    np.add.at(counts, (labels[sure], of[sure]), 1)
    empty = counts.sum(axis=1) == 0
    counts[empty, empty.nonzero()[0]] = 1
    rows = np.bincount(labels, minlength=classes)
    found: Floats = counts / counts.sum(axis=1, keepdims=True) * (rows / rows.sum())[:, None]
    return found


def tempered(scores: Floats, temperature: float) -> Floats:
    """Scores at a temperature: softmax of their logarithms over it."""
    logs = np.log(np.maximum(scores, SMALLEST)) / temperature
    powers = np.exp(logs - logs.max(axis=1, keepdims=True))
    found: Floats = powers / powers.sum(axis=1, keepdims=True)
    return found


def fitted(scores: Floats, labels: NDArray[np.int64], weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Temperature and share of noise for each of several (draws, rows) weights of the rows, each (draws,); and for the
    first the log-likelihood of each of ``SHARES`` at the temperature that suits it best."""
    rows, classes = np.arange(len(labels)), scores.shape[1]
    best = np.full(len(weights), -np.inf)
    temperature, share = np.ones(len(weights)), np.zeros(len(weights))
    profile = np.full(len(SHARES), -np.inf)
    for one in TEMPERATURES:
        own = tempered(scores, float(one))[rows, labels]
        other = (1 - own) / (classes - 1)
        likelihood = np.log(np.maximum(own[:, None] * (1 - SHARES) + other[:, None] * SHARES, 1e-300))
        values = weights @ likelihood
        profile = np.maximum(profile, values[0])
        at = values.argmax(axis=1)
        top = values[np.arange(len(weights)), at]
        better = top > best
        best = np.where(better, top, best)
        temperature = np.where(better, one, temperature)
        share = np.where(better, _between(values, at), share)
    return temperature, share, profile


def highest(profile: Floats, effect: float) -> float:
    """The largest share that a likelihood ratio at 5 % does not refuse, rows counting 1/``effect`` each."""
    ratios = 2 * (profile.max() - profile) / effect
    at = int(np.flatnonzero(ratios <= CHI_SQUARE_95)[-1])
    return float(np.interp(CHI_SQUARE_95, ratios[at : at + 2], SHARES[at : at + 2]))


def _between(values: Floats, at: NDArray[np.int64]) -> Floats:
    """The share at the top of the parabola through the best one and its neighbours, in their logarithms."""
    inner = (at >= 2) & (at < len(SHARES) - 1)
    row = np.arange(len(at))
    middle = np.clip(at, 1, len(SHARES) - 2)
    before, here, after = (values[row, middle + step] for step in (-1, 0, 1))
    bend = before - 2 * here + after
    step = np.where(bend < 0, 0.5 * (before - after) / np.where(bend < 0, bend, 1.0), 0.0)
    ratio = float(SHARES[2] / SHARES[1])
    found: Floats = np.where(inner, SHARES[middle] * ratio ** np.clip(step, -1, 1), SHARES[at])
    return found


def label_noise(
    scores: Floats, labels: NDArray[np.int64], groups: NDArray[np.int64] | None, *, effect: float = 1.0, seed: int = 0
) -> Noise:
    """``scores`` (rows, K) are P(class), at least two classes; ``labels`` codes; ``groups`` dense codes or None.

    ``effect`` is the design effect by which counts of pairs and the likelihood are divided before they are tested.
    """
    generator = np.random.default_rng([seed, 41])
    rows, classes = scores.shape
    scores = np.maximum(scores, SMALLEST)
    scores = scores / scores.sum(axis=1, keepdims=True)
    of = confident(scores, labels)
    chosen = np.arange(rows) if rows <= MOST_FITTED else np.sort(generator.choice(rows, MOST_FITTED, replace=False))
    some, their = scores[chosen], labels[chosen]
    draws = _weights(len(chosen), None if groups is None else groups[chosen], generator)
    temperatures, shares, profile = fitted(some, their, np.vstack([np.ones((1, len(chosen))), draws]))
    temperature, share = temperatures[0], shares[0]
    sure_of, low, high = (float(end) for end in np.quantile(shares[1:], [0.005, 0.025, 0.975]))
    high = max(high, highest(profile, effect))
    bent = tempered(scores, float(temperature))
    off = (of >= 0) & (of != labels)
    sure = np.flatnonzero(of >= 0)
    suspects = np.flatnonzero(off)
    own = scores[suspects, labels[suspects]]
    others = scores[suspects].copy()
    others[np.arange(len(suspects)), labels[suspects]] = -1
    margins = own - others.max(axis=1, initial=-1)
    order = np.lexsort((suspects, margins))
    suspects, margins = suspects[order], margins[order]
    right = bent[suspects, labels[suspects]]
    wrong = share * (1 - right) / (classes - 1)
    chances = wrong / np.maximum((1 - share) * right + wrong, 1e-300)
    pairs, tried = _pairs((1 - share) * bent + share * (1 - bent) / (classes - 1), labels, of, sure, effect)
    return Noise(
        share=Estimate(float(share), min(low, float(share)), max(high, float(share))),
        sure=sure_of,
        temperature=float(temperature),
        disagreements=len(suspects),
        expected=float((1 - bent[sure, of[sure]]).sum()),
        expected_raw=float((1 - scores[sure, of[sure]]).sum()),
        confident_share=float(1 - np.trace(joint(of, labels, classes))),
        suspects=suspects,
        suggested=of[suspects],
        margins=margins,
        chances=chances,
        pairs=pairs,
        tried=tried,
    )


def _weights(rows: int, groups: NDArray[np.int64] | None, generator: np.random.Generator) -> Floats:
    """How often each row is drawn, (draws, rows): rows, or whole groups."""
    if groups is None:
        return generator.multinomial(rows, np.full(rows, 1 / rows), BOOTSTRAPS).astype(np.float64)
    dense = np.unique(groups, return_inverse=True)[1]
    count = int(dense.max()) + 1
    return generator.multinomial(count, np.full(count, 1 / count), BOOTSTRAPS).astype(np.float64)[:, dense]


def _pairs(
    chances: Floats, labels: NDArray[np.int64], of: NDArray[np.int64], sure: NDArray[np.int64], effect: float
) -> tuple[tuple[Pair, ...], int]:
    from scipy.special import gammainc

    classes = chances.shape[1]
    counts = np.zeros((classes, classes))
    np.add.at(counts, (labels[sure], of[sure]), 1)
    expected = np.zeros((classes, classes))
    np.add.at(expected.T, of[sure], chances[sure])
    # A pair that no row is of was looked at like any other: without it each single row would be beyond chance.
    i, j = np.nonzero((expected > 0) & ~np.eye(classes, dtype=bool))
    # P(Poisson(m) ≥ k) is the lower incomplete gamma function.
    p = gammainc(counts[i, j] / effect, expected[i, j] / effect).tolist()
    adjusted = false_discovery(p)
    found = [
        Pair(int(i[at]), int(j[at]), int(counts[i[at], j[at]]), float(expected[i[at], j[at]]), p[at], adjusted[at])
        for at in range(len(p))
        if adjusted[at] <= FALSE_DISCOVERY_RATE
    ]
    return tuple(sorted(found, key=lambda one: (one.expected - one.rows, one.label, one.other))), len(p)
