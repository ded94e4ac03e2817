"""Making a catalog, or a further project in one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import sqlalchemy as sa

from errata.core.clock import now
from errata.core.errors import UsageError
from errata.store import tables
from errata.store.catalog import Project, Store, Transaction, ensure_actor, is_catalog, open_home, projects_of
from errata.store.faults import instant
from errata.store.files import new_folder
from errata.store.home import Home
from errata.store.migrating import upgrade
from errata.store.places import DATABASE, FOLDER, Server, acting, key_prefix, project_name
from errata.store.sqlite import Folder

if TYPE_CHECKING:
    from errata.store.postgresql import Database

_Home = TypeVar("_Home", bound=Home)


def init_store(
    place: Path | Server, project: str | None = None, key: str | None = None, actor: str | None = None
) -> tuple[Store, bool]:
    """Make a catalog at ``place/.errata`` or in an empty database, or a further project in the one that is there.

    Returns the store and whether anything was made; without ``project`` an existing catalog is only opened. A crash
    leaves no half catalog: in a folder it is made under another name and renamed, in a database by one transaction.
    """
    actor = actor or acting()
    if isinstance(place, Server):
        return _init_database(place, project, key, actor)
    root = root_of(place)
    if (root / DATABASE).is_file():
        with opened(Folder(root)) as home:
            return _init_project(home, project, key, actor)
    name = project_name(project, root.parent.name)
    prefix = key_prefix(key, name, set())
    with new_folder(root) as part, opened(Folder(part)) as home:
        home.create()
        with home.writing(actor, "init") as connection:
            _found(connection, home, name, prefix, actor)
        home.flush()
        instant("before-init-rename")
    return open_home(Folder(root), name, actor), True


def open_server(server: Server, project: str | None = None, actor: str | None = None, *, every: bool = False) -> Store:
    """Open the catalog in a database; an empty one is made a catalog first, ``project`` being its first project.

    Raises CatalogError when it holds tables of something else, StorageError when it cannot be reached.
    """
    from errata.store.postgresql import Database

    with opened(Database(server)) as home:
        with home.reading() as connection:
            there = is_catalog(connection)
        if there:
            return open_home(home, project, actor, every=every)
        wanted = project or os.environ.get("ERRATA_PROJECT") or None
        return _make_in(home, wanted, None, actor or acting())[0]


def root_of(place: Path) -> Path:
    """The folder of the catalog that is made in a folder, or that this one is."""
    folder = place.expanduser().resolve()
    return folder if folder.name == FOLDER else folder / FOLDER


@contextmanager
def opened(home: _Home) -> Iterator[_Home]:
    """A home that is let go of when the block fails."""
    try:
        yield home
    except BaseException:
        home.engine.dispose()
        raise


def _init_database(server: Server, project: str | None, key: str | None, actor: str) -> tuple[Store, bool]:
    from errata.store.postgresql import Database

    with opened(Database(server)) as home:
        with home.reading() as connection:
            there = is_catalog(connection)
        return _init_project(home, project, key, actor) if there else _make_in(home, project, key, actor)


def _make_in(home: Database, project: str | None, key: str | None, actor: str) -> tuple[Store, bool]:
    name = project_name(project, home.name)
    prefix = key_prefix(key, name, set())
    with home.writing(actor, "init") as connection:
        first = not is_catalog(connection)  # another process may have been that
        if first:
            home.check_empty(connection)
            _found(connection, home, name, prefix, actor)
            instant("before-commit")
    if not first:
        return _init_project(home, project, key, actor)
    return open_home(home, name, actor), True


def _init_project(home: Home, project: str | None, key: str | None, actor: str) -> tuple[Store, bool]:
    known = {one.name: one for one in projects_of(home)}
    if project is None:
        if key is not None:
            raise UsageError(
                "no-project", "a further project needs a name", next="errata init --project NAME --key KEY"
            )
        return open_home(home, next(iter(known)), actor), False
    if project in known:
        if key not in (None, known[project].prefix):
            raise UsageError("key-differs", f"project {project} has the key {known[project].prefix}")
        return open_home(home, project, actor), False
    name = project_name(project, "")
    prefix = key_prefix(key, name, {one.prefix for one in known.values()})
    with Store(home, next(iter(known.values())), actor).write("init") as transaction:
        ident = _add_project(transaction.connection, name, prefix, transaction.at)
        transaction.store.project = Project(ident, name, prefix)
        transaction.event(f"project:{name}", before=None, after=None, reason="a further project")
    return open_home(home, name, actor), True


def _found(connection: sa.Connection, home: Home, name: str, prefix: str, actor: str) -> None:
    """Make the schema and its first project."""
    upgrade(connection)
    at = now()
    ensure_actor(connection, actor, at)
    ident = _add_project(connection, name, prefix, at)
    with home.claiming(connection):
        store = Store(home, Project(ident, name, prefix), actor)
        Transaction(connection, store, "init", at, actor).event(f"project:{name}", before=None, after=None)


def _add_project(connection: sa.Connection, name: str, prefix: str, at: datetime) -> int:
    values = {"name": name, "prefix": prefix, "at": at}
    result = connection.execute(sa.insert(tables.project).values(values).returning(tables.project.c.id))
    return int(result.scalar_one())
