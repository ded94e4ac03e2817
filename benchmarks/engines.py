"""``python -m benchmarks.engines``: the same tallies over the same Parquet, here and on Spark in local mode.

Both run in one process, in turn, after each has run once; the figures are medians, with the least and the most. Spark
needs pyspark and Java.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from errata.analysis.tally import Axis, Tally
from errata.engine.spark.session import session
from errata.integrations.files import open_source
from errata.tasks.reserved import View
from errata.verbs.counting import LOCAL
from errata.verbs.spark import Spark, spark_source

BINS = tuple(float(edge) for edge in np.linspace(-3, 3, 41))


def rows(count: int) -> pa.Table:
    """Ten numeric and five categorical columns, a time and a label."""
    rng = np.random.default_rng(0)
    numbers = {f"x{at}": rng.normal(size=count) for at in range(10)}
    texts = {
        f"c{at}": pa.array([f"v{one}" for one in range(8)]).take(pa.array(rng.integers(0, 8, count))) for at in range(5)
    }
    moments = pa.array(np.sort(rng.integers(0, 10**15, count)), pa.timestamp("us"))
    return pa.table({**numbers, **texts, "time": moments, "failed": rng.random(count) < 0.1})


def asked() -> list[Tally]:
    """What an audit asks: each column by whether it failed, and the hours."""
    by_number = [Tally((Axis(f"x{at}", edges=BINS), Axis("failed")), (f"x{at}",)) for at in range(10)]
    by_text = [Tally((Axis(f"c{at}"), Axis("failed"))) for at in range(5)]
    return [*by_number, *by_text, Tally((Axis("time", seconds=3600), Axis("failed")))]


def seconds(run: Callable[[], Any]) -> float:
    """How long it takes."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engines", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    os.environ.setdefault("PYSPARK_SUBMIT_ARGS", "--master local[2] pyspark-shell")
    start = time.perf_counter()
    session()
    started = time.perf_counter() - start
    with tempfile.TemporaryDirectory() as folder:
        for at in range(4):
            part = rows(given.rows).slice(at * given.rows // 4, given.rows // 4)
            pq.write_table(part, Path(folder) / f"part-{at}.parquet")
        here, there = open_source(folder), spark_source(folder)
        engines: dict[str, Callable[[], Any]] = {
            "local": lambda: LOCAL.answers(here, asked(), View(), lambda _: None),
            "spark": lambda: Spark().answers(there, asked(), View(), lambda _: None),
        }
        first = {name: seconds(run) for name, run in engines.items()}
        taken: dict[str, list[float]] = {name: [] for name in engines}
        for _ in range(given.runs):
            for name, run in engines.items():
                taken[name].append(seconds(run))
        same = engines["local"]() == engines["spark"]()
    print(f"{given.rows:,} rows, {len(asked())} tallies, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print(f"counts agree: {same}; the session took {started:.1f} s to start")
    for name, times in taken.items():
        median = statistics.median(times)
        print(f"{name}: first {first[name]:.2f} s, then {median:.2f} s ({min(times):.2f}–{max(times):.2f})")


if __name__ == "__main__":
    main()
