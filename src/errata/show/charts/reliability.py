"""The reliability diagram: how often predictions are right against how sure they were, and how many there are."""

from __future__ import annotations

from collections.abc import Sequence

from errata.core import units
from errata.nouns.report import Estimate, ReliabilityBin, Report
from errata.show import words
from errata.show.charts.chart import Chart, altair, themed, token

_SIDE = 300


def reliability_chart(report: Report) -> Chart | None:
    """The diagram of a report; None without scores. Raises MissingExtra."""
    return reliability(report.reliability, report.metrics.get("ece"))


def reliability(every: Sequence[ReliabilityBin], ece: Estimate | None) -> Chart | None:
    """Accuracy by confidence with its intervals over a histogram; None without rows. Raises MissingExtra."""
    bins = [bin for bin in every if bin.rows]
    if not bins:
        return None
    alt = altair()
    rows = tuple(
        {
            "low": bin.low, "high": bin.high, "rows": bin.rows, "confidence": bin.confidence, "accuracy": bin.accuracy,
            "accuracy_low": bin.accuracy_low, "accuracy_high": bin.accuracy_high,
        }
        for bin in bins
    )  # fmt: skip
    low = min(*(bin.low for bin in bins), *(bin.accuracy_low for bin in bins), bins[0].low)
    floor = 0.0 if low < 0.35 else int(10 * low) / 10
    unit = alt.Scale(domain=[floor, 1], nice=False, clamp=True)
    data = alt.Chart(alt.Data(values=list(rows)))
    sure = alt.X("confidence:Q", scale=unit, title=None, axis=alt.Axis(format=".0%", tickCount=5, labels=False))
    right = alt.Y("accuracy:Q", scale=unit, title="right", axis=alt.Axis(format=".0%", tickCount=5, grid=True))
    ideal = alt.Chart(alt.Data(values=[{"a": floor, "b": floor}, {"a": 1, "b": 1}]))
    diagram = alt.layer(
        ideal.mark_line(color=token("line-strong"), strokeDash=[4, 4], strokeWidth=1).encode(
            x=alt.X("a:Q", scale=unit), y=alt.Y("b:Q", scale=unit)
        ),
        data.mark_rule(color=token("cat-1"), strokeWidth=2).encode(
            x=sure, y=alt.Y("accuracy_low:Q", scale=unit), y2="accuracy_high:Q"
        ),
        data.mark_circle(color=token("cat-1"), size=64, opacity=1).encode(x=sure, y=right),
    ).properties(width=_SIDE, height=_SIDE)
    count = data.mark_bar(color=token("line-strong"), binSpacing=1).encode(
        x=alt.X("low:Q", scale=unit, bin="binned", title="confidence", axis=alt.Axis(format=".0%", tickCount=5)),
        x2="high:Q",
        y=alt.Y("rows:Q", title="rows", axis=alt.Axis(tickCount=2, labelExpr="format(datum.value, '~s')", grid=False)),
    )
    chart = alt.vconcat(diagram, count.properties(width=_SIDE, height=48), spacing=8)
    return Chart("reliability", "Calibration", _sentence(bins, ece), themed(chart, width=_SIDE), rows)


def _sentence(bins: Sequence[ReliabilityBin], ece: Estimate | None) -> str:
    rows = sum(bin.rows for bin in bins)
    sure = sum(bin.confidence * bin.rows for bin in bins) / rows
    right = sum(bin.accuracy * bin.rows for bin in bins) / rows
    gap = sure - right
    how = "overconfident" if gap > 0 else "underconfident"
    measured = f" Expected calibration error {words.estimate(ece)}." if ece is not None else ""
    return (
        "Dot and line: the share that was right at each confidence, with its 95 % interval; on the dashed line "
        f"confidence would be honest. {units.percent(sure)} confident on average and right {units.percent(right)}: "
        f"{how} by {units.points(abs(gap)).lstrip('+')}.{measured}"
    )
