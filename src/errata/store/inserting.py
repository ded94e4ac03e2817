"""Many rows at once."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

_MANY = 50


def insert_all(connection: sa.Connection, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    """Insert rows of the same columns. SQLite gets many of them from us: SQLAlchemy takes longer than it over each."""
    dialect = connection.dialect
    if len(rows) < _MANY or dialect.name != "sqlite":
        connection.execute(sa.insert(table), rows)
        return
    compiled = sa.insert(table).compile(dialect=dialect, column_keys=list(rows[0]))
    names: list[str] = getattr(compiled, "positiontup", None) or []
    if set(names) != set(rows[0]):  # a column fills itself in
        connection.execute(sa.insert(table), rows)
        return
    columns = []
    for name in names:
        bound = table.c[name].type.dialect_impl(dialect).bind_processor(dialect)
        values = [row[name] for row in rows]
        if bound is not None and all(value is values[0] for value in values):  # one time, of one transaction
            values = [bound(values[0])] * len(values)
        elif bound is not None:
            values = [bound(value) for value in values]
        columns.append(values)
    connection.exec_driver_sql(str(compiled), list(zip(*columns, strict=True)))
