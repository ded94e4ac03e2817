"""Slices on one scale: a dot and its interval for each, the rest's rate as a tick, all rows' rate as a hairline."""

from __future__ import annotations

from errata.core import units
from errata.nouns.report import Report
from errata.show import words
from errata.show.charts.chart import MONO, Chart, altair, themed, token
from errata.show.terminal import wrap_slice

_ROW = 36
_LINE = 15
_WIDTH = 300


def slices_chart(report: Report, limit: int = 20) -> Chart | None:
    """The first ``limit`` slices of a report; None when it lists none. Raises MissingExtra without ``charts``."""
    findings = report.slices()[:limit]
    if not findings:
        return None
    alt = altair()
    metric = findings[0].metric
    said = words.metric_words(metric)
    rows = tuple(
        {
            "slice": f.slice, "rate": f.error_rate, "low": f.low, "high": f.high, "rest": f.rest_error_rate,
            "rows": f.rows, "failed": f.failed, "excess_errors": f.excess_errors,
            "excess_errors_low": f.excess_errors_low,
        }
        for f in findings
    )  # fmt: skip
    drawn = [{**row, "where": "\n".join(wrap_slice(str(row["slice"]), 30))} for row in rows]
    form = "s" if metric == "loss" else ".0%"
    place = alt.Y("where:N", sort=None, title=None,
                  axis=alt.Axis(labelExpr="split(datum.label, '\\n')", labelLimit=240, labelColor=token("ink"),
                                labelFont=MONO, labelLineHeight=_LINE))  # fmt: skip
    at = alt.X(
        "rate:Q", title=said.rate, axis=alt.Axis(format=form, tickCount=5, labelFlush=False), scale=alt.Scale(zero=True)
    )
    chart = alt.Chart(alt.Data(values=drawn))
    layers = []
    if report.run.error_rate is not None and metric == "error":
        overall = alt.Chart(alt.Data(values=[{"overall": report.run.error_rate}]))
        layers.append(overall.mark_rule(color=token("line-strong"), strokeWidth=1).encode(x="overall:Q"))
    layers += [
        chart.mark_rule(color=token("fail"), strokeWidth=2).encode(y=place, x=alt.X("low:Q"), x2="high:Q"),
        chart.mark_tick(color=token("ink-soft"), thickness=2, height=14).encode(y=place, x="rest:Q"),
        chart.mark_circle(color=token("fail"), size=72, opacity=1).encode(y=place, x=at),
    ]
    longest = max(str(row["where"]).count("\n") for row in drawn) + 1
    step = max(_ROW, longest * _LINE + 6)
    spec = themed(alt.layer(*layers).properties(width=_WIDTH, height=alt.Step(step)), width=_WIDTH)
    return Chart("slices", "Slices that fail above the rest", _sentence(report, said), spec, rows)


def _sentence(report: Report, said: words.MetricWords) -> str:
    first = report.slices()[0]
    worst = f"{first.slice}: {words.rate(first.error_rate, first.metric)}"
    whole = report.run.error_rate
    overall = (
        f"; the hairline is all rows, {units.percent(whole)}" if whole is not None and first.metric == "error" else ""
    )
    return f"Dot and line: {said.rate} of each slice with its 95 % interval; tick: the rest{overall}. First, {worst}."
