"""The failure rate over two factors: one hue from little to much, cells of few rows without colour."""

from __future__ import annotations

import math
from bisect import bisect_right
from itertools import pairwise

from errata.core import units
from errata.nouns.heatmap import HeatCell, Heatmap
from errata.show.charts.chart import Chart, altair, themed, token
from errata.show.heatmap_text import cell_words, together

_RAMP = ("rate-1", "rate-2", "rate-3", "rate-5")
"""Steps on which either ink or paper can be read in both themes."""
_WIDE, _HIGH = 68, 40
_NARROW, _LOW = 28, 22
_MOST_WRITTEN = 12


def charts(found: Heatmap) -> list[Chart]:
    """One picture. Raises MissingExtra without the extra ``charts``."""
    if not found.cells:
        return []
    alt = altair()
    rows = tuple(_row(one, found) for one in found.cells)
    cuts = _cuts([one.rate for one in found.cells if not one.few])
    bands = [f"< {_share(cuts[0])} %", *(f"{_share(a)}–{_share(b)} %" for a, b in pairwise(cuts)),
             f"≥ {_share(cuts[-1])} %"]  # fmt: skip
    drawn = [
        {**row, "words": f"{100 * one.rate:.0f} %", "number": f"{one.rows:,}", "few": one.few, "beyond": one.beyond,
         "band": bands[bisect_right(cuts, one.rate)], "dark": one.rate >= cuts[-1]}
        for row, one in zip(rows, found.cells, strict=True)
    ]  # fmt: skip
    written = len(found.b.values) <= _MOST_WRITTEN
    across = alt.X(
        "b:N", sort=list(found.b.values), title=found.b.column,
        axis=alt.Axis(labelAngle=0 if written else -45, labelLimit=120, labelColor=token("ink"), labelOverlap=False),
        scale=alt.Scale(domain=list(found.b.values), paddingInner=0.04, paddingOuter=0),
    )  # fmt: skip
    down = alt.Y(
        "a:N", sort=list(found.a.values), title=found.a.column,
        axis=alt.Axis(labelLimit=180, labelColor=token("ink")),
        scale=alt.Scale(domain=list(found.a.values), paddingInner=0.06, paddingOuter=0),
    )  # fmt: skip
    colour = alt.Color(
        "band:N",
        title="failed",
        scale=alt.Scale(domain=bands, range=[token(name) for name in _RAMP]),
        legend=alt.Legend(labelColor=token("ink-soft"), titleColor=token("ink-soft"), titleFontWeight="normal",
                          symbolType="square", symbolSize=220, symbolStrokeWidth=0),
    )  # fmt: skip
    data = alt.Chart(alt.Data(values=drawn))
    many, few = data.transform_filter("!datum.few"), data.transform_filter("datum.few")
    layers = [
        many.mark_rect().encode(x=across, y=down, color=colour),
        few.mark_rect(color=token("paper"), stroke=token("line-strong"), strokeWidth=1, strokeDash=[3, 3]).encode(
            x=across, y=down
        ),
        data.transform_filter("datum.beyond && !datum.few")
        .mark_rect(filled=False, stroke=token("ink"), strokeWidth=2)
        .encode(x=across, y=down),
    ]
    if written:
        for filtered, ink, soft in (
            ("datum.few", "ink-soft", "ink-soft"),
            ("!datum.few && !datum.dark", "ink", "ink"),
            ("!datum.few && datum.dark", "paper", "paper"),
        ):
            text = data.transform_filter(filtered)
            layers += [
                text.mark_text(dy=-6, fontSize=12, fontWeight="bold", color=token(ink)).encode(
                    x=across, y=down, text="words:N"
                ),
                text.mark_text(dy=8, fontSize=10, color=token(soft)).encode(x=across, y=down, text="number:N"),
            ]
    width = (_WIDE if written else _NARROW) * len(found.b.values)
    height = (_HIGH if written else _LOW) * len(found.a.values)
    spec = themed(alt.layer(*layers).properties(width=width, height=height), width=width)
    return [Chart("heatmap", f"Failures by {found.a.column} and {found.b.column}", _sentence(found), spec, rows)]


def _row(one: HeatCell, found: Heatmap) -> dict[str, object]:
    return {
        "a": found.a.values[one.a], "b": found.b.values[one.b], "slice": one.slice, "rows": one.rows,
        "failed": one.failed, "rate": one.rate, "low": one.low, "high": one.high, "expected": one.expected,
        "excess": one.excess, "p_adjusted": one.p_adjusted,
    }  # fmt: skip


def _share(rate: float) -> str:
    return f"{100 * rate:g}"


def _cuts(rates: list[float]) -> list[float]:
    """Three cuts between four bands of one width that is easily read, from 0 on where the least rate is not far off."""
    low, high = min(rates, default=0.0), max(rates, default=0.0)
    low = 0.0 if low < high / 3 else low
    quarter = max((high - low) / 4, 0.0025)
    size = 10.0 ** math.floor(math.log10(quarter))
    step = next(size * nice for nice in (1, 1.5, 2, 2.5, 3, 4, 5, 7.5, 10) if size * nice >= quarter * 0.9999)
    first = math.floor(low / step + 1e-9)
    return [round((first + at) * step, 6) for at in (1, 2, 3)]


def _sentence(found: Heatmap) -> str:
    beyond = sorted((one for one in found.cells if one.beyond), key=lambda one: -abs(one.excess))
    few = sum(one.few for one in found.cells)
    said = "Each cell: the share that failed, and of how many rows; the table has the intervals."
    if few:
        said += f" Dashed, without colour: fewer than {found.few_rows} rows ({units.count(few)})."
    if beyond:
        first = cell_words(beyond[0], found)
        return f"{said} Framed: more or less than the two factors explain by themselves. First, {first}."
    first = together(found)
    return f"{said} {first[0].upper()}{first[1:]}."
