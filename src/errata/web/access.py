"""Who asks: the actor of a bearer token, and up to where they see. Reading needs no token."""

from __future__ import annotations

from fastapi import Request

from errata.core.errors import Refused
from errata.store import tokens
from errata.store.catalog import Store


def store_of(request: Request, *, writes: bool) -> Store:
    """The catalog as whom the request's token acts as, up to where it sees; without one, as whoever serves, who is then
    cleared for what the server shows to everybody.

    Raises Refused ``no-token`` and ``read-only-token``.
    """
    shown: Store = request.app.state.catalog.store
    if not writes and "authorization" not in request.headers:
        return shown
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    found = tokens.known(shown, text.strip()) if scheme.lower() == "bearer" else None
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
    return shown.acting(found.actor, clearance=found.clearance)
