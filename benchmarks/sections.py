"""What is measured, a section at a time. Each adds lines and bars; all of it runs in child processes."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.measure import ChildFailed, Cost, median, once
from benchmarks.peers.environment import peer_python
from benchmarks.table import Bar, Line, size

HERE = Path(__file__).resolve().parent
DATA = HERE / "data"
ERRATA = [sys.executable, "-m", "errata.cli"]
READ = """
import json, sys, time
import pyarrow.parquet as pq
start = time.process_time()
table = pq.read_table(sys.argv[1], read_dictionary=pq.read_schema(sys.argv[1]).names)
print(json.dumps({"read_cpu_s": time.process_time() - start}))
"""


@dataclass
class Bench:
    """One run of the benchmarks: what was asked, and what has come of it so far."""

    rows: tuple[int, ...]
    runs: int
    seed: int
    seeds: int
    large_peers: bool
    lines: list[Line] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    raw: dict[str, Any] = field(default_factory=dict)

    def file(self, rows: int, suffix: str = "parquet", *, losses: bool = False) -> str:
        """The planted file of that size, made when it is not there."""
        path = DATA / f"{'losses' if losses else 'planted'}-{rows}-{self.seed}.{suffix}"
        if not path.exists():
            say(f"writing {path.name}")
            argv = [sys.executable, "-m", "benchmarks.planted", str(rows), str(path), "--seed", str(self.seed)]
            once([*argv, *(["--loss"] if losses else [])])
        return str(path)

    def cached(self) -> dict[str, str]:
        """Where compiled kernels are kept between processes."""
        return {"NUMBA_CACHE_DIR": str(DATA / "numba")}

    def line(self, what: str, rows: int, cost: Cost, note: str = "") -> Cost:
        """Keep a whole process's cost as a line."""
        self.lines.append(Line.of(what, rows, cost, note))
        say(f"{what}, {size(rows)}: {cost.cpu_s:.2f} CPU-s, {cost.wall_s:.2f} s, {cost.peak_mb:.0f} MB")
        return cost

    def said(self, name: str, rows: int, key: str) -> float | None:
        """A figure that an earlier section's process printed."""
        value = self.raw.get(f"{name}:{rows}", {}).get(key)
        return None if value is None else float(value)


def say(text: str) -> None:
    """Progress, on stderr."""
    print(text, file=sys.stderr, flush=True)


def start_up(bench: Bench) -> None:
    """What a command costs before it does anything."""
    bench.line("python -c pass", 0, median([sys.executable, "-c", "pass"], bench.runs))
    bench.line("errata --version", 0, median([*ERRATA, "--version"], bench.runs))
    bench.line("import errata", 0, median([sys.executable, "-c", "import errata"], bench.runs))


def compile_kernels(bench: Bench) -> None:
    """numba's first call: in a machine that never compiled, and in one that did."""
    rows = max(bench.rows)
    argv = [sys.executable, "-m", "benchmarks.search", bench.file(rows)]
    with tempfile.TemporaryDirectory() as fresh:
        cold = once(argv, {"NUMBA_CACHE_DIR": fresh})
    once(argv, bench.cached())
    warm = once(argv, bench.cached())
    bench.raw["compile"] = {"cold": cold.said, "cached": warm.said}
    for name, cost in (("first call, nothing compiled yet", cold), ("first call, compiled before", warm)):
        note = "beyond a later call" if cost.said["kernels"] else "beyond a later call; no kernel was needed"
        bench.lines.append(Line(name, rows, cost.said["first_call_cpu_s"], note=note))


def search(bench: Bench) -> None:
    """The search over codes in memory."""
    for rows in bench.rows:
        cost = median([sys.executable, "-m", "benchmarks.search", bench.file(rows)], bench.runs, bench.cached())
        bench.raw[f"search:{rows}"] = cost.said
        bench.lines.append(Line("search, top 20 alone", rows, cost.said["top_cpu_s"], note="codes in memory"))
        bench.lines.append(
            Line("search, threshold and peeling", rows, cost.said["search_cpu_s"], note="codes in memory")
        )
        say(f"search, {size(rows)}: {cost.said['top_cpu_s']:.3f} and {cost.said['search_cpu_s']:.3f} CPU-s")
        codes, more = cost.said["codes_mb"], cost.said["more_mb"]
        bench.raw[f"search:{rows}"]["memory"] = (codes + more) / codes
    bench.bars.append(Bar("search at 10 M, top 20 alone", bench.said("search", 10_000_000, "top_cpu_s"), 1, "CPU-s"))
    bench.bars.append(
        Bar("search at 10 M, threshold and peeling", bench.said("search", 10_000_000, "search_cpu_s"), 4, "CPU-s")
    )
    bench.bars.append(Bar("search at 10 M, memory", bench.said("search", 10_000_000, "memory"), 1.3, "× the codes"))


