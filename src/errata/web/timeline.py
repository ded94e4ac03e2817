"""The timeline of a case: a line on which its moments stand as far apart as they were, and each with its number."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any

_CLOCK = r"[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?\s*(?:(Z|UTC)|([+-])(\d\d):?(\d\d))?"
_WHEN = re.compile(rf"(\d{{4}})(?:-(\d\d)(?:-(\d\d)(?:{_CLOCK})?)?)?\Z", re.ASCII)
FEWEST = 2
"""One moment needs no line."""
_LEFT, _WIDE = 2.0, 96.0
_APART = 3.5
"""Numbers nearer than this, in percent of the line, would stand upon each other."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: its number on the drawing, when, how long after the one before, and what happened."""

    number: int
    at: str
    after: str
    what: str


def entries(moments: Sequence[Any]) -> list[Entry]:
    """The moments in their order, each with the time since the one before where both are known to the same grain."""
    found = []
    for number, one in enumerate(moments, 1):
        before = moments[number - 2] if number > 1 else None
        found.append(Entry(number, one.at, _after(before.at, one.at) if before else "", one.what))
    return found


def timeline(moments: Sequence[Any]) -> str:
    """The line as SVG; empty where fewer than two moments say when they were, or all were at the same time."""
    spans = [(number, one, span) for number, one in enumerate(moments, 1) if (span := span_of(one.at))]
    if len(spans) < FEWEST:
        return ""
    start, end = min(span[0] for _, _, span in spans), max(span[1] for _, _, span in spans)
    if start == end:
        return ""
    first = min(spans, key=lambda one: one[2][0])[1].at
    last = max(spans, key=lambda one: one[2][1])[1].at
    said = f"{len(spans)} moments from {first} to {last}"
    marks = "".join(_marks(spans, start, end))
    return (
        f'<svg class="timed" role="img" aria-label="{escape(said)}" width="100%" height="52"><title>{escape(said)}'
        f'</title><line x1="0" x2="100%" y1="24" y2="24" stroke="var(--line-strong)"/>{marks}'
        f'<text x="0" y="48">{escape(first)}</text><text x="100%" y="48" text-anchor="end">{escape(last)}</text></svg>'
    )


def span_of(text: str) -> tuple[datetime, datetime] | None:
    """The time that ``2026``, ``2026-01``, ``2026-01-05`` or ``2026-01-05 14:03`` takes; None for other words."""
    match = _WHEN.match(text.strip())
    if match is None:
        return None
    year, month, day, hour, minute, second, _, sign, east, past = match.groups()
    try:
        low = datetime(int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0),
                       tzinfo=UTC)  # fmt: skip
        if sign:
            low -= (1 if sign == "+" else -1) * timedelta(hours=int(east), minutes=int(past))
        if hour:
            return low, low
        if day:
            return low, low + timedelta(days=1)
        days = calendar.monthrange(low.year, low.month)[1] if month else 365 + calendar.isleap(low.year)
        return low, low + timedelta(days=days)
    except (ValueError, OverflowError):
        return None


def _marks(
    spans: Sequence[tuple[int, Any, tuple[datetime, datetime]]], start: datetime, end: datetime
) -> Iterator[str]:
    whole = (end - start).total_seconds()
    free = -100.0
    for number, one, (low, high) in sorted(spans, key=lambda found: found[2]):
        left, right = (_LEFT + _WIDE * (at - start).total_seconds() / whole for at in (low, high))
        title = f"<title>{number}. {escape(one.at)} {escape(one.what[:120])}</title>"
        if right - left < 1:
            at = (left + right) / 2
            yield f'<circle cx="{at:.2f}%" cy="24" r="5" fill="var(--ink)">{title}</circle>'
        else:
            at = (left + right) / 2
            yield (f'<rect x="{left:.2f}%" width="{right - left:.2f}%" y="20" height="8" rx="4" '
                   f'fill="var(--line-strong)">{title}</rect>')  # fmt: skip
        if at - free >= _APART:
            yield f'<text x="{at:.2f}%" y="12" text-anchor="middle">{number}</text>'
            free = at


def _after(before: str, now: str) -> str:
    """``2 d later``, where both are days or finer."""
    spans = [span_of(text) for text in (before, now)]
    if any(span is None or span[1] - span[0] > timedelta(days=1) for span in spans):
        return ""
    first, second = (span[0] for span in spans if span is not None)
    seconds = (second - first).total_seconds()
    if seconds <= 0:
        return ""
    whole_days = any(span is not None and span[0] != span[1] for span in spans)
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size and (unit == "d" or not whole_days):
            return f"{int(seconds // size)} {unit} later"
    return ""
