"""Saved searches of a catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING

from errata.client.records import Records
from errata.nouns.record import Record

if TYPE_CHECKING:
    from errata.nouns.search import Hits


class SavedSearches(Records):
    """``catalog.saved_searches``."""

    kind = "saved-search"

    def save(self, name: str, query: str) -> Record:
        """Keep a query under a name. Raises GrammarError for what is no query, Conflict for a name that is taken."""
        from errata.verbs.saved_search import save_search

        return save_search(self._store, name, query)

    def find(self, name: str) -> Record:
        """The saved search of a key or a name. Raises NotFound."""
        from errata.verbs.saved_search import saved_search

        return saved_search(self._store, name)

    def list(self) -> list[Record]:
        """The saved searches, oldest first."""
        from errata.verbs.record import list_records

        return list_records(self._store, self.kind, "active")

    def run(self, name: str, limit: int = 20, cursor: str | None = None, facets: bool = True) -> Hits:
        """The cases that a saved search finds today, as ``cases.search`` gives them. Raises NotFound."""
        from errata.verbs.search import search

        return search(self._store, self.find(name).query, "case", limit=limit, cursor=cursor, facets=facets)
