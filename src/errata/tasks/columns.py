"""Columns by name and by type: whether one is there, and what its type can serve as."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from errata.core.columns import is_number, is_text
from errata.core.errors import ColumnError
from errata.core.names import nearest, written_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from errata.nouns.source import Source


def check_column(source: Source, name: str, role: str) -> None:
    """Raise ColumnError unless ``source`` has a column ``name``; ``role`` (``truth``, ``factors``) is for the text."""
    names = source.schema.names
    if name not in names:
        near = nearest(name, names)
        raise _no_such_column(source, name, role, near, near[0] if near else "COLUMN")


def check_columns(source: Source, given: Sequence[str], role: str, also: Sequence[str] = ()) -> None:
    """The same of an option that lists columns; names in ``also`` stand for something else than a column."""
    names = source.schema.names
    there = [name for name in given if name in names or name in also]
    missing = [name for name in given if name not in there]
    if not missing:
        return
    # What to type next is the whole list: the names that are right, and for the others one that is not in it yet.
    mended = {name: name for name in there}
    for name in missing:
        free = nearest(name, [one for one in names if one not in mended.values()], 1)
        mended[name] = free[0] if free else "COLUMN"
    text = written_names(mended[name] for name in given)
    raise _no_such_column(source, missing[0], role, nearest(missing[0], names), text)


def _no_such_column(source: Source, name: str, role: str, near: list[str], instead: str) -> ColumnError:
    return ColumnError(
        "no-such-column",
        f"{source.name} has no column {name!r}, given as {role}",
        expected=f"one like {name!r}: {', '.join(near)}" if near else "the name of a column",
        found=listed(source.schema.names),
        where=source.name,
        next=f"write {instead} in --failed" if role == "failed" else f"--{role} {shlex.quote(instead)}",
    )


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
