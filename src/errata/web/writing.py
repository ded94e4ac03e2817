"""Writing from a page: as who signed in with a token, or, on this machine, as whoever started the server.

Where nobody signed in, a form is taken only when the browser runs on this machine and asks for it by a name of this
machine; with a sign-in that counts no more none is taken, as who has one did not mean to write as somebody else. In any
case the browser says that a page of this very server sent it: a page of another site can make a browser send a form,
but not say so.
"""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from fastapi import Request

from errata.core.errors import Refused, UsageError
from errata.web.access import is_this_machine, lapsed, on_this_machine, signed_in

LONGEST = 100_000
MOST_FIELDS = 1_000


class Form(dict[str, list[str]]):
    """What a form sent: by the name of a field what was given in it, in order."""

    def one(self, name: str) -> str:
        """What stands in a field, without white space around it; nothing where it was not sent."""
        return next(iter(self.get(name, ())), "").strip()

    def several(self, name: str) -> list[str]:
        """What stands in fields of one name, but for empty ones."""
        return [text for one in self.get(name, ()) if (text := one.strip())]


def may_write(request: Request) -> bool:
    """Whether a form may be shown: to who signed in with a token that writes, or else on this machine."""
    token = signed_in(request)
    if token is not None or lapsed(request):
        return token is not None and token.writes
    return on_this_machine(request)


def check_write(request: Request, command: str) -> None:
    """Raises Refused unless a page of this server sent the form, for who may write; ``command`` does the same."""
    token = signed_in(request)
    if token is not None and not token.writes:
        raise Refused(
            "read-only-token",
            f"the token {token.name} may only read",
            expected="a token that may write",
            next="errata token add NAME --actor NAME",
        )
    if lapsed(request):
        raise Refused(
            "no-token",
            "the sign-in of this browser counts no more",
            expected="a sign-in that counts, or none: sign in anew, or sign out",
            next="errata token add NAME --actor NAME",
        )
    # A proxy on this machine may ask for everybody by the name of this machine; a browser says which name it asked.
    origin = request.headers.get("origin") if token is None else None
    asked = is_this_machine(urlsplit(origin).hostname or "") if origin else True
    if not asked or not may_write(request):
        _refuse(command)
    check_own(request, command)


def check_own(request: Request, command: str) -> None:
    """Raises Refused unless a page of this very server sent the form."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin", "")
    own = urlsplit(origin).netloc == request.headers.get("host") if site is None else site == "same-origin"
    if not own:
        _refuse(command)


def _refuse(command: str) -> None:
    raise Refused(
        "not-from-here",
        "nothing is written by this page",
        expected="a form of this server's own page, sent by who signed in, or on the machine that it runs on",
        next=command,
    )


async def read_form(request: Request, longest: int = LONGEST) -> Form:
    """The fields of a form, each line ended as everywhere else. Raises UsageError ``bad-request``."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > longest:
            raise UsageError("bad-request", "this form is too long", expected=f"at most {longest:,} bytes")
    try:
        found = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as exc:
        raise UsageError("bad-request", "this form cannot be read", found=str(exc)[:200]) from exc
    if any("\0" in text for texts in found.values() for text in texts):
        raise UsageError("bad-request", "this form holds a character that is no text", found="U+0000")
    return Form({name: [text.replace("\r\n", "\n") for text in texts] for name, texts in found.items()})
