"""A comment: what somebody says about a record, a run or a finding; an answer to another makes a thread.

It is never rewritten or deleted. One that is taken back keeps who, when and why, and its text is shown no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from errata.core.clock import stamp
from errata.core.errors import GrammarError, UsageError
from errata.core.names import names_one
from errata.core.units import count

MOST = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """One comment; ``answers`` is the number of another about the same. ``text`` is empty once it was taken back."""

    number: int
    subject: str
    answers: int | None
    text: str
    actor: str
    at: datetime
    retracted_by: str | None = None
    retracted_at: datetime | None = None
    retracted_reason: str | None = None

    @property
    def id(self) -> str:
        """``comment:3``."""
        return f"comment:{self.number}"

    @property
    def retracted(self) -> bool:
        """Whether it was taken back."""
        return self.retracted_at is not None

    def to_json(self) -> dict[str, Any]:
        """Plain values of the schema ``errata.comment/1``."""
        return {
            "schema": "errata.comment/1",
            "id": self.id,
            "subject": self.subject,
            "answers": None if self.answers is None else f"comment:{self.answers}",
            "text": self.text,
            "actor": self.actor,
            "at": stamp(self.at),
            "retracted_by": self.retracted_by,
            "retracted_at": stamp(self.retracted_at) if self.retracted_at else None,
            "retracted_reason": self.retracted_reason,
        }


def check_about(subject: str) -> None:
    """Raises GrammarError ``not-discussed`` unless the subject is a key, ``run:3`` or ``finding:4``."""
    if not names_one(subject):
        raise GrammarError(
            "not-discussed",
            f"{subject[:60]!r} is nothing that can be discussed or watched",
            expected="a key such as DIG-4, run:3 or finding:4",
            found=repr(subject[:60]),
            next="errata case list",
        )


def check_text(text: str) -> None:
    """Raises UsageError ``no-text`` for one without words, ``long-text`` for one over the limit."""
    if not text.strip():
        raise UsageError("no-text", "a comment says something", next="errata comment add KEY TEXT")
    if len(text) > MOST:
        raise UsageError(
            "long-text",
            "this comment is too long",
            expected=f"at most {count(MOST)} characters",
            found=count(len(text)),
            next="say it in two, or link the document: errata case link KEY wasDerivedFrom https://…",
        )


def threaded(comments: Sequence[Comment]) -> list[tuple[int, Comment]]:
    """Comments, oldest first, as a thread: each under the one that it answers, with how deep it lies."""
    under: dict[int | None, list[Comment]] = {}
    for one in comments:
        under.setdefault(one.answers, []).append(one)
    found: list[tuple[int, Comment]] = []
    waiting = [(0, one) for one in reversed(under.get(None, []))]
    while waiting:
        depth, one = waiting.pop()
        found.append((depth, one))
        waiting += [(depth + 1, answer) for answer in reversed(under.get(one.number, []))]
    return found
