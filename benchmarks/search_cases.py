"""Search over 100,000 cases: how fast they are written in bulk, and what 20 queries and the recurring patterns take.

    python -m benchmarks.search_cases [--cases 100000] [--rounds 5] [--keep DIR] [--postgresql [ADDRESS]]

Cases are made from a seed: words as often as in texts of people (the n-th word in a share of 1/n), three states, 12
models in many versions, thousands of slices, two years, and a failure mode each. Every round asks every query once, in
a new order; p50 and p95 are over all of them. ``--postgresql`` by itself is a server of the tests' wheel, which never
vacuums or looks at its tables by itself. What was read is remembered; so there is a third way, in which a case is
edited before each query. (What the server worked counts those edits.)

The bars: 2,000 cases/s on SQLite; p95 of 50 ms without and 150 ms with facets.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from itertools import accumulate, islice
from pathlib import Path

import errata
from errata.client.catalog import Catalog
from errata.nouns.case import KIND, CaseFigures
from errata.nouns.record import Body, Record
from errata.store import labels, records
from errata.store.catalog import Transaction
from errata.verbs.patterns import patterns
from errata.verbs.vocabulary import add_vocabulary
from tests.databases import wheel

QUERIES = (
    "",
    "pedestrian",
    "night rain",
    "glare",
    "zurich",
    "歩行者",
    "w3000",
    "w40 w200 w900",
    "night -rain",
    "-night",
    "state:open",
    "state:closed night",
    "-state:closed sort:date",
    "sort:excess",
    "model:m3",
    "model:m3@>=5 night",
    "dataset:d1*,d2* metric:fnr",
    'slice:"contrast < 0.4"',
    "run>=400 sort:-changed",
    "created>=2020 -model:m1 state:draft,planned sort:key",
)
WAYS = {"without facets": 50.0, "with facets": 150.0, "without facets, after a write": None}
BULK = 2_000
_NAMED = ["night", "rain", "pedestrian", "Zürich", "歩行者", "glare", "wet", "road", "sensor", "label"]
_SOURCES = ["day", "night", "dusk"]


def bodies(many: int, seed: int) -> Iterator[tuple[Body, str]]:
    """Cases with texts of some hundred letters, each with the reason of its revision."""
    draw = random.Random(seed)
    known = [f"w{n}" for n in range(8_000)]
    for at, name in zip((3, 9, 30, 80, 150, 400, 12, 20, 60, 45), _NAMED, strict=True):
        known[at] = name
    weights = list(accumulate(1 / (n + 3) for n in range(len(known))))
    for _ in range(many):
        said = draw.choices(known, cum_weights=weights, k=50)
        dark, source, node = draw.randint(1, 9) / 10, draw.choice(_SOURCES), draw.randint(1, 90)
        where = f"contrast < {dark} and node = {node} and source = '{source}'"
        rows, failed = draw.randint(100, 9_999), draw.randint(1, 99)
        figures = CaseFigures(
            rows=rows, failed=failed, error_rate=failed / rows, low=0.0, high=1.0, rest_error_rate=0.01,
            excess_errors=draw.random() * failed,
        )  # fmt: skip
        values = {
            "title": " ".join(said[:7]),
            "why": " ".join(said[7:18]),
            "summary": " ".join(said[18:]),
            "slice": where,
            "metric": draw.choice(["error", "error", "fnr", "fpr"]),
            "task": "classification",
            "run": draw.randint(1, 500),
            "fingerprint": hashlib.sha256(where.encode()).hexdigest(),
            "model": f"m{draw.randint(1, 12)}@{draw.randint(1, 20)}",
            "dataset": f"d{draw.randint(1, 30)}@{draw.randint(1, 3)}",
            "figures": figures,
            "evidence": "0" * 64,
            "samples": failed,
            "occurred": f"{draw.randint(2024, 2025)}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}",
        }
        yield KIND.make(values), "imported"


def fill(catalog: Catalog, many: int, seed: int) -> float:
    """Write the cases in transactions of 5,000; cases a second, of which making them is no part."""
    spent = worked = 0.0
    made = bodies(many, seed)
    vocabulary = add_vocabulary(catalog.store, "failure-mode")
    terms = sorted(vocabulary.body.concepts)
    full = {term: f"{vocabulary.body.name}:{vocabulary.body.path(term)}" for term in terms}
    draw = random.Random(seed)
    for at in range(-(-many // 5_000)):
        batch = list(islice(made, 5_000))
        start, began = time.perf_counter(), time.process_time()
        with catalog.store.write("import cases") as transaction:

            def label(cases: list[Record], transaction: Transaction = transaction) -> None:
                said = [labels.Said(subject=case.key, vocabulary=vocabulary.number, revision=1, term=draw.choice(terms))
                        for case in cases]  # fmt: skip
                labels.add(transaction, said, full)

            state = ("draft", "planned", "closed")[at % 3]
            records.create_all(transaction, KIND, batch, state=state, also=label)
        spent, worked = spent + time.perf_counter() - start, worked + time.process_time() - began
    print(f"{many:,} cases written in {spent:.1f} s, {worked:.1f} s of this process; load {os.getloadavg()[0]:.1f}")
    return many / spent


Times = dict[str, list[tuple[float, float]]]


def ask(catalog: Catalog, rounds: int, way: str, seed: int) -> Times:
    """Milliseconds of every query in every round: on the clock, and of this process."""
    draw = random.Random(seed)
    took: Times = {query: [] for query in QUERIES}
    for at in range(rounds + 1):
        for query in draw.sample(QUERIES, len(QUERIES)):
            if "write" in way:
                catalog.cases.edit(f"{catalog.key}-{draw.randint(2, 99)}", reason="seen", trigger=f"{at} {query}")
            took[query].append(timed(lambda query=query: catalog.cases.search(query, facets=way == "with facets")))
    return {query: times[1:] for query, times in took.items()}  # the first round wakes modules and the page cache


def timed(what: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds on the clock, and of this process."""
    start, worked = time.perf_counter(), time.process_time()
    what()
    return (time.perf_counter() - start) * 1_000, (time.process_time() - worked) * 1_000


