"""The interval in a table's cell: a dot with a line on the scale of its table, a hairline where the rest lies."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

WIDTH = 160
_HEIGHT = 16
_EDGE = 5


@dataclass(frozen=True, slots=True)
class Scale:
    """The values at the left and the right edge of every strip of one table."""

    low: float
    high: float

    @staticmethod
    def over(values: Iterable[float | None], *, zero: bool = True) -> Scale:
        """The scale that holds all values, and zero unless told otherwise; rounded out to a readable step."""
        known = [value for value in values if value is not None and math.isfinite(value)] or [0.0, 1.0]
        low, high = min(known), max(known)
        if zero:
            low, high = min(low, 0.0), max(high, 0.0)
        if high <= low:
            high = low + 1.0
        step = 10 ** math.floor(math.log10(high - low)) / 2
        return Scale(math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step)

    def at(self, value: float) -> float:
        """Where a value stands in a strip, in its pixels; values beyond the scale stand at its edge."""
        share = (value - self.low) / (self.high - self.low)
        return round(_EDGE + min(max(share, 0.0), 1.0) * (WIDTH - 2 * _EDGE), 1)


def strip(
    scale: Scale,
    value: float | None,
    low: float | None = None,
    high: float | None = None,
    *,
    rest: float | None = None,
    tone: str = "fail",
) -> str:
    """One row's SVG (no text in it: the numbers stand beside it). ``tone`` is a colour token; empty without a value.

    ``rest`` draws the hairline: the rest's rate, or the edge of a criterion.
    """
    if value is None or math.isnan(value):
        return ""
    middle = _HEIGHT / 2
    marks = [f'<line x1="0" x2="{WIDTH}" y1="{middle:g}" y2="{middle:g}" stroke="var(--line)"/>']
    if rest is not None:
        x = scale.at(rest)
        marks.append(f'<line x1="{x:g}" x2="{x:g}" y1="1" y2="{_HEIGHT - 1}" stroke="var(--line-strong)"/>')
    if low is not None and high is not None:
        marks.append(
            f'<line x1="{scale.at(low):g}" x2="{scale.at(high):g}" y1="{middle:g}" y2="{middle:g}" '
            f'stroke="var(--{tone})" stroke-width="2"/>'
        )
    marks.append(f'<circle cx="{scale.at(value):g}" cy="{middle:g}" r="4" fill="var(--{tone})"/>')
    return (
        f'<svg class="strip" width="{WIDTH}" height="{_HEIGHT}" viewBox="0 0 {WIDTH} {_HEIGHT}" aria-hidden="true">'
        f"{''.join(marks)}</svg>"
    )
