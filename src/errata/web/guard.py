"""What stands between the network and the pages: which hosts may ask, and what a browser may load."""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from errata.core.errors import UsageError

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = (
    (b"content-security-policy", CONTENT_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)


class Guard:
    """ASGI middleware: refuses foreign Host headers, answers HEAD as GET, and sets the security headers.

    A page of another site can make a browser ask this server under a name of that site's (DNS rebinding). So a Host
    is admitted only if it is an IP address, ``localhost``, or one of ``hosts``.
    """

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]], hosts: Iterable[str] = ()) -> None:
        self.app = app
        self.hosts = frozenset(host.casefold() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        if not self.admits(headers.get(b"host", b"").decode("latin-1")):
            await _refuse(send)
            return
        head = scope["method"] == "HEAD"

        async def guarded(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                present = {name for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(h for h in _HEADERS if h[0] not in present)]
            elif head:
                message["body"] = b""
            await send(message)

        await self.app({**scope, "method": "GET"} if head else scope, receive, guarded)

    def admits(self, host: str) -> bool:
        """Whether a Host header names this server."""
        name = host.casefold()
        if name.startswith("["):
            name = name[1:].partition("]")[0]
        elif name.count(":") == 1:
            name = name.partition(":")[0]
        name = name.rstrip(".")
        if name in self.hosts or name == "localhost":
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True


async def _refuse(send: Send) -> None:
    error = UsageError(
        "foreign-host",
        "this server was asked under a name that is not its own",
        expected="localhost, an IP address, or a name given with --allow-host",
        next="errata serve --allow-host NAME",
    )
    body = f"{error}\n".encode()
    plain = (b"content-type", b"text/plain; charset=utf-8")
    await send({"type": "http.response.start", "status": 421, "headers": [plain, *_HEADERS]})
    await send({"type": "http.response.body", "body": body})
