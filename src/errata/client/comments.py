"""Discussion of a catalog: ``catalog.comments``."""

from __future__ import annotations

from errata.client.transport import Collection
from errata.nouns.comment import Comment
from errata.nouns.page import Page


class Comments(Collection):
    """``catalog.comments``: what is said about records, runs and findings."""

    def add(self, subject: str, text: str, answers: int | None = None) -> Comment:
        """Say something about ``DIG-4``, ``run:3`` or ``finding:4``; ``answers`` is the number of another comment.

        Raises GrammarError, NotFound, UsageError, Conflict ``answers-another``.
        """
        found: Comment = self._transport.ask("comment add", subject=subject, text=text, answers=answers)
        return found

    def list(self, subject: str, *, limit: int | None = None, cursor: str | None = None) -> Page[Comment]:
        """The comments about something as a thread, each after the one that it answers. Raises NotFound."""
        found: Page[Comment] = self._transport.ask("comment list", subject=subject, limit=limit, cursor=cursor)
        return found

    def retract(self, number: int, reason: str) -> Comment:
        """Take one back; its text is shown no more, who, when and why stay. Raises NotFound, Conflict, UsageError."""
        found: Comment = self._transport.ask("comment retract", number=number, reason=reason)
        return found
