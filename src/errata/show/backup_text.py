"""What a backup holds, in one line."""

from __future__ import annotations

from typing import Protocol

from errata.core.units import plural


class Contents(Protocol):
    """Projects by name, rows by table, files by shelf."""

    @property
    def projects(self) -> tuple[str, ...]:
        """The projects by name."""

    @property
    def rows(self) -> dict[str, int]:
        """How many rows each table has."""

    @property
    def files(self) -> dict[str, int]:
        """How many files each shelf has."""


def contents_text(found: Contents) -> str:
    """``project pets · 22 events, 14 revisions, 4 parts, 3 blobs``."""
    projects = f"project{'' if len(found.projects) == 1 else 's'} {', '.join(found.projects)}"
    counted = {"event": found.rows["event"], "revision": found.rows["revision"]}
    counted |= {shelf.removesuffix("s"): many for shelf, many in found.files.items()}
    return f"{projects} · {', '.join(plural(many, name) for name, many in counted.items())}"
