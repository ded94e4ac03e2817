"""Catalogs that somebody began to make, or to restore, and was killed over: folders of files that no row names.

A folder is filled beside its place, as ``NAME.….part``. Where the place was there already, as one where a disk is
mounted is, and from the moment that it gets its name until the rows are committed, the file ``begun`` says so.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from errata.store.files import BEGUN, OWNER, Files, fsync_folder, gone, temporary_name
from errata.store.places import DATABASE

_OURS = {"parts", "blobs", "tmp", OWNER, BEGUN, DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", "lock"}
_PART = re.compile(r"(?P<name>.+?)(\.(?P<who>\d+-[0-9a-f]{32}-.*)|-(?P<pid>\d+))\.part\Z")
_IDENTITY = re.compile(r"[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}\Z")


def begin(files: Files, address: str) -> None:
    """Say that this process fills the folder for the database at ``address``."""
    (files.root / BEGUN).write_text(f"{temporary_name()}\n{address}\n", "utf-8")
    fsync_folder(files.root)


def done(files: Files) -> None:
    """The rows are there: the folder is a catalog's from now on."""
    (files.root / BEGUN).unlink(missing_ok=True)


def left(root: Path, address: str) -> bool:
    """Whether somebody who is gone began to fill the folder for this database, which has no rows that name its files.

    Only to be asked where the database is known to hold no catalog, or another folder's.
    """
    try:
        who, wanted = (root / BEGUN).read_text("utf-8").splitlines()
    except (OSError, ValueError):
        return False
    return wanted == address and gone(who, root / BEGUN)


def halves(root: Path, address: str) -> list[Path]:
    """The folders beside ``root`` in which a catalog of its name, or one in a database, was begun and never done."""
    found: list[Path] = []
    if not os.access(root.parent, os.R_OK):
        return found
    for path in sorted(root.parent.iterdir()):
        if path == root or not path.is_dir():
            continue
        part = _PART.match(path.name)
        if part is None:
            half = bool(_IDENTITY.match(path.name)) and left(path, address)
        else:
            named = part["name"] == root.name or _IDENTITY.match(part["name"])
            half = bool(named) and gone(part["who"] or f"{part['pid']}--", path)
        if half and {one.name for one in path.iterdir()} <= _OURS:
            found.append(path)
    return found
