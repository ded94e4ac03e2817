"""Gaps of groups against the rest on one scale: a dot and its simultaneous interval, no gap as a hairline."""

from __future__ import annotations

from dataclasses import replace

from errata.core import units
from errata.nouns.fairness import GAP, TOO_FEW, FairColumn, Fairness
from errata.show.charts.chart import MONO, Chart, altair, themed, token
from errata.show.fairness_text import gap_words, metric_name
from errata.show.terminal import wrap_slice

_WIDTH, _ROW, _LINE, _MOST = 300, 22, 15, 12
_TONES = {"gap": "fail", "too few rows": "inconclusive", "no evidence of a gap": "pass", "better": "pass"}


def charts(found: Fairness) -> list[Chart]:
    """A picture for each column by itself. Raises MissingExtra without the extra ``charts``."""
    made: list[Chart] = []
    for one in found.columns:
        if len(one.columns) == 1:
            chart = _chart(one, found)
            # Names that differ in odd letters only would have one address.
            same = sum(other.name.startswith(chart.name) for other in made)
            made.append(replace(chart, name=f"{chart.name}-{same + 1}") if same else chart)
    return made


def _chart(column: FairColumn, found: Fairness) -> Chart:
    alt = altair()
    rows = []
    reach = 0.0
    for metric in column.metrics:
        for one in metric.groups[:_MOST]:
            reach = max(reach, abs(one.gap_low), abs(one.gap_high))
            rows.append(
                {
                    "metric": metric_name(metric.metric, found.positive), "slice": one.slice, "rows": one.rows,
                    "bad": one.bad, "value": one.value, "low": one.low, "high": one.high, "rest": one.rest,
                    "gap": one.gap, "gap_low": one.gap_low, "gap_high": one.gap_high,
                    "verdict": "better" if one.verdict == GAP and not one.worse else one.verdict,
                }
            )  # fmt: skip
    order = list(dict.fromkeys(str(row["slice"]) for row in rows))
    wrapped = {text: "\n".join(wrap_slice(text, 28)) for text in order}
    drawn = [
        {**row, "where": wrapped[str(row["slice"])],
         **{name: 100 * float(row[name]) for name in ("gap", "gap_low", "gap_high")}}  # type: ignore[arg-type]
        for row in rows
    ]  # fmt: skip
    place = alt.Y("where:N", sort=[wrapped[text] for text in order], title=None,
                  axis=alt.Axis(labelExpr="split(datum.label, '\\n')", labelLimit=240, labelColor=token("ink"),
                                labelFont=MONO, labelLineHeight=_LINE))  # fmt: skip
    tone = alt.Color(
        "verdict:N", legend=None, scale=alt.Scale(domain=list(_TONES), range=[token(name) for name in _TONES.values()])
    )
    shapes = ["circle", "diamond", "square", "square"]
    shape = alt.Shape("verdict:N", legend=None, scale=alt.Scale(domain=list(_TONES), range=shapes))
    scale = alt.Scale(domain=[-100 * reach, 100 * reach], nice=True)
    data = alt.Chart(alt.Data(values=drawn))
    longest = max(text.count("\n") for text in wrapped.values()) + 1
    step = max(_ROW, longest * _LINE + 6)
    panels = []
    for name in dict.fromkeys(str(row["metric"]) for row in rows):
        of = data.transform_filter(f"datum.metric === {_quoted(name)}")
        zero = alt.Chart(alt.Data(values=[{"zero": 0}]))
        panels.append(
            alt.layer(
                zero.mark_rule(color=token("line-strong"), strokeWidth=1).encode(x=alt.X("zero:Q", scale=scale)),
                of.mark_rule(strokeWidth=2).encode(
                    y=place, x=alt.X("gap_low:Q", scale=scale), x2="gap_high:Q", color=tone
                ),
                of.mark_point(filled=True, size=72, opacity=1).encode(
                    y=place,
                    x=alt.X("gap:Q", scale=scale, title=f"{name}, gap to the rest in pp", axis=alt.Axis(tickCount=5)),
                    color=tone,
                    shape=shape,
                ),
            ).properties(width=_WIDTH, height=alt.Step(step))
        )
    name = column.columns[0]
    return Chart(
        f"fairness-{_safe(name)}", f"Gaps by {name}", _sentence(column, found),
        themed(alt.vconcat(*panels, spacing=16), width=_WIDTH), tuple(rows),
    )  # fmt: skip


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _safe(name: str) -> str:
    """A column's name as part of an address."""
    return "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in name) or "column"


def _sentence(column: FairColumn, found: Fairness) -> str:
    said = (
        "Dot and line: each group's gap to all other rows, with intervals that hold for all "
        f"{units.count(found.gaps)} gaps at once; the hairline is no gap."
    )
    gaps = [(metric, one) for metric in column.metrics for one in metric.groups if one.verdict == GAP and one.worse]
    if gaps:
        metric, one = max(gaps, key=lambda pair: abs(pair[1].gap))
        of = metric_name(metric.metric, found.positive)
        return f"{said} Widest, {of} of {one.slice}: {gap_words(one.gap, one.gap_low, one.gap_high)}."
    few = sum(one.verdict == TOO_FEW for metric in column.metrics for one in metric.groups)
    return f"{said} No group is worse beyond chance" + (f"; {few} have too few rows to say." if few else ".")
