"""Signing in with a token, so that what a page writes is written as whom the token is of; and out again."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response

from errata.core.errors import Refused
from errata.web.access import begin_session, cookie_of, end_session, token_of
from errata.web.page import after, page
from errata.web.writing import Form, check_own, read_form

router = APIRouter()
_COMMAND = "errata token add NAME --actor NAME"


@router.get("/sign-in")
def show(request: Request, next: str = "/") -> HTMLResponse:
    """The form that asks for a token."""
    return page(request, "sign_in.html", here="", next=own_address(next), error=None)


@router.post("/sign-in")
async def sign_in(request: Request) -> Response:
    """Begin a session, by a cookie that scripts do not see and other sites do not send."""
    check_own(request, _COMMAND)
    return await run_in_threadpool(_sign_in, request, await read_form(request))


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """End it; the token still counts."""
    check_own(request, _COMMAND)
    end_session(request)
    answer = after(request, "/", "sign-out")
    answer.delete_cookie(cookie_of(request), httponly=True, samesite="strict", secure=_secure(request))
    return answer


def _sign_in(request: Request, form: Form) -> Response:
    to = own_address(form.one("next"))
    text = form.one("token")
    try:
        token_of(request, text)
    except Refused as error:
        made = page(request, "sign_in.html", here="", next=to, error=error)
        made.status_code = 401
        return made
    answer = after(request, to, "sign-in")
    session = begin_session(request, text)
    answer.set_cookie(cookie_of(request), session, httponly=True, samesite="strict", secure=_secure(request))
    return answer


def own_address(text: str) -> str:
    """A path of this server; the front page where it is anything else, which would lead away from here."""
    plain = text.isascii() and text.isprintable() and "\\" not in text and "#" not in text
    return text if plain and text.startswith("/") and not text.startswith("//") else "/"


def _secure(request: Request) -> bool:
    return request.url.scheme == "https"
