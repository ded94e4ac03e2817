"""The search over codes in memory, timed inside one process: the top twenty alone, then with threshold and peeling.

    python -m benchmarks.search FILE [--loss]

The first call of each is timed apart: it is where numba compiles, or loads what an earlier process compiled.
"""

from __future__ import annotations

import contextlib
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.memory import coded
from errata.analysis.slices import search, strongest

REPEATS = 3


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    """CPU-seconds of all threads, and the result."""
    start = time.process_time()
    result = call()
    return time.process_time() - start, result


def memory_mb(what: str) -> float:
    """What this process holds (``VmRSS``), or has held at most since the peak was reset (``VmHWM``); 0 if not known."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(what)), 0.0)


def reset_peak() -> None:
    """Forget what was held at most so far."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def main(path: str, losses: bool = False) -> None:
    """Print the costs as JSON."""
    data = coded(path, losses=losses)
    codes_mb = sum(column.nbytes for column in data.codes) / 2**20

    def top() -> Any:
        counter = data.counter()
        return counter.run(strongest(counter.population(), min_rows=data.min_rows))

    def whole() -> Any:
        counter = data.counter()
        return counter.run(search(counter.population(), min_rows=data.min_rows))

    top_first, _ = timed(top)
    whole_first, found = timed(whole)
    held = memory_mb("VmRSS")
    reset_peak()
    whole()
    more_mb = memory_mb("VmHWM") - held
    top_cpu = statistics.median(timed(top)[0] for _ in range(REPEATS))
    whole_cpu = statistics.median(timed(whole)[0] for _ in range(REPEATS))
    said = {
        "rows": len(data.failed),
        "codes_mb": codes_mb,
        "more_mb": more_mb,
        "top_cpu_s": top_cpu,
        "search_cpu_s": whole_cpu,
        "first_call_cpu_s": max(0.0, top_first - top_cpu) + max(0.0, whole_first - whole_cpu),
        "kernels": "numba" in sys.modules,
        "tried": found.tried,
        "threshold": found.null.threshold,
        "listed": [data.text(listed.items) for listed in found.listed],
    }
    print(json.dumps(said))


if __name__ == "__main__":
    main(sys.argv[1], "--loss" in sys.argv[2:])
