"""Errors as answers: one page, and one problem document, from the one error tree."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.exceptions import HTTPException

from errata.core.errors import Bug, ErrataError, NotFound, UsageError

_log = logging.getLogger("errata.web")


class NoSuchPage(NotFound):
    """An address that leads nowhere."""


def install(app: FastAPI) -> None:
    """Answer every error of ``app`` from the tree."""
    app.add_exception_handler(ErrataError, _errata)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _bug)


def answer(request: Request, error: ErrataError, status: int | None = None) -> Response:
    """An error as JSON below ``/api/``, else as a page."""
    status = status or error.http_status
    if request.url.path.startswith("/api/"):
        problem = {**error.to_problem(), "status": status, "instance": request.url.path}
        return JSONResponse(problem, status, media_type="application/problem+json")
    from errata.web.page import render

    return HTMLResponse(render(request, "error.html", error=error, status=status, here=""), status)


async def _errata(request: Request, error: Exception) -> Response:
    assert isinstance(error, ErrataError)
    return answer(request, error)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = [f"{'.'.join(str(part) for part in fault['loc'][1:])}: {fault['msg']}" for fault in error.errors()]
    said = UsageError("bad-request", "this address cannot be read", details=faults, where=_where(request))
    return answer(request, said)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        missing = NoSuchPage(
            "no-such-page", "there is no such page", where=_where(request), next="errata serve, then /"
        )
        return answer(request, missing)
    said = UsageError("bad-request", str(error.detail), where=_where(request))
    return answer(request, said, error.status_code)


async def _bug(request: Request, error: Exception) -> Response:
    _log.error("while answering %s", request.url.path, exc_info=error)
    bug: Any = Bug(
        "internal",
        "Errata made a mistake while it made this page",
        found=type(error).__name__,
        where=_where(request),
        next="look at what `errata serve` printed, and report it",
    )
    return answer(request, bug)


def _where(request: Request) -> str:
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{request.method} {request.url.path}{query}"[:500]
