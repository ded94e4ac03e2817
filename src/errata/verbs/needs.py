"""``errata needs`` and the review queue: what waits for the actor, and what waits for somebody's verification."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from errata.core import clock
from errata.core.clock import stamp
from errata.core.units import plural
from errata.nouns.lifecycle import REOPENED, RETURNED, SUBMITTED
from errata.nouns.query import Query
from errata.nouns.record import Record
from errata.nouns.round import OPEN
from errata.store import jobs, labels, records, reviewers, search
from errata.store.catalog import Store

MOST = 200
"""So many of each sort are looked at, the oldest first."""
RECENT = timedelta(days=14)
"""A job that failed longer ago needs nobody any more."""


def needs(store: Store) -> dict[str, Any]:
    """What needs the actor, the most pressing first: plain values of the schema ``errata.needs/1``.

    Each says ``what`` it is (``came back``, ``returned``, ``verify``, ``label``, ``move``, ``failed``), its
    ``subject`` and ``title``, what is ``said`` of it, and what to type ``next``.
    """
    with store.read() as connection:
        found = [
            *_mine(connection, store),
            *_to_verify(connection, store),
            *_to_label(connection, store),
            *_to_move(connection, store),
            *_failed(connection, store),
        ]
    return {"schema": "errata.needs/1", "actor": store.actor, "needs": found}


def review_queue(store: Store) -> dict[str, Any]:
    """The submitted cases, who waits longest first: plain values of the schema ``errata.review-queue/1``.

    Each has ``authors`` and ``labellers``, since when it waits, and whether the actor ``may_verify`` it. ``total`` is
    how many there are: of more than 200, the first are given. ``returned`` are the actor's own that were given back.
    """
    with store.read() as connection:
        total, waiting = _waiting(connection, store)
        back = [case for case in _own(connection, store) if case.state == RETURNED]
        reasons = _reasons(connection, store, back, RETURNED)
    return {
        "schema": "errata.review-queue/1",
        "actor": store.actor,
        "total": total,
        "waiting": waiting,
        "returned": [
            {"key": case.key, "title": case.title, "by": by, "reason": reason, "since": stamp(at)}
            for case, (by, at, reason) in zip(back, reasons, strict=True)
        ],
    }


def _waiting(connection: Any, store: Store) -> tuple[int, list[dict[str, Any]]]:
    total, cases = _found(connection, store, f"state:{SUBMITTED} sort:-changed")
    made = reviewers.made_by(connection, store, cases)
    since = _reasons(connection, store, cases, SUBMITTED)
    waiting = []
    for case, (by, at, _) in zip(cases, since, strict=True):
        wrote, labelled = made[case.key]
        waiting.append(
            {
                "key": case.key,
                "title": case.title,
                "severity": case.severity.band if case.severity else None,
                "authors": wrote,
                "labellers": labelled,
                "submitted_by": by,
                "since": stamp(at),
                "may_verify": store.actor not in {*wrote, *labelled},
            }
        )
    return total, sorted(waiting, key=lambda one: (one["since"], one["key"]))


def _own(connection: Any, store: Store) -> list[Record]:
    """The actor's cases that came back or were returned: those that they opened and those that they own."""
    name = store.actor.replace('"', '""')
    found = {}
    for field in ("author", "owner"):
        query = f'{field}:"{name}" state:{RETURNED},{REOPENED} sort:-changed'
        for case in _found(connection, store, query)[1]:
            # A search folds letters and reads * as anything; who one is does not.
            if store.actor in (case.created_by, case.body.owner):
                found[case.key] = case
    return sorted(found.values(), key=lambda case: (case.state != REOPENED, case.changed_at))


def _found(connection: Any, store: Store, query: str) -> tuple[int, list[Record]]:
    hits = search.find(connection, store, Query.parse(query), "case", limit=MOST, cursor=None, facets=False)
    return hits.total, records.of_kind(connection, store, hits.numbers, "case")


def _reasons(connection: Any, store: Store, cases: Sequence[Record], state: str) -> list[tuple[str, datetime, str]]:
    """By whom, when and why each of these came into the state that it is in."""
    every = records.histories(connection, store, cases)
    found = []
    for case in cases:
        entered, before = every[case.key][0], ""
        for one in every[case.key]:
            if one.state == state != before:
                entered = one
            before = one.state
        found.append((entered.actor, entered.at, entered.reason))
    return found


def _need(what: str, subject: str, title: str, said: str, next: str) -> dict[str, str]:
    return {"what": what, "subject": subject, "title": title, "said": said, "next": next}


def _mine(connection: Any, store: Store) -> Iterator[dict[str, str]]:
    own = _own(connection, store)
    returned = [case for case in own if case.state == RETURNED]
    reasons = dict(zip([one.key for one in returned], _reasons(connection, store, returned, RETURNED), strict=True))
    for case in own:
        if case.state == REOPENED:
            back = case.body.came_back
            said = f"came back on run:{back.run}" if back else "came back"
            yield _need("came back", case.key, case.title, said, f"errata case show {case.key}")
        else:
            by, _, reason = reasons[case.key]
            yield _need(
                "returned", case.key, case.title, f"returned by {by}: {reason}", f"errata case submit {case.key}"
            )


def _to_verify(connection: Any, store: Store) -> Iterator[dict[str, str]]:
    for one in _waiting(connection, store)[1]:
        if one["may_verify"]:
            said = f"submitted by {one['submitted_by']}, to be verified"
            yield _need("verify", one["key"], one["title"], said, f"errata case verify {one['key']} --reran run:N")


def _to_label(connection: Any, store: Store) -> Iterator[dict[str, str]]:
    for one in records.records(connection, store, "round", states=[OPEN]):
        if store.actor in one.actors:
            left = len(one.subjects) - labels.answered(connection, store, one.number).get(store.actor, 0)
            if left > 0:
                said = f"{left} of {plural(len(one.subjects), 'subject')} to be labelled"
                yield _need("label", one.key, one.title, said, f"errata round show {one.key}")


def _to_move(connection: Any, store: Store) -> Iterator[dict[str, str]]:
    given = labels.terms_by(connection, store, store.actor)
    today = labels.heads(connection, store, {number for number, _ in given})
    for number, body in today.items():
        moved = sum(many for (of, term), many in given.items() if of == number and body.replacements(term))
        if moved:
            said = f"{plural(moved, 'label')} of yours whose term was renamed, split or merged"
            yield _need("move", store.key(number), body.title, said, f"errata label moves {body.name}")


def _failed(connection: Any, store: Store) -> Iterator[dict[str, str]]:
    for job in jobs.failed_by(connection, store, store.actor, clock.now() - RECENT):
        said = f"failed: {(job.error or {}).get('message', '')}".rstrip(": ")
        yield _need("failed", job.ref, job.title, said, f"errata job show {job.ref}")
