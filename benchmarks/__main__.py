"""``make bench``: run the sections, print Markdown, keep the figures as JSON under benchmarks/results/."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.measure import ChildFailed
from benchmarks.sections import DATA, HERE, HOURS, SECTIONS, Bench, say
from benchmarks.table import bars_table, lines_table

SIZES = {"50k": 50_000, "1M": 1_000_000, "10M": 10_000_000}


def machine() -> dict[str, str | int | float]:
    """What it ran on, and how busy that was."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        named = (line.partition(":")[2].strip() for line in info.read_text().splitlines() if "model name" in line)
        cpu = next(named, cpu)
    load = round(os.getloadavg()[0], 2)
    return {"cpu": cpu, "cores": os.cpu_count() or 0, "load": load, "python": platform.python_version()}


def main() -> None:
    """Parse, run, print, keep."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rows", default="50k,1M,10M", help="sizes, of 50k, 1M and 10M (default: all)")
    usual = [name for name in SECTIONS if name not in HOURS]
    said = f"sections, of {', '.join(SECTIONS)} (default: all but {', '.join(HOURS)})"
    parser.add_argument("--only", default=",".join(usual), help=said)
    parser.add_argument("--skip", default="", help="sections to leave out")
    parser.add_argument("--runs", type=int, default=3, help="runs per figure; medians are shown (default: 3)")
    parser.add_argument("--seed", type=int, default=0, help="of the planted files (default: 0)")
    parser.add_argument("--seeds", type=int, default=100, help="of the calibration (default: 100)")
    parser.add_argument("--large-peers", action="store_true", help="also DuckDB at 10 M rows: minutes")
    given = parser.parse_args()
    wanted = [name for name in given.only.split(",") if name not in given.skip.split(",")]
    if unknown := [name for name in wanted if name not in SECTIONS]:
        parser.error(f"no section {', '.join(unknown)}; there are {', '.join(SECTIONS)}")
    if strange := [name for name in given.rows.split(",") if name not in SIZES]:
        parser.error(f"no size {', '.join(strange)}; there are {', '.join(SIZES)}")
    DATA.mkdir(exist_ok=True)
    bench = Bench(
        rows=tuple(SIZES[name] for name in given.rows.split(",")),
        runs=given.runs,
        seed=given.seed,
        seeds=given.seeds,
        large_peers=given.large_peers,
    )
    on = machine()
    failed = []
    for name in SECTIONS:
        if name in wanted:
            say(f"== {name}")
            try:
                SECTIONS[name](bench)
            except ChildFailed as failure:
                failed.append(name)
                say(str(failure))
    print(f"{on['cpu']}, {on['cores']} cores, Python {on['python']}, load {on['load']} at the start\n")
    print(lines_table(bench.lines), "\n")
    if bench.bars:
        print(bars_table(bench.bars))
    results = HERE / "results"
    results.mkdir(exist_ok=True)
    kept = results / f"{datetime.now(UTC):%Y-%m-%dT%H%M%SZ}.json"
    bars = [{**asdict(bar), "holds": bar.holds} for bar in bench.bars]
    values = {"machine": on, "lines": [asdict(line) for line in bench.lines], "bars": bars, "raw": bench.raw}
    kept.write_text(json.dumps(values, indent=1))
    say(f"kept as {kept.relative_to(HERE.parent)}")
    if failed:
        sys.exit(f"could not be measured: {', '.join(failed)}")


if __name__ == "__main__":
    main()
