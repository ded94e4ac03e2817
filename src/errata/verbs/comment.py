"""Discussion: say something about a record, a run or a finding, answer, take it back."""

from __future__ import annotations

from errata.core.errors import Conflict, UsageError
from errata.nouns.comment import Comment, check_about, check_text, threaded
from errata.nouns.page import Page
from errata.store import comments
from errata.store.catalog import Store
from errata.store.paging import Asked, cut
from errata.verbs.link import check_there


def add_comment(store: Store, subject: str, text: str, *, answers: int | None = None) -> Comment:
    """Say something about a record (``DIG-4``), ``run:3`` or ``finding:4``; ``answers`` is another comment about it.

    Raises GrammarError ``not-discussed``, NotFound, UsageError ``no-text``, ``long-text``, Conflict
    ``answers-another``.
    """
    check_about(subject)
    check_text(text)
    with store.write("comment add") as transaction:
        check_there(transaction.connection, store, subject)
        if answers is not None:
            first = comments.get(transaction.connection, store, answers)
            if first.subject != subject:
                raise Conflict(
                    "answers-another",
                    f"{first.id} is about {first.subject}, not about {subject}",
                    expected=f"a comment about {subject}",
                    next=f"errata comment list {subject}",
                )
        return comments.add(transaction, subject, text, answers)


def list_comments(store: Store, subject: str, *, limit: int | None = None, cursor: str | None = None) -> Page[Comment]:
    """The comments about something as a thread, each after the one that it answers. Raises GrammarError, NotFound."""
    check_about(subject)
    with store.read() as connection:
        check_there(connection, store, subject)
        thread = [one for _, one in threaded(comments.about(connection, store, subject))]
    paths: dict[int | None, list[int]] = {None: []}
    for one in thread:
        paths[one.number] = [*paths[one.answers], one.number]
    asked, of = Asked(limit, cursor), {"list": "comments", "subject": subject}
    return cut(store, thread, lambda one: paths[one.number], asked, of)


def retract_comment(store: Store, number: int, reason: str) -> Comment:
    """Take a comment back: its text is shown no more; who, when and why stay.

    Raises NotFound ``no-such-comment``, Conflict ``retracted``, UsageError ``no-reason``.
    """
    if not reason.strip():
        raise UsageError("no-reason", "a comment is taken back with a reason", next="--reason TEXT")
    with store.write("comment retract") as transaction:
        found = comments.get(transaction.connection, store, number)
        if found.retracted:
            raise Conflict(
                "retracted",
                f"{found.id} was taken back by {found.retracted_by}",
                next=f"errata comment list {found.subject}",
            )
        return comments.retract(transaction, found, reason)
