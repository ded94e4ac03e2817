"""Writing from a page: from this machine and from our own pages alone, as whoever started the server.

There is no sign-in here. So a form is taken only when the browser runs on this machine and asks for it by a name of
this machine, and when the browser says that a page of this very server sent it (a page of another site can make a
browser send a form, but not say so).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from fastapi import Request

from errata.core.errors import CatalogError, UsageError

LONGEST = 100_000


class Refused(CatalogError):
    """A page that may not write."""

    http_status = 403


def may_write(request: Request) -> bool:
    """Whether the browser runs on this machine and knows it, so that a form may be shown to it."""
    client = request.client.host if request.client else ""
    return _is_this_machine(client) and _is_this_machine(
        urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    )


def check_write(request: Request) -> None:
    """Raises Refused unless a page of this server, on this machine, sent the form."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin", "")
    own = urlsplit(origin).netloc == request.headers.get("host") if site is None else site == "same-origin"
    if not may_write(request) or not own:
        raise Refused(
            "not-from-here",
            "nothing is written by this page",
            expected="a form of this server's own page, in a browser on the machine that it runs on",
            next="errata round label KEY SUBJECT TERM",
        )


async def read_form(request: Request) -> Mapping[str, list[str]]:
    """The fields of a small form. Raises UsageError ``bad-request``."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > LONGEST:
            raise UsageError("bad-request", "this form is too long", expected=f"at most {LONGEST:,} bytes")
    try:
        return parse_qs(body.decode(), keep_blank_values=True, max_num_fields=200)
    except ValueError as exc:
        raise UsageError("bad-request", "this form cannot be read", found=str(exc)[:200]) from exc


def _is_this_machine(name: str) -> bool:
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
