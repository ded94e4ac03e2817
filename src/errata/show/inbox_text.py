"""What somebody watches and what is new of it, for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from errata.core import units
from errata.nouns.subscription import Subscription
from errata.show.table_text import table_text


def subscriptions_text(found: Sequence[Subscription], width: int) -> str:
    """A table of subscriptions."""
    rows = [[f"{one.at:%Y-%m-%d %H:%M} UTC", one.subject] for one in found]
    return table_text(["since", "watched"], rows, width=width)


def inbox_text(news: Sequence[Any], width: int) -> str:
    """What is new, a part for each subscription, newest first."""
    return "\n".join(line for one in news for line in _news(one, width))


def _news(news: Any, width: int) -> list[str]:
    shown = f", the newest {len(news.events)}" if len(news.events) < news.total else ""
    named = news.query or any(one.subject != news.subject for one in news.events)
    rows = [
        [
            f"  {one.at:%Y-%m-%d %H:%M} UTC",
            *([one.subject] if named else []),
            one.actor,
            one.verb,
            one.reason.partition("\n")[0],
        ]
        for one in news.events
    ]
    return [f"{news.subject} · {units.count(news.total)} new{shown}", *_rows(rows, width)]


def _rows(rows: Sequence[Sequence[str]], width: int) -> list[str]:
    return table_text([""] * len(rows[0]), rows, width=width).split("\n")[1:]
