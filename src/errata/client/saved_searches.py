"""Saved searches of a catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING

from errata.client.records import Records
from errata.nouns.page import Page
from errata.nouns.record import Record

if TYPE_CHECKING:
    from errata.nouns.search import Hits


class SavedSearches(Records):
    """``catalog.saved_searches``."""

    kind = "saved-search"

    def save(self, name: str, query: str) -> Record:
        """Keep a query under a name. Raises GrammarError for what is no query, Conflict for a name that is taken."""
        return self._record("save", name=name, query=query)

    def find(self, name: str) -> Record:
        """The saved search of a key or a name. Raises NotFound."""
        return self._record("find", name=name)

    def list(self, *, limit: int | None = None, cursor: str | None = None) -> Page[Record]:
        """The saved searches, oldest first."""
        return self._page("list", state="active", limit=limit, cursor=cursor)

    def run(self, name: str, limit: int = 20, cursor: str | None = None, facets: bool = True) -> Hits:
        """The cases that a saved search finds today, as ``cases.search`` gives them. Raises NotFound."""
        found: Hits = self._transport.ask(
            "case list", q=self.find(name).query, limit=limit, cursor=cursor, facets=facets
        )
        return found
