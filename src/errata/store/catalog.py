"""The catalog: one folder with a database, sealed parts and blobs; one project of it at a time.

Reading takes a snapshot. Writing takes the writer's lock, then one transaction; what it staged as files is renamed just
before the commit, and removed again when the transaction does not happen.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa

from errata.core.clock import now
from errata.core.errors import Incompatible, StorageError, UsageError
from errata.core.names import nearest
from errata.store import events, tables
from errata.store.faults import instant
from errata.store.files import Files, Shelf, Staged
from errata.store.lock import lock_timeout, writer_lock
from errata.store.places import DATABASE, acting
from errata.store.trouble import storage_errors

VERSION = "0003"
"""The schema this program writes; the same as the newest file in migrations/versions."""
OLDER = ("0001", "0002")
"""The schemas that opening a catalog brings up to this one."""


@dataclass(frozen=True, slots=True)
class Project:
    """A namespace of the catalog: its records are ``prefix-1``, ``prefix-2``, …"""

    id: int
    name: str
    prefix: str


@dataclass
class Transaction:
    """One write: all of it happens or none."""

    connection: sa.Connection
    store: Store
    verb: str
    at: datetime
    actor: str
    placed: list[Path] = field(default_factory=list)
    facet_ids: dict[tuple[str, str], int] = field(default_factory=dict)
    """The numbers of facet values that this transaction has asked for or entered."""

    @property
    def project(self) -> int:
        """The project's id."""
        return self.store.project.id

    def next(self, series: str) -> int:
        """The next number of ``records``, ``runs``, ``findings``, ``gates``, ``labels`` or ``comments``."""
        return self.take(series, 1)[0]

    def take(self, series: str, many: int) -> range:
        """The next ``many`` numbers of a series."""
        column = tables.project.c[series]
        of_project = tables.project.c.id == self.project
        self.connection.execute(sa.update(tables.project).where(of_project).values({series: column + many}))
        last = int(self.connection.execute(sa.select(column).where(of_project)).scalar_one())
        return range(last - many + 1, last + 1)

    def insert(self, table: sa.Table, values: dict[str, Any] | list[dict[str, Any]]) -> None:
        """Insert rows of this project."""
        rows = [values] if isinstance(values, dict) else values
        if rows:
            self.connection.execute(sa.insert(table), [{"project": self.project, **row} for row in rows])

    def event(self, subject: str, *, before: str | None, after: str | None, reason: str = "") -> None:
        """Append to the audit log what this verb did to ``subject``."""
        events.append(self, [(subject, before, after, reason)])

    def place(self, shelf: Shelf, staged: Iterable[Staged]) -> None:
        """Make staged files part of the catalog."""
        self.placed += self.store.files.place(shelf, staged)

    def blob(self, staged: Staged, media_type: str) -> None:
        """Make one staged file a blob of this project; the same content again changes nothing."""
        self.place("blobs", [staged])
        known = sa.select(tables.blob.c.digest).where(
            tables.blob.c.project == self.project, tables.blob.c.digest == staged.digest
        )
        if self.connection.execute(known).first() is None:
            row = {"digest": staged.digest, "media_type": media_type, "bytes": staged.bytes, "at": self.at}
            self.insert(tables.blob, row)


class Store:
    """One project of one catalog, as one actor."""

    def __init__(self, root: Path, engine: sa.Engine, project: Project, actor: str) -> None:
        self.root = root
        self.engine = engine
        self.project = project
        self.actor = actor
        self.files = Files(root)

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A consistent view of the database for the block."""
        with storage_errors(self.root), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self, verb: str) -> Iterator[Transaction]:
        """One transaction under the writer's lock. Raises Locked when another writer does not finish in time."""
        with storage_errors(self.root), writer_lock(self.root, self.actor, verb):
            transaction = None
            try:
                with self.engine.connect().execution_options(errata_write=True) as connection, connection.begin():
                    transaction = Transaction(connection, self, verb, now(), self.actor)
                    ensure_actor(connection, self.actor, transaction.at)
                    yield transaction
                    instant("before-commit")
                instant("committed")
            except BaseException:
                for path in transaction.placed if transaction else ():
                    path.unlink(missing_ok=True)
                raise

    def key(self, number: int) -> str:
        """The key of a record: ``DIG-4``."""
        return f"{self.project.prefix}-{number}"

    def media_type(self, connection: sa.Connection, digest: str) -> str | None:
        """The media type of a blob of this project; None when there is none of this digest."""
        table = tables.blob
        query = sa.select(table.c.media_type).where(table.c.project == self.project.id, table.c.digest == digest)
        found: str | None = connection.execute(query).scalar()
        return found

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()


