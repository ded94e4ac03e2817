"""``errata watch``, ``unwatch``, ``inbox``: be told what others do to what one cares about."""

from __future__ import annotations

from errata.core.clock import stamp
from errata.core.errors import NotFound
from errata.core.names import names_one
from errata.nouns.page import Page
from errata.nouns.subscription import Subscription, watched
from errata.store import subscriptions
from errata.store.catalog import Store
from errata.store.paging import Asked, cut
from errata.store.subscriptions import Inbox
from errata.verbs.link import check_there


def watch(store: Store, what: str) -> Subscription:
    """Watch a record, ``run:3``, ``finding:4``, or the cases that a query finds; the same again changes nothing.

    Raises NotFound, GrammarError for what is no query, UsageError ``watch-what``, ``long-query``.
    """
    subject = watched(what, store.project.prefix)
    with store.write("watch") as transaction:
        if names_one(subject):
            check_there(transaction.connection, store, subject)
        return subscriptions.add(transaction, subject)


def unwatch(store: Store, what: str) -> None:
    """Watch it no more. Raises NotFound ``not-watched``, GrammarError, UsageError."""
    subject = watched(what, store.project.prefix)
    with store.write("unwatch") as transaction:
        if not subscriptions.remove(transaction, subject):
            raise NotFound("not-watched", f"you do not watch {subject[:60]!r}", next="errata watch --list")


def list_subscriptions(store: Store, *, limit: int | None = None, cursor: str | None = None) -> Page[Subscription]:
    """What the actor watches, oldest first."""
    with store.read() as connection:
        found = subscriptions.subscriptions(connection, store)
    of = {"list": "subscriptions", "actor": store.actor}
    return cut(store, found, lambda one: [stamp(one.at), one.subject], Asked(limit, cursor), of)


def inbox(store: Store) -> Inbox:
    """What others did, since it was last marked as seen, to what the actor watches: newest first."""
    with store.read() as connection:
        return subscriptions.inbox(connection, store)


def mark_inbox(store: Store, upto: int) -> None:
    """Everything up to this entry of the log was seen; it is the reader's own mark, and no event."""
    with store.write("inbox mark") as transaction:
        subscriptions.mark(transaction, upto)
