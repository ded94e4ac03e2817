"""Where the rows of a catalog live: what every kind of database does in its own way, and nothing else knows of."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa

from errata.store.files import Files
from errata.store.places import Server

Undo = Callable[[], None]


class Words(Protocol):
    """The table ``search_text``, with the words of every record, as this kind of database searches it."""

    id: str
    """The column with the id of a record's row in ``search``."""

    def asked(self, words: Sequence[str], without: Sequence[Sequence[str]]) -> str:
        """All of the words, and none of the groups whole."""
        ...

    def matches(self, asked: str) -> sa.ColumnElement[bool]:
        """Whether a row is what is asked for."""
        ...

    def best(self, asked: str) -> sa.ColumnElement[float]:
        """What orders such rows, the best first."""
        ...

    def insert(self, connection: sa.Connection, texts: Sequence[tuple[int, str, str]]) -> None:
        """Enter the title and the words of these ids."""
        ...


class Home(Protocol):
    """A database with a catalog, or one that is to get it. ``Folder`` is SQLite's, ``Database`` PostgreSQL's."""

    place: Path | Server
    """What opens it again."""
    engine: sa.Engine
    bytewise: str
    """The collation that orders texts as their bytes are."""
    words: Words

    @property
    def address(self) -> str:
        """Where it is, as people may see it: without a password."""
        ...

    @property
    def files(self) -> Files:
        """Its parts and blobs, once ``settle`` or ``claim`` has found them."""
        ...

    def reading(self) -> AbstractContextManager[sa.Connection]:
        """A consistent view of the rows for the block. What the database throws comes as errors of ours.

        What is asked of it by sets of numbers is remembered until somebody writes.
        """
        ...

    def writing(self, actor: str, verb: str, undo: Undo = ...) -> AbstractContextManager[sa.Connection]:
        """One transaction, as the only writer; ``undo`` is called when it surely does not happen, before others write.

        Raises Locked when another writer does not finish in time.
        """
        ...

    def check_writable(self, schema: str) -> None:
        """Raise Incompatible when what is of an older ``schema`` may not be brought up to ours by this user."""
        ...

    def missing(self, connection: sa.Connection) -> Exception:
        """What is to be said when the database holds no catalog."""
        ...

    def settle(self, connection: sa.Connection) -> None:
        """Find the files of the catalog. Raises CatalogError when those at hand are of another one."""
        ...

    def claiming(self, connection: sa.Connection) -> AbstractContextManager[Files]:
        """The files of a catalog that is being made, for the block to fill; when it fails, there are none.

        Raises CatalogError when the folder for them is another catalog's.
        """
        ...

    def now(self, connection: sa.Connection) -> datetime:
        """The present by the one clock that all who work on this catalog go by."""
        ...

    def renumber(self, connection: sa.Connection) -> None:
        """Count on after rows that came with their numbers."""
        ...

    def insert_many(
        self, connection: sa.Connection, table: str, names: Sequence[str], rows: Sequence[Sequence[Any]]
    ) -> None:
        """Insert rows of values, as the driver takes them, into the columns of a table."""
        ...

    def projected(self, connection: sa.Connection, *, anew: bool) -> None:
        """Look at how the rows are spread when there are many more than at the last look, or all are ``anew``."""
        ...

    def faults(self, connection: sa.Connection) -> list[str]:
        """What the database itself finds wrong with its pages and references."""
        ...


def home_of(place: Path | Server) -> Home:
    """The home of the catalog in a folder or on a server. Raises UsageError, MissingExtra, StorageError."""
    if isinstance(place, Server):
        from errata.store.postgresql import Database

        return Database(place)
    from errata.store.sqlite import Folder

    return Folder(place)


def nothing() -> None:
    """Undo nothing."""


_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)


def json_text(value: Any) -> str:
    """A value of a JSON column as it is kept: the order of keys stays, and there is no NaN."""
    return _ENCODER.encode(value)
