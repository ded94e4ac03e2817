"""Where the catalog is, which project is meant, and who is acting."""

from __future__ import annotations

import getpass
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from errata.core.errors import CatalogError, UsageError

FOLDER = ".errata"
DATABASE = "catalog.db"
_SCHEMES = ("postgresql://", "postgres://")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z")
_PREFIX = re.compile(r"[A-Z][A-Z0-9]{0,9}\Z")


@dataclass(frozen=True, slots=True)
class Server:
    """A catalog in a PostgreSQL database: its address, and the folder of its files where that is not the usual one."""

    url: str = field(repr=False)  # it may hold a password
    files: Path | None = None


def server_at(given: str | Path | None, files: str | Path | None = None) -> Server | None:
    """The server that an address names, with ``files`` or ``ERRATA_FILES``; None when it is no address.

    Raises UsageError for an address of another kind, and when ``files`` are given without one: those of a folder are
    in it.
    """
    if isinstance(given, str) and given.startswith(_SCHEMES):
        folder = files or os.environ.get("ERRATA_FILES") or None
        return Server(given, Path(folder).expanduser().absolute() if folder else None)
    if isinstance(given, str) and "://" in given:
        raise bad_address()
    if files is not None:
        raise UsageError(
            "bad-option",
            "the files of a catalog in a folder are in that folder",
            expected="files with a catalog in PostgreSQL alone",
            next="leave files away",
        )
    return None


def bad_address() -> UsageError:
    """An address that is none of ours. It may hold a password, so it is not repeated."""
    return UsageError(
        "bad-address",
        "this is no address of a catalog",
        expected="postgresql://USER@HOST/DATABASE, with :PASSWORD after USER or in ~/.pgpass; or a folder",
        next="--catalog postgresql://ada@db.example.org/errata",
    )


def data_folder() -> Path:
    """Where the files of catalogs in databases are, one folder a catalog, unless another place is named."""
    home = os.environ.get("XDG_DATA_HOME", "")
    return (Path(home) if home.startswith("/") else Path.home() / ".local" / "share") / "errata"


def find_catalog(given: str | Path | None = None, files: str | Path | None = None) -> Path | Server:
    """Where the catalog is: ``given``, else ``ERRATA_CATALOG``, else the nearest ``.errata`` upward.

    A folder that holds ``.errata`` stands for it; an address of PostgreSQL is taken as it is. Raises CatalogError
    ``no-catalog``.
    """
    named = given or os.environ.get("ERRATA_CATALOG") or None
    if (server := server_at(named, files)) is not None:
        return server
    if named is not None:
        path = Path(named).expanduser()
        for candidate in (path, path / FOLDER):
            if (candidate / DATABASE).is_file():
                return candidate.resolve()
        raise CatalogError(
            "no-catalog",
            f"there is no catalog at {named}",
            expected=f"a folder with {FOLDER}/{DATABASE}",
            next=f"errata init {named}",
        )
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / FOLDER / DATABASE).is_file():
            return (folder / FOLDER).resolve()
    raise CatalogError(
        "no-catalog",
        f"there is no catalog here ({here}) nor in any folder above",
        expected=f"a folder {FOLDER}, as `errata init` makes it",
        next="errata init",
    )


def acting() -> str:
    """Who acts: ``ERRATA_ACTOR``, else the user of the operating system."""
    name = os.environ.get("ERRATA_ACTOR", "").strip()
    if not name:
        try:
            name = getpass.getuser()
        except (OSError, KeyError, ImportError):
            name = f"user {os.getuid()}"
    if len(name) > 200 or not name.isprintable():
        raise UsageError("bad-actor", "ERRATA_ACTOR is no name", expected="up to 200 printable characters")
    return name


def project_name(given: str | None, place: str) -> str:
    """A valid project name: ``given``, else that of the folder or database with odd characters as ``-``.

    Raises UsageError.
    """
    name = given if given is not None else re.sub(r"[^A-Za-z0-9._-]+", "-", place).strip("-._")[:100] or "project"
    if not _NAME.match(name):
        raise UsageError(
            "bad-project",
            f"{name!r} is no project name",
            expected="up to 100 letters, digits, '.', '_' and '-', beginning with a letter or digit",
            next="errata init --project digits",
        )
    return name


def key_prefix(given: str | None, name: str, taken: set[str]) -> str:
    """What record keys begin with: ``given``, else three letters of the project's name, free of ``taken``.

    Raises UsageError when ``given`` is malformed or taken.
    """
    if given is not None:
        if not _PREFIX.match(given):
            raise UsageError(
                "bad-key",
                f"{given!r} cannot begin a record's key",
                expected="1 to 10 capital letters and digits, beginning with a letter",
                next="errata init --key DIG",
            )
        if given in taken:
            raise UsageError("key-taken", f"another project of this catalog has the key {given}", next="--key OTHER")
        return given
    letters = re.sub(r"[^A-Z0-9]", "", name.upper()).lstrip("0123456789")
    stem = letters[:3] or "P"
    candidates = [stem, *(f"{stem}{n}" for n in range(2, 1000))]
    return next(candidate for candidate in candidates if candidate not in taken)
