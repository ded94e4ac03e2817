"""The search over planted codes that are made in memory, as a process of its own: its peak is theirs and the search's.

python -m benchmarks.long_search ROWS [SEED]
"""

from __future__ import annotations

import json
import resource
import sys
import time

import numpy as np

from benchmarks.planted import design
from errata.analysis.requests import Item
from errata.analysis.slices import search
from errata.engine.local.counter import Counter


def main(rows: int, seed: int) -> None:
    """Make the codes, search them once, and print the costs as JSON; waking the kernels is among them."""
    made = design(seed)
    names = sorted(made.values)
    codes = [np.empty(rows, np.uint8) for _ in names]
    failed = np.empty(rows, bool)
    start = 0
    for batch in made.blocks(rows):
        held = slice(start, start + batch.num_rows)
        start = held.stop
        for column, name in zip(codes, names, strict=True):
            column[held] = batch.column(name).indices.to_numpy()
        failed[held] = batch.column("truth").indices.to_numpy() != batch.column("prediction").indices.to_numpy()
    items = [Item(factor, code, code) for factor, name in enumerate(names) for code in range(len(made.values[name]))]
    begun = time.process_time()
    counter = Counter(codes, items, failed)
    found = counter.run(search(counter.population(), min_rows=rows // 100))
    said = {
        "rows": rows,
        "search_cpu_s": time.process_time() - begun,
        "codes_mb": (sum(column.nbytes for column in codes) + failed.nbytes) / 2**20,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "listed": len(found.listed),
        "tried": found.tried,
    }
    print(json.dumps(said))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
