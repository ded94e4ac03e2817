"""``errata case link`` and ``unlink``: what a case has to do with runs, changes, tickets and other cases."""

from __future__ import annotations

from typing import Any

from errata.core.clock import stamp
from errata.core.errors import NotFound
from errata.core.names import is_fact, is_key, parse_fact
from errata.nouns.link import Link, check_object, check_predicate
from errata.nouns.page import Page
from errata.store import findings, gates, links, records, runs
from errata.store.catalog import Store
from errata.store.paging import Asked, cut


def link_record(store: Store, key: str, predicate: str, target: str) -> Link:
    """Say that a record stands in a PROV relation to ``target``; said twice, it stands once.

    Raises UsageError ``no-such-predicate``, GrammarError ``bad-object``, NotFound for a record or fact that is none.
    """
    check_predicate(predicate)
    check_object(target)
    with store.write("link") as transaction:
        records.get(transaction.connection, store, key)
        check_there(transaction.connection, store, target)
        links.link(transaction, key, predicate, target)
        transaction.event(key, before=None, after=None, reason=f"{predicate} {target}")
        return next(
            one
            for one in links.links(transaction.connection, store, key)
            if (one.subject, one.predicate, one.object) == (key, predicate, target)
        )


def unlink_record(store: Store, key: str, predicate: str, target: str, reason: str = "") -> None:
    """Retract a link; that it was said stays. Raises NotFound ``no-such-link``."""
    with store.write("unlink") as transaction:
        if not links.unlink(transaction, key, predicate, target):
            raise NotFound("no-such-link", f"{key} has no link {predicate} {target}", next=f"errata case show {key}")
        transaction.event(key, before=None, after=None, reason=reason or f"no longer {predicate} {target}")


def links_of(store: Store, key: str, *, limit: int | None = None, cursor: str | None = None) -> Page[Link]:
    """The links from and to a record or fact that stand, oldest first."""
    with store.read() as connection:
        found = [one for one in links.links(connection, store, key) if one.retracted_at is None]
    asked, of = Asked(limit, cursor), {"list": "links", "key": key}
    return cut(store, found, lambda one: [stamp(one.at), one.subject, one.predicate, one.object], asked, of)


def check_there(connection: Any, store: Store, target: str) -> None:
    """Raises NotFound for a record or fact that is none; what lies outside of the catalog is not looked for."""
    if is_key(target):
        records.get(connection, store, target)
    elif is_fact(target, "run"):
        runs.get_run(connection, store, parse_fact(target, "run"))
    elif is_fact(target, "finding"):
        findings.get_finding(connection, store, parse_fact(target, "finding"))
    elif is_fact(target, "gate"):
        gates.get_gate(connection, store, parse_fact(target, "gate"))
