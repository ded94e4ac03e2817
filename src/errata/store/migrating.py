"""Bringing a catalog of an older schema up to this one, in one transaction, when it is opened."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from errata.core.clock import now
from errata.store import records
from errata.store.catalog import VERSION, Transaction, ensure_actor, stores
from errata.store.faults import instant
from errata.store.home import Home
from errata.store.places import acting


def migrate(home: Home, old: str) -> None:
    """Bring the catalog at ``home`` from schema ``old`` to ``VERSION``, or leave it as it is.

    Raises Incompatible ``older-catalog`` where it may only be read, Locked, StorageError.
    """
    home.check_writable(old)
    actor = acting()
    with home.writing(actor, "migrate") as connection:
        found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
        if found == VERSION:
            return  # another process was first
        upgrade(connection)
        home.settle(connection)
        at = now()
        ensure_actor(connection, actor, at)
        for position, store in enumerate(stores(connection, home, actor)):
            done = Transaction(connection, store, "migrate", at, actor)
            records.reindex(done)
            if position == 0:
                done.event("catalog", before=None, after=None, reason=f"schema {found} to {VERSION}")
        instant("before-migrated")
    instant("migrated")


def upgrade(connection: sa.Connection, schema: str = "head") -> None:
    """Run every migration up to ``schema`` that this database has not seen, in the transaction of ``connection``."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, schema)