def loss(bench: Bench) -> None:
    """The search of a float loss over codes in memory, threshold and peeling with it."""
    for rows in bench.rows:
        argv = [sys.executable, "-m", "benchmarks.search", bench.file(rows, losses=True), "--loss"]
        cost = median(argv, bench.runs, bench.cached())
        bench.raw[f"loss:{rows}"] = cost.said
        seconds = cost.said["search_cpu_s"]
        bench.lines.append(Line("search of a float loss, threshold and peeling", rows, seconds, note="codes in memory"))
        say(f"search of a loss, {size(rows)}: {seconds:.3f} CPU-s")
    ten = bench.said("loss", 10_000_000, "search_cpu_s")
    bench.bars.append(Bar("search of a float loss at 10 M, threshold and peeling", ten, 10, "CPU-s"))


def analyze(bench: Bench) -> None:
    """The whole command from Parquet, beside reading the same file and doing nothing with it."""
    for rows in bench.rows:
        path = bench.file(rows)
        once([*ERRATA, "analyze", path, "--json"], bench.cached())
        read = bench.line(
            "read_table, a process of its own", rows, median([sys.executable, "-c", READ, path], bench.runs)
        )
        bench.lines.append(Line("read_table, the call alone", rows, read.said["read_cpu_s"]))
        ours = bench.line(
            "errata analyze, Parquet", rows, median([*ERRATA, "analyze", path, "--json"], bench.runs, bench.cached())
        )
        bench.raw[f"analyze:{rows}"] = {
            "ratio": ours.cpu_s / read.cpu_s,
            "ratio_to_call": ours.cpu_s / read.said["read_cpu_s"],
            "peak_mb": ours.peak_mb,
            "listed": [finding["slice"] for finding in ours.said["findings"] if finding["kind"] == "slice"],
        }
    ten = 10_000_000
    bench.bars.append(Bar("analyze at 10 M / reading the file", bench.said("analyze", ten, "ratio"), 5, "× CPU"))
    bench.bars.append(Bar("analyze at 10 M, peak memory", bench.said("analyze", ten, "peak_mb"), 1500, "MB"))


def csv(bench: Bench) -> None:
    """The whole command from a million rows of CSV."""
    rows = 1_000_000
    path = bench.file(rows, "csv")
    once([*ERRATA, "analyze", path, "--json"], bench.cached())
    cost = bench.line(
        "errata analyze, CSV", rows, median([*ERRATA, "analyze", path, "--json"], bench.runs, bench.cached())
    )
    bench.bars.append(Bar("analyze a CSV of 1 M rows", cost.wall_s, 5, "s"))


def exhaustive(bench: Bench) -> None:
    """Is the list the one that counting everything would give?"""
    for rows in (50_000, 1_000_000):
        cost = once([sys.executable, "-m", "benchmarks.exhaustive", bench.file(rows)], bench.cached())
        bench.raw[f"exhaustive:{rows}"] = cost.said
        for what, key in (("list with peeling", "equal"), ("top 20 alone", "top_equal")):
            bench.bars.append(
                Bar(f"{what} equals the exhaustive one at {size(rows)} (1 = yes)", float(cost.said[key]), 1, most=False)
            )
            say(f"{what}, {size(rows)}: {'equal' if cost.said[key] else 'NOT equal'}")


