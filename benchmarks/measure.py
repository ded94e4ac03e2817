"""CPU-seconds and peak memory of whole child processes, as the kernel counted them.

This module and those that start children import the standard library alone: a child's peak starts at its parent's.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


class ChildFailed(Exception):
    """A measured process ended badly; the end of its stderr is the message."""


@dataclass(frozen=True)
class Cost:
    """One process, start to end: seconds of CPU (user and system, all threads) and of wall clock, peak MB resident."""

    cpu_s: float
    wall_s: float
    peak_mb: float
    said: Any = field(default=None, repr=False)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def once(argv: Sequence[str], env: Mapping[str, str] | None = None, limit_s: float = 1800) -> Cost:
    """Run ``argv`` and measure it. What it prints on stdout, when that is JSON, is kept as ``said``."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", **(env or {})}
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_DUP2, out.fileno(), 1),
            (os.POSIX_SPAWN_DUP2, err.fileno(), 2),
        ]
        start = time.perf_counter()
        child = os.posix_spawnp(argv[0], list(argv), environment, file_actions=actions)
        status, usage = _wait(child, start + limit_s)
        wall = time.perf_counter() - start
        code = os.waitstatus_to_exitcode(status)
        if code:
            err.seek(0)
            tail = err.read().decode(errors="replace").strip().splitlines()[-8:]
            raise ChildFailed(f"{' '.join(argv[:6])} … ended with {code} after {wall:.0f} s\n" + "\n".join(tail))
        out.seek(0)
        return Cost(
            cpu_s=usage.ru_utime + usage.ru_stime,
            wall_s=wall,
            peak_mb=usage.ru_maxrss / (1024 if sys.platform.startswith("linux") else 1024**2),
            said=_json(out.read().decode(errors="replace")),
        )


def median(argv: Sequence[str], runs: int, env: Mapping[str, str] | None = None, limit_s: float = 1800) -> Cost:
    """The medians over ``runs`` runs; ``said`` is that of the last, its numbers medians too."""
    costs = [once(argv, env, limit_s) for _ in range(runs)]
    return Cost(
        cpu_s=statistics.median(cost.cpu_s for cost in costs),
        wall_s=statistics.median(cost.wall_s for cost in costs),
        peak_mb=statistics.median(cost.peak_mb for cost in costs),
        said=_medians([cost.said for cost in costs]),
    )


def _wait(child: int, deadline: float) -> tuple[int, Any]:
    """Wait for ``child``; one that goes on past ``deadline`` is ended."""
    pause = 0.0005
    while True:
        done, status, usage = os.wait4(child, os.WNOHANG)
        if done:
            return status, usage
        if time.perf_counter() > deadline:
            os.kill(child, 9)
            _, status, usage = os.wait4(child, 0)
            return status, usage
        time.sleep(pause)
        pause = min(pause * 1.5, 0.01)


def _medians(said: list[Any]) -> Any:
    if not said or not isinstance(said[-1], dict):
        return said[-1] if said else None
    last = dict(said[-1])
    for key, value in last.items():
        if isinstance(value, float):
            last[key] = statistics.median(each[key] for each in said)
    return last


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
