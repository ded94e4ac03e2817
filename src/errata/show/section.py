"""What sections of the terminal's page have in common: lines with a sign, signed numbers, p-values."""

from __future__ import annotations

from errata.core import units
from errata.nouns.report import Estimate
from errata.show.paint import Paint
from errata.show.wrapping import wrap

SIGNS = {"fail": "●", "inconclusive": "◆", "pass": "✓", "unknown": "○"}


def heading(text: str, width: int, paint: Paint) -> list[str]:
    """The first line of a section, bold."""
    first, *more = wrap(text, width, "")
    return [paint(first, "bold"), *more]


def signed_line(tone: str, text: str, width: int, paint: Paint, sign: str = "") -> list[str]:
    """A statement with its sign: ``fail``, ``inconclusive``, ``pass`` or ``unknown``; or one of its own in a tone."""
    sign = sign or SIGNS[tone]
    first, *more = wrap(f"{sign} {text}", width)
    return [first.replace(sign, paint(sign, tone), 1), *more]


def small_print(texts: list[str], width: int, paint: Paint) -> list[str]:
    """Notes, dim."""
    return [paint(line, "dim") for text in texts for line in wrap(text, width)]


def plus(value: float | None) -> str:
    """A quantity with its sign: ``+0.303``."""
    if value is None:
        return "–"
    return f"{'−' if value < 0 else '+'}{units.number(abs(value))}" if value else "0"


def plus_estimate(one: Estimate) -> str:
    """``+0.303 [+0.243, +0.363]``."""
    if one.low is None or one.high is None:
        return f"{plus(one.value)} (too few rows for an interval)"
    return f"{plus(one.value)} [{plus(one.low)}, {plus(one.high)}]"


def estimate(one: Estimate) -> str:
    """``1.54 [1.49, 1.60]``."""
    if one.low is None or one.high is None:
        return f"{units.number(one.value)} (too few rows for an interval)"
    return f"{units.number(one.value)} [{units.number(one.low)}, {units.number(one.high)}]"


def rate(one: Estimate) -> str:
    """``8.1 % [7.4, 8.6]``."""
    return f"{units.percent(one.value)} {units.interval(one.low, one.high)}".strip()


def points(one: Estimate) -> str:
    """``+2.1 pp [+1.1, +3.1]``."""
    assert one.value is not None
    if one.low is None or one.high is None:
        return f"{units.points(one.value)} (too few rows for an interval)"
    return f"{units.points(one.value)} [{100 * one.low:+.1f}, {100 * one.high:+.1f}]"


def p_value(p: float) -> str:
    """``p = 0.0312``; what is below one in a thousand is no more than that."""
    return "p < 0.001" if p < 0.001 else f"p = {units.number(p)}"
