"""The map of clusters: failed rows by cluster, in colour and shape, over rows that passed."""

from __future__ import annotations

from typing import Any

from errata.core import units
from errata.nouns.clusters import Clusters
from errata.show.charts.chart import Chart, altair, themed, token

_WIDTH = 420
_COLOURS = ("cat-1", "cat-2", "cat-3", "cat-4", "cat-5")
_SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-left", "triangle-right")
_PASSED, _NONE, _NOISE = "passed", "failed", "no cluster"


def charts(found: Clusters) -> list[Chart]:
    """The map; nothing where there is none. Raises MissingExtra without the extra ``charts``."""
    if not found.map:
        return []
    alt = altair()
    rows = tuple(
        {
            "sample": point.id if point.id is not None else f"row {point.row + 1}",
            "outcome": "failed" if point.failed else "passed",
            "cluster": point.cluster, "x": point.x, "y": point.y,
        }
        for point in sorted(found.map, key=lambda one: (not one.failed, one.cluster or 1 << 30, one.row))
    )  # fmt: skip
    drawn = [{**row, "kind": _kind(row, found)} for row in rows]
    passed = [row for row in drawn if row["kind"] == _PASSED]
    failed = [row for row in drawn if row["kind"] != _PASSED]
    kinds = list(dict.fromkeys(str(row["kind"]) for row in failed))
    x = alt.X("x:Q", title=_axis(found, 0), axis=alt.Axis(labels=False, tickCount=0, grid=False))
    y = alt.Y("y:Q", title=_axis(found, 1), axis=alt.Axis(labels=False, tickCount=0, grid=False))
    layers = []
    if passed:
        under = alt.Chart(alt.Data(values=passed))
        layers.append(
            under.mark_point(shape="circle", size=18, filled=True, opacity=0.55, color=token("line-strong")).encode(
                x=x, y=y
            )
        )
    looks = [_look(kind) for kind in kinds]
    colours = alt.Scale(domain=kinds, range=[token(colour) for colour, _ in looks])
    shapes = alt.Scale(domain=kinds, range=[shape for _, shape in looks])
    legend = alt.Legend(
        orient="bottom",
        columns=1,
        labelLimit=_WIDTH,
        labelColor=token("ink"),
        labelFontSize=12,
        symbolSize=70,
        title=None,
    )
    over = alt.Chart(alt.Data(values=failed)).mark_point(size=46, filled=True, opacity=0.9)
    colour = alt.Color("kind:N", scale=colours, legend=legend)
    layers.append(over.encode(x=x, y=y, color=colour, shape=alt.Shape("kind:N", scale=shapes, legend=legend)))
    spec = themed(alt.layer(*layers).properties(width=_WIDTH, height=_WIDTH), width=_WIDTH)
    return [Chart("clusters", "Map of failures", _sentence(found, len(failed), len(passed)), spec, rows)]


def _kind(row: dict[str, Any], found: Clusters) -> str:
    if row["outcome"] == "passed":
        return _PASSED
    if row["cluster"] is None:
        return _NONE if found.number is None else _NOISE
    return f"{row['cluster']}  {found.clusters[row['cluster'] - 1].name}"


def _look(kind: str) -> tuple[str, str]:
    """Colour and shape: no two clusters have both in common."""
    if kind == _NONE:
        return "fail", "circle"
    if kind == _NOISE:
        return "unknown", "cross"
    at = int(kind.split("  ")[0]) - 1
    return _COLOURS[at % len(_COLOURS)], _SHAPES[at % len(_SHAPES)]


def _axis(found: Clusters, at: int) -> str:
    share = f" ({units.percent(found.explained[at])} of the variance)" if at < len(found.explained) else ""
    return f"{('first', 'second')[at]} axis{share}"


def _sentence(found: Clusters, failed: int, passed: int) -> str:
    share = units.percent(sum(found.explained))
    drawn = (
        f"{units.plural(failed, 'failed row')} in colour over {units.plural(passed, 'row')} that passed, in grey: drawn"
        f" at random, along the two axes of largest variance ({share} of it: what lies together here may lie apart)."
    )
    if found.number is None:
        return f"{drawn} There is no cluster structure."
    first = found.clusters[0]
    return f"{drawn} First of {found.number}, {first.name}: {units.percent(first.error_rate)} of its rows fail."
