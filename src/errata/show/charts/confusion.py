"""Confused pairs: how many of a class were taken for another, and how many would be at the rate of the rest."""

from __future__ import annotations

from errata.core import units
from errata.nouns.report import Report
from errata.show import words
from errata.show.charts.chart import Chart, altair, themed, token

_WIDTH = 300


def confusion_chart(report: Report, limit: int = 10) -> Chart | None:
    """The first ``limit`` confusion findings of a report; None when it has none. Raises MissingExtra."""
    findings = report.confusions()[:limit]
    if not findings:
        return None
    alt = altair()
    rows = []
    for finding in findings:
        pair = words.confused(report.roles, finding)
        failed = finding.failed or 0
        rows.append(
            {
                "pair": f"{pair[0]} taken for {pair[1]}" if pair else finding.slice,
                "slice": finding.slice, "confused": failed, "rows": finding.rows, "rate": finding.error_rate,
                "low": finding.low, "high": finding.high, "expected": max(0.0, failed - finding.excess_errors),
            }
        )  # fmt: skip
    data = alt.Chart(alt.Data(values=rows))
    place = alt.Y("pair:N", sort=None, title=None, axis=alt.Axis(labelLimit=240, labelColor=token("ink")))
    bars = data.mark_bar(color=token("rate-3"), height=12).encode(
        y=place, x=alt.X("confused:Q", title="rows", axis=alt.Axis(tickMinStep=1, tickCount=6))
    )
    expected = data.mark_tick(color=token("ink"), thickness=2, height=16).encode(y=place, x="expected:Q")
    spec = themed(alt.layer(bars, expected).properties(width=_WIDTH, height=alt.Step(26)), width=_WIDTH)
    first = rows[0]
    sentence = (
        "Bar: rows of one class taken for another; tick: how many there would be at the rate of the rest. "
        f"First, {first['pair']}: {units.count(findings[0].failed or 0)} of {units.count(findings[0].rows)}."
    )
    return Chart("confusion", "Confused pairs", sentence, spec, tuple(rows))
