"""Who asks: the actor of a bearer token. Reading needs none where the server is only reached from this machine."""

from __future__ import annotations

from fastapi import Request

from errata.core.errors import Refused
from errata.store import tokens


def actor_of(request: Request, *, writes: bool) -> str:
    """The actor that the request's token acts as; of one that reads without a token, whoever serves.

    Raises Refused ``no-token`` and ``read-only-token``.
    """
    if not writes and "authorization" not in request.headers:
        return str(request.app.state.catalog.store.actor)
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    found = tokens.known(request.app.state.catalog.store, text.strip()) if scheme.lower() == "bearer" else None
    if found is None:
        raise Refused(
            "no-token",
            "this needs a token that counts",
            expected="Authorization: Bearer TOKEN",
            found="none" if not text else "a token that is unknown or revoked",
            next="errata token add NAME --actor NAME",
        )
    if writes and not found.writes:
        raise Refused(
            "read-only-token",
            f"the token {found.name} may only read",
            expected="a token that may write",
            next="errata token add NAME --actor NAME",
        )
    return found.actor