def served(catalog: Catalog) -> float:
    """Milliseconds that the server's process for this connection has worked, where it runs here; the pool has one."""
    with catalog.store.read() as connection:
        if connection.dialect.name != "postgresql":
            return 0.0
        pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    stat = Path(f"/proc/{pid}/stat")
    ticks = [int(one) for one in stat.read_text().rpartition(")")[2].split()[11:13]] if stat.exists() else [0]
    return sum(ticks) * 1_000 / os.sysconf("SC_CLK_TCK")


def report(name: str, catalog: Catalog, rounds: int, seed: int, rate: float | None) -> bool:
    """Print the figures as Markdown; whether every bar holds."""
    held = rate is None or name != "SQLite" or rate >= BULK
    if rate is not None:
        bar = f"{'✓' if held else '●'} (bar: {BULK:,})" if name == "SQLite" else ""
        print(f"{name}: bulk import {rate:,.0f} cases/s {bar}")
    told = {}
    for way, bar in WAYS.items():
        before = served(catalog)
        took = ask(catalog, rounds, way, seed)
        held &= line(f"{name}, {way}", [one for times in took.values() for one in times], bar)
        fastest = [min(one for one, _ in times) for times in took.values()]
        asked = f"; the server worked {(served(catalog) - before) / len(QUERIES) / (rounds + 1):.1f} ms for each"
        print(
            f"  of the fastest of each query p95 {statistics.quantiles(fastest, n=20)[-1]:.1f} ms"
            f"{asked if name != 'SQLite' else ''}"
        )
        told[way] = {query: statistics.median(one for one, _ in times) for query, times in took.items()}
    for way in ("", ", after a write"):
        times = []
        for at in range(4 * rounds + 1):
            if way:
                catalog.cases.edit(f"{catalog.key}-2", reason="seen", trigger=f"patterns {at}")
            times.append(timed(lambda: patterns(catalog.store)))
        line(f"{name}, patterns{way}", times[1:], None)
    print(f"\n| query | hits | {', ms | '.join(WAYS)}, ms |\n|---|---|{'---|' * len(WAYS)}")
    for query in QUERIES:
        total = catalog.cases.search(query, limit=1, facets=False).total
        print(f"| `{query or ' '}` | {total:,} | {' | '.join(f'{told[way][query]:.1f}' for way in WAYS)} |")
    return held


def line(what: str, times: list[tuple[float, float]], bar: float | None) -> bool:
    """Print one line of figures; whether they hold the bar."""
    clock, here = zip(*times, strict=True)
    p95 = statistics.quantiles(clock, n=20)[-1]
    said = "" if bar is None else f" {'✓' if p95 <= bar else '●'} (bar: {bar:.0f} ms)"
    print(
        f"{what}: p50 {statistics.median(clock):.1f} ms, p95 {p95:.1f} ms{said}; of this process p95 "
        f"{statistics.quantiles(here, n=20)[-1]:.1f} ms; load {os.getloadavg()[0]:.1f}",
        flush=True,
    )
    return bar is None or p95 <= bar


def main(given: Sequence[str] | None = None) -> None:
    """Make the catalog, unless one is kept; ask; print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search_cases", description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5, help="how often each query is asked (default: 5)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", help="a folder for the catalog, used again when it is there")
    said = "measured there too: the address of an empty database, or without one a server of the tests' wheel"
    parser.add_argument("--postgresql", nargs="?", const="", metavar="ADDRESS", help=said)
    asked = parser.parse_args(given)
    held = True
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(asked.keep or temporary) / "cases"
        rate = None
        there = (folder / ".errata").exists()
        with errata.init(folder) as catalog:
            if not there:
                rate = fill(catalog, asked.cases, asked.seed)
            held &= report("SQLite", catalog, asked.rounds, asked.seed, rate)
        if asked.postgresql is not None:
            place = nullcontext(asked.postgresql) if asked.postgresql else wheel()
            with place as address, errata.open(address, files=Path(temporary) / "files") as catalog:
                rate = fill(catalog, asked.cases, asked.seed)
                held &= report("PostgreSQL", catalog, asked.rounds, asked.seed, rate)
    sys.exit(0 if held else "a bar was missed")


if __name__ == "__main__":
    main()
