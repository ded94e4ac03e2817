"""What somebody watches: ``catalog.subscriptions``."""

from __future__ import annotations

from errata.client.transport import Collection
from errata.nouns.page import Page
from errata.nouns.subscription import Subscription


class Subscriptions(Collection):
    """``catalog.subscriptions``, of whoever acts."""

    def watch(self, what: str) -> Subscription:
        """Watch ``DIG-4``, ``run:3``, ``finding:4``, or the cases that a query finds. Raises NotFound, GrammarError."""
        found: Subscription = self._transport.ask("subscription watch", what=what)
        return found

    def unwatch(self, what: str) -> None:
        """Watch it no more. Raises NotFound ``not-watched``."""
        self._transport.ask("subscription unwatch", what=what)

    def list(self, *, limit: int | None = None, cursor: str | None = None) -> Page[Subscription]:
        """What you watch, oldest first."""
        found: Page[Subscription] = self._transport.ask("subscription list", limit=limit, cursor=cursor)
        return found
