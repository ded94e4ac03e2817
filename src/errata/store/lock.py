"""One writer at a time: a lock that says who holds it, and who holds the database when a foreign program does."""

from __future__ import annotations

import fcntl
import json
import os
import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from errata.core.clock import now
from errata.core.errors import Locked, UsageError


def lock_timeout() -> float:
    """Seconds to wait for another writer: ``ERRATA_LOCK_TIMEOUT``, else 10."""
    text = os.environ.get("ERRATA_LOCK_TIMEOUT", "10")
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 1e6:
        raise UsageError(
            "bad-timeout", "ERRATA_LOCK_TIMEOUT is not a number of seconds", expected="0 or more", found=repr(text)
        )
    return seconds


@contextmanager
def writer_lock(root: Path, actor: str, verb: str) -> Iterator[None]:
    """Hold ``root/lock`` for the block. Waits up to ``lock_timeout()`` seconds, then raises Locked saying who has it.

    The kernel drops the lock when its process dies, so a crash never leaves the catalog locked.
    """
    deadline = time.monotonic() + lock_timeout()
    handle = os.open(root / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise _locked(root) from None
                time.sleep(0.02)
        who = {"pid": os.getpid(), "actor": actor, "verb": verb, "host": socket.gethostname()}
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps({**who, "since": now().strftime("%Y-%m-%d %H:%M:%S UTC")}).encode(), 0)
        yield
    finally:
        with suppress(OSError):
            os.ftruncate(handle, 0)
        os.close(handle)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold a lock on the file ``path`` for the block, waiting for whoever has it.

    Where there can be none (the folder is read only, the file system has no locks) the block runs without it.
    """
    handle: int | None = None
    try:
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        if handle is not None:
            os.close(handle)


def _locked(root: Path) -> Locked:
    try:
        who = json.loads((root / "lock").read_text())
        holder = f"{who['actor']}, `errata {who['verb']}`, process {who['pid']} on {who['host']}"
        found = f"held since {who['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        holder, found = "another writer", "it does not say who it is"
    return Locked(
        "catalog-locked",
        f"the catalog is being written by {holder}",
        expected="to be the only writer within ERRATA_LOCK_TIMEOUT seconds",
        found=found,
        where=str(root),
        next="wait for it, or wait longer: ERRATA_LOCK_TIMEOUT=60",
    )


def foreign_holder(root: Path) -> str | None:
    """Which other process has a lock on the database, as far as this system tells: ``sqlite3 (process 412)``."""
    inodes = set()
    for name in ("catalog.db", "catalog.db-shm", "catalog.db-wal"):
        with suppress(OSError):
            inodes.add((root / name).stat().st_ino)
    pids: list[int] = []
    with suppress(OSError):
        for line in Path("/proc/locks").read_text().splitlines():
            match = re.search(r"WRITE\s+(\d+)\s+\S+:(\d+)\s", line)
            if match and int(match[2]) in inodes:
                pids.append(int(match[1]))
    if not pids:  # some systems hide /proc/locks: then whoever has the file open, if it is only one
        pids = [pid for pid in _with_open(inodes) if pid != os.getpid()]
        pids = pids if len(pids) == 1 else []
    others = [pid for pid in pids if pid != os.getpid()]
    if not others:
        return "this process" if pids else None
    name = "a program"
    with suppress(OSError):
        name = Path(f"/proc/{others[0]}/comm").read_text().strip()
    return f"{name} (process {others[0]})"


def _with_open(inodes: set[int]) -> list[int]:
    found = []
    with suppress(OSError):
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if any(entry.stat().st_ino in inodes for entry in (folder / "fd").iterdir() if entry.exists()):
                    found.append(int(folder.name))
    return found