def open_store(root: Path, project: str | None = None, actor: str | None = None) -> Store:
    """Open the catalog at ``root`` (as ``find_catalog`` gives it).

    ``project`` is a name or key, else ``ERRATA_PROJECT``, else the only one. Raises Incompatible when the catalog is of
    another schema, StorageError when it is damaged, UsageError when the project is not clear.
    """
    engine = connect(root)
    try:
        projects = projects_of(engine, root)
        return Store(root, engine, _chosen(projects, project or os.environ.get("ERRATA_PROJECT")), actor or acting())
    except BaseException:
        engine.dispose()
        raise


def _chosen(projects: list[Project], wanted: str | None) -> Project:
    if wanted:
        for project in projects:
            if wanted in (project.name, project.prefix):
                return project
        known = [project.name for project in projects]
        raise UsageError(
            "no-such-project",
            f"this catalog has no project {wanted!r}",
            expected=f"one of {', '.join(known)}",
            next=f"--project {(nearest(wanted, known) or known)[0]}",
        )
    if len(projects) > 1:
        raise UsageError(
            "which-project",
            f"this catalog has {len(projects)} projects",
            expected=f"one of {', '.join(project.name for project in projects)}",
            next=f"--project {projects[0].name}, or ERRATA_PROJECT={projects[0].name}",
        )
    return projects[0]


def projects_of(engine: sa.Engine, root: Path) -> list[Project]:
    """Every project of the catalog, oldest first; one of an older schema is first brought up to this one.

    Raises Incompatible or StorageError when it is none of ours.
    """
    with storage_errors(root), engine.connect() as connection, connection.begin():
        old = _check_version(connection, root)
    if old is not None:
        from errata.store.migrating import migrate

        migrate(engine, root, old)
    with storage_errors(root), engine.connect() as connection, connection.begin():
        rows = connection.execute(sa.select(tables.project).order_by(tables.project.c.id)).all()
    return [Project(row.id, row.name, row.prefix) for row in rows]


def ensure_actor(connection: sa.Connection, name: str, at: datetime) -> None:
    """Enter an actor who is not known yet."""
    if connection.execute(sa.select(tables.actor.c.id).where(tables.actor.c.name == name)).first() is None:
        connection.execute(sa.insert(tables.actor).values(name=name, at=at))


def _check_version(connection: sa.Connection, root: Path) -> str | None:
    """The schema of the catalog when it is an older one that can be brought up to ours, else None."""
    if not sa.inspect(connection).has_table("alembic_version"):
        raise StorageError(
            "catalog-corrupt",
            "the database holds no catalog",
            expected="a database that `errata init` made",
            where=str(root / DATABASE),
            next="errata init in another folder",
        )
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all()
    if len(found) == 1 and found[0] in OLDER:
        return str(found[0])
    if found != [VERSION]:
        raise Incompatible(
            "newer-catalog",
            "the catalog was written by a newer Errata",
            expected=f"schema {VERSION}",
            found=f"schema {', '.join(found) or 'none'}",
            where=str(root / DATABASE),
            next="pip install --upgrade errata",
        )
    return None


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


def connect(root: Path) -> sa.Engine:
    """The engine of the database under ``root``, with transactions that begin where the store says."""
    engine = sa.create_engine(
        _address(root),
        connect_args={"timeout": lock_timeout(), "check_same_thread": False},
        json_serializer=_json,  # keeps the order of keys, and refuses NaN
    )

    @sa.event.listens_for(engine, "connect")
    def _connected(raw: Any, _record: Any) -> None:
        raw.isolation_level = None  # transactions begin where we say, not where the driver guesses
        raw.execute("PRAGMA foreign_keys = ON")
        raw.execute("PRAGMA synchronous = FULL")

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        write = connection.get_execution_options().get("errata_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
