"""Who asks: the actor of a bearer token, or of the token with which a browser signed in, and up to where they see.

Reading needs none. Without one it is whoever started the server, on this machine; from elsewhere it is nobody, who
reads all but what is one person's own: an inbox, and the answers in a labelling round that is open.
"""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
from typing import Any
from urllib.parse import urlsplit

from fastapi import Request

from errata.core.errors import Refused
from errata.store import tokens
from errata.store.catalog import Store
from errata.store.tokens import Token

SESSIONS = 10_000
"""So many browsers are signed in at a time; with one more, the one that signed in first is not any more."""

NOBODY = "somebody not signed in"


def on_this_machine(request: Request) -> bool:
    """Whether the browser runs on this machine, and asks for it by a name of this machine."""
    client = request.client.host if request.client else ""
    return is_this_machine(client) and is_this_machine(urlsplit(f"//{request.headers.get('host', '')}").hostname or "")


def is_this_machine(name: str) -> bool:
    """Whether a host of this name is this machine."""
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def cookie_of(request: Request) -> str:
    """The name of this server's cookie; browsers send the cookies of a host to every server on it."""
    catalog, (_, port) = request.app.state.catalog, request.scope.get("server") or ("", None)
    about = f"{catalog.address} {catalog.store.project.id} {port}"
    return f"errata_{hashlib.sha256(about.encode()).hexdigest()[:12]}"


def begin_session(request: Request, text: str) -> str:
    """What a browser that signs in with a token sends from now on; the token itself stays here."""
    end_session(request)
    sessions = request.app.state.sessions
    while len(sessions) >= SESSIONS:
        sessions.pop(next(iter(sessions)), None)
    made = secrets.token_urlsafe(32)
    sessions[made] = text
    return made


def end_session(request: Request) -> None:
    """Let what the browser sends count no more."""
    request.app.state.sessions.pop(request.cookies.get(cookie_of(request), ""), None)


def signed_in(request: Request) -> Token | None:
    """The token with which the browser signed in, unless it was revoked since."""
    if not hasattr(request.state, "token"):
        text = request.app.state.sessions.get(request.cookies.get(cookie_of(request), ""))
        request.state.token = tokens.known(request.app.state.catalog.store, text) if text else None
    found: Token | None = request.state.token
    return found


def lapsed(request: Request) -> bool:
    """Whether the browser signed in and is not any more: its token was revoked, or the server was started anew."""
    return signed_in(request) is None and bool(request.cookies.get(cookie_of(request)))


def token_of(request: Request, text: str) -> Token:
    """The token that somebody signs in with. Raises Refused ``no-token``."""
    found = tokens.known(request.app.state.catalog.store, text) if text else None
    if found is None:
        raise Refused(
            "no-token",
            "this is no token that counts",
            expected="a token, as it was shown when it was made",
            found="one that is unknown or revoked" if text else "none",
            next="errata token add NAME --actor NAME",
        )
    return found


def store_of(request: Request, *, writes: bool) -> Store:
    """The project that the request's token is of, as the actor that it acts as and up to where it sees; of one that
    reads without a token, the project whose pages are served, as whoever serves them or, from elsewhere, as nobody, who
    is then cleared for what the server shows to everybody.

    Raises Refused ``no-token`` and ``read-only-token``.
    """
    shown: Store = request.app.state.catalog.store
    if not writes and "authorization" not in request.headers:
        return shown if on_this_machine(request) else shown.acting(NOBODY)
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    found = tokens.in_catalog(shown, text.strip()) if scheme.lower() == "bearer" else None
    if found is None:
        raise Refused(
            "no-token",
            "this needs a token that counts",
            expected="Authorization: Bearer TOKEN",
            found="none" if not text else "a token that is unknown or revoked",
            next="errata token add NAME --actor NAME",
        )
    token, store = found
    if writes and not token.writes:
        raise Refused(
            "read-only-token",
            f"the token {token.name} may only read",
            expected="a token that may write",
            next="errata token add NAME --actor NAME",
        )
    return store


def catalog_for(request: Request) -> Any:
    """What ``errata.open()`` gives whoever asks to read. Raises Refused ``no-token``."""
    return request.app.state.catalog.of(store_of(request, writes=False))
