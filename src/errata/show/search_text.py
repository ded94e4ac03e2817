"""What a search found, for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from errata.core import units
from errata.nouns.search import Facet, Hits
from errata.show.record_text import cases_text
from errata.show.table_text import pairs_text

VALUES = 4
ORDERS = {
    "changed": "newest change first",
    "-changed": "oldest change first",
    "created": "newest first",
    "-created": "oldest first",
    "date": "latest day first",
    "-date": "earliest day first",
    "severity": "gravest first",
    "-severity": "slightest first",
    "excess": "most excess errors first",
    "-excess": "fewest excess errors first",
    "key": "lowest key first",
    "-key": "highest key first",
    "rank": "best first",
    "-rank": "worst first",
}


def hits_text(hits: Hits, width: int) -> str:
    """How many there are and in which order, the facets of all of them, and this page as a table."""
    if not hits.total:
        return f"No case{f' for {hits.query}' if hits.query else ' yet'}.\n{narrower(hits.query)}"
    lines = [f"{units.plural(hits.total, 'case')} · {ORDERS[hits.sort]}"]
    if hits.unranked:
        lines[0] += f" ({hits.unranked})"
    told = [(facet.name, _spread(facet)) for facet in hits.facets if len(facet.values) > 1]
    if told:
        lines.append(pairs_text(told))
    return "\n".join([*lines, "", cases_text(hits.records, width, hits.sort)])


def narrower(query: str) -> str:
    """What to try when nothing was found."""
    if not query:
        return "errata case open finding:N --title TEXT"
    return "Every word and field must hold: leave one away, or write A,B for either.\nerrata case search"


def alike_text(found: Sequence[Any]) -> str:
    """Cases that are like another, a line each with why."""
    return "\n".join(f"    {one.record.key}  {one.record.title} · {one.record.state} · {one.why}" for one in found)


def _spread(facet: Facet) -> str:
    told = [f"{value} {units.count(number)}" for value, number in facet.values[:VALUES]]
    more = len(facet.values) - VALUES + facet.more
    return " · ".join(told) + (f" · {units.count(more)} more" if more > 0 else "")
