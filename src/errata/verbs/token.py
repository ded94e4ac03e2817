"""``errata token``: what a program shows to act as somebody over the network."""

from __future__ import annotations

import re
from collections.abc import Sequence

from errata.core.errors import Conflict, NotFound, UsageError
from errata.nouns.sensitivity import UNKNOWN_READER, check_clearance, lowest, seen
from errata.store import tokens
from errata.store.catalog import Store, clearance_of
from errata.store.tokens import Token

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}\Z")


def add_token(
    store: Store, name: str, actor: str | None = None, *, writes: bool = True, clearance: str | None = None
) -> str:
    """A token of a name that is free; ``actor`` is whom it acts as, you unless given. It cannot be read again.

    It sees records up to ``clearance``: unless given that of its actor in the catalog, else all but what is restricted.
    Raises UsageError ``bad-token-name``, ``no-such-level``, ``above-clearance``, Conflict ``name-taken``.
    """
    if clearance is not None:
        check_clearance(clearance, giver=store.clearance)
    if not _NAME.match(name):
        raise UsageError(
            "bad-token-name",
            f"{name!r} is no name of a token",
            expected="up to 60 letters, digits, '.', '_' and '-'",
            next="errata token add ci",
        )
    with store.write("token add") as transaction:
        if any(one.name == name for one in tokens.tokens(transaction.connection, store)):
            raise Conflict("name-taken", f"there is a token called {name!r}", next=f"errata token add {name}-2")
        known = clearance_of(transaction.connection, actor or store.actor) or UNKNOWN_READER
        level = clearance or lowest([known, store.clearance])
        text = tokens.new(transaction, name, actor or store.actor, writes, level)
        why = f"acts as {actor or store.actor}, sees {seen(level)}"
        transaction.event(f"token:{name}", before=None, after=None, reason=why)
    return text


def list_tokens(store: Store) -> Sequence[Token]:
    """Every token, oldest first, revoked ones too."""
    with store.read() as connection:
        return tokens.tokens(connection, store)


def revoke_token(store: Store, name: str, reason: str = "") -> None:
    """Let a token count no more. Raises NotFound ``no-such-token``."""
    with store.write("token revoke") as transaction:
        if not tokens.revoke(transaction, name):
            raise NotFound("no-such-token", f"there is no token {name!r} that counts", next="errata token list")
        transaction.event(f"token:{name}", before=None, after=None, reason=reason or "revoked")
