"""Does the list hold what was planted, and nothing where nothing was? Do the bounds hold? Whole analyses, many seeds.

    python -m benchmarks.calibration WHAT ROWS SEEDS

WHAT is ``shuffled`` (failures without regard to any factor), ``copies`` (the same, each row four times over, with
--group), ``skewed`` (groups of very different sizes, factors and failure rates of the group, no dependence between
them, with --group), ``planted`` (five slices) or ``bounds`` (how often the intervals of the planted slices hold).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

import numpy as np
import pyarrow as pa

from benchmarks.planted import BASE, Design, design
from errata.analysis.figures import rate_figures
from errata.analysis.slices import Totals
from errata.analysis.tail import sidak_threshold
from errata.integrations.files import table_source
from errata.nouns.report import Report
from errata.nouns.roles import Roles
from errata.nouns.slice import Slice
from errata.verbs.analyze import AnalyzeOptions, analyze_source

COPIES = 4
SLICES_TRIED = 11_000
"""About as many as the planted files have: the simultaneous bound is that of so many."""


def analyzed(table: pa.Table, seed: int, group: str | None = None) -> Report:
    """The report of a table under one seed."""
    roles = Roles(truth="truth", prediction="prediction", group=group)
    return analyze_source(table_source(table), roles, AnalyzeOptions(seed=seed))


def copies(plan: Design, rows: int) -> pa.Table:
    """Rows without any dependence, each four times over, and ``video``, which says so."""
    once = plan.table(rows // COPIES, shuffled=True)
    video = np.repeat(np.arange(rows // COPIES), COPIES)
    return once.take(pa.array(video)).append_column("video", pa.array(video))


def skewed(plan: Design, rows: int, seed: int) -> pa.Table:
    """Groups of Zipf's sizes: factors belong to the group, and so does its failure rate, which is drawn on its own."""
    rng = np.random.default_rng([seed, 11])
    sizes = np.minimum(rng.zipf(1.6, rows), rows // 20)
    groups = int(np.searchsorted(np.cumsum(sizes), rows)) + 1
    video = np.repeat(np.arange(groups), sizes[:groups])[:rows]
    table = plan.table(groups, shuffled=True).take(pa.array(video))
    failed = rng.random(rows) < rng.beta(0.3, 0.3 / BASE - 0.3, groups)[video]
    return pa.table(
        {
            **{name: table[name] for name in plan.values},
            "truth": np.ones(rows, np.int8),
            "prediction": np.where(failed, 0, 1).astype(np.int8),
            "video": video,
        }
    )


def silent(
    make: Callable[[Design, int, int], pa.Table], group: str | None
) -> Callable[[int, int], tuple[bool, object]]:
    """Whether a report of such a table lists nothing, and what it lists."""

    def judge(seed: int, rows: int) -> tuple[bool, object]:
        listed = [finding.slice for finding in analyzed(make(design(seed), rows, seed), seed, group).slices()]
        return not listed, listed

    return judge


def planted(seed: int, rows: int) -> tuple[bool, object]:
    """Whether all five planted slices are listed, with at most one other, and what is odd."""
    plan = design(seed)
    listed = {finding.slice for finding in analyzed(plan.table(rows), seed).slices()}
    wanted = {one.text for one in plan.slices}
    fine = wanted <= listed and len(listed - wanted) <= 1
    return fine, {"extra": sorted(listed - wanted), "missed": sorted(wanted - listed)}


def bounds(seed: int, rows: int) -> tuple[bool, object]:
    """Whether the simultaneous bounds of all five planted slices hold, and how many pointwise intervals do."""
    plan = design(seed)
    table = plan.table(rows)
    failed = table["truth"].cast(pa.string()).to_numpy() != table["prediction"].cast(pa.string()).to_numpy()
    chance = np.full(rows, BASE)
    inside = {one.text: Slice.parse(one.text).mask(table.column) for one in plan.slices}
    for one in plan.slices:
        chance[inside[one.text]] = np.maximum(chance[inside[one.text]], one.rate)
    held = pointwise = 0
    for one in plan.slices:
        mask = inside[one.text]
        totals = Totals(int(mask.sum()), int(failed[mask].sum()), rows, int(failed.sum()))
        figures = rate_figures(totals, sidak_threshold(SLICES_TRIED, 0.05))
        true_excess = float(mask.sum() * (chance[mask].mean() - chance[~mask].mean()))
        held += figures.excess_errors_low <= true_excess
        pointwise += figures.low <= chance[mask].mean() <= figures.high
    return held == len(plan.slices), {"pointwise": pointwise, "of": len(plan.slices)}


KINDS: dict[str, Callable[[int, int], tuple[bool, object]]] = {
    "shuffled": silent(lambda plan, rows, seed: plan.table(rows, shuffled=True), None),
    "copies": silent(lambda plan, rows, seed: copies(plan, rows), "video"),
    "skewed": silent(skewed, "video"),
    "planted": planted,
    "bounds": bounds,
}


def main(what: str, rows: int, seeds: int) -> None:
    """Print, as JSON, in how many seeds all was as it should be."""
    good = 0
    odd: dict[int, object] = {}
    pointwise = 0
    for seed in range(seeds):
        fine, said = KINDS[what](seed, rows)
        good += fine
        if isinstance(said, dict) and "pointwise" in said:
            pointwise += said["pointwise"]
        if not fine:
            odd[seed] = said
        print(f"{what} {rows:,} rows, seed {seed}: {'as it should be' if fine else said}", file=sys.stderr)
    told = {"what": what, "rows": rows, "seeds": seeds, "good": good, "odd": odd}
    if what == "bounds":
        told["pointwise_coverage"] = pointwise / (5 * seeds)
    print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
