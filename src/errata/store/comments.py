"""Comments: rows are added and retracted, never rewritten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from errata.core.canonical import digest_of
from errata.core.errors import NotFound
from errata.nouns.comment import Comment
from errata.store import events, records, sight, tables

if TYPE_CHECKING:
    from errata.store.catalog import Store, Transaction

_COMMENT = tables.comment


def add(transaction: Transaction, subject: str, text: str, answers: int | None) -> Comment:
    """A new comment, with its event. The event is about the subject, and does not hold the text."""
    number = transaction.next("comments")
    said = {"number": number, "subject": subject, "answers": answers, "text": text}
    transaction.insert(_COMMENT, {**said, "actor": transaction.actor, "at": transaction.at})
    why = f"comment:{number}" if answers is None else f"comment:{number} answers comment:{answers}"
    records.project_again(transaction, [subject])
    transaction.event(subject, before=None, after=_digest(subject, text), reason=why)
    return get(transaction.connection, transaction.store, number)


def retract(transaction: Transaction, comment: Comment, reason: str) -> Comment:
    """Take a comment back; it stays, with who, when and why."""
    values = {"retracted_by": transaction.actor, "retracted_at": transaction.at, "retracted_reason": reason}
    mine = (_COMMENT.c.project == transaction.project, _COMMENT.c.number == comment.number)
    transaction.connection.execute(sa.update(_COMMENT).where(*mine).values(values))
    before = _digest(comment.subject, comment.text)
    records.project_again(transaction, [comment.subject])
    transaction.event(comment.subject, before=before, after=None, reason=f"{comment.id}: {reason}")
    return get(transaction.connection, transaction.store, comment.number)


def get(connection: sa.Connection, store: Store, number: int) -> Comment:
    """One comment. Raises NotFound ``no-such-comment``."""
    found = _comments(connection, store, _COMMENT.c.number == number)
    if not found:
        raise NotFound(
            "no-such-comment",
            f"there is no comment:{number} in project {store.project.name}",
            next="errata comment list KEY",
        )
    return found[0]


def about(connection: sa.Connection, store: Store, subject: str) -> list[Comment]:
    """The comments about a subject, oldest first, those taken back too."""
    return _comments(connection, store, _COMMENT.c.subject == subject)


def faults(connection: sa.Connection, store: Store) -> list[str]:
    """What is wrong with the project's comments: one that is gone, or is not what the log says that was said."""
    rows = connection.execute(sa.select(_COMMENT).where(_COMMENT.c.project == store.project.id)).all()
    return events.unlike(connection, store, "comment", {row.number: _digest(row.subject, row.text) for row in rows})


def _comments(connection: sa.Connection, store: Store, where: sa.ColumnElement[bool]) -> list[Comment]:
    mine = (_COMMENT.c.project == store.project.id, sight.shown_key(store, _COMMENT.c.subject))
    query = sa.select(_COMMENT).where(*mine, where).order_by(_COMMENT.c.number)
    return [
        Comment(
            number=row.number,
            subject=row.subject,
            answers=row.answers,
            text=row.text if row.retracted_at is None else "",
            actor=row.actor,
            at=row.at,
            retracted_by=row.retracted_by,
            retracted_at=row.retracted_at,
            retracted_reason=row.retracted_reason,
        )
        for row in connection.execute(query)
    ]


def _digest(subject: str, text: str) -> str:
    return digest_of({"subject": subject, "text": text})
