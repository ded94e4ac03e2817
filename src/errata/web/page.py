"""Pages from templates: what every page has in common."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from secrets import token_urlsafe
from time import monotonic
from typing import Any
from urllib.parse import parse_qsl, unquote, urldefrag, urlencode, urlsplit

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import ChoiceLoader, Environment, FileSystemLoader

from errata import __version__
from errata.core import clock, units
from errata.core.errors import ErrataError
from errata.show import html
from errata.web.access import lapsed, signed_in
from errata.web.differing import differing
from errata.web.pages.reading import catalog_of
from errata.web.writing import may_write

CELL = 60
LATELY = 60
"""For so many seconds what was done is said."""
_HERE = Path(__file__).parent
NAV = (("/", "Overview"), ("/inbox", "Inbox"), ("/runs", "Runs"), ("/findings", "Findings"), ("/cases", "Cases"),
       ("/plans", "Plans"), ("/gates", "Gates"), ("/vocabularies", "Vocabularies"), ("/jobs", "Jobs"))  # fmt: skip
ALL = (
    ("Runs", (("/runs", "Runs"), ("/models", "Models"), ("/compare", "Compare"), ("/candidates", "Candidates"),
              ("/rules", "Rules"), ("/jobs", "Jobs"))),
    ("Findings", (("/findings", "Findings"), ("/gates", "Gates"), ("/checks", "Checks"), ("/suites", "Suites"),
                  ("/plans", "Plans"))),
    ("Cases", (("/cases", "Cases"), ("/patterns", "Patterns"), ("/templates", "Templates"), ("/rubrics", "Rubrics"))),
    ("People", (("/inbox", "Inbox"), ("/review", "Review queue"), ("/rotas", "Rotas"), ("/rounds", "Labelling rounds"),
                ("/vocabularies", "Vocabularies"))),
)  # fmt: skip
"""Every list, at the foot of every page."""
DONE = {"edit": "Changed: the revision before stays in its history.", "open": "Opened: it is a draft.",
        "rate": "Rated.", "sign-in": "Signed in.", "sign-out": "Signed out."}  # fmt: skip
"""What is said after what has no small form."""


def page(request: Request, template: str, *, here: str, **values: Any) -> HTMLResponse:
    """A page; ``here`` is the address of its entry in the navigation."""
    return HTMLResponse(render(request, template, here=here, **values))


def form_page(
    request: Request, template: str, *, here: str, error: ErrataError | None = None, **values: Any
) -> HTMLResponse:
    """A page of a form: who writes with it, if anybody may, and what was wrong with what was sent."""
    said = {"writes": may_write(request), "actor": catalog_of(request).actor, "error": error}
    made = page(request, template, here=here, **said, **values)
    if error is not None:
        made.status_code = error.http_status
    return made


def render(request: Request, template: str, **values: Any) -> str:
    """The text of a page."""
    shared: dict[str, Any] = {
        "nav": NAV,
        "lists": ALL,
        "project": getattr(request.app.state, "title", ""),
        "version": __version__,
    }
    shared |= {"signed": signed_in(request), "lapsed": lapsed(request), "may_sign_in": request.url.path != "/sign-in"}
    shared |= {"happened": _happened(request), "path": _place(request)}
    return environment().get_template(template).render(**shared, **values)


def _place(request: Request) -> str:
    """Where the reader is: of a form that was refused, the page that it stood on."""
    at = urlsplit(request.headers.get("referer", "") if request.method == "POST" else str(request.url))
    asked = [(name, value) for name, value in parse_qsl(at.query, keep_blank_values=True) if name != "done"]
    return f"{at.path}?{urlencode(asked)}" if asked else at.path


@cache
def environment() -> Environment:
    """The templates of the pages over those of the report, with the numbers' and times' filters."""
    made = html.environment().overlay(
        loader=ChoiceLoader([FileSystemLoader(_HERE / "templates"), FileSystemLoader(html.TEMPLATES)])
    )
    made.filters.update(
        shell=shlex.quote,
        when=when,
        ago=ago,
        number=units.number,
        points=units.points,
        plural=units.plural,
        urldecoded=unquote,
        short=short,
        differing=differing,
    )
    made.globals.update(interval=units.interval, once=lambda: token_urlsafe(12))
    return made


def after(request: Request, address: str, name: str) -> RedirectResponse:
    """On to where what was done can be seen, and is said."""
    plain, fragment = urldefrag(address)
    path, _, query = plain.partition("?")
    lately, now = request.app.state.lately, monotonic()
    for one in [one for one, at in [*lately.items()] if at < now - LATELY]:
        lately.pop(one, None)
    lately[unquote(path), name] = now
    return RedirectResponse(f"{path}?{query + '&' if query else ''}done={name}#{fragment or 'happened'}", 303)


def _happened(request: Request) -> str:
    """What is said of what was done here just now: a link alone makes no page say that anything was."""
    name = request.query_params.get("done", "")
    at = request.app.state.lately.get((request.url.path, name))
    return "" if at is None or at < monotonic() - LATELY else _said()[name]


@cache
def _said() -> dict[str, str]:
    from errata.web.case_acts import CASE_ACTS
    from errata.web.record_acts import RECORD_ACTS

    return {**DONE, **{one.name: one.done for one in (*CASE_ACTS, *RECORD_ACTS)}}


def when(moment: datetime) -> str:
    """``2026-11-22 14:03 UTC``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def short(value: Any) -> str:
    """A value for a cell of a table."""
    text = str(value)
    return text if len(text) <= CELL else f"{text[: CELL - 1]}…"


def ago(moment: datetime) -> str:
    """``3 h ago``: the largest unit that fits."""
    seconds = max(0, int((clock.now() - moment).total_seconds()))
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return "just now"
