"""Error rates by node, and whether the node is at fault or the traffic it gets.

Each node is held against all others together. How its rate differs from theirs splits into what is within (the same
kind of traffic, told apart by strata, fails more here) and mix (it gets a kind that fails more everywhere): indirect
standardisation, with the other nodes as the standard. docs/nodes.md states each formula, ``shrinkage`` holds the
shrunk rates.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from errata.analysis import distances
from errata.analysis.intervals import Z95, wilson
from errata.analysis.shrinkage import prior_of
from errata.analysis.tally import FAILED, Axis, Counts, Label, Tally
from errata.core.units import count, plural
from errata.nouns.nodes import BETTER, BOTH, NODE, TRAFFIC, UNCLEAR, NodeColumn, NodeRate, Nodes

FALSE_DISCOVERY_RATE = 0.05
MOST_NODES = 10_000
MOST_STRATA = 3
MOST_CELLS = 200_000
"""Kinds of traffic × nodes: no more factors are joined once there would be more."""
LEAST_MIX = 0.05
"""A factor is chosen for strata if by it alone the mean mix of nodes is at least this share of the whole rate."""
MOST_PEELED = 20
"""So many nodes at fault, and at most half of all, are taken out of the standard for the others."""
LEAST_SHARED = 0.8
"""And if at least this share of the rows is of a kind that another node has too."""

Asking = Generator[list[Tally], list[Counts], Nodes]


@dataclass(frozen=True, slots=True)
class Stratum:
    """A factor by which traffic may be told apart: how people call it, and how it is counted."""

    name: str
    axis: Axis


def nodes(columns: Sequence[str], candidates: Sequence[Stratum], *, given: bool, effect: float = 1.0) -> Asking:
    """Ask for the counts by node; return the rates of every column's nodes.

    ``candidates`` are joined to strata: all of them if they are ``given``, else those by which the mixes of nodes
    differ most. ``effect``: the design effect of rows that depend on each other.
    """
    axes = [Axis(name, most=MOST_NODES) for name in columns]
    alone = [Tally((axis, Axis(FAILED))) for axis in axes]
    single = [Tally((axis, one.axis, Axis(FAILED))) for axis in axes for one in candidates]
    answers = yield [*alone, *single]
    left_out: list[dict[str, str]] = []
    notes: list[str] = []
    going: list[tuple[str, Counts, list[Stratum]]] = []
    for number, name in enumerate(columns):
        counted = answers[number]
        reason = _not_comparable(name, counted)
        if reason is not None:
            left_out.append({"column": name, "reason": reason})
            continue
        nameless = int(counted.rows[_none(counted, 0)].sum())
        if nameless:
            notes.append(f"{plural(nameless, 'row')} with no value of {name} belong to no node")
        ahead = len(alone) + number * len(candidates)
        by_factor = list(zip(candidates, answers[ahead : ahead + len(candidates)], strict=True))
        going.append((name, counted, _joined(by_factor, given)))
    joint = [
        Tally((Axis(name, most=MOST_NODES), *(one.axis for one in chosen), Axis(FAILED))) for name, _, chosen in going
    ]
    joined = (yield joint) if joint else []
    found = [
        _column(name, counted, strata, chosen, effect)
        for (name, counted, chosen), strata in zip(going, joined, strict=True)
    ]
    return Nodes(tuple(found), FALSE_DISCOVERY_RATE, tuple(left_out), tuple(notes))


def _none(counts: Counts, axis: int) -> NDArray[np.bool_]:
    """The cells whose label on an axis is the missing one."""
    missing = np.array([label is None for label in counts.labels[axis]] or [False], bool)
    return missing[counts.cells[:, axis]]


def _not_comparable(name: str, counts: Counts) -> str | None:
    if counts.too_many is not None:
        return f"more than {count(MOST_NODES)} distinct values"
    known = ~_none(counts, 0) & ~_none(counts, 1)
    held = {counts.labels[0][at] for at in np.unique(counts.cells[known, 0]).tolist()}
    if not held:
        return "no row has both a value and a known outcome"
    if len(held) == 1:
        return f"one value only ({next(iter(held))}): nothing to hold it against"
    return None


@dataclass(frozen=True, slots=True)
class _Kinds:
    """Rows and failures of each occurring pair of a node and a kind of traffic, and of all other nodes of that kind."""

    node: NDArray[np.int64]
    kind: NDArray[np.int64]
    rows: NDArray[np.float64]
    failed: NDArray[np.float64]
    other_rows: NDArray[np.float64]
    other_failed: NDArray[np.float64]


def _kinds(counts: Counts, effect: float) -> tuple[list[Label], _Kinds]:
    """Counts by (node, …, failed), rows without node or outcome left out, divided by the design effect."""
    kept = ~_none(counts, 0) & ~_none(counts, len(counts.labels) - 1)
    cells, rows = counts.cells[kept], counts.rows[kept] / effect
    failed = np.array([label is True for label in counts.labels[-1]] or [False], bool)[cells[:, -1]]
    middle = cells[:, 1:-1]
    kind = np.unique(middle, axis=0, return_inverse=True)[1].reshape(-1) if middle.shape[1] else np.zeros(len(cells))
    pairs, index = np.unique(np.stack([cells[:, 0], kind.astype(np.int64)], axis=1), axis=0, return_inverse=True)
    index = index.reshape(-1)
    n = np.bincount(index, rows, len(pairs)).astype(np.float64)
    k = np.bincount(index, rows * failed, len(pairs)).astype(np.float64)
    used, node = np.unique(pairs[:, 0], return_inverse=True)
    labels = [counts.labels[0][at] for at in used.tolist()]
    return labels, _against(node.reshape(-1), pairs[:, 1], n, k, np.zeros(len(used), bool))


def _against(
    node: NDArray[np.int64],
    kind: NDArray[np.int64],
    n: NDArray[np.float64],
    k: NDArray[np.float64],
    peeled: NDArray[np.bool_],
) -> _Kinds:
    """Pairs of a node and a kind, held against all other nodes but those ``peeled``."""
    standing = ~peeled[node]
    all_n, all_k = np.bincount(kind, n * standing)[kind], np.bincount(kind, k * standing)[kind]
    # Taken apart, equal sums of floats may differ by nothing that counts.
    others = all_n - n * standing
    others = np.where(others > 1e-9 * all_n, others, 0.0)
    return _Kinds(node, kind, n, k, others, np.clip(all_k - k * standing, 0.0, others))


def _joined(by_factor: Sequence[tuple[Stratum, Counts]], given: bool) -> list[Stratum]:
    """The factors that tell traffic apart: all given, or those by which the nodes' mixes differ most."""
    weighed = []
    for one, counts in by_factor:
        if counts.too_many is not None:
            continue
        labels, kinds = _kinds(counts, 1.0)
        # A factor that nearly names the node leaves nothing to hold it against.
        shared = float(kinds.rows[kinds.other_rows > 0].sum())
        if not len(labels) or (not given and shared < LEAST_SHARED * kinds.rows.sum()):
            continue
        n = np.bincount(kinds.node, kinds.rows)
        n_all = float(n.sum())
        overall = float(kinds.failed.sum() / n_all)
        rate = _ratio(kinds.failed + kinds.other_failed, kinds.rows + kinds.other_rows)
        expected = np.bincount(kinds.node, kinds.rows * rate) / n
        distance = float((n * np.abs(expected - overall)).sum() / n_all)
        weighed.append(
            (distance / overall if overall > 0 else 0.0, one, len(np.unique(counts.cells[:, 1])), len(labels))
        )
    if not given:
        weighed = sorted((one for one in weighed if one[0] >= LEAST_MIX), key=lambda one: (-one[0], one[1].name))
        weighed = weighed[:MOST_STRATA]
    chosen: list[Stratum] = []
    cells = 1
    for _, stratum, bins, held in weighed:
        if given or cells * bins * held <= MOST_CELLS:
            chosen.append(stratum)
            cells *= bins
    return chosen


