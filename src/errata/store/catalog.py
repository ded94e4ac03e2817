"""The catalog: a database, sealed parts and blobs; one project of it at a time.

Reading takes a snapshot. Writing takes the writer's lock, then one transaction; what it staged as files is renamed just
before the commit, and removed again when the transaction does not happen.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from errata.core.clock import now
from errata.core.errors import Incompatible, UsageError
from errata.core.names import nearest
from errata.nouns.sensitivity import EVERYTHING
from errata.store import events, requests, tables
from errata.store.faults import instant
from errata.store.files import Shelf, Staged
from errata.store.home import Home, home_of
from errata.store.inserting import insert_all
from errata.store.places import Server, acting
from errata.store.requests import Request

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
    subjects: list[str] = field(default_factory=list)
    """What its events are about, in their order."""

    @property
    def project(self) -> int:
        """The project's id."""
        return self.store.project.id

    def next(self, series: str) -> int:
        """The next number of ``records``, ``runs``, ``findings``, ``gates``, ``labels``, ``comments``, ``jobs``."""
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
            insert_all(self.store.home, self.connection, table, [{"project": self.project, **row} for row in rows])

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
    """One project of one catalog, as one actor, who sees the records up to a ``clearance``."""

    def __init__(
        self,
        home: Home,
        project: Project,
        actor: str,
        request: Request | None = None,
        clearance: str = EVERYTHING,
    ) -> None:
        self.home = home
        self.engine = home.engine
        self.files = home.files
        self.project = project
        self.actor = actor
        self.request = request
        self.clearance = clearance

    @property
    def root(self) -> Path:
        """The folder of its files; that of the database too, when the catalog is in a folder."""
        return self.files.root

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A consistent view of the database for the block."""
        with self.home.reading() as connection:
            yield connection

    @contextmanager
    def write(self, verb: str) -> Iterator[Transaction]:
        """One transaction under the writer's lock. Raises Locked when another writer does not finish in time."""
        placed: list[Path] = []
        with self.home.writing(self.actor, verb, lambda: self.files.remove(placed)) as connection:
            transaction = Transaction(connection, self, verb, now(), self.actor, placed)
            ensure_actor(connection, self.actor, transaction.at)
            yield transaction
            if self.request is not None:
                requests.remember(transaction, self.request)
                self.request = None
            instant("before-commit")
        instant("committed")

    def acting(self, actor: str, request: Request | None = None, clearance: str | None = None) -> Store:
        """The same catalog, as another actor, with another ``clearance`` when it is given; its first write is marked
        as what a ``request`` asked for."""
        return Store(self.home, self.project, actor, request, clearance or self.clearance)

    def whole(self) -> Store:
        """The same catalog with nothing hidden: for what must hold whoever asks, and is not told to them."""
        return self.acting(self.actor, clearance=EVERYTHING)

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


def open_store(
    place: Path | Server, project: str | None = None, actor: str | None = None, *, every: bool = False
) -> Store:
    """Open the catalog at ``place`` (as ``find_catalog`` gives it).

    ``project`` is a name or key, else ``ERRATA_PROJECT``, else the only one; the oldest where it stands for ``every``
    project. Raises Incompatible when the catalog is of
    another schema, StorageError when it is damaged, UsageError when the project is not clear.
    """
    return open_home(home_of(place), project, actor, every=every)


def open_home(home: Home, project: str | None = None, actor: str | None = None, *, every: bool = False) -> Store:
    """Open the catalog of this home; it is let go of when that fails."""
    try:
        projects = projects_of(home)
        wanted = project or os.environ.get("ERRATA_PROJECT")
        chosen = projects[0] if every and not wanted else _chosen(projects, wanted)
        name = actor or acting()
        with home.reading() as connection:
            clearance = clearance_of(connection, name)
        return Store(home, chosen, name, clearance=clearance or EVERYTHING)
    except BaseException:
        home.engine.dispose()
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


def projects_of(home: Home) -> list[Project]:
    """Every project of the catalog, oldest first; one of an older schema is first brought up to this one.

    Raises Incompatible, CatalogError or StorageError when it is none of ours.
    """
    with home.reading() as connection:
        if not is_catalog(connection):
            raise home.missing(connection)
        old = _check_version(connection, home)
    if old is not None:
        from errata.store.migrating import migrate

        migrate(home, old)
    with home.reading() as connection:
        home.settle(connection)
        return _projects(connection)


def _projects(connection: sa.Connection) -> list[Project]:
    table = tables.project
    rows = connection.execute(sa.select(table.c.id, table.c.name, table.c.prefix).order_by(table.c.id))
    return [Project(*row) for row in rows]


def all_projects(store: Store) -> list[Store]:
    """The catalog by each of its projects, oldest first."""
    with store.read() as connection:
        return stores(connection, store.home, store.actor)


def stores(connection: sa.Connection, home: Home, actor: str) -> list[Store]:
    """The same, as a transaction sees it."""
    return [Store(home, project, actor) for project in _projects(connection)]


def is_catalog(connection: sa.Connection) -> bool:
    """Whether the database has our tables, of whatever schema."""
    return {"alembic_version", "project", "revision", "event"} <= set(sa.inspect(connection).get_table_names())


def ensure_actor(connection: sa.Connection, name: str, at: datetime) -> None:
    """Enter an actor who is not known yet."""
    if connection.execute(sa.select(tables.actor.c.id).where(tables.actor.c.name == name)).first() is None:
        connection.execute(sa.insert(tables.actor).values(name=name, at=at))


def clearance_of(connection: sa.Connection, name: str) -> str | None:
    """Up to where the catalog lets an actor see; None when it says nothing of them."""
    query = sa.select(tables.actor.c.clearance).where(tables.actor.c.name == name)
    found: str | None = connection.execute(query).scalar()
    return found


def _check_version(connection: sa.Connection, home: Home) -> str | None:
    """The schema of the catalog when it is an older one that can be brought up to ours, else None."""
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all()
    if len(found) == 1 and found[0] in OLDER:
        return str(found[0])
    if found != [VERSION]:
        raise Incompatible(
            "newer-catalog",
            "the catalog was written by a newer Errata",
            expected=f"schema {VERSION}",
            found=f"schema {', '.join(found) or 'none'}",
            where=home.address,
            next="pip install --upgrade errata",
        )
    return None
