"""The error tree. Every error a user can meet says what was found, what was expected, where, and what to type next.

    ErrataError
    ├── InputError                what the user gave cannot be used            exit 2, HTTP 422
    │   ├── FileError             missing, empty, corrupt, unreadable
    │   ├── ColumnError           no such column, duplicates, ambiguous roles
    │   ├── ValueFault            values that contradict their role
    │   ├── GrammarError          slice, expression, criterion or reference text outside the grammar
    │   └── UsageError            options that do not go together
    ├── CatalogError              the catalog cannot do this                   exit 2
    │   ├── NotFound              no such run, finding, record                 HTTP 404
    │   ├── Conflict              somebody else was first, or the state forbids it   HTTP 409
    │   ├── Locked                another writer holds the catalog             HTTP 423
    │   ├── Refused               whoever asks may not do this                 HTTP 401, 403
    │   ├── Incompatible          a catalog of another schema                  HTTP 409
    │   └── StorageError          disk full, unreadable blob                   HTTP 507
    ├── MissingExtra              an optional part is not installed            exit 2, HTTP 501
    └── Bug                       our own mistake                              exit 70, HTTP 500

A code (`no-such-column`) is stable: scripts may match on it. Each code has one paragraph in docs/errors.md.
"""

from __future__ import annotations

from typing import Any


class ErrataError(Exception):
    """An error with a stable code and four sentences for whoever made the mistake.

    ``message`` says what was found in one line; ``expected``, ``found``, ``where`` and ``next`` are each one line or
    several (``next`` is what to type). Lists of faults go to ``details``, one string per fault.
    """

    exit_code = 2
    http_status = 422

    def __init__(
        self,
        code: str,
        message: str,
        *,
        expected: str = "",
        found: str = "",
        where: str = "",
        next: str = "",
        details: list[str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.expected = expected
        self.found = found
        self.where = where
        self.next = next
        self.details = details or []

    def __str__(self) -> str:
        lines = [f"error[{self.code}]: {self.message}"]
        lines += [f"  - {detail}" for detail in self.details]
        for label in ("where", "expected", "found", "next"):
            text = getattr(self, label)
            if text:
                first, *rest = text.splitlines()
                lines.append(f"  {label + ':':<10}{first}")
                lines += [" " * 12 + line for line in rest]
        return "\n".join(lines)

    def to_problem(self) -> dict[str, Any]:
        """The same error as an RFC 9457 problem document."""
        problem: dict[str, Any] = {
            "type": f"urn:errata:error:{self.code}",
            "title": self.message,
            "status": self.http_status,
            "code": self.code,
            "kind": type(self).__name__,
        }
        for key in ("expected", "found", "where", "next", "details"):
            if value := getattr(self, key):
                problem[key] = value
        return problem


class InputError(ErrataError):
    """What the user gave cannot be used."""


class FileError(InputError):
    """A file is missing, empty, corrupt or unreadable."""


class ColumnError(InputError):
    """A column does not exist, exists twice, or its role is ambiguous."""


class ValueFault(InputError):
    """Values contradict the role of their column."""


class GrammarError(InputError):
    """A slice, expression, criterion or reference is outside the grammar."""


class UsageError(InputError):
    """Options do not go together."""


class CatalogError(ErrataError):
    """The catalog cannot do this."""


class NotFound(CatalogError):
    """No such run, finding or record."""

    http_status = 404


class Conflict(CatalogError):
    """Somebody else was first, or the state forbids it."""

    http_status = 409


class Locked(CatalogError):
    """Another writer holds the catalog."""

    http_status = 423


class Refused(CatalogError):
    """Whoever asks may not do this."""

    http_status = 403


class Incompatible(CatalogError):
    """The catalog was written by another schema."""

    http_status = 409


class StorageError(CatalogError):
    """The disk is full or a blob cannot be read."""

    http_status = 507


class MissingExtra(ErrataError):
    """An optional part of Errata is not installed."""

    http_status = 501


class Bug(ErrataError):
    """Our own mistake."""

    exit_code = 70
    http_status = 500
