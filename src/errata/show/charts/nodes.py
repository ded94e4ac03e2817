"""Nodes on one scale: a dot and its interval for each, the others' rate as a tick, what is at fault by shape."""

from __future__ import annotations

from errata.core import units
from errata.nouns.nodes import BETTER, BOTH, NODE, TRAFFIC, UNCLEAR, NodeColumn, NodeRate, Nodes
from errata.show.charts.chart import Chart, themed
from errata.show.charts.dots import WIDTH, Look, dots
from errata.show.charts.names import address

_MOST = 24
_LOOKS = {
    "the node is at fault": Look("fail", "circle"),
    "the node and its traffic": Look("fail", "cross"),
    "its traffic, not the node": Look("inconclusive", "diamond"),
    "worse, the rows do not say why": Look("inconclusive", "triangle-up"),
    "better on like traffic": Look("pass", "triangle-down"),
    "nothing stands out": Look("unknown", "square"),
}
_OF = {
    NODE: "the node is at fault", BOTH: "the node and its traffic", TRAFFIC: "its traffic, not the node",
    UNCLEAR: "worse, the rows do not say why", BETTER: "better on like traffic", None: "nothing stands out",
}  # fmt: skip


def charts(found: Nodes) -> list[Chart]:
    """One picture for each column. Raises MissingExtra without the extra ``charts``."""
    named = address("nodes", [column.column for column in found.columns])
    return [_chart(column, name) for column, name in zip(found.columns, named, strict=True)]


def _chart(column: NodeColumn, name: str) -> Chart:
    rows = tuple(
        {
            "node": one.node, "rows": one.rows, "failed": one.failed, "rate": one.rate, "low": one.low,
            "high": one.high, "rest": one.rest, "shrunk": one.shrunk, "on_like_traffic": one.within,
            "by_its_mix": one.mix, "p_adjusted": one.p_adjusted, "fault": one.fault or "nothing stands out",
        }
        for one in column.nodes
    )  # fmt: skip
    drawn = [_drawn(one) for one in column.nodes[:_MOST]]
    every = sum(one.failed for one in column.nodes) / max(1, sum(one.rows for one in column.nodes))
    chart = dots(drawn, _LOOKS, title="failed", hairline=every)
    return Chart(name, f"Nodes by {column.column}", _sentence(column, every), themed(chart, width=WIDTH), rows)


def _drawn(one: NodeRate) -> dict[str, object]:
    return {"where": one.node, "value": one.rate, "low": one.low, "high": one.high, "rest": one.rest,
            "look": _OF[one.fault]}  # fmt: skip


def _sentence(column: NodeColumn, every: float) -> str:
    said = (
        "Dot and line: how much of each node fails, with its 95 % interval; tick: all other nodes; the hairline is all "
        f"rows, {units.percent(every)}."
    )
    if len(column.nodes) > _MOST:
        said += f" Drawn are the first {_MOST} of {units.count(len(column.nodes))}; the table has them all."
    guilty = [one for one in column.nodes if one.fault in (NODE, BOTH)]
    if not guilty:
        return f"{said} None is at fault beyond chance."
    first = guilty[0]
    rate = f"{units.percent(first.rate)} {units.interval(first.low, first.high)}"
    rest = units.percent(first.rest)
    return f"{said} At fault {_is(len(guilty))}, first {first.node}: {rate} where the others have {rest}."


def _is(many: int) -> str:
    return "is 1" if many == 1 else f"are {units.count(many)}"
