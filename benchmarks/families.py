"""Every family of tests over many seeds: alarms where nothing is, findings where something is, intervals that cover.

    python -m benchmarks.families ROUNDS

Prints, as JSON, a list of {"what", "unit", "percent", "of"}: ``of`` is how many rounds or intervals the share is of;
``unit`` is ``false`` (rounds with a false alarm; where something was planted, the share of what is
listed that is false), ``found`` (rounds in which what was planted is found), ``pointwise``
(intervals that hold the truth) or ``together`` (rounds in which all intervals of a family hold it).
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from typing import Any

import numpy as np
import pyarrow as pa

import errata
from benchmarks.agreement import TYPICAL, covered
from benchmarks.groups import solved
from errata.analysis.calibration import calibration
from errata.analysis.confident import Cell, confident
from errata.analysis.intervals import wilson
from errata.analysis.kinds import KIND, MORE, code_of, kinds
from errata.analysis.nodes import Stratum, nodes
from errata.analysis.operating_points import Thresholds, recall_at, score_edges
from errata.analysis.repeats import concluded, trials_of
from errata.analysis.tally import FAILED, Axis, Tally
from errata.analysis.trend import Asked, trend
from errata.engine.local.tally import tally
from errata.nouns.drift import Drift
from errata.nouns.nodes import Nodes
from errata.nouns.outcome import KindCodes
from errata.nouns.repeats import Repeats
from errata.nouns.trend import Trend

FALSE, FOUND, POINTWISE, TOGETHER = "false", "found", "pointwise", "together"
START = 1767225600


class Score:
    """How often something was so, of how many times it could have been."""

    def __init__(self) -> None:
        self.counts: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0, 0])

    def add(self, what: str, unit: str, hits: float, of: int = 1) -> None:
        """``hits`` more, of ``of`` more."""
        both = self.counts[what, unit]
        both[0] += hits
        both[1] += of

    def to_json(self) -> list[dict[str, Any]]:
        """Plain values."""
        return [
            {"what": what, "unit": unit, "percent": 100 * hits / of if of else None, "of": of}
            for (what, unit), (hits, of) in self.counts.items()
        ]


def drifts(score: Score, rounds: int) -> None:
    """Twenty columns of A and B: the same, one number shifted by a fifth of its spread, groups, a mix that changed."""
    rng = np.random.default_rng(11)

    def table(shift: float = 0.0, night: float = 0.3, within: float = 0.0, rows: int = 2000) -> pa.Table:
        columns: dict[str, Any] = {f"x{k}": rng.normal(size=rows) for k in range(12)}
        columns |= {f"c{k}": rng.choice(list("abcdef"), rows) for k in range(7)}
        columns["x0"] += shift
        late = rng.random(rows) < night
        truth = rng.integers(0, 2, rows)
        failed = rng.random(rows) < np.where(late, 0.3, 0.1) + within
        columns |= {"source": np.where(late, "night", "day"), "truth": truth}
        return pa.table(columns | {"prediction": np.where(failed, 1 - truth, truth)})

    def grouped(first: int) -> pa.Table:
        level = np.repeat(rng.normal(size=60), 50)
        return pa.table({"x": level + 0.1 * rng.normal(size=3000), "video": np.repeat(np.arange(60) + first, 50)})

    for number in range(rounds):
        same: Drift = errata.drift(table(), table(), min_effect=0.0)
        score.add("drift, 22 columns that did not change", FALSE, bool(same.alarms))
        assert same.attribution is not None
        score.add("drift, change of the error rate", POINTWISE, same.attribution.low <= 0.0 <= same.attribution.high)
        moved: Drift = errata.drift(table(), table(shift=0.2))
        score.add("drift, one number shifted by 0.2 SD", FOUND, "x0" in {one.column for one in moved.alarms})
        mixed: Drift = errata.drift(table(), table(night=0.5, within=0.03))
        assert mixed.attribution is not None
        by = {one.column: one for one in mixed.attribution.by_column}["source"]
        # Kitagawa: 20 pp more of what fails 20 pp more, and 3 pp within.
        score.add("drift, mix", POINTWISE, by.mix_low <= 0.2 * 0.2 <= by.mix_high)
        score.add("drift, mix of the right column", FOUND, mixed.attribution.column == "source")
        both = grouped(0), grouped(1000 + 60 * number)
        score.add("drift, 60 groups a side", FALSE, bool(errata.drift(*both, group="video", min_effect=0.0).alarms))


def trends(score: Score, rounds: int) -> None:
    """Ten days of hours: flat, with a daily season, scattered; a change of 8 % to 11 %, and an hour of 30 %."""
    rng = np.random.default_rng(12)
    hours = np.arange(240)

    def told(rates: Any, rows: int = 120) -> Trend:
        at = np.repeat(hours, rng.poisson(rows, len(hours)))
        times = pa.array((START + at * 3600) * 1_000_000).cast(pa.timestamp("us"))
        found: Trend = solved(
            trend(Asked(time="at")), pa.table({"@time": times, FAILED: rng.random(len(at)) < np.asarray(rates)[at]})
        )
        return found

    flat = np.full(240, 0.08)
    season = 0.08 * (1 + 0.4 * np.sin(hours / 24 * 2 * np.pi))
    for _ in range(rounds):
        quiet = told(flat)
        scattered = told(rng.beta(16, 184, 240))
        for name, one in (("flat", quiet), ("with a daily season", told(season)), ("with scattered hours", scattered)):
            score.add(f"trend {name}, a change", FALSE, bool(one.change_points))
            score.add(f"trend {name}, an hour that stands out", FALSE, bool(one.anomalies))
        known = [one for one in quiet.buckets if one.low is not None and one.high is not None]
        score.add("trend, rate of an hour", POINTWISE, sum(one.low <= 0.08 <= one.high for one in known), len(known))  # type: ignore[operator]
        changed = told(np.where(hours >= 140, 0.11, 0.08)).change_points
        near = [one for one in changed if abs(_hour(one.time) - 140) <= 12]
        score.add("trend, 8 % to 11 % within twelve hours of when", FOUND, bool(near))
        spiked = told(np.where(hours == 100, 0.3, season)).anomalies
        score.add("trend, an hour of 30 %", FOUND, any(_hour(one.time) == 100 for one in spiked))


def _hour(time: str) -> int:
    from datetime import UTC, datetime

    return int(datetime.strptime(time, "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC).timestamp() - START) // 3600


def machines(score: Score, rounds: int) -> None:
    """Ten nodes with unlike traffic: none at fault, one that doubles its errors, and true rates from a beta."""
    rng = np.random.default_rng(13)

    def told(bad: float) -> Nodes:
        node = rng.integers(0, 10, 4000)
        hard = rng.random(4000) < 0.1 + 0.08 * node
        rates = np.where(hard, 0.25, 0.05) * np.where(node == 3, bad, 1.0)
        kind = np.where(hard, "hard", "easy")
        table = pa.table({"node": node.astype(str), "kind": kind, FAILED: rng.random(4000) < rates})
        found: Nodes = solved(nodes(["node"], [Stratum("kind", Axis("kind"))], given=False), table)
        return found

    faults = ("node", "node and traffic", "better")
    for _ in range(rounds):
        quiet = told(1.0).columns[0].nodes
        score.add("nodes, traffic alone", FALSE, any(one.fault in faults for one in quiet))
        score.add("nodes, within", POINTWISE, sum(one.within_low <= 0 <= one.within_high for one in quiet), len(quiet))  # type: ignore[operator]
        true = [0.05 + 0.2 * (0.1 + 0.08 * int(one.node)) for one in quiet]
        score.add(
            "nodes, rate", POINTWISE,
            sum(one.low <= rate <= one.high for one, rate in zip(quiet, true, strict=True)), len(quiet),
        )  # fmt: skip
        bad = told(2.0).columns[0].nodes
        score.add("nodes, errors doubled", FOUND, any(one.node == "3" and one.fault in faults[:2] for one in bad))
        at_fault = [one.node for one in bad if one.fault in faults]
        score.add("nodes, beside the planted one", FALSE, _false(at_fault, "3"))
        own, rows = rng.beta(8, 92, 40), rng.integers(20, 400, 40)
        failed = rng.binomial(rows, own)
        cells = np.repeat(np.arange(40), rows)
        outcome = np.concatenate([np.arange(n) < k for n, k in zip(rows, failed, strict=True)])
        drawn: Nodes = solved(nodes(["node"], [], given=False), pa.table({"node": cells, FAILED: outcome}))
        held = [one.shrunk_low <= own[int(one.node)] <= one.shrunk_high for one in drawn.columns[0].nodes]
        score.add("nodes, shrunk rate", POINTWISE, sum(held), len(held))


def confidences(score: Score, rounds: int) -> None:
    """Thirty slices of 300 rows, calibrated or one off by 12 pp; the ECE of models off nowhere, in a bin, in all."""
    rng = np.random.default_rng(14)

    def cells(off: float) -> tuple[list[Cell], list[float]]:
        found, gaps = [], []
        for at in range(30):
            value = rng.beta(5, 1, 300)
            lean = off if at == 0 else 0.0
            chance = np.maximum(value - lean, 0)
            found.append(Cell(f"s{at}", 300, float(value.sum()), int((rng.random(300) < chance).sum())))
            gaps.append(float((value - chance).mean()))
        return found, gaps

    def listed(slices: list[Cell]) -> Any:
        return confident(slices, 9000, sum(one.confidence for one in slices), sum(one.right for one in slices))

    for seed in range(rounds):
        score.add("calibration, 30 calibrated slices", FALSE, bool(listed(cells(0.0)[0])))
        slices, gaps = cells(0.12)
        found = listed(slices)
        score.add("calibration, a slice off by 12 pp", FOUND, any(one.slice == "s0" for one in found))
        score.add("calibration, beside the planted slice", FALSE, _false([one.slice for one in found], "s0"))
        holds = all(one.low <= gaps[int(one.slice[1:])] <= one.high for one in found)
        score.add("calibration, gaps of the slices that are listed", TOGETHER, holds)
        value = 0.3 + 0.65 * rng.random(2000)
        for name, lean, true in (
            ("calibrated", 0.0, 0.0), ("off everywhere", 0.05, 0.05),
            ("off in one bin", 0.3 * ((value >= 12 / 15) & (value < 13 / 15)), 0.3 / 15 / 0.65),
        ):  # fmt: skip
            ece, _ = calibration(value, rng.random(2000) < value - lean, seed=seed)
            assert ece.low is not None and ece.high is not None
            score.add(f"calibration, ECE of a model {name}", TOGETHER, ece.low <= true <= ece.high)
        held = [one.accuracy_low <= one.confidence - 0.05 <= one.accuracy_high for one in _off(rng)]
        score.add("calibration, accuracy of a bin", POINTWISE, sum(held), len(held))


def _false(listed: list[str], planted: str) -> float:
    """The share of what is listed that was not planted."""
    return sum(one != planted for one in listed) / max(1, len(listed))


def _off(rng: np.random.Generator) -> Any:
    value = 0.3 + 0.65 * rng.random(2000)
    return calibration(value, rng.random(2000) < value - 0.05)[1]


def points(score: Score, rounds: int) -> None:
    """Recall at a precision of 90 %, against the true one of the threshold that was chosen, and of a given one."""
    from scipy.special import ndtr

    rng = np.random.default_rng(15)
    for _ in range(rounds):
        true = rng.random(6000) < 0.3
        value = rng.normal(np.where(true, 1.0, -1.0), 1.0)
        scaled = 1 / (1 + np.exp(-value))
        edges = score_edges(scaled[true], scaled[~true], also=(0.5,))
        asked = Tally((Axis("score", edges=edges), Axis("true")))
        counts = tally([pa.record_batch({"score": scaled, "true": true})], [asked])[0]
        at = recall_at(Thresholds.of(counts, edges), 0.9)
        assert at.threshold is not None and at.low is not None and at.high is not None
        chosen = float(ndtr(1.0 - np.log(at.threshold / (1 - at.threshold))))
        score.add("operating points, recall of the threshold that was chosen", POINTWISE, at.low <= chosen <= at.high)
        low, high = wilson(float((scaled[true] >= 0.5).sum()), float(true.sum()))
        score.add("operating points, recall of one that was given", POINTWISE, low <= float(ndtr(1.0)) <= high)


def errors(score: Score, rounds: int) -> None:
    """Eight kinds that say nothing of failing, and one that doubles it; 60 tasks of four trials, alike and unlike."""
    rng = np.random.default_rng(16)
    names = tuple(f"k{k}" for k in range(8))

    def told(times: float) -> Any:
        bits = (rng.random((2000, 8)) < 0.15) @ (1 << np.arange(8))
        failed = rng.random(2000) < np.where(bits & 1, 0.1 * times, 0.1)
        table = pa.table({KIND: code_of(KindCodes(bits.astype(np.int64), np.full(2000, 255))), FAILED: failed})
        return solved(kinds(names, (None,) * 8, None), table).kinds

    def tasks(alike: bool) -> tuple[Repeats, float]:
        own = np.full(60, 0.5) if alike else rng.beta(1, 1, 60)
        found = concluded(trials_of(range(60), [4] * 60, rng.binomial(4, own).tolist()), 0, "task")
        assert isinstance(found, Repeats)
        return found, 0.5

    for _ in range(rounds):
        quiet = told(1.0)
        score.add("kinds, 8 that say nothing", FALSE, any(one.p_adjusted <= 0.05 for one in quiet))
        score.add(
            "kinds, difference", POINTWISE, sum(one.difference_low <= 0 <= one.difference_high for one in quiet), 8
        )
        score.add(
            "kinds, one of twice the rate", FOUND, any(one.kind == "k0" and one.verdict == MORE for one in told(2.0))
        )
        alike, _ = tasks(True)
        score.add("repeats, 60 tasks alike", FALSE, alike.p is not None and alike.p <= 0.05)
        unlike, rate = tasks(False)
        score.add("repeats, tasks with any pass rate", FOUND, unlike.p is not None and unlike.p <= 0.05)
        one = unlike.passing[0]
        score.add("repeats, pass@1", POINTWISE, one.at_low <= rate <= one.at_high)
        both = next(one for one in unlike.passing if one.k == 2)
        score.add("repeats, pass^2", POINTWISE, both.all_low <= 1 / 3 <= both.all_high)


def raters(score: Score, rounds: int) -> None:
    """Intervals of α and κ over tables of labels."""
    for world in TYPICAL:
        for name, held, told in covered(world, rounds):
            score.add(f"agreement, {name} of {world}", POINTWISE, held, told)


FAMILIES = (drifts, trends, machines, confidences, points, errors, raters)


def main(rounds: int, *only: str) -> None:
    """Print all of it."""
    score = Score()
    for family in FAMILIES:
        if not only or family.__name__ in only:
            family(score, rounds)
            print(f"{family.__name__}: {rounds} rounds", file=sys.stderr, flush=True)
    print(json.dumps(score.to_json()))


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
