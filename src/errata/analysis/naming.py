"""What sets the failed rows of a cluster apart from rows that passed: conditions, words, confused classes.

- A condition's share among the failed rows against that among rows that passed: the risk ratio with Katz' interval
  (Katz et al. 1978), half a row added where one has none; one-sided by the tail of the hypergeometric (``tail``).
- A term's log odds ratio with an informative Dirichlet prior (Monroe, Colaresi and Quinn 2008), which draws rare terms
  to 0. A text counts once however often it says a term.
- All conditions of all clusters are one family, all terms another (Benjamini and Hochberg 1995).

Counts are divided by how many rows a group has, as a row sees it (Σ s²/Σ s): rows of a group are taken as copies.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from errata.analysis.distances import false_discovery
from errata.analysis.intervals import Z95, newcombe
from errata.analysis.tail import deviate
from errata.nouns.clusters import ClassPair, Condition, Term

FALSE_DISCOVERY_RATE = 0.05
NAMELESS = "nothing sets it apart"
LEAST_RATIO = 1.25
"""A condition holds, beyond doubt, at least so many times as often: of many rows every difference is beyond chance."""
MOST = 3
MOST_TERMS = 8
_PRIOR = 0.5
_LEAST = 3


class Held(NamedTuple):
    """How many of ``rows`` failed rows of a cluster, and of ``passing_rows`` rows that passed, a condition holds."""

    cluster: int
    column: str
    slice: str
    held: float
    rows: float
    passing: float
    passing_rows: float


def conditions(counted: Sequence[Held], effects: Sequence[float], passing_effect: float) -> dict[int, list[Condition]]:
    """Of each cluster, at most three conditions, each on another column, best first. ``effects`` by cluster."""
    able = [one for one in counted if one.rows and one.passing_rows]
    if not able:
        return {}
    e = np.array([effects[one.cluster] for one in able])
    a, n = np.array([one.held for one in able]) / e, np.array([one.rows for one in able]) / e
    b = np.array([one.passing for one in able]) / passing_effect
    m = np.array([one.passing_rows for one in able]) / passing_effect
    p = false_discovery(_upper(deviate(a, n, a + b, n + m)).tolist())
    best: dict[tuple[int, str], tuple[float, Condition]] = {}
    for at, one in enumerate(able):
        share, other = one.held / one.rows, one.passing / one.passing_rows
        if p[at] > FALSE_DISCOVERY_RATE or share <= other:
            continue
        found = Condition(one.slice, share, other, *_ratio(a[at], n[at], b[at], m[at]), p[at])
        if found.low < LEAST_RATIO:
            continue
        low = newcombe(a[at], n[at], b[at], m[at])[0]
        key = one.cluster, one.column
        if key not in best or low > best[key][0]:
            best[key] = low, found
    ranked: dict[int, list[Condition]] = {}
    for (cluster, _), (_, found) in sorted(best.items(), key=lambda item: (-item[1][0], item[0])):
        ranked.setdefault(cluster, []).append(found)
    return {cluster: found[:MOST] for cluster, found in ranked.items()}


def terms(
    names: Sequence[str],
    held: NDArray[np.float64],
    rows: NDArray[np.float64],
    passing: NDArray[np.float64],
    passing_rows: float,
    effects: Sequence[float],
    passing_effect: float,
) -> dict[int, list[Term]]:
    """Of each cluster, at most eight terms.

    ``held`` (clusters × terms) and ``passing`` (terms) are how many texts say it.
    """
    if not passing_rows or not len(names):
        return {}
    e = np.asarray(effects, np.float64)[:, None]
    one, two = held / e, passing / passing_effect
    both = one + two
    # As many prior words as the smaller side has: shares of the prior are those of both sides together.
    size = np.minimum(one.sum(axis=1), two.sum())[:, None]
    prior = np.maximum(both / np.maximum(both.sum(axis=1, keepdims=True), 1) * size, _PRIOR / len(names))
    whole = prior.sum(axis=1, keepdims=True)
    odds = [
        np.log((y + prior) / (y.sum(axis=-1, keepdims=True) + whole - y - prior))
        for y in (one, np.broadcast_to(two, one.shape))
    ]
    delta = odds[0] - odds[1]
    z = delta / np.sqrt(1 / (one + prior) + 1 / (two + prior))
    told = (held >= _LEAST) | (passing >= _LEAST)
    p = np.ones(z.shape)
    p[told] = false_discovery(_upper(z[told]).tolist()) if told.any() else []
    found: dict[int, list[Term]] = {}
    for cluster in range(len(held)):
        if not rows[cluster]:
            continue
        listed: list[Term] = []
        for at in np.argsort(-z[cluster], kind="stable"):
            share, other = float(held[cluster, at] / rows[cluster]), float(passing[at] / passing_rows)
            if p[cluster, at] > FALSE_DISCOVERY_RATE or share <= other or len(listed) == MOST_TERMS:
                break
            if not any(_within(names[at], known.term) for known in listed):
                listed.append(
                    Term(
                        names[at], share, other, float(delta[cluster, at]), float(z[cluster, at]), float(p[cluster, at])
                    )
                )
        if listed:
            found[cluster] = listed
    return found


def pairs(
    counts: dict[tuple[int, str, str], int], clusters: int, effects: Sequence[float]
) -> dict[int, list[ClassPair]]:
    """Of each cluster, at most three pairs of a true class and the prediction that at least a tenth of it has.

    ``counts`` are of (cluster, truth, prediction). Each pair is held against all other failures.
    """
    totals = [sum(n for (cluster, _, _), n in counts.items() if cluster == at) for at in range(clusters)]
    whole = sum(counts.values())
    of_pair: dict[tuple[str, str], int] = {}
    for (_, truth, said), n in counts.items():
        of_pair[truth, said] = of_pair.get((truth, said), 0) + n
    able = [(at, t, s, n) for (at, t, s), n in sorted(counts.items()) if 0 <= at < clusters and t != s]
    if not able:
        return {}
    e = np.array([effects[at] for at, *_ in able])
    n = np.array([n for *_, n in able]) / e
    totals_of = np.array([totals[at] for at, *_ in able]) / e
    z = deviate(n, totals_of, np.array([of_pair[t, s] for _, t, s, _ in able]) / e, whole / e)
    p = false_discovery(_upper(z).tolist())
    found: dict[int, list[ClassPair]] = {}
    for (at, truth, said, rows), adjusted in sorted(zip(able, p, strict=True), key=lambda one: (-one[0][3], one[0])):
        if rows < 2 or rows < 0.1 * totals[at] or len(found.get(at, [])) == MOST:
            continue
        rest, others = whole - totals[at], of_pair[truth, said] - rows
        pair = ClassPair(truth, said, rows, rows / totals[at], others / rest if rest else None, adjusted)
        found.setdefault(at, []).append(pair)
    return found


def name_of(
    found_conditions: Sequence[Condition], found_terms: Sequence[Term], found_pairs: Sequence[ClassPair]
) -> str:
    """A cluster's name: its first words, else its first conditions, else the pair of classes it has more of."""
    if found_terms:
        return ", ".join(one.term for one in found_terms[:MOST])
    if found_conditions:
        return " and ".join(one.slice for one in found_conditions[:2])
    for one in found_pairs:
        if one.p_adjusted <= FALSE_DISCOVERY_RATE:
            return f"{one.truth} taken for {one.prediction}"
    return NAMELESS


def copies(groups: NDArray[np.int64] | None) -> float:
    """The rows of a row's group, on average over rows; 1 without groups."""
    if groups is None or not len(groups):
        return 1.0
    sizes = np.unique(groups, return_counts=True)[1].astype(np.float64)
    return float((sizes**2).sum() / sizes.sum())


def _ratio(a: float, n: float, b: float, m: float) -> tuple[float, float, float]:
    if not b:
        a, n, b, m = a + 0.5, n + 1, 0.5, m + 1
    ratio = a / n / (b / m)
    half = Z95 * math.sqrt(max(0.0, 1 / a - 1 / n + 1 / b - 1 / m))
    return ratio, ratio * math.exp(-half), ratio * math.exp(half)


def _upper(z: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy.special import ndtr

    found: NDArray[np.float64] = ndtr(-z)
    return found


def _within(one: str, other: str) -> bool:
    """Whether one of two terms says the other, too."""
    few, many = sorted((set(one.split()), set(other.split())), key=len)
    return few <= many
