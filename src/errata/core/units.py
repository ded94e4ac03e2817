"""How numbers are written, everywhere: tables, pages, reports and errors use these and nothing else."""

from __future__ import annotations

import math


def count(value: float) -> str:
    """``12408`` → ``12,408``."""
    return f"{round(value):,}"


def percent(rate: float | None, digits: int = 3) -> str:
    """A rate in [0, 1] as a percentage of three significant digits: ``0.4898`` → ``49.0 %``; unknown is ``–``."""
    return "–" if rate is None or math.isnan(rate) else f"{bare_percent(rate, digits)} %"


def bare_percent(rate: float, digits: int = 3) -> str:
    """``0.4898`` → ``49.0``; never scientific, never more than two decimals."""
    points = 100 * rate
    if points == 0:
        return "0.0"
    decimals = digits - 1 - math.floor(math.log10(abs(points)))
    return f"{points:.{min(max(decimals, 0), 2)}f}" if abs(points) < 99.95 else f"{points:.1f}"


def interval(low: float | None, high: float | None) -> str:
    """Two rates as ``[45.8, 52.1]`` percent."""
    if low is None or high is None:
        return ""
    return f"[{bare_percent(low)}, {bare_percent(high)}]"


def points(difference: float) -> str:
    """A difference of rates in percent points: ``0.021`` → ``+2.1 pp``."""
    return f"{100 * difference:+.1f} pp"


def number(value: float | None) -> str:
    """Any other quantity with three significant digits: ``0.04312`` → ``0.0431``."""
    if value is None or math.isnan(value):
        return "–"
    if value == 0 or math.isinf(value):
        return str(value) if math.isinf(value) else "0"
    if abs(value) >= 1000:
        return count(value)
    decimals = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:.{min(decimals, 6)}f}"


def plural(n: int, noun: str, many: str | None = None) -> str:
    """``plural(1, "row")`` → ``1 row``; ``plural(2, "row")`` → ``2 rows``."""
    return f"{count(n)} {noun if n == 1 else many or noun + 's'}"


def size(n: float) -> str:
    """Bytes as people say them: ``1_500_000`` → ``1.5 MB``."""
    for unit, one in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if n >= one:
            return f"{n / one:,.1f} {unit}"
    return plural(int(n), "byte")
