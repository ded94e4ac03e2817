"""Nodes as a section of the terminal's page: those at fault first, each with why."""

from __future__ import annotations

from errata.core import units
from errata.nouns.nodes import BETTER, BOTH, NODE, TRAFFIC, UNCLEAR, NodeColumn, NodeRate, Nodes
from errata.show.paint import Paint
from errata.show.wrapping import wrap

_SIGNS = {NODE: ("●", "fail"), BOTH: ("●", "fail"), TRAFFIC: ("◆", "inconclusive"), UNCLEAR: ("◆", "inconclusive")}
_SAYS = {
    NODE: "the node",
    BOTH: "the node and its traffic",
    TRAFFIC: "its traffic, not the node",
    UNCLEAR: "worse; node or traffic, the rows do not say",
    BETTER: "better than others on like traffic",
}
_MOST = 10
_CALM = 3


def lines(found: Nodes, width: int, paint: Paint) -> list[str]:
    """The section, at most ``width`` columns wide."""
    text: list[str] = []
    for column in found.columns:
        text += [*([""] if text else []), *_column(column, width, paint)]
    small = [f"left out: {one['column']} ({one['reason']})" for one in found.left_out]
    small += [f"note: {note}" for note in found.notes]
    small.append(
        "at fault: no false discovery among the nodes of a column (Benjamini–Hochberg at "
        f"{units.percent(found.false_discovery_rate)})"
    )
    return text + [paint(line, "dim") for one in small for line in wrap(one, width)]


def _column(column: NodeColumn, width: int, paint: Paint) -> list[str]:
    marked = [one for one in column.nodes if one.fault is not None]
    calm = [one for one in column.nodes if one.fault is None]
    traffic = f"traffic told apart by {', '.join(column.strata)}" if column.strata else "all traffic alike"
    at_fault = sum(one.fault in (NODE, BOTH) for one in marked)
    many = units.plural(len(column.nodes), "value")
    text = wrap(f"nodes by {column.column} · {at_fault:,} of {many} at fault · {traffic}", width, "")
    text[0] = paint(text[0], "bold")
    for one in marked[:_MOST]:
        text += _node(one, width, paint)
    if len(marked) > _MOST:
        text.append(f"  … and {len(marked) - _MOST:,} more that stand out (--json)")
    for one in calm[:_CALM]:
        text += _node(one, width, paint)
    if len(calm) > _CALM:
        text.append(f"  … and {len(calm) - _CALM:,} more in which nothing stands out (--json)")
    return text


def _node(one: NodeRate, width: int, paint: Paint) -> list[str]:
    sign, tone = _SIGNS.get(one.fault or "", ("✓", "pass"))
    rate = (
        f"{sign} {one.node}: {units.percent(one.rate)} {units.interval(one.low, one.high)} · "
        f"{units.count(one.failed)}/{units.count(one.rows)} · rest {units.percent(one.rest)} · "
        f"shrunk {units.percent(one.shrunk)}"
    )
    text = wrap(rate, width)
    text[0] = text[0].replace(sign, paint(sign, tone), 1)
    if one.fault is not None:
        text += wrap(f"{_SAYS[one.fault]}: {_split(one)}", width, "    ")
    return text


def _split(one: NodeRate) -> str:
    if one.within is None or one.within_low is None or one.within_high is None or one.mix is None:
        return "no other has traffic like it"
    told = (
        f"on like traffic {units.points(one.within)} [{100 * one.within_low:+.1f}, {100 * one.within_high:+.1f}], "
        f"by its mix {units.points(one.mix)}"
    )
    if one.comparable < one.rows:
        told += f"; {units.count(one.comparable)} of {units.plural(one.rows, 'row')} comparable"
    return told
