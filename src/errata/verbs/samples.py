"""Reading which samples a plan uses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from errata.core.errors import FileError


def read_samples(path: str) -> tuple[list[Any] | None, list[Any] | None]:
    """Ids and groups from a plain list of ids, one a line, or from a table with columns ``id`` and ``group``.

    Raises FileError for a file that is missing or empty, or a table with neither column.
    """
    place = Path(path)
    if place.suffix in ("", ".txt", ".ids"):
        try:
            lines = [line.strip() for line in place.read_text(encoding="utf-8").splitlines()]
        except (OSError, UnicodeDecodeError) as exc:
            raise FileError(
                "file-unusable", f"{path} cannot be read", found=str(exc), expected="one id a line"
            ) from exc
        ids = [line for line in lines if line]
        if not ids:
            raise FileError("empty-file", f"{path} names no sample", expected="one id a line")
        return ids, None
    from errata.integrations.files import open_source

    source = open_source(path)
    columns = {name: source.column(name).to_pylist() for name in ("id", "group") if name in source.schema.names}
    if not columns:
        raise FileError(
            "no-samples",
            f"{path} has neither a column id nor group",
            expected="a column id, group, or both",
            found=", ".join(source.schema.names[:12]),
        )
    return columns.get("id"), columns.get("group")
