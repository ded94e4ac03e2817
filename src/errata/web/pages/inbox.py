"""The inbox: what others did to what one watches, each entry a way to where it was done."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from errata.core.errors import NotFound, UsageError
from errata.core.names import is_key
from errata.web.page import page
from errata.web.pages.reading import catalog_of, place_of
from errata.web.writing import check_write, may_write, read_form

router = APIRouter()
_COMMENT = re.compile(r"comment:(\d+)")


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that somebody did; ``title`` is the subject's."""

    at: datetime
    actor: str
    verb: str
    said: str
    subject: str
    title: str
    href: str


@dataclass(frozen=True, slots=True)
class Part:
    """What is new of one subscription, newest first."""

    subject: str
    query: bool
    title: str
    href: str
    total: int
    lines: list[Line]


@router.get("/inbox")
def inbox(request: Request) -> HTMLResponse:
    """What is new of everything that is watched, and what that is."""
    catalog = catalog_of(request)
    found = catalog.inbox()
    watched = catalog.subscriptions.list()
    events = [event for one in found.news for event in one.events]
    titles = _titles(catalog, [one.subject for one in watched] + [one.subject for one in events])
    said = _comments(catalog, events)
    return page(
        request,
        "inbox.html",
        here="/inbox",
        parts_of=[_part(one, titles, said) for one in found.news],
        total=sum(one.total for one in found.news),
        upto=found.upto,
        watched=[(one, _address(one.subject, one.query), titles.get(one.subject, "")) for one in watched],
        actor=catalog.actor,
        writes=may_write(request),
    )


@router.post("/inbox/mark")
async def mark(request: Request) -> Response:
    """All that was shown was seen; what came since stays new."""
    check_write(request, "errata inbox --mark")
    text = (await read_form(request)).one("upto")
    if not text.isdecimal() or not text.isascii() or len(text) > 15:
        raise UsageError("bad-request", "this form does not say what was seen", next="errata inbox --mark")
    await run_in_threadpool(catalog_of(request).mark_inbox, int(text))
    return RedirectResponse("/inbox", 303)


def _part(news: Any, titles: dict[str, str], comments: dict[int, str]) -> Part:
    lines = [
        Line(
            at=one.at,
            actor=one.actor,
            verb=one.verb,
            said=comments.get(_comment(one), "") or one.reason.partition("\n")[0],
            subject=one.subject,
            title=titles.get(one.subject, ""),
            href=_at(one),
        )
        for one in news.events
    ]
    address = _address(news.subject, news.query)
    return Part(news.subject, news.query, titles.get(news.subject, ""), address, news.total, lines)


def _at(event: Any) -> str:
    """Where it was done: the comment that was said, else the page of the subject."""
    place, number = place_of(event.subject), _comment(event)
    return f"{place}#comment-{number}" if number else place


def _comment(event: Any) -> int:
    """The number of the comment that an entry is about; 0 where it is about none."""
    said = _COMMENT.match(event.reason) if event.verb.startswith("comment") else None
    return int(said[1]) if said else 0


def _comments(catalog: Any, events: Sequence[Any]) -> dict[int, str]:
    """The first line of each comment that these entries are about; of one that was taken back, nothing."""
    subjects = dict.fromkeys(one.subject for one in events if _comment(one))
    found = [comment for subject in subjects for comment in catalog.comments.list(subject)]
    return {one.number: one.text.partition("\n")[0] for one in found}


def _address(subject: str, query: bool) -> str:
    return f"/cases?{urlencode({'q': subject})}" if query else place_of(subject)


def _titles(catalog: Any, subjects: Sequence[str]) -> dict[str, str]:
    """What the records among these are called."""
    found = {}
    for key in dict.fromkeys(subjects):
        if is_key(key):
            try:
                found[key] = str(catalog.record(key).title)
            except NotFound:
                continue
    return found
