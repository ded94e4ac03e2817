"""The clock: UTC, whole seconds are enough for people, microseconds for order."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache


def now() -> datetime:
    """The present, aware, in UTC."""
    return datetime.now(UTC)


@lru_cache(maxsize=256)  # everything that one transaction writes has one time
def stamp(moment: datetime) -> str:
    """ISO 8601 in UTC with microseconds and a ``Z``: sorts as text."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
