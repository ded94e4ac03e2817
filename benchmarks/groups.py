"""Do gaps, holes and cells hold their level at length, and have they power? Whole audits of made-up tables.

    python -m benchmarks.groups ROUNDS

Prints, as JSON, for each design of ``--fairness`` how often all intervals held at once and how often a gap was claimed;
how often ``adequacy`` took independent factors for impossible together, or a fair sample for one that leaves something
out; and how often ``heatmap`` framed a cell where two factors have their separate effects and no other.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from itertools import count
from typing import Any

import numpy as np
import pyarrow as pa

from errata.analysis.adequacy import Asked as Combined
from errata.analysis.adequacy import adequacy, sets_of, tallies
from errata.analysis.fairness import FOLD, Asked, fairness
from errata.analysis.heatmap import heatmap
from errata.analysis.levels import Levels
from errata.analysis.tally import Axis
from errata.engine.local.tally import tally
from errata.nouns.adequacy import IMPOSSIBLE, LEFT_OUT, Adequacy
from errata.nouns.fairness import GAP, Fairness
from errata.nouns.heatmap import Heatmap
from errata.verbs.fairness import folds

DESIGNS: dict[str, tuple[tuple[int, ...], float, tuple[float, ...], float]] = {
    "four of twenty": ((20, 20, 20, 20), 1, (0.3, 0.3, 0.3, 0.3), 0.0),
    "rare failures, unlike sizes": ((20, 30, 500, 2000), 1, (0.02, 0.02, 0.02, 0.02), 0.0),
    "large and unequal": ((400, 400, 400), 1, (0.1, 0.2, 0.3), 0.0),
    "a gap of 20 pp": ((400, 400, 400), 1, (0.1, 0.1, 0.3), 0.0),
    "60 clusters of 5 each": ((60, 60, 60), 5, (0.3, 0.3, 0.3), 0.3),
    "15, 40 and 200 clusters of 4": ((15, 40, 200), 4, (0.2, 0.2, 0.2), 0.5),
    "8, 8 and 100 clusters of 10": ((8, 8, 100), 10, (0.1, 0.1, 0.1), 0.2),
    "clusters and a gap of 30 pp": ((150, 150, 150), 4, (0.2, 0.2, 0.5), 0.3),
}
"""Groups: how many clusters, rows of one on average, failure rates, and the intraclass correlation."""


def solved(asking: Any, table: pa.Table, passes: int | None = None) -> Any:
    """What an analysis concludes from a table, having asked for no more passes over it than that."""
    answer: Any = None
    for done in count():
        try:
            asked = asking.send(answer)
        except StopIteration as stop:
            assert passes is None or done <= passes, f"{done} passes"
            return stop.value
        answer = tally(table.to_batches(), asked)


def grouped(
    rng: np.random.Generator, clusters: tuple[int, ...], size: float, rates: tuple[float, ...], alike: float
) -> pa.Table:
    """Failures by group; clusters have a rate of their own, drawn from a beta distribution."""
    group, failed, user, first = [], [], [], 0
    for number, (many, rate) in enumerate(zip(clusters, rates, strict=True)):
        sizes = np.ones(many, int) if size == 1 else rng.poisson(size - 1, many) + 1
        strength = (1 - alike) / alike if alike else 0.0
        own = rng.beta(rate * strength, (1 - rate) * strength, many) if alike else np.full(many, rate)
        group.append(np.repeat(f"g{number}", sizes.sum()))
        failed.append(rng.random(sizes.sum()) < np.repeat(own, sizes))
        user.append(np.repeat(np.arange(first, first + many), sizes))
        first += many
    table = pa.table({"g": np.concatenate(group), "@failed": np.concatenate(failed)})
    return table.append_column(FOLD, folds(pa.array(np.concatenate(user)))) if alike else table


def gaps(design: str, rounds: int) -> dict[str, float]:
    """How often all intervals of a design hold at once, and how often a gap is claimed."""
    clusters, size, rates, alike = DESIGNS[design]
    rng = np.random.default_rng(1)
    held = claimed = 0
    for _ in range(rounds):
        asked = Asked(
            sets=[(Levels("g", Axis("g")),)], judged=True, classes=False, confident=False, folded=alike > 0,
            positive=None, precision=0.05, min_rows=5, seed=1,
        )  # fmt: skip
        found: Fairness = solved(fairness(asked), grouped(rng, clusters, size, rates, alike))
        (metric,) = found.columns[0].metrics
        rows = {one.slice: one.rows for one in metric.groups}
        true = {f"g = 'g{number}'": rate for number, rate in enumerate(rates)}
        good = True
        for one in metric.groups:
            others = [name for name in rows if name != one.slice]
            rest = sum(rows[name] * true[name] for name in others) / sum(rows[name] for name in others)
            good &= one.gap_low <= true[one.slice] - rest <= one.gap_high
        if metric.spread is not None:
            spread = metric.spread
            good &= spread.gap_low <= true[spread.highest] - true[spread.lowest] <= spread.gap_high
        held += good
        claimed += any(one.verdict == GAP for one in metric.groups)
    return {"all intervals hold": held / rounds, "a gap is claimed": claimed / rounds}


def factors(rng: np.random.Generator, rows: int, **values: int) -> pa.Table:
    """Independent factors and failures."""
    columns: dict[str, Any] = {name: rng.integers(0, many, rows) for name, many in values.items()}
    return pa.table(columns | {"@failed": rng.random(rows) < 0.1})


def holes(rounds: int, *, traffic: bool) -> float:
    """How often a combination of independent factors is said to be absent beyond chance."""
    rng = np.random.default_rng(2)
    said = 0
    for _ in range(rounds):
        asked = Combined(
            levels=[Levels(name, Axis(name)) for name in "pqr"], sizes=[8, 8, 8], strength=2, precision=0.05
        )
        sets, _ = sets_of(asked)
        test = tally(factors(rng, 400, p=8, q=8, r=8).to_batches(), tallies(asked, sets, test=True))
        met = None
        if traffic:
            met = tally(factors(rng, 4000, p=8, q=8, r=8).to_batches(), tallies(asked, sets, test=False))
        found = adequacy(asked, sets, test, met, "traffic" if traffic else None)
        assert isinstance(found, Adequacy)
        said += any(one.absence in (IMPOSSIBLE, LEFT_OUT) for one in found.combinations)
    return said / rounds


def cells(rounds: int, planted: bool) -> dict[str, float]:
    """How often a cell is framed, and the whole table below 5 %, where one fails more and where none does."""
    rng = np.random.default_rng(3)
    framed = whole = 0
    for _ in range(rounds):
        a, b = rng.integers(0, 4, 3000), rng.integers(0, 5, 3000)
        odds = 0.1 * 2.0 ** (a == 1) * 3.0 ** (b == 2) * 3.0 ** (planted & (a == 3) & (b == 4))
        table = pa.table({"p": a, "q": b, "@failed": rng.random(3000) < odds / (1 + odds)})
        found: Heatmap = solved(heatmap([Levels("p", Axis("p")), Levels("q", Axis("q"))], given=True), table)
        framed += any(one.beyond and (not planted or (one.a, one.b) == (3, 4)) for one in found.cells)
        whole += found.p <= 0.05
    return {"framed": framed / rounds, "p below 5 %": whole / rounds}


def main(rounds: int) -> None:
    """Print all of it."""
    parts: dict[str, Callable[[], object]] = {f"fairness, {one}": lambda one=one: gaps(one, rounds) for one in DESIGNS}  # type: ignore[misc]
    parts |= {
        "adequacy, independent factors": lambda: holes(rounds, traffic=False),
        "adequacy, a fair sample of the traffic": lambda: holes(rounds, traffic=True),
        "heatmap, separate effects": lambda: cells(rounds, False),
        "heatmap, one cell of three times the odds": lambda: cells(rounds, True),
    }
    print(json.dumps({name: part() for name, part in parts.items()}, indent=2))


if __name__ == "__main__":
    main(int(sys.argv[1]))
