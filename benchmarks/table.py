"""What was measured, as Markdown tables: each figure beside the bar that it has to clear."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.measure import Cost


@dataclass(frozen=True)
class Line:
    """One process (or one part of it) at one size. ``cost`` is None where it was not run, and ``note`` says why."""

    what: str
    rows: int
    cpu_s: float | None = None
    wall_s: float | None = None
    peak_mb: float | None = None
    note: str = ""

    @classmethod
    def of(cls, what: str, rows: int, cost: Cost, note: str = "") -> Line:
        """A whole process."""
        return cls(what, rows, cost.cpu_s, cost.wall_s, cost.peak_mb, note)


@dataclass(frozen=True)
class Bar:
    """A promise: ``value`` must be at most (``most``) or at least ``limit``; None was not measured in this run."""

    what: str
    value: float | None
    limit: float
    unit: str = ""
    most: bool = True

    @property
    def holds(self) -> bool | None:
        """Whether it is kept."""
        if self.value is None:
            return None
        return self.value <= self.limit if self.most else self.value >= self.limit


def size(rows: int) -> str:
    """``50000`` → ``50 k``."""
    return f"{rows // 1_000_000} M" if rows >= 1_000_000 else f"{rows // 1000} k" if rows else "–"


def figure(value: float | None, unit: str = "") -> str:
    """Three significant digits with the unit; what was not measured is a dash."""
    if value is None:
        return "–"
    text = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{text} {unit}".rstrip()


def lines_table(lines: Sequence[Line]) -> str:
    """CPU, wall clock and peak memory, one row per line."""
    rows = [
        [line.what, size(line.rows), figure(line.cpu_s), figure(line.wall_s), figure(line.peak_mb), line.note]
        for line in lines
    ]
    return _markdown(["what", "rows", "CPU-s", "wall s", "peak MB", ""], rows)


def bars_table(bars: Sequence[Bar]) -> str:
    """Each promise, what was measured, and whether it is kept."""
    sign = {True: "≤", False: "≥"}
    words = {True: "✓ kept", False: "● missed", None: "○ not measured"}
    rows = [
        [bar.what, figure(bar.value, bar.unit), f"{sign[bar.most]} {figure(bar.limit, bar.unit)}", words[bar.holds]]
        for bar in bars
    ]
    return _markdown(["promise", "measured", "bar", ""], rows)


def _markdown(head: list[str], rows: list[list[Any]]) -> str:
    wide = [max(len(str(row[k])) for row in [head, *rows]) for k in range(len(head))]
    body = [head, ["-" * width for width in wide], *rows]
    return "\n".join("| " + " | ".join(str(c).ljust(w) for c, w in zip(row, wide, strict=True)) + " |" for row in body)
