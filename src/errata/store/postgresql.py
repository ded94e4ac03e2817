"""The catalog in a PostgreSQL database: files in a folder that is this database's, one writer by an advisory lock."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import sqlalchemy.exc

from errata.core.errors import CatalogError, ErrataError, Locked, MissingExtra, StorageError
from errata.store import begun, tables
from errata.store.files import SHELVES, Files, new_folder
from errata.store.home import Undo, Words, json_text, nothing
from errata.store.lock import lock_timeout
from errata.store.places import Server, bad_address, data_folder
from errata.store.postgresql_copy import copy_rows
from errata.store.postgresql_errors import database_error
from errata.store.postgresql_words import FullText
from errata.store.remembered import Remembered, snapshot
from errata.store.trouble import storage_errors

_KEY = int.from_bytes(b"errata")
"""Of the advisory lock that a writer holds until its transaction ends, however that ends."""
_HOLDER = """
SELECT activity.application_name AS name, activity.xact_start AS since
FROM pg_locks JOIN pg_stat_activity AS activity USING (pid)
WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND classid::bigint << 32 | objid::bigint = :key
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
_OUTGROWN = """
SELECT (SELECT sum(records) FROM project) > 1.2 * reltuples + 500 FROM pg_class WHERE oid = 'search'::regclass
"""
_LOOKED_AT = ("record", "revision", "search", "search_text", "facet", "facet_value", "label", "link", "event")


