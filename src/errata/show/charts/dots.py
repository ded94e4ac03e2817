"""Rows of dots with their intervals on one scale, told apart by shape and colour: what several charts are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from errata.show.charts.chart import MONO, altair, token
from errata.show.terminal import wrap_slice

WIDTH = 300
_ROW, _LINE, _ROOM = 24, 15, 30


class Look(NamedTuple):
    """How a row of one kind is drawn: a colour token and a shape of Vega."""

    tone: str
    shape: str


def dots(
    rows: Sequence[Mapping[str, Any]],
    looks: Mapping[str, Look],
    *,
    title: str,
    percent: bool = True,
    hairline: float | None = None,
    step: int | None = None,
) -> Any:
    """One panel. Each of ``rows`` has ``where``, ``value``, ``low``, ``high``, ``rest`` (a tick, or None) and ``look``,
    a key of ``looks``; the legend names the looks where there are several. Raises MissingExtra without ``charts``."""
    alt = altair()
    drawn = [{**row, "where": wrapped(str(row["where"]))} for row in rows]
    present = [name for name in looks if any(row["look"] == name for row in rows)]
    data = alt.Chart(alt.Data(values=drawn))
    place = place_of([str(row["where"]) for row in drawn])
    legend = None
    if len(present) > 1:
        legend = alt.Legend(title=None, orient="bottom", direction="vertical", labelLimit=280, labelColor=token("ink"),
                            labelFontSize=12, symbolStrokeWidth=0)  # fmt: skip
    tones, shapes = [token(looks[name].tone) for name in present], [looks[name].shape for name in present]
    colour = alt.Color("look:N", title=None, legend=legend, scale=alt.Scale(domain=present, range=tones))
    shape = alt.Shape("look:N", title=None, legend=legend, scale=alt.Scale(domain=present, range=shapes))
    scale = alt.Scale(domain=reach(rows, hairline), nice=True, zero=True)
    axis = alt.Axis(format=".2~%" if percent else ".3~r", tickCount=5, labelFlush=False)
    layers = []
    if hairline is not None:
        layers.append(
            alt.Chart(alt.Data(values=[{"all": hairline}]))
            .mark_rule(color=token("line-strong"), strokeWidth=1)
            .encode(x=alt.X("all:Q", scale=scale))
        )
    layers.append(
        data.mark_rule(strokeWidth=2).encode(y=place, x=alt.X("low:Q", scale=scale), x2="high:Q", color=colour)
    )
    if any(row["rest"] is not None for row in rows):
        layers.append(
            data.transform_filter("datum.rest !== null")
            .mark_tick(color=token("ink-soft"), thickness=2, height=14)
            .encode(y=place, x=alt.X("rest:Q", scale=scale))
        )
    layers.append(
        data.mark_point(filled=True, size=80, opacity=1).encode(
            y=place, x=alt.X("value:Q", scale=scale, title=title, axis=axis), color=colour, shape=shape
        )
    )
    return alt.layer(*layers).properties(width=WIDTH, height=alt.Step(step or step_of(drawn)))


def wrapped(text: str) -> str:
    """A slice or a name over several lines of an axis."""
    return "\n".join(wrap_slice(text, _ROOM))


def step_of(drawn: Sequence[Mapping[str, Any]]) -> int:
    """The height of a row whose label has as many lines as the longest of ``where``."""
    longest = max((str(row["where"]).count("\n") for row in drawn), default=0) + 1
    return max(_ROW, longest * _LINE + 8)


def place_of(labels: Sequence[str]) -> Any:
    """The axis of rows, in the order in which they come."""
    alt = altair()
    axis = alt.Axis(labelExpr="split(datum.label, '\\n')", labelLimit=260, labelColor=token("ink"), labelFont=MONO,
                    labelLineHeight=_LINE, labelOverlap=False)  # fmt: skip
    return alt.Y("where:N", sort=list(dict.fromkeys(labels)), title=None, axis=axis)


def reach(rows: Sequence[Mapping[str, Any]], also: float | None = None) -> list[float]:
    """From the least to the largest of what is drawn, with 0."""
    values = [0.0, *(row[name] for row in rows for name in ("value", "low", "high", "rest") if row[name] is not None)]
    values += [] if also is None else [also]
    low, high = min(values), max(values)
    return [low, high if high > low else low + 1.0]
