"""Who asks: the project and the actor of a bearer token. Reading on this machine needs none."""

from __future__ import annotations

from typing import Any

from fastapi import Request

from errata.core.errors import Refused
from errata.store import tokens
from errata.store.catalog import Store


def store_of(request: Request, *, writes: bool) -> Store:
    """The project that the request's token is of, as the actor that it acts as; of one that reads without a token, the
    project whose pages are served, as whoever serves them.

    Raises Refused ``no-token`` and ``read-only-token``.
    """
    served: Store = request.app.state.catalog.store
    if not writes and "authorization" not in request.headers:
        return served
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    found = tokens.known(served, text.strip()) if scheme.lower() == "bearer" else None
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
