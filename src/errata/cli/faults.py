"""What stopped a command, as words on stderr and an exit code. Loaded only when something did."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import platform
import re
import shlex
import sys
import tempfile
import traceback
from pathlib import Path

import click

from errata import __version__
from errata.core.errors import Bug, ErrataError, FileError, MissingExtra, StorageError, UsageError

INTERRUPTED = 130
BROKEN_PIPE = 141
"""128 + SIGPIPE, what a shell reports of any program whose reader left; never a pass."""

EXTRAS = {
    "altair": "charts",
    "vl_convert": "charts",
    "fastapi": "serve",
    "jinja2": "serve",
    "uvicorn": "serve",
    "pyspark": "spark",
    "sklearn": "demo",
    "PIL": "demo",
    "psycopg": "team",
}
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_UNUSABLE = {
    errno.ENOENT,
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.EISDIR,
    errno.ENOTDIR,
    errno.EEXIST,
    errno.ENAMETOOLONG,
    errno.ELOOP,
}


def answer(exc: BaseException, words: list[str]) -> int:
    """Say on stderr why the command line ``words`` stopped, and return its exit code."""
    if isinstance(exc, SystemExit):
        return _system_exit(exc)
    if isinstance(exc, KeyboardInterrupt | click.Abort):
        _say("Interrupted.")
        return INTERRUPTED
    if isinstance(exc, OSError) and exc.errno == errno.EPIPE:
        _drop(sys.stdout)
        return BROKEN_PIPE
    if isinstance(exc, click.exceptions.NoArgsIsHelpError) and exc.ctx is not None:
        _say(exc.ctx.get_help())
        return exc.exit_code
    error = as_errata(exc, words)
    if os.environ.get("ERRATA_DEBUG"):
        _say("".join(traceback.format_exception(exc)).rstrip())
    _say(json.dumps(error.to_problem(), ensure_ascii=False) if _wants_json(words) else str(error))
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
        return error.exit_code
    _drop(sys.stdout)  # what stdout still holds can't be written; the interpreter would try again and exit 120
    return error.exit_code


def as_errata(exc: BaseException, words: list[str]) -> ErrataError:
    """Any exception as one of the error tree: what the user can mend keeps exit 2, the rest is a Bug."""
    if isinstance(exc, ErrataError):
        return exc
    if isinstance(exc, click.UsageError):
        return _usage(exc)
    if isinstance(exc, click.ClickException):
        return UsageError("usage", exc.format_message(), next="errata --help")
    if _disk_full(exc):
        return StorageError(
            "disk-full",
            "the disk is full",
            where=str(getattr(exc, "filename", None) or ""),
            found=getattr(exc, "strerror", None) or str(exc),
            next="free some space, then run the same line again",
        )
    if isinstance(exc, OSError) and exc.errno in _UNUSABLE and _is_users(exc.filename):
        return FileError(
            "file-unusable",
            f"cannot use {exc.filename}",
            found=exc.strerror or str(exc),
            next="check that the folder exists and that you may read and write there",
        )
    if isinstance(exc, ModuleNotFoundError) and (extra := EXTRAS.get((exc.name or "").partition(".")[0])):
        return MissingExtra(
            "missing-extra",
            f"this needs the optional part {extra!r}, which is not installed",
            found=f"no module {exc.name!r}",
            next=f"pip install 'errata[{extra}]'",
        )
    return _bug(exc, words)


def _system_exit(exc: SystemExit) -> int:
    if exc.code is None or isinstance(exc.code, int):
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            return exc.code or 0
        _drop(sys.stdout)
        return BROKEN_PIPE
    _say(str(exc.code))
    return 2


def _usage(exc: click.UsageError) -> UsageError:
    path = exc.ctx.command_path if exc.ctx else "errata"
    return UsageError("usage", exc.format_message().rstrip("."), where=path, next=f"{path} --help")


def _disk_full(exc: BaseException) -> bool:
    if isinstance(exc, OSError):
        return exc.errno in _FULL
    # SQLAlchemy keeps SQLite's own error in ``orig``
    return getattr(getattr(exc, "orig", exc), "sqlite_errorname", None) == "SQLITE_FULL"


def _is_users(filename: object) -> bool:
    """Whether a path is the user's: a file missing inside the package is our bug."""
    if not isinstance(filename, str | bytes | os.PathLike):
        return False
    package = Path(__file__).resolve().parent.parent
    return not Path(os.fsdecode(filename)).absolute().is_relative_to(package)


def _bug(exc: BaseException, words: list[str]) -> Bug:
    text = "".join(traceback.format_exception(exc))
    head = f"errata {__version__}, Python {platform.python_version()}, {platform.platform()}\n{shlex.join(words)}\n\n"
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="errata-", suffix=".txt", delete=False, encoding="utf-8", errors="backslashreplace"
        ) as file:
            file.write(_masked(head + text))
        where = file.name
    except OSError:  # no room for the traceback: then it goes with the message
        where = _masked(text.rstrip())
    return Bug(
        "internal",
        _masked(f"a mistake of ours, not yours: {type(exc).__name__}: {exc}".splitlines()[0]),
        where=where,
        next="please report it with that file",
    )


def _masked(text: str) -> str:
    """A text that will be shown to others, without the passwords of addresses."""
    return re.sub(
        r"(://[^\s:/@]*:)[^\s/]+@|(password=)[^\s&'\"]+", lambda m: f"{m[1]}***@" if m[1] else f"{m[2]}***", text
    )


def _wants_json(words: list[str]) -> bool:
    options = words[: words.index("--")] if "--" in words else words
    return "--json" in options


def _say(text: str) -> None:
    with contextlib.suppress(OSError, ValueError):
        click.echo(text, err=True)


def _drop(stream: object) -> None:
    """Point a broken stream at nothing, so that closing it cannot fail."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        fd = os.open(os.devnull, os.O_WRONLY)
        os.dup2(fd, stream.fileno())  # type: ignore[attr-defined]
        os.close(fd)
