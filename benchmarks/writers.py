"""Many writers at once in one catalog: is every operation there once, and is the catalog sound?

    python -m benchmarks.writers [--writers 16] [--operations 2000] [--homes folder,postgresql]

Each writer is a process of its own, which opens cases, edits, labels and links them as fast as it may. PostgreSQL is
the one of the tests, which does not wait for its disk.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.endurance import Ledger, faults_of, prepared, steps
from errata.client.transport import Local
from errata.store.catalog import open_store
from errata.store.making import init_store
from errata.store.places import Server
from tests.databases import wheel

HOMES = ("folder", "postgresql")
WAIT = "120"
"""Seconds that a writer waits for the others: SQLite's lock is not a queue, and one may be overtaken often."""


def write(place: Path | Server, writer: int, operations: int, start: float) -> list[tuple[str, float]]:
    """Do so many operations; the mark and the seconds of each."""
    os.environ["ERRATA_LOCK_TIMEOUT"] = WAIT
    done = []
    local = Local(open_store(place, actor=f"writer {writer}"))
    time.sleep(max(0.0, start - time.time()))
    todo = steps(str(writer))
    step = next(todo)
    for _ in range(operations):
        began = time.perf_counter()
        value = local.ask(step.name, **step.arguments)
        done.append((step.mark, time.perf_counter() - began))
        step = todo.send(value.key if step.name == "case open" else None)
    local.close()
    return done


def measured(place: Path | Server, writers: int, operations: int) -> dict[str, Any]:
    """All of them at once in a new catalog at ``place``; what it took, and what is wrong afterwards."""
    store, _ = init_store(place, "pets", actor="ada")
    prepared(store)
    each = operations // writers
    start = time.time() + 2.0 + 0.5 * writers  # when all have imported what they need
    with ProcessPoolExecutor(writers, mp_context=multiprocessing.get_context("spawn")) as pool:
        asked = [pool.submit(write, store.home.place, writer, each, start) for writer in range(writers)]
        done = [one for some in asked for one in some.result()]
    took = time.time() - start
    faults = faults_of(store, Ledger(acknowledged={mark for mark, _ in done}))
    store.close()
    seconds = sorted(second for _, second in done)
    return {
        "operations": len(done),
        "a_second": round(len(done) / took, 1),
        "p50_ms": round(1_000 * statistics.median(seconds), 1),
        "p99_ms": round(1_000 * seconds[int(0.99 * len(seconds))], 1),
        "faults": faults,
    }


@contextmanager
def home(name: str) -> Iterator[Path | Server]:
    """An empty place for a catalog."""
    with tempfile.TemporaryDirectory() as folder:
        if name == "folder":
            yield Path(folder) / "pets"
            return
        with wheel() as address:
            yield Server(address, Path(folder))


def main() -> None:
    """Print a line of JSON for each home."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.writers", description=__doc__)
    parser.add_argument("--writers", type=int, default=16)
    parser.add_argument("--operations", type=int, default=2_000)
    parser.add_argument("--homes", default=",".join(HOMES))
    given = parser.parse_args()
    unsound = False
    for name in given.homes.split(","):
        with home(name) as place:
            found = measured(place, given.writers, given.operations)
        unsound |= bool(found["faults"])
        print(json.dumps({"home": name, "load": round(os.getloadavg()[0], 1), **found}), flush=True)
    sys.exit("something is lost, double or unsound" if unsound else 0)


if __name__ == "__main__":
    main()
