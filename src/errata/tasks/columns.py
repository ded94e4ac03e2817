"""Columns by name and by type: whether one is there, and what its type can serve as."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from errata.core.columns import is_number, is_text
from errata.core.errors import ColumnError
from errata.core.names import nearest

if TYPE_CHECKING:
    import pyarrow as pa

    from errata.nouns.source import Source


def check_column(source: Source, name: str, role: str) -> None:
    """Raise ColumnError unless ``source`` has a column ``name``; ``role`` (``truth``, ``factors``) is for the text."""
    names = source.schema.names
    if name in names:
        return
    near = nearest(name, names)
    raise ColumnError(
        "no-such-column",
        f"{source.name} has no column {name!r}, given as {role}",
        expected=f"one like {name!r}: {', '.join(near)}" if near else "the name of a column",
        found=listed(names),
        where=source.name,
        next=_option(role, near[0] if near else "COLUMN"),
    )


def _option(role: str, column: str) -> str:
    return f"write {column} in --failed" if role == "failed" else f"--{role} {shlex.quote(column)}"


def listed(names: list[str], most: int = 40) -> str:
    """Names with commas between them, cut after ``most``."""
    return ", ".join(names[:most]) + (f", and {len(names) - most} more" if len(names) > most else "")


def is_label(kind: pa.DataType) -> bool:
    """Whether values can be a truth, a prediction or an id: text, numbers or booleans."""
    from pyarrow import types

    return bool(types.is_boolean(kind)) or is_text(kind) or is_number(kind)


def is_time(kind: pa.DataType) -> bool:
    """Whether values are moments or days."""
    from pyarrow import types

    return bool(types.is_timestamp(kind) or types.is_date(kind))


def is_binary(kind: pa.DataType) -> bool:
    """Whether values are bytes."""
    from pyarrow import types

    return bool(types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind))


def is_nested(kind: pa.DataType) -> bool:
    """Whether values hold values: lists, structs, maps."""
    from pyarrow import types

    return bool(types.is_nested(kind))