def _ratio(failed: NDArray[np.float64], rows: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(failed, rows, out=np.zeros(len(rows)), where=rows > 0)


def _column(name: str, counts: Counts, joint: Counts, chosen: Sequence[Stratum], effect: float) -> NodeColumn:
    labels, whole = _kinds(counts, effect)
    strata = chosen
    if joint.too_many is not None:
        # A stratum of too many values tells nothing apart.
        joint, strata = counts, ()
    kinds = _kinds(joint, effect)[1] if strata else whole
    n, k = whole.rows, whole.failed
    m, o = whole.other_rows, whole.other_failed
    prior = prior_of(k, n)
    shrunk = np.stack(prior.shrunk(k, n), axis=1).tolist()
    split = _peeled(kinds, n, o / m)
    crude_p = distances.false_discovery([_p(a / b - c / d, a, b, c, d) for a, b, c, d in zip(k, n, o, m, strict=True)])
    told = [one for one in split if one is not None]
    within_p = iter(distances.false_discovery([one.p for one in told]))
    found = []
    for at, label in enumerate(labels):
        rate, rest = float(k[at] / n[at]), float(o[at] / m[at])
        one = split[at]
        rates = NodeRate(
            _written(label),
            round(float(n[at]) * effect),
            round(float(k[at]) * effect),
            rate,
            *wilson(float(k[at]), float(n[at])),
            shrunk[at][0],
            shrunk[at][1],
            shrunk[at][2],
            rest,
            rate - rest,
            crude_p[at],
            0 if one is None else round(one.rows * effect),
        )
        if one is not None:
            rates = _with_split(rates, one, next(within_p), effect)
        found.append(rates)
    overall = float(k.sum() / n.sum())
    spread = float((n * (k / n - overall) ** 2).sum() / (overall * (1 - overall))) if 0 < overall < 1 else 0.0
    order = {NODE: 0, BOTH: 0, TRAFFIC: 1, UNCLEAR: 1}
    found.sort(key=lambda one: (order.get(one.fault or "", 2), -(one.excess or 0.0), one.node))
    p = distances.chi_square_p(spread, len(n))
    return NodeColumn(name, tuple(found), tuple(one.name for one in strata), prior.mean, prior.spread, p)


@dataclass(frozen=True, slots=True)
class _Split:
    """One node on its comparable rows: expected errors, and the difference within and by mix with standard errors."""

    rows: float
    failed: float
    expected: float
    within: float
    within_error: float
    mix: float
    mix_error: float
    p: float


def _peeled(kinds: _Kinds, rows: NDArray[np.float64], rests: NDArray[np.float64]) -> list[_Split | None]:
    """Each node's split, with the worst nodes taken out of the standard one by one: else all others look better."""
    peeled = np.zeros(len(rows), bool)
    found = _split(kinds, rows, rests)
    for _ in range(min(MOST_PEELED, len(rows) // 2)):
        told = [at for at, one in enumerate(found) if one is not None]
        adjusted = distances.false_discovery([one.p for one in found if one is not None])
        worse = [
            (one.within / one.within_error, at)
            for at, p in zip(told, adjusted, strict=True)
            if (one := found[at]) is not None and p <= FALSE_DISCOVERY_RATE and one.within > 0 and not peeled[at]
        ]
        if not worse:
            break
        peeled[max(worse)[1]] = True
        found = _split(_against(kinds.node, kinds.kind, kinds.rows, kinds.failed, peeled), rows, rests)
    return found


def _split(kinds: _Kinds, rows: NDArray[np.float64], rests: NDArray[np.float64]) -> list[_Split | None]:
    """Each node's split; None where no other node has its kind of traffic."""
    there = kinds.other_rows > 0
    nodes_ = len(rows)

    def of_nodes(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.bincount(kinds.node, np.where(there, values, 0.0), nodes_).astype(np.float64)

    n, k, m, o = kinds.rows, kinds.failed, np.maximum(kinds.other_rows, 1e-12), kinds.other_failed
    other = o / m
    held, errors, expected = of_nodes(n), of_nodes(k), of_nodes(n * other)
    # Half a failure in each keeps a kind in which nothing failed from being taken as sure.
    mine, theirs, both = (k + 0.5) / (n + 1), (o + 0.5) / (m + 1), (k + o) / (n + m)
    own = of_nodes(n * mine * (1 - mine))
    standard = of_nodes(n**2 * theirs * (1 - theirs) / m)
    null = of_nodes(n**2 * both * (1 - both) * (1 / n + 1 / m))
    # Of the mix: its own strata are as they are; the others' rates move it by how unlike theirs its strata are.
    all_others = np.bincount(kinds.node, np.where(there, kinds.other_rows, 0.0), nodes_)
    weight = n / np.maximum(held, 1e-12)[kinds.node] - m / np.maximum(all_others, 1e-12)[kinds.node]
    level = (expected / np.maximum(held, 1e-12))[kinds.node]
    mixing = of_nodes(weight**2 * theirs * (1 - theirs) / m)
    sampling = of_nodes(n * (other - level) ** 2) / np.maximum(held, 1e-12) ** 2
    found: list[_Split | None] = []
    for at in range(nodes_):
        size = float(held[at])
        if size <= 0:
            found.append(None)
            continue
        within = float(errors[at] - expected[at]) / size
        z = (float(errors[at]) - float(expected[at])) / math.sqrt(null[at]) if null[at] > 0 else 0.0
        found.append(
            _Split(
                size,
                float(errors[at]),
                float(expected[at]),
                within,
                math.sqrt(float(own[at] + standard[at])) / size,
                float(expected[at]) / size - float(rests[at]),
                math.sqrt(float(mixing[at] + sampling[at])),
                _two_sided(z),
            )
        )
    return found


def _with_split(rates: NodeRate, one: _Split, p: float, effect: float) -> NodeRate:
    within = (one.within - Z95 * one.within_error, one.within + Z95 * one.within_error)
    mix = (one.mix - Z95 * one.mix_error, one.mix + Z95 * one.mix_error)
    ratio = ratio_low = ratio_high = None
    if one.expected > 0:
        ratio = one.failed / one.expected
        ratio_low, ratio_high = (max(0.0, 1 + one.rows * end / one.expected) for end in within)
    rates = replace(
        rates,
        expected=one.expected * effect,
        ratio=ratio,
        ratio_low=ratio_low,
        ratio_high=ratio_high,
        within=one.within,
        within_low=within[0],
        within_high=within[1],
        mix=one.mix,
        mix_low=mix[0],
        mix_high=mix[1],
        within_p_adjusted=p,
        excess=one.rows * one.within * effect,
        excess_low=one.rows * within[0] * effect,
    )
    return replace(rates, fault=_fault(rates))


def _fault(one: NodeRate) -> str | None:
    """What the split says, where the node stands out at all."""
    assert one.within is not None and one.within_high is not None
    assert one.mix is not None and one.mix_low is not None and one.within_p_adjusted is not None
    if one.within_p_adjusted <= FALSE_DISCOVERY_RATE:
        if one.within < 0:
            return TRAFFIC if one.difference > 0 and one.p_adjusted <= FALSE_DISCOVERY_RATE else BETTER
        return BOTH if one.mix_low > 0 and one.p_adjusted <= FALSE_DISCOVERY_RATE else NODE
    if one.p_adjusted <= FALSE_DISCOVERY_RATE and one.difference > 0:
        # Traffic alone is to blame where the node, on like traffic, is surely not as bad as it looks.
        return TRAFFIC if one.mix_low > 0 and one.within_high < one.difference else UNCLEAR
    return None


def _p(difference: float, failed: float, rows: float, rest_failed: float, rest_rows: float) -> float:
    """Of no difference of two rates: the score test with the pooled rate."""
    both = (failed + rest_failed) / (rows + rest_rows)
    variance = both * (1 - both) * (1 / rows + 1 / rest_rows)
    return _two_sided(difference / math.sqrt(variance)) if variance > 0 else 1.0


def _two_sided(z: float) -> float:
    return math.erfc(abs(z) / math.sqrt(2))


def _written(label: Label) -> str:
    return "true" if label is True else "false" if label is False else str(label)


__all__ = ["Stratum", "nodes"]
