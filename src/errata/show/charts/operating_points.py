"""Operating points: what abstaining gains, and the rates of false alarms and misses by the values of factors."""

from __future__ import annotations

from typing import Any

from errata.core import units
from errata.nouns.operating_points import Abstention, BinRates, OperatingPoints
from errata.show.charts.chart import Chart, altair, themed, token
from errata.show.charts.dots import WIDTH, Look, dots

_COLUMNS = 4
_HEIGHT = 200
_LOOKS = {"": Look("cat-1", "circle")}


def charts(found: OperatingPoints) -> list[Chart]:
    """The risk–coverage curve; then FPR and FNR by factor. Raises MissingExtra without the extra ``charts``."""
    drawn = [_abstaining(found.abstention), _rates(found, "fpr"), _rates(found, "fnr")]
    return [one for one in drawn if one is not None]


def _abstaining(found: Abstention | None) -> Chart | None:
    if found is None or not found.points:
        return None
    alt = altair()
    rows = tuple(
        {"coverage": one.coverage, "threshold": one.threshold, "error_rate": one.risk, "low": one.low, "high": one.high}
        for one in sorted(found.points, key=lambda one: one.coverage)
    )
    data = alt.Chart(alt.Data(values=list(rows)))
    least = 0.0 if rows[0]["coverage"] < 0.3 else int(10 * rows[0]["coverage"]) / 10
    scale = alt.Scale(domain=[least, 1], nice=False)
    # The interval of a handful of answers reaches to 1 and would flatten all the others.
    top = max(max(row["error_rate"] for row in rows), *(row["high"] for row in rows if row["coverage"] >= 0.1), 0.001)
    rate = alt.Scale(domain=[0, top], nice=True, clamp=True)
    answered = alt.X("coverage:Q", scale=scale, title="answered, those it is surest of",
                     axis=alt.Axis(format=".0%", tickCount=5))  # fmt: skip
    wrong = alt.Y("error_rate:Q", scale=rate, title="wrong among them",
                  axis=alt.Axis(format=".2~%", tickCount=5, grid=True))  # fmt: skip
    every = alt.Chart(alt.Data(values=[{"all": found.risk}]))
    chart = alt.layer(
        every.mark_rule(color=token("line-strong"), strokeWidth=1).encode(y=alt.Y("all:Q", scale=rate)),
        data.mark_area(color=token("cat-1"), opacity=0.2).encode(x=answered, y=alt.Y("low:Q", scale=rate), y2="high:Q"),
        data.mark_line(color=token("cat-1"), strokeWidth=2).encode(x=answered, y=wrong),
        data.mark_circle(color=token("cat-1"), size=36, opacity=1 if len(rows) <= 30 else 0).encode(
            x=answered, y=alt.Y("error_rate:Q", scale=rate)
        ),
    ).properties(width=WIDTH, height=_HEIGHT)
    half = min(found.points, key=lambda one: abs(one.coverage - 0.5))
    sentence = (
        "Line and band: the error rate of what is answered, when the least confident are left unanswered, with its "
        f"95 % interval; the hairline is all rows, {units.percent(found.risk)}. Answering "
        f"{units.percent(half.coverage)} (confidence ≥ {units.number(half.threshold)}), {units.percent(half.risk)} "
        f"{units.interval(half.low, half.high)} is wrong. Area under the curve {units.number(found.aurc)}, "
        f"{units.number(found.excess)} above the best order."
    )
    return Chart("risk-coverage", "What abstaining gains", sentence, themed(chart, width=WIDTH), rows)


def _rates(found: OperatingPoints, metric: str) -> Chart | None:
    """The bins of the factors by which a rate spreads most."""
    rates = [_row(one, metric) for one in found.rates]
    rows = tuple(row for row in rates if row["rate"] is not None)
    if not rows or found.positive is None:
        return None
    columns = list(dict.fromkeys(str(row["factor"]) for row in rows))
    shown = sorted(columns, key=lambda name: -_spread([row for row in rows if row["factor"] == name]))[:_COLUMNS]
    drawn = [
        {"where": row["slice"], "value": row["rate"], "low": row["low"], "high": row["high"], "rest": None, "look": ""}
        for name in shown
        for row in sorted((row for row in rows if row["factor"] == name), key=_in_order)
    ]
    first = [row for row in rows if row["factor"] == shown[0]]
    every = sum(row["bad"] for row in first) / max(1, sum(row["rows"] for row in first))
    name = metric.upper()
    about = f"of rows that are not {found.positive}, called {found.positive}"
    if metric == "fnr":
        about = f"of rows that are {found.positive}, called something else"
    chart = dots(drawn, _LOOKS, title=f"{name} of {_cut(found.positive)}", hairline=every)
    worst = max((row for row in rows if row["factor"] in shown), key=lambda row: row["low"])
    more = len(columns) - len(shown)
    said = (
        f"Dot and line: {name}, the share {about}, by value of a factor, with its 95 % interval; the hairline is "
        f"{units.percent(every)}, all rows."
    )
    if more:
        said += f" Drawn are the {_COLUMNS} factors by which it spreads most; the table has {more:,} more."
    said += (
        f" Highest where {worst['slice']}: {units.percent(worst['rate'])} "
        f"{units.interval(worst['low'], worst['high'])} of {units.count(worst['rows'])}."
    )
    title = "False alarms by factor" if metric == "fpr" else "Misses by factor"
    return Chart(f"{metric}-by-factor", f"{title} ({name})", said, themed(chart, width=WIDTH), rows)


def _row(one: BinRates, metric: str) -> dict[str, Any]:
    if metric == "fpr":
        return {"slice": one.slice, "factor": one.column, "rate": one.fpr, "low": one.fpr_low, "high": one.fpr_high,
                "bad": one.false_positives, "rows": one.negatives}  # fmt: skip
    return {"slice": one.slice, "factor": one.column, "rate": one.fnr, "low": one.fnr_low, "high": one.fnr_high,
            "bad": one.false_negatives, "rows": one.positives}  # fmt: skip


def _in_order(row: dict[str, Any]) -> float:
    """Bins of a number from the lowest up; what is no bin stays where it is."""
    first = str(row["slice"]).split(" <= ")[0]
    if str(row["slice"]).startswith(f"{row['factor']} < "):
        return float("-inf")
    try:
        return float(first)
    except ValueError:
        return float("inf") if f"{row['factor']} >= " in str(row["slice"]) else 0.0


def _spread(rows: list[dict[str, Any]]) -> float:
    """How far the surest high rate lies above the surest low one; below 0 where intervals meet."""
    return float(max(row["low"] for row in rows) - min(row["high"] for row in rows))


def _cut(text: str) -> str:
    return text if len(text) <= 24 else text[:23] + "…"