def calibration(bench: Bench) -> None:
    """Nothing found where nothing is; all found where something is."""
    cases = (
        ("shuffled", 20_000, bench.seeds),
        ("shuffled", 200_000, bench.seeds),
        ("copies", 20_000, bench.seeds),
        ("skewed", 20_000, bench.seeds),
        ("planted", 200_000, bench.seeds // 5),
    )
    words = {
        "shuffled": "silent on shuffled failures",
        "copies": "silent on copies of rows, grouped",
        "skewed": "silent on groups of unlike sizes",
        "planted": "all five planted, at most one other",
    }
    for what, rows, seeds in cases:
        argv = [sys.executable, "-m", "benchmarks.calibration", what, str(rows), str(seeds)]
        cost = once(argv, bench.cached(), limit_s=7200)
        bench.raw[f"{what}:{rows}"] = cost.said
        good = 100 * cost.said["good"] / seeds
        limit = 95 if what == "planted" else 90
        bench.bars.append(Bar(f"{words[what]}, {size(rows)}, {seeds} seeds", good, limit, "% of seeds", most=False))
        say(f"{what}, {size(rows)}: {cost.said['good']} of {seeds} seeds as they should be")


def compare(bench: Bench) -> None:
    """Two versions of a million samples: failures by the exact test, losses by a thousand bootstraps."""
    rows = 1_000_000
    a, b = (DATA / f"{name}-{rows}-{bench.seed}.parquet" for name in ("version-a", "version-b"))
    if not (a.exists() and b.exists()):
        say("writing two versions")
        once([sys.executable, "-m", "benchmarks.versions", "write", str(rows), str(a), str(b), str(bench.seed)])
    argv = [*ERRATA, "compare", str(a), str(b), "--json", "--exclude"]
    for what, more in (
        ("failures", ["user,loss"]),
        ("losses, 1,000 bootstraps", ["user", "--metric", "loss", "--loss", "loss"]),
    ):
        once([*argv, *more], bench.cached())
        cost = bench.line(f"errata compare, {what}", rows, median([*argv, *more], bench.runs, bench.cached()))
        bench.bars.append(Bar(f"compare 1 M samples, {what}", cost.cpu_s, 5, "CPU-s"))


def comparisons(bench: Bench) -> None:
    """Equal versions are not told apart, changed slices are found, intervals cover."""
    cost = once([sys.executable, "-m", "benchmarks.versions", "simulate", str(bench.seeds)], limit_s=7200)
    found = bench.raw["comparisons"] = cost.said
    # Three standard deviations of 5 % over so many seeds.
    level = 5 + 3 * (5 * 95 / bench.seeds) ** 0.5
    for key, word in (
        ("told", "equal versions told apart"),
        ("listed", "equal versions with a slice listed"),
        ("grouped", "equal versions told apart or with a slice, by group"),
    ):
        bench.bars.append(Bar(f"{word}, {bench.seeds} seeds", found[key], level, "% of seeds"))
    bench.bars.append(Bar("both slices that B breaks are found", found["found"], 80, "% of seeds", most=False))
    for key, word in (("shares", "failures"), ("dependent", "dependent failures"), ("losses", "losses")):
        bench.bars.append(Bar(f"interval of a difference covers, {word}", found[key], 93, "%", most=False))
        bench.bars.append(Bar(f"interval of a difference is no wider than it has to be, {word}", found[key], 97, "%"))


def audit(bench: Bench) -> None:
    """The whole audit of a log with 25 columns, beside reading it; with the counts kept, once more."""
    rows = max(bench.rows)
    path = _log(bench, rows)
    costs = {}
    for what, words in (
        ("scan", "pyarrow scan of 25 columns"),
        ("batches", "the same, read as the audit reads"),
        ("full", "full audit of 25 columns"),
    ):
        argv = [sys.executable, "-m", "benchmarks.audit", what, str(path)]
        once(argv)
        costs[what] = bench.line(words, rows, median(argv, bench.runs))
    bench.raw[f"audit:{rows}"] = {what: cost.to_json() for what, cost in costs.items()}
    ratio = costs["full"].cpu_s / costs["scan"].cpu_s
    bench.bars.append(Bar(f"full audit of {size(rows)} / scanning the file", ratio, 2.5, "× CPU"))
    bench.bars.append(Bar(f"full audit of {size(rows)}, peak memory", costs["full"].peak_mb, 600, "MB"))
    said = once([sys.executable, "-m", "benchmarks.audit", "again", str(path)]).said
    bench.raw[f"again:{rows}"] = said
    for key, words in (("again_s", "the audit again"), ("trend_s", "the trend alone"), ("drift_s", "drift alone")):
        bench.bars.append(Bar(f"{words}, from stored counts, {size(rows)}", said[key], 0.3, "s"))
    argv = [*ERRATA, "drift", str(path), str(path), "--json"]
    bench.line("errata drift, both sides read", rows, median(argv, bench.runs, bench.cached()))


def long(bench: Bench) -> None:
    """The search at 100 M rows; the whole audit of as many, and of these listed ten times: what does a row cost?"""
    argv = [sys.executable, "-m", "benchmarks.long_search", "100000000", str(bench.seed)]
    said = bench.line("search over codes made in memory", 100_000_000, once(argv, bench.cached(), 7200)).said
    bench.raw["long_search"] = said
    bench.bars.append(Bar("search at 100 M, threshold and peeling", said["search_cpu_s"], 15, "CPU-s"))
    bench.bars.append(Bar("search at 100 M, memory / codes", said["peak_mb"] / said["codes_mb"], 1.3, "×"))
    short, rows = _log(bench, 10_000_000), 100_000_000
    path = _log(bench, rows)
    costs = {}
    for name, file, times, total in (
        ("short", short, "1", 10_000_000),
        ("long", path, "1", rows),
        ("longest", path, "10", 10 * rows),
    ):
        argv = [sys.executable, "-m", "benchmarks.audit", "full", str(file), times]
        costs[name] = bench.line("full audit of 25 columns", total, once(argv, limit_s=7200))
    bench.raw["long"] = {name: cost.to_json() for name, cost in costs.items()}
    ratio = costs["long"].cpu_s / rows / (costs["short"].cpu_s / 10_000_000)
    bench.bars.append(Bar("full audit, a row of 100 M / a row of 10 M", ratio, 1.2, "× CPU"))
    bench.bars.append(Bar("full audit of 100 M, peak memory", costs["long"].peak_mb, 600, "MB"))
    bench.bars.append(Bar("full audit of 1 B, peak memory", costs["longest"].peak_mb, 700, "MB"))


def _log(bench: Bench, rows: int) -> Path:
    """The log of so many rows, written when it is not there."""
    path = DATA / f"log-{rows}-{bench.seed}.parquet"
    if not path.exists():
        say(f"writing a log of {size(rows)} rows")
        argv = [sys.executable, "-m", "benchmarks.audit", "write", str(rows), str(path), str(bench.seed)]
        once(argv, limit_s=7200)
    return path


def peers(bench: Bench) -> None:
    """sliceline's search, and counting everything with DuckDB, on the same files in the same run."""
    try:
        python = peer_python("slices")
    except ChildFailed as failure:
        bench.lines.append(Line("sliceline and DuckDB", 0, note=str(failure)))
        return
    scripts = HERE / "peers"
    path = bench.file(50_000)
    ours = bench.said("search", 50_000, "search_cpu_s")
    found = _peer(bench, "sliceline", 50_000, [python, str(scripts / "sliceline_search.py"), path])
    if found is not None:
        ratio = found["search_cpu_s"] / ours if ours else None
        bench.bars.append(Bar("sliceline's search / ours, at 50 k", ratio, 100, "× CPU", most=False))
    for rows in bench.rows:
        if rows <= 1_000_000 or bench.large_peers:
            argv = [python, str(scripts / "duckdb_groupbys.py"), bench.file(rows)]
            _peer(bench, "DuckDB, 575 GROUP BYs", rows, argv)
        else:
            bench.lines.append(Line("DuckDB, 575 GROUP BYs", rows, note="only with --large-peers"))


MONITORS = {
    "evidently": ("Evidently", "evidently_drift.py", "drift,operating-points"),
    "nannyml": ("NannyML", "nannyml_drift.py", "drift,trend"),
    "whylogs": ("whylogs", "whylogs_profile.py", "drift"),
}
"""Of each peer: how it is called, its script under peers/, and the analyses that do all that it does, and more."""


def monitors(bench: Bench) -> None:
    """What Evidently, NannyML and whylogs do of the audit, beside the analyses that do it, on the same 1 M rows."""
    rows = 1_000_000
    path = str(_log(bench, rows))
    scores = ",".join(f"score_{k}" for k in range(5))
    roles = ["--score", "confidence", "--positive", "class-1", "--exclude", scores]
    for name, (called, script, analyses) in MONITORS.items():
        argv = [*ERRATA, "analyze", path, "--only", analyses, *roles, "--json"]
        once(argv, bench.cached())
        ours = bench.line(f"errata analyze --only {analyses}", rows, median(argv, bench.runs, bench.cached()))
        try:
            peer = median([peer_python(name), str(HERE / "peers" / script), path], bench.runs)
        except ChildFailed as failure:
            bench.lines.append(Line(called, rows, note=str(failure).splitlines()[0]))
            say(str(failure))
            peer = None
        if peer is not None:
            bench.line(f"{called} {peer.said['version']}", rows, peer, f"of which {analyses} does all and more")
            bench.raw[f"{name}:{rows}"] = {"peer": peer.to_json(), "ours": [ours.cpu_s, ours.wall_s, ours.peak_mb]}
        ratio = None if peer is None else peer.cpu_s / ours.cpu_s
        bench.bars.append(Bar(f"{called} / the same analyses, at 1 M", ratio, 10, "× CPU", most=False))


def families(bench: Bench) -> None:
    """Every family of tests: false alarms, power, coverage. Bars allow for three standard deviations of the rounds."""
    rounds = 4 * bench.seeds
    found = once([sys.executable, "-m", "benchmarks.families", str(rounds)], bench.cached(), limit_s=7200).said
    groups = once([sys.executable, "-m", "benchmarks.groups", str(rounds)], bench.cached(), limit_s=7200).said
    bench.raw["families"], bench.raw["groups"] = found, groups
    words = {"false": "false alarms", "found": "found", "pointwise": "covered", "together": "covered together"}
    for one in [*found, *_of_groups(groups, rounds)]:
        what, value, unit = f"{one['what']}, n = {one['of']:,}: {words[one['unit']]}", one["percent"], one["unit"]
        chance = 300 * (0.05 * 0.95 / one["of"]) ** 0.5
        if unit == "false":
            bench.bars.append(Bar(what, value, 5 + chance, "%"))
            continue
        least = {"found": 80, "pointwise": 93 - chance, "together": 95 - chance}[unit]
        bench.bars.append(Bar(what, value, least, "%", most=False))
        if unit == "pointwise":
            bench.bars.append(Bar(f"{what}, no more than has to be", value, 97 + chance, "%"))


def _of_groups(groups: dict[str, Any], rounds: int) -> list[dict[str, Any]]:
    """What benchmarks.groups says of fairness, adequacy and the heatmap, as benchmarks.families says it."""
    found: list[dict[str, Any]] = []
    for what, said in groups.items():
        shares = said if isinstance(said, dict) else {"false": said}
        planted = any(word in what for word in ("a gap of", "unequal", "one cell"))
        for key, share in shares.items():
            unit = "together" if key == "all intervals hold" else "found" if planted else "false"
            if key != "p below 5 %":
                found.append({"what": what, "unit": unit, "percent": 100 * share, "of": rounds})
    return found


def _peer(bench: Bench, name: str, rows: int, argv: list[str]) -> dict[str, Any] | None:
    try:
        cost = bench.line(name, rows, once(argv), "whole process")
    except ChildFailed as failure:
        bench.lines.append(Line(name, rows, note=str(failure).splitlines()[0]))
        return None
    said: dict[str, Any] = cost.said
    bench.raw[f"{name}:{rows}"] = said
    bench.lines.append(Line(f"{name}, its search alone", rows, said["search_cpu_s"], note=f"version {said['version']}"))
    return said


SECTIONS: dict[str, Callable[[Bench], None]] = {
    "start": start_up,
    "search": search,
    "loss": loss,
    "compile": compile_kernels,
    "analyze": analyze,
    "csv": csv,
    "exhaustive": exhaustive,
    "peers": peers,
    "calibration": calibration,
    "compare": compare,
    "comparisons": comparisons,
    "audit": audit,
    "monitors": monitors,
    "families": families,
    "long": long,
}
HOURS = ("long",)
"""Sections that take an hour and 11 GB of disk: made when they are named."""
