"""Drift as arrows on one scale: which way each column went and how far, with what chance alone would make of it."""

from __future__ import annotations

from typing import Any

from errata.core import units
from errata.nouns import drift as noun
from errata.nouns.drift import Drift, DriftColumn
from errata.nouns.drift_halves import DriftHalves
from errata.show import drift_words as words
from errata.show.charts.chart import Chart, altair, themed, token
from errata.show.charts.dots import WIDTH, place_of, step_of, wrapped

_MOST = 20
_BACK = (noun.DOWN, noun.LESS_MISSING)
_HEADS = {
    noun.UP: "triangle-right", noun.MORE_MISSING: "triangle-right", noun.DOWN: "triangle-left",
    noun.LESS_MISSING: "triangle-left", noun.TOWARD: "square", None: "circle",
}  # fmt: skip


def charts(found: DriftHalves) -> list[Chart]:
    """The later half against the earlier one. Raises MissingExtra without the extra ``charts``."""
    chart = drift_chart(found.as_drift())
    return [] if chart is None else [chart]


def drift_chart(found: Drift) -> Chart | None:
    """Every alarm first, then by effect; None where no column can be compared. Raises MissingExtra."""
    known = [one for one in found.columns if one.effect is not None]
    if not known:
        return None
    alt = altair()
    rows = tuple(_row(one) for one in found.columns)
    drawn = [_drawn(one, found.min_effect) for one in known[:_MOST]]
    ends = [0.0, *(end for one in drawn for end in (one["at"], one["bar"]))]
    scale = alt.Scale(domain=[min(ends), max(ends)], nice=True)
    place = place_of([one["where"] for one in drawn])
    data = alt.Chart(alt.Data(values=drawn))
    axis = alt.Axis(tickCount=5, format="~g", labelFlush=False, labelExpr="abs(datum.value)", grid=True)
    at = alt.X("at:Q", scale=scale, axis=axis,
               title="effect (KS of numbers, V of categories)")  # fmt: skip
    zero = alt.Chart(alt.Data(values=[{"zero": 0}]))
    names = sorted({str(one["head"]) for one in drawn})
    shape = alt.Shape("head:N", legend=None, scale=alt.Scale(domain=names, range=names))
    layers = [
        zero.mark_rule(color=token("line-strong"), strokeWidth=1).encode(x=alt.X("zero:Q", scale=scale)),
        data.mark_tick(color=token("ink-soft"), thickness=2, height=14).encode(
            y=place, x=alt.X("bar:Q", scale=scale)
        ),
    ]  # fmt: skip
    for alarm, tone in ((False, "unknown"), (True, "fail")):
        of = data.transform_filter(f"datum.alarm === {str(alarm).lower()}")
        layers.append(
            of.mark_rule(color=token(tone), strokeWidth=3 if alarm else 1).encode(
                y=place, x=alt.X("zero:Q", scale=scale), x2="at:Q"
            )
        )
        # What is hollow is no alarm, whatever the colour.
        point = {"filled": True} if alarm else {"filled": False, "fill": token("paper"), "strokeWidth": 1.5}
        layers.append(of.mark_point(size=120, opacity=1, color=token(tone), **point).encode(y=place, x=at, shape=shape))
    step = max(38, step_of(drawn))
    chart = alt.layer(*layers).properties(width=WIDTH, height=alt.Step(step))
    return Chart("drift", "What drifted, and which way", _sentence(found, len(known)), themed(chart, width=WIDTH), rows)


def _row(one: DriftColumn) -> dict[str, Any]:
    return {
        "column": one.column, "role": one.role, "kind": one.kind, "which_way": words.moved(one) or None,
        "effect": one.effect, "noise_floor": one.noise_floor, "alarm": one.alarm, "p_adjusted": one.p_adjusted,
        "shift": one.shift, "psi": one.psi, "jensen_shannon": one.jensen_shannon, "rows_of_a": one.a_rows,
        "rows_of_b": one.b_rows,
    }  # fmt: skip


def _drawn(one: DriftColumn, min_effect: float) -> dict[str, Any]:
    side = -1 if one.direction in _BACK else 1
    sign = words.ALARM if one.alarm else words.CALM
    moved = words.moved(one)
    label = f"{sign} {wrapped(one.column)}"
    if moved:
        label += "\n" + wrapped(moved)
    return {
        "where": label, "zero": 0, "at": side * (one.effect or 0.0), "alarm": one.alarm,
        "bar": side * max(min_effect, one.noise_floor or 0.0), "head": _HEADS[one.direction],
    }  # fmt: skip


def _sentence(found: Drift, known: int) -> str:
    said = (
        "Arrows: how far each column went, to the left where it fell; a square went toward another category. Filled "
        "(● before the name): an alarm. Tick: the least that an alarm needs, the larger of chance's part and "
        f"{units.number(found.min_effect)}."
    )
    if known > _MOST:
        said += f" Drawn are the first {_MOST} of {units.count(known)}; the table has them all."
    if not found.alarms:
        return f"{said} None of {units.plural(len(found.columns), 'column')} drifted."
    first = found.alarms[0]
    way = words.moved(first)
    many = f"{units.count(len(found.alarms))} of {units.plural(len(found.columns), 'column')} drifted"
    return f"{said} {many}; first, {first.column}: {words.measure(first)}{f', {way}' if way else ''}."
