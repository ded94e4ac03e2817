"""Review rotas of a catalog: ``catalog.rotas``."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any

from errata.client.records import Records
from errata.nouns.page import Page
from errata.nouns.record import Record


class Rotas(Records):
    """``catalog.rotas``."""

    kind = "rota"

    def add(self, *, title: str, owners: Sequence[str], starts: str | None = None, days: int = 7) -> Record:
        """A rota: owners in order, the day of the first turn (today), the days of a turn. Raises ValueFault."""
        return self._record("add", title=title, owners=owners, starts=starts, days=days)

    def list(self, state: str | None = None, *, limit: int | None = None, cursor: str | None = None) -> Page[Record]:
        """The rotas, oldest first; of one state when given."""
        return self._page("list", state=state, limit=limit, cursor=cursor)

    def retire(self, key: str, reason: str = "") -> Record:
        """Nobody is on duty by it any more. Raises NotFound, Conflict."""
        return self._record("retire", key=key, reason=reason)

    def duty(self, case: str | None = None, day: str | None = None) -> builtins.list[dict[str, Any]]:
        """Who is on duty by each active rota, today or on a day; of a case, its authors and labellers are passed over.

        Raises NotFound, UsageError ``bad-day``.
        """
        found: builtins.list[dict[str, Any]] = self._ask("duty", case=case, day=day)
        return found