class Database:
    """The home of a catalog in a PostgreSQL database."""

    bytewise = "C"
    words: Words = FullText()

    def __init__(self, server: Server) -> None:
        self.place: Path | Server = server
        self._url = _url_of(server)
        self._given = server.files
        self._files: Files | None = None
        self._remembered = Remembered()
        self._turn = threading.Lock()  # the writers of one process wait here, and hold no connection meanwhile
        self.engine = _connect(self._url)

    @property
    def name(self) -> str:
        """The database's name."""
        return str(self._url.database)

    @property
    def address(self) -> str:
        """The address without a password."""
        url, host = self._url, self._url.query.get("host")
        query = {"host": host} if host else {}
        shown = sa.URL.create("postgresql", url.username, None, url.host, url.port, url.database, query)
        return shown.render_as_string().replace("%2F", "/")

    @property
    def files(self) -> Files:
        """The folder of this database's files."""
        if self._files is None:
            raise RuntimeError("the files of this catalog were not settled")
        return self._files

    @contextmanager
    def _errors(self) -> Iterator[None]:
        with storage_errors(self._files.root if self._files else self._given or data_folder()):
            try:
                yield
            except sqlalchemy.exc.TimeoutError as exc:  # of the pool
                raise StorageError(
                    "database-unreachable",
                    "every connection of this process to the database is in use",
                    where=self.address,
                    next="try again, or ask less of it at once",
                ) from exc
            except sqlalchemy.exc.DBAPIError as exc:
                if getattr(exc.orig, "sqlstate", None) in ("55P03", "40P01"):
                    raise self._locked() from exc
                raise database_error(exc, self.address) from exc

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A snapshot; readers never wait."""
        with self._errors(), self.engine.connect() as connection:
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            snapshot(connection, self._remembered)
            with connection.begin():
                yield connection

    @contextmanager
    def writing(self, actor: str, verb: str, undo: Undo = nothing) -> Iterator[sa.Connection]:
        """One transaction under the lock of the database."""
        patience = lock_timeout()
        deadline = time.monotonic() + patience
        with self._errors():
            if not self._turn.acquire(timeout=patience):
                raise self._locked()
            try:
                with self.engine.connect() as connection, connection.begin():
                    _lock(connection, actor, verb, max(deadline - time.monotonic(), 0))
                    try:
                        yield connection
                    except BaseException:
                        # Without the connection the lock is gone, and others may rely on a file that was placed here.
                        if _alive(connection):
                            undo()
                        raise
            finally:
                self._turn.release()

    def _locked(self) -> Locked:
        holder = None
        with suppress(ErrataError, sqlalchemy.exc.SQLAlchemyError), self.engine.connect() as connection:
            holder = connection.execute(sa.text(_HOLDER), {"key": _KEY}).first()
        since = holder.since if holder else None
        return Locked(
            "catalog-locked",
            f"the catalog is being written by {(holder.name if holder else '') or 'another program'}",
            expected="to be the only writer within ERRATA_LOCK_TIMEOUT seconds",
            found=f"held since {since:%Y-%m-%d %H:%M:%S %Z}" if since else "it does not say since when",
            where=self.address,
            next="wait for it, or wait longer: ERRATA_LOCK_TIMEOUT=60",
        )

    def check_writable(self, schema: str) -> None:
        """PostgreSQL says so itself when something may not be changed."""

    def check_empty(self, connection: sa.Connection) -> None:
        """Raise CatalogError where a catalog cannot be made: among tables of somebody else, or without Unicode."""
        inspector = sa.inspect(connection)
        if names := [*inspector.get_table_names(), *inspector.get_view_names()]:
            some = ", ".join(sorted(names)[:5])
            raise CatalogError(
                "foreign-database",
                "the database holds tables of something else, and no catalog",
                expected="an empty database, or one with a catalog",
                found=f"{some}{', …' if len(names) > 5 else ''}",
                where=self.address,
                next="createdb errata, and open that",
            )
        encoding = connection.execute(sa.text("SHOW server_encoding")).scalar_one()
        if encoding != "UTF8":
            raise CatalogError(
                "foreign-database",
                "the database cannot hold every text",
                expected="the encoding UTF8",
                found=encoding,
                where=self.address,
                next=f"createdb --encoding=UTF8 --template=template0 {self.name}",
            )

    def missing(self, connection: sa.Connection) -> CatalogError:
        """An empty database, or one of somebody else."""
        try:
            self.check_empty(connection)
        except CatalogError as error:
            return error
        return CatalogError(
            "no-catalog", "the database is empty", where=self.address, next=f"errata init {self.address}"
        )

    def settle(self, connection: sa.Connection) -> None:
        """Find the folder of the files. One that lost its name is known by holding every file that rows name."""
        identity = _identity(connection)
        files = Files(self._given or data_folder() / identity)
        found = files.owner()
        if found is None and _holds_all(connection, files):
            files.own(identity)
            found = identity
        if found is None:
            raise CatalogError(
                "no-files",
                "the files of this catalog are not here",
                expected=f"the folder whose file named owner says {identity}",
                where=str(files.root),
                next="ERRATA_FILES=FOLDER, the folder where they are",
            )
        if found != identity:
            raise _of_another(files, found, identity)
        begun.done(files)
        self._files = files

    @contextmanager
    def claiming(self, connection: sa.Connection) -> Iterator[Files]:
        """The folder of the files of a catalog that is being made; it gets its name last, and then is this one's."""
        identity = _identity(connection)
        final = Files(self._given or data_folder() / identity)
        if begun.left(final.root, self.address):  # for this database, which has no catalog: so it was never done
            final.clear()
        if not final.empty():
            raise _of_another(final, final.owner(), identity)
        # A folder that is there may be where a disk is mounted, which no other can be renamed to.
        with nullcontext(final.root) if final.root.exists() else new_folder(final.root) as folder:
            self._files = files = Files(folder)
            try:
                files.make()
                begun.begin(files, self.address)
                yield files
                files.own(identity)
            except BaseException:
                files.clear()
                raise
        self._files = final

    def now(self, connection: sa.Connection) -> datetime:
        """The clock of the server of the database."""
        found: datetime = connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
        return found.astimezone(UTC)

    def renumber(self, connection: sa.Connection) -> None:
        """Let the sequences go on after the largest number."""
        for table in tables.metadata.sorted_tables:
            column = table.autoincrement_column
            if column is not None and sa.inspect(connection).has_table(table.name):
                sequence = sa.func.pg_get_serial_sequence(table.name, column.name)
                largest = sa.select(sa.func.max(column)).scalar_subquery()
                connection.execute(sa.select(sa.func.setval(sequence, sa.func.coalesce(largest, 0) + 1, False)))

    def insert_many(
        self, connection: sa.Connection, table: str, names: Sequence[str], rows: Sequence[Sequence[Any]]
    ) -> None:
        """By COPY."""
        copy_rows(connection, table, names, rows)

    def projected(self, connection: sa.Connection, *, anew: bool) -> None:
        """ANALYZE, when there are a fifth more records than at the last: the database's own comes a minute later."""
        if anew or connection.execute(sa.text(_OUTGROWN)).scalar_one():
            connection.exec_driver_sql(f"ANALYZE (SKIP_LOCKED) {', '.join(_LOOKED_AT)}")

    def faults(self, connection: sa.Connection) -> list[str]:
        """PostgreSQL verifies its pages when it reads them, and keeps its references."""
        return []


