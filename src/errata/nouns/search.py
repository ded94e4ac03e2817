"""What a search found: how many records, the first of them, and how all of them are spread over the facets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, overload

from errata.nouns.record import Record

SCHEMA = "errata.search/1"


@dataclass(frozen=True, slots=True)
class Facet:
    """One facet over all hits: (value, how many have it), most frequent first, and how many ``more`` values."""

    name: str
    values: tuple[tuple[str, int], ...]
    more: int = 0

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        values = [{"value": value, "count": number} for value, number in self.values]
        return {"name": self.name, "values": values, "more": self.more}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits(Sequence[Record]):
    """The records of one page, in order; ``total`` and ``facets`` are of all hits.

    ``query`` is the canonical text. ``sort`` is the order they stand in; ``unranked`` says why that is not by rank
    where it was to be, else it is empty. ``cursor`` asks for the next page; None on the last.
    """

    query: str
    records: tuple[Record, ...]
    total: int
    sort: str
    unranked: str = ""
    facets: tuple[Facet, ...] = ()
    cursor: str | None = None

    @overload
    def __getitem__(self, at: int) -> Record: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[Record]: ...

    def __getitem__(self, at: int | slice) -> Record | Sequence[Record]:
        return self.records[at]

    def __len__(self) -> int:
        return len(self.records)

    def __iter__(self) -> Iterator[Record]:
        return iter(self.records)

    @property
    def ranked(self) -> bool:
        """Whether the best hit stands first."""
        return self.sort.removeprefix("-") == "rank"

    def to_json(self) -> dict[str, Any]:
        """Plain values, after the published schema errata.search/1."""
        return {
            "schema": SCHEMA,
            "query": self.query,
            "total": self.total,
            "sort": self.sort,
            "ranked": self.ranked,
            "unranked": self.unranked or None,
            "records": [record.to_json() for record in self.records],
            "facets": [facet.to_json() for facet in self.facets],
            "cursor": self.cursor,
        }
