"""The catalog in a folder: SQLite beside the files, one writer by a lock of the system."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
import sqlalchemy.exc

from errata.core.clock import now
from errata.core.errors import Incompatible, Locked, StorageError
from errata.store.files import Files
from errata.store.home import Undo, Words, json_text, nothing
from errata.store.lock import foreign_holder, lock_timeout, writer_lock
from errata.store.places import DATABASE, Server
from errata.store.remembered import Remembered, snapshot
from errata.store.sqlite_words import FullText
from errata.store.trouble import disk_full, is_full, storage_errors, unwritable


class Folder:
    """The home of a catalog in a folder."""

    bytewise = "BINARY"
    words: Words = FullText()

    def __init__(self, root: Path) -> None:
        self.place: Path | Server = root
        self.root = root
        self.engine = connect(root)
        self.files = Files(root)
        self._remembered = Remembered()

    @property
    def address(self) -> str:
        """The folder."""
        return str(self.root)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        with storage_errors(self.root):
            try:
                yield
            except sqlalchemy.exc.DBAPIError as exc:
                raise _error(exc, self.root) from exc

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A snapshot; readers never wait."""
        with self._errors(), self.engine.connect() as connection, connection.begin():
            snapshot(connection, self._remembered)
            yield connection

    @contextmanager
    def writing(self, actor: str, verb: str, undo: Undo = nothing) -> Iterator[sa.Connection]:
        """One transaction under the lock of the folder."""
        with self._errors(), writer_lock(self.root, actor, verb):
            try:
                with self.engine.connect().execution_options(errata_write=True) as connection, connection.begin():
                    yield connection
            except BaseException:
                undo()
                raise

    def check_writable(self, schema: str) -> None:
        """Raise Incompatible ``older-catalog`` where the folder may only be read."""
        database = self.root / DATABASE
        if not all(os.access(path, os.W_OK) for path in (self.root, database)):
            raise Incompatible(
                "older-catalog",
                "the catalog was written by an older Errata, and may only be read",
                expected="leave to write, to bring it up to the schema of this one",
                found=f"schema {schema}",
                where=str(database),
                next="errata doctor, as somebody who may write to it",
            )

    def missing(self, connection: sa.Connection) -> StorageError:
        """A database that `errata init` did not make."""
        return StorageError(
            "catalog-corrupt",
            "the database holds no catalog",
            expected="a database that `errata init` made",
            where=str(self.root / DATABASE),
            next="errata init in another folder",
        )

    def settle(self, connection: sa.Connection) -> None:
        """The files are beside the database."""

    @contextmanager
    def claiming(self, connection: sa.Connection) -> Iterator[Files]:
        """The files are beside the database."""
        yield self.files

    def now(self, connection: sa.Connection) -> datetime:
        """The clock of this machine: a folder is worked on by its processes alone."""
        return now()

    def renumber(self, connection: sa.Connection) -> None:
        """SQLite counts on after the largest number by itself."""

    def insert_many(
        self, connection: sa.Connection, table: str, names: Sequence[str], rows: Sequence[Sequence[Any]]
    ) -> None:
        """One statement, prepared once."""
        quote = connection.dialect.identifier_preparer.quote
        values = ", ".join("?" for _ in names)
        statement = f"INSERT INTO {quote(table)} ({', '.join(map(quote, names))}) VALUES ({values})"
        connection.exec_driver_sql(statement, [tuple(row) for row in rows])

    def projected(self, connection: sa.Connection, *, anew: bool) -> None:
        """SQLite plans the same whatever the rows are."""

    def faults(self, connection: sa.Connection) -> list[str]:
        """What SQLite says of its pages, and rows that refer to none."""
        integrity = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
        dangling = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        return [
            *(f"database: {line}" for line in integrity if line != "ok"),
            *(f"database: {row[0]} row {row[1]} names nothing" for row in dangling),
        ]

    def create(self) -> None:
        """Make the empty database, whose log lets readers read while somebody writes."""
        raw = self.engine.raw_connection()
        raw.cursor().execute("PRAGMA journal_mode = WAL")  # cannot be set inside a transaction; the file keeps it
        raw.close()

    def flush(self) -> None:
        """Let go of the database, and make it durable."""
        self.engine.dispose()
        with (self.root / DATABASE).open("rb+") as handle:
            os.fsync(handle.fileno())


def connect(root: Path) -> sa.Engine:
    """The engine of the database under ``root``, with transactions that begin where the store says."""
    engine = sa.create_engine(
        _address(root),
        connect_args={"timeout": lock_timeout(), "check_same_thread": False},
        json_serializer=json_text,
    )

    @sa.event.listens_for(engine, "connect")
    def _connected(raw: Any, _record: Any) -> None:
        raw.isolation_level = None  # transactions begin where we say, not where the driver guesses
        raw.execute("PRAGMA foreign_keys = ON")
        raw.execute("PRAGMA synchronous = FULL")
        raw.execute("PRAGMA cache_size = -65536")  # KiB: a large transaction is not written out several times

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        write = connection.get_execution_options().get("errata_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def _address(root: Path) -> str:
    """Where the database is. A folder that may not be written to is still read.

    SQLite writes beside its log even to read; without a log, it may take the file as one that does not change.
    """
    database = root / DATABASE
    if os.access(root, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
        return f"sqlite:///{database}"
    log = database.with_name(f"{DATABASE}-wal")
    how = "mode=ro" if log.exists() and log.stat().st_size else "immutable=1"
    return f"sqlite:///file:{quote(str(database))}?{how}&uri=true"


def _error(exc: sqlalchemy.exc.DBAPIError, root: Path) -> Exception:
    name = getattr(exc.orig, "sqlite_errorname", "") or ""
    found = str(exc.orig)
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_PROTOCOL")):
        holder = foreign_holder(root)
        return Locked(
            "catalog-locked",
            f"the catalog is held by {holder or 'another program'}",
            expected="no other program with a lock on catalog.db",
            found=found,
            where=str(root / DATABASE),
            next="close the other program, or wait longer: ERRATA_LOCK_TIMEOUT=60",
        )
    if name == "SQLITE_FULL" or (name.startswith("SQLITE_IOERR") and is_full(root)):
        return disk_full(root, found)
    if name.startswith(("SQLITE_READONLY", "SQLITE_PERM", "SQLITE_CANTOPEN", "SQLITE_AUTH")):
        return unwritable(root, found)
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_IOERR")):
        return StorageError(
            "catalog-corrupt",
            "the catalog's database cannot be read",
            expected="an intact SQLite database",
            found=found,
            where=str(root / DATABASE),
            next="errata doctor",
        )
    return exc
