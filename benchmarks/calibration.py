"""Does the list hold what was planted, and nothing where nothing was? Whole analyses over many seeds.

python -m benchmarks.calibration shuffled|planted ROWS SEEDS
"""

from __future__ import annotations

import json
import sys

from benchmarks.planted import design
from errata.integrations.files import table_source
from errata.nouns.roles import Roles
from errata.verbs.analyze import AnalyzeOptions, analyze_source


def listed(seed: int, rows: int, *, shuffled: bool) -> tuple[set[str], set[str]]:
    """The slices that a report lists under one seed, and those that were planted."""
    plan = design(seed)
    source = table_source(plan.table(rows, shuffled=shuffled))
    report = analyze_source(source, Roles(truth="truth", prediction="prediction"), AnalyzeOptions(seed=seed))
    return {finding.slice for finding in report.slices()}, {planted.text for planted in plan.slices}


def main(what: str, rows: int, seeds: int) -> None:
    """Print, as JSON, in how many seeds the list was as it should be."""
    good = 0
    odd: dict[int, dict[str, list[str]]] = {}
    for seed in range(seeds):
        found, planted = listed(seed, rows, shuffled=what == "shuffled")
        fine = not found if what == "shuffled" else planted <= found and len(found - planted) <= 1
        good += fine
        if not fine:
            odd[seed] = {"extra": sorted(found - planted), "missed": sorted(planted - found)}
        print(f"{what} {rows:,} rows, seed {seed}: {len(found)} listed", file=sys.stderr)
    print(json.dumps({"what": what, "rows": rows, "seeds": seeds, "good": good, "odd": odd}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
