"""The learning curve: error after trainings at several sizes, and the fitted curve out to twice the largest."""

from __future__ import annotations

import numpy as np

from errata.core import units
from errata.nouns.causes import Causes
from errata.show.charts.chart import Chart, altair, themed, token

_WIDTH = 460
_STEPS = 40


def charts(found: Causes) -> list[Chart]:
    """The curve with its points; none where capacity was not tested. Raises MissingExtra."""
    capacity = found.capacity
    if capacity is None:
        return []
    alt = altair()
    rows = tuple(
        {
            "training": one.name, "size": one.size, "rows": one.rows, "error_rate": one.rate.value,
            "low": one.rate.low, "high": one.rate.high, "fitted": one.fitted,
        }
        for one in capacity.points
    )  # fmt: skip
    least, most = capacity.points[0].size, capacity.points[-1].size
    floor, exponent = capacity.floor.value or 0.0, capacity.exponent.value or 1.0
    last = capacity.points[-1].fitted - floor
    line = [
        {"size": float(size), "fitted": floor + last * float(size / most) ** -exponent}
        for size in np.geomspace(least, 2 * most, _STEPS)
    ]
    scale = alt.Scale(type="log", nice=False, padding=8)
    at = alt.X("size:Q", scale=scale, title="training examples", axis=alt.Axis(format="~s", tickCount=6))
    rate = alt.Axis(format=".1%", tickCount=5, grid=True)
    data = alt.Chart(alt.Data(values=list(rows)))
    doubled = [{"size": 2 * most, "low": capacity.doubled.low, "high": capacity.doubled.high}]
    chart = alt.layer(
        alt.Chart(alt.Data(values=line)).mark_line(color=token("line-strong"), strokeWidth=2).encode(
            x=at, y=alt.Y("fitted:Q", title="error rate", axis=rate)
        ),
        alt.Chart(alt.Data(values=doubled)).mark_rule(color=token("line-strong"), strokeWidth=2, strokeDash=[4, 4])
        .encode(x=at, y=alt.Y("low:Q", title="error rate"), y2="high:Q"),
        data.mark_rule(color=token("cat-1"), strokeWidth=2).encode(x=at, y=alt.Y("low:Q"), y2="high:Q"),
        data.mark_circle(color=token("cat-1"), size=64, opacity=1).encode(x=at, y=alt.Y("error_rate:Q")),
    ).properties(width=_WIDTH, height=220)  # fmt: skip
    sentence = (
        "Dot and line: the error rate after training on so many examples, with its 95 % interval; the curve is fitted "
        f"to them. At twice the largest size (dashed) it gives {units.percent(capacity.doubled.value)} "
        f"{units.interval(capacity.doubled.low, capacity.doubled.high)}: {capacity.verdict}."
    )
    return [Chart("learning-curve", "Learning curve", sentence, themed(chart, width=_WIDTH), rows)]
