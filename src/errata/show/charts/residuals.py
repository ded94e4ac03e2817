"""Errors of a regression over the range of predictions: the bias with its band, and the spread around it."""

from __future__ import annotations

from errata.core import units
from errata.nouns.residuals import Residuals
from errata.show.charts.chart import Chart, altair, themed, token

_WIDTH = 460


def charts(found: Residuals) -> list[Chart]:
    """Bias by predicted value over the spread; none without a curve. Raises MissingExtra."""
    if len(found.curve) < 2:
        return []
    alt = altair()
    rows = tuple(
        {
            "prediction": one.prediction, "rows": one.rows, "bias": one.bias, "bias_low": one.bias_low,
            "bias_high": one.bias_high, "spread": one.spread,
        }
        for one in found.curve
    )  # fmt: skip
    data = alt.Chart(alt.Data(values=list(rows)))
    scale = alt.Scale(zero=False, padding=12)
    at = alt.X("prediction:Q", scale=scale, title=None, axis=alt.Axis(labels=False, tickCount=6))
    below = alt.X("prediction:Q", scale=scale, title="prediction", axis=alt.Axis(tickCount=6))
    none = alt.Chart(alt.Data(values=[{"zero": 0}]))
    bias = alt.layer(
        none.mark_rule(color=token("line-strong"), strokeDash=[4, 4], strokeWidth=1).encode(y="zero:Q"),
        data.mark_rule(color=token("cat-1"), strokeWidth=2).encode(
            x=at, y=alt.Y("bias_low:Q", title="mean error"), y2="bias_high:Q"
        ),
        data.mark_circle(color=token("cat-1"), size=64, opacity=1).encode(
            x=at, y=alt.Y("bias:Q", title="mean error", axis=alt.Axis(tickCount=5, grid=True))
        ),
    ).properties(width=_WIDTH, height=200)
    spread = data.mark_line(color=token("cat-2"), point={"color": token("cat-2"), "filled": True}).encode(
        x=below, y=alt.Y("spread:Q", title="spread", axis=alt.Axis(tickCount=3, grid=True), scale=alt.Scale(zero=True))
    )
    chart = alt.vconcat(bias, spread.properties(width=_WIDTH, height=90), spacing=8)
    return [Chart("residuals", "Errors by prediction", _sentence(found), themed(chart, width=_WIDTH), rows)]


def _sentence(found: Residuals) -> str:
    off = len(found.biased_bins)
    spreads = [one.spread for one in found.curve]
    biased = f"biased in {off} of {len(found.curve)} bins" if off else "no bin is biased beyond chance"
    return (
        "Dot and line: the mean error (prediction − truth) at each predicted value, with a band that holds over all "
        f"bins at once; on the dashed line there is no bias. Here {biased}. Below: the standard deviation of errors, "
        f"from {units.number(min(spreads))} to {units.number(max(spreads))}."
    )
