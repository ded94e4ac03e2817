"""What PostgreSQL and the way to it throw, as errors that say what to do next."""

from __future__ import annotations

import sqlalchemy.exc

from errata.core.errors import CatalogError, StorageError, UsageError

_FULL = ("53100",)
_REFUSED = ("42501",)
_UNWRITABLE = ("25006",)
_CORRUPT = ("XX001", "XX002")
_TOO_LONG = ("22001", "54000")
_UNREADABLE = ("22021", "22P05")
_GOING = ("57P01", "57P02", "57P03", "08000", "08003", "08006")


def database_error(exc: sqlalchemy.exc.DBAPIError, address: str) -> Exception:
    """An error of ours for one of the driver; itself when it is none that a user can meet."""
    state = getattr(exc.orig, "sqlstate", None) or ""
    found = str(exc.orig).strip().splitlines()[0] if str(exc.orig).strip() else type(exc.orig).__name__
    if exc.connection_invalidated or state in _GOING:
        return StorageError(
            "connection-lost",
            "the connection to the database was lost; what was being written is there whole or not at all",
            found=found,
            where=address,
            next="look whether it was written, then try again",
        )
    if isinstance(exc, sqlalchemy.exc.OperationalError) and not state:
        return _not_connected(found, address)
    if state in _FULL:
        return StorageError(
            "disk-full", "the disk of the database is full; the catalog is as it was before", found=found, where=address
        )
    if state in _REFUSED:
        return CatalogError(
            "database-refused",
            "this user may not do that in the database",
            expected="a user who owns the catalog's tables, or may make them",
            found=found,
            where=address,
            next="as the owner of the database: GRANT CREATE, USAGE ON SCHEMA public TO USER",
        )
    if state in _UNWRITABLE:
        return StorageError(
            "catalog-unwritable",
            "the catalog cannot be written",
            expected="a server that takes writes, and is no copy for reading",
            found=found,
            where=address,
            next="the address of the server that it is a copy of",
        )
    if state in _CORRUPT:
        return StorageError("catalog-corrupt", "the catalog's database cannot be read", found=found, where=address)
    if state in _TOO_LONG:
        return UsageError("too-long", "a text is too long for the column that keeps it", found=found)
    if state in _UNREADABLE or "NUL (0x00)" in found:
        return UsageError(
            "nul-character",
            "a text holds the character NUL, which PostgreSQL does not keep",
            expected="text without U+0000",
        )
    return exc


def _not_connected(found: str, address: str) -> CatalogError:
    # Before there is a connection, the driver gives the server's words and no code.
    if "does not exist" in found and "database" in found:
        name = address.partition("?")[0].rpartition("/")[2]
        return CatalogError(
            "no-such-database",
            f"the server has no database {name}",
            found=found,
            where=address,
            next=f"createdb {name}, as somebody who may",
        )
    if any(word in found for word in ("authentication", "password", "pg_hba.conf", "role ", "permission denied")):
        return CatalogError(
            "database-refused",
            "the database does not let this user in",
            found=found,
            where=address,
            next="the password belongs in ~/.pgpass, in PGPASSWORD, or after the user: USER:PASSWORD@HOST",
        )
    return StorageError(
        "database-unreachable",
        "the database cannot be reached",
        expected="a PostgreSQL server that answers at this address",
        found=found,
        where=address,
        next="pg_isready, with the host and port of the address",
    )
