"""Many rows at once: each kind of database gets them in the way that it takes most of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from errata.store.home import Home

_MANY = 50


def insert_all(home: Home, connection: sa.Connection, table: sa.TableClause, rows: list[dict[str, Any]]) -> None:
    """Insert rows of the same columns. Many of them go past SQLAlchemy, which takes longer than the database."""
    if len(rows) < _MANY:
        connection.execute(sa.insert(table), rows)
        return
    columns = []
    for name in rows[0]:
        bound = table.c[name].type.dialect_impl(connection.dialect).bind_processor(connection.dialect)
        values = [row[name] for row in rows]
        if bound is not None and all(value is values[0] for value in values):  # one time, of one transaction
            values = [bound(values[0])] * len(values)
        elif bound is not None:
            values = [bound(value) for value in values]
        columns.append(values)
    home.insert_many(connection, table.name, list(rows[0]), list(zip(*columns, strict=True)))
