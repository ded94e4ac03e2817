"""A search as a page: facets, orders and the next page as links, so that a link is a view."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from errata.core.units import count
from errata.nouns.query import Query
from errata.nouns.query_fields import FIELDS
from errata.nouns.search import Hits
from errata.show.search_text import ORDERS

PAGE = 50
SHOWN = 8
"""How many values of a facet stand open; the others are behind a disclosure."""
_OFFERED = ("changed", "created", "date", "severity", "excess", "key")


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a facet: how many hits have it, whether it is asked for, and the link that turns that round."""

    value: str
    count: str
    on: bool
    href: str


@dataclass(frozen=True, slots=True)
class FacetView:
    """A facet: its first values, those behind the disclosure, and how many more there are."""

    name: str
    first: list[Value]
    rest: list[Value]
    more: int


@dataclass(frozen=True, slots=True)
class Order:
    """One way to sort: what it is called, its link, and whether hits stand so now."""

    label: str
    href: str
    on: bool


@dataclass(frozen=True, slots=True)
class SearchView:
    """Facets, orders, what was asked for (each with the link that takes it away), and the page after."""

    facets: list[FacetView]
    orders: list[Order]
    asked: list[Value]
    after: str | None


def view_of(hits: Hits, query: Query, path: str) -> SearchView:
    """The links of a result."""

    def link(asked: Query, cursor: str | None = None) -> str:
        values = {name: value for name, value in (("q", asked.text), ("cursor", cursor)) if value}
        return f"{path}?{urlencode(values)}" if values else path

    facets = []
    for facet in hits.facets:
        if facet.name not in FIELDS or (len(facet.values) < 2 and not query.has(facet.name, facet.values[0][0])):
            continue
        values = [
            Value(value, count(number), query.has(facet.name, value), link(query.toggled(facet.name, value)))
            for value, number in facet.values
        ]
        facets.append(FacetView(facet.name, values[:SHOWN], values[SHOWN:], facet.more))
    names = (*_OFFERED, "rank") if query.words else _OFFERED
    return SearchView(
        facets=facets,
        orders=[Order(ORDERS[name], link(query.sorted_by(name)), hits.sort == name) for name in names],
        asked=[Value(term.text, "", True, link(query.without_term(term))) for term in query.terms],
        after=link(query, hits.cursor) if hits.cursor else None,
    )
