"""``errata job prune``: what ended long ago is let go of; that it was asked for and how it ended stays in the log."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from errata.core.errors import UsageError
from errata.core.units import plural
from errata.store import jobs, requests, uploads
from errata.store.catalog import Store

DAYS = 30
"""For so long a job that ended, and its result, can be looked at, and a request is known when it comes again."""


def prune_jobs(store: Store, days: int = DAYS) -> dict[str, Any]:
    """Remove the jobs of the project that ended more than ``days`` ago, with their results; how many there were.

    Requests of that age are forgotten, and uploads removed that nobody has read for a day. Where there is nothing,
    nothing is written. Raises UsageError ``bad-days``, Locked.
    """
    if not 0 <= days <= 36_500:
        raise UsageError("bad-days", f"jobs cannot be kept for {days} days", expected="0 to 36,500", next="--days 30")
    with store.read() as connection:
        before = store.home.now(connection) - timedelta(days=days)
        some = jobs.ended_before(connection, store, before) or requests.asked_before(connection, store, before)
        wanted = jobs.uploads_wanted(connection)
    gone = forgotten = 0
    if some:
        with store.write("job prune") as transaction:
            gone = jobs.remove_ended(transaction, before)
            forgotten = requests.forget(transaction, before)
            if gone:
                told = f"{plural(gone, 'job')} that ended before {before:%Y-%m-%d %H:%M} UTC"
                transaction.event("catalog", before=None, after=None, reason=told)
    return {"jobs": gone, "requests": forgotten, "uploads": uploads.prune(store.files, wanted)}