def _of_another(files: Files, found: str | None, identity: str) -> CatalogError:
    return CatalogError(
        "other-files",
        "the folder of files is not this catalog's",
        expected=f"a new folder, or that of {identity}",
        found=f"the folder of {found}" if found else "a folder with something else in it",
        where=str(files.root),
        next="ERRATA_FILES=FOLDER, another folder",
    )


def _identity(connection: sa.Connection) -> str:
    return str(connection.execute(sa.select(tables.catalog.c.identity)).scalar_one())


def _holds_all(connection: sa.Connection, files: Files) -> bool:
    """Whether rows name files, and every one of them stands in the folder."""
    named: int = 0
    for shelf, table in zip(SHELVES, (tables.part, tables.blob), strict=True):
        digests = set(connection.execute(sa.select(table.c.digest)).scalars())
        if digests - set(files.standing(shelf)):
            return False
        named += len(digests)
    return named > 0


def _lock(connection: sa.Connection, actor: str, verb: str, patience: float) -> None:
    """Become the only writer until the transaction ends, known by name to whoever waits."""
    # The database keeps 63 bytes of it.
    name = f"{actor[:16]}, `errata {verb[:14]}`, process {os.getpid()} on {socket.gethostname()}"
    settings = {"name": name, "patience": f"{max(int(patience * 1000), 1)}ms"}
    connection.execute(
        sa.text(
            "SELECT set_config('application_name', :name, true), set_config('lock_timeout', :patience, true), "
            "set_config('plan_cache_mode', 'auto', true)"  # to check a reference is planned once, not for each row
        ),
        settings,
    )
    connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _KEY})


def _alive(connection: sa.Connection) -> bool:
    if connection.invalidated:
        return False
    raw: Any = connection.connection.dbapi_connection
    return raw is not None and not raw.closed


def _url_of(server: Server) -> sa.URL:
    try:
        url = sa.make_url(server.url)
    except (sqlalchemy.exc.ArgumentError, ValueError):
        url = None
    if url is None or not url.database:
        raise bad_address()
    return url.set(drivername="postgresql+psycopg")


def _connect(url: sa.URL) -> sa.Engine:
    arguments = {"client_encoding": "utf8"}
    if "connect_timeout" not in url.query:
        arguments["connect_timeout"] = "10"
    try:
        engine = sa.create_engine(
            url,
            isolation_level="READ COMMITTED",  # who waited for the lock sees what was written meanwhile
            connect_args=arguments,
            json_serializer=json_text,
            max_overflow=20,
            pool_pre_ping=True,
        )
    except ModuleNotFoundError as error:
        raise MissingExtra(
            "missing-extra",
            "a catalog in PostgreSQL needs an optional part of Errata",
            expected="the extra 'team' (psycopg)",
            next="pip install 'errata[team]'",
        ) from error

    @sa.event.listens_for(engine, "connect")
    def _connected(raw: Any, _record: Any) -> None:
        # What a word finds differs a thousandfold: no plan is good for all of them. Who writes sets it back.
        raw.execute("SET plan_cache_mode = force_custom_plan")
        raw.commit()

    return engine
