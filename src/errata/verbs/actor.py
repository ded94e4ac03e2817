"""``errata actor``: who has acted in a catalog, and up to where each of them sees."""

from __future__ import annotations

from errata.core.errors import NotFound
from errata.core.names import nearest
from errata.nouns.sensitivity import EVERYTHING, check_clearance
from errata.store import actors
from errata.store.actors import Actor
from errata.store.catalog import Store


def list_actors(store: Store) -> list[Actor]:
    """Everybody who has acted in the catalog, in the order in which they came."""
    with store.read() as connection:
        return actors.actors(connection)


def edit_actor(store: Store, name: str, clearance: str, *, reason: str = "") -> Actor:
    """Say up to where somebody sees records, from the next time that they open the catalog.

    Raises NotFound ``no-such-actor``, UsageError ``no-such-level``, ``above-clearance``.
    """
    check_clearance(clearance, giver=store.clearance)
    with store.write("actor edit") as transaction:
        known = {one.name: one for one in actors.actors(transaction.connection)}
        if name not in known:
            close = nearest(name, list(known), 1)
            raise NotFound(
                "no-such-actor",
                f"nobody called {name!r} has acted in this catalog",
                expected="a name of `errata actor list`",
                next=f"errata actor edit {close[0]} --clearance {clearance}" if close else "errata actor list",
            )
        before = known[name].clearance or EVERYTHING
        if before != clearance:
            actors.clear(transaction, name, clearance)
            why = f"cleared for {clearance}, before for {before}{': ' * bool(reason)}{reason}"
            transaction.event(f"actor:{name}", before=None, after=None, reason=why)
        return next(one for one in actors.actors(transaction.connection) if one.name == name)
