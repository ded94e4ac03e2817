"""Files of entries to import: JSON lines one by one, or JSON documents whose entries are read by a model each."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from errata.core.errors import FileError
from errata.core.units import count
from errata.integrations.files.json_lines import read_object
from errata.integrations.files.reader import missing
from errata.nouns.case_import import Entry
from errata.nouns.record import faults_of

LONGEST_LINE = 4_000_000
_BOM = b"\xef\xbb\xbf"


class Foreign(BaseModel):
    """A part of a format that is not ours: what we do not use may be there, and is not looked at."""

    model_config = ConfigDict(frozen=True, extra="ignore")


M = TypeVar("M", bound=Foreign)


def lines(path: str) -> Iterator[Entry]:
    """The entries of JSON lines, each with the number of its line; what is no object says what is wrong.

    Raises FileError ``file-missing``, ``empty-file``, ``not-a-file``, ``unreadable``.
    """
    with _open(path) as file:
        place = at = 0
        while raw := file.readline(LONGEST_LINE + 1):
            at += 1
            size, long = len(raw), len(raw) > LONGEST_LINE
            while long and not raw.endswith(b"\n") and (more := file.readline(LONGEST_LINE)):
                raw = more
                size += len(more)
            if at == 1:
                raw = raw.removeprefix(_BOM)
            if long:
                yield Entry(at=at, raw="", faults=(f"the line is longer than {count(LONGEST_LINE)} bytes",))
            elif raw.strip():
                yield _entry(at, raw, place)
            place += size


def documents(path: str) -> Iterator[Entry]:
    """The entries of JSON documents: one object, a list of them, JSON lines, or a folder of such files.

    Raises FileError ``not-json``, ``no-entries`` and what ``lines`` raises.
    """
    place = Path(path)
    files = sorted(place.rglob("*.json")) if path != "-" and place.is_dir() else [place]
    if not files:
        raise FileError("no-entries", f"there is no .json file in {path}", where=path, next=f"ls {shlex.quote(path)}")
    at = 0
    for file in files:
        found = document(str(file))
        for value in [found] if isinstance(found, dict) else found if isinstance(found, list) else []:
            at += 1
            yield _of_value(at, value)
    if not at:
        raise _no_entries(path, "an object, or a list of objects", found)


def document(path: str) -> Any:
    """What a JSON document holds; of JSON lines a list. Raises FileError ``not-json`` and what ``lines`` raises."""
    with _open(path) as file:
        data = file.read().removeprefix(_BOM)
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as exc:
        with contextlib.suppress(ValueError, RecursionError):
            if found := [json.loads(line) for line in data.splitlines() if line.strip()]:
                return found
        raise FileError(
            "not-json",
            f"{path} is no JSON",
            found=str(exc)[:200],
            where=path,
            next=f"python -m json.tool {shlex.quote(path)}",
        ) from exc


def listed(path: str, found: Any, *inside: str) -> Iterator[Entry]:
    """The entries that a document lists under one of these keys. Raises FileError ``no-entries``."""
    held = next((found[name] for name in inside if isinstance(found, dict) and name in found), None)
    if not isinstance(held, list) or not held:
        raise _no_entries(path, f"a list of them, under {inside[0]!r}", found)
    for at, value in enumerate(held, 1):
        yield _of_value(at, value)


def read_as(entries: Iterable[Entry], shape: type[M], values: Callable[[M], Mapping[str, Any]]) -> Iterator[Entry]:
    """The entries as ours: each read as ``shape`` and turned by ``values``, or refused with what is wrong with it."""
    for entry in entries:
        if entry.values is None:
            yield entry
            continue
        try:
            turned = values(shape.model_validate(entry.values))
        except ValidationError as exc:
            yield Entry(at=entry.at, raw=entry.raw, name=entry.name, faults=tuple(faults_of(exc, "entry")))
        else:
            name = str(turned.get("id", ""))
            yield Entry(at=entry.at, raw=entry.raw, name=name, values=turned)


def shorter(text: str, longest: int) -> str:
    """``text`` on one line, cut after a word so that it has at most ``longest`` characters."""
    flat = " ".join(text.split())
    if len(flat) <= longest:
        return flat
    cut = flat[: longest + 1].rpartition(" ")[0]
    return cut if len(cut) > longest // 2 else flat[:longest]


def _entry(at: int, raw: bytes, place: int) -> Entry:
    read = read_object(raw, place)
    text = raw.decode(errors="replace").rstrip("\r\n")
    if isinstance(read, str):
        return Entry(at=at, raw=text, faults=(read,))
    if b"\\u0000" in raw and "\x00" in json.dumps(read, ensure_ascii=False).replace("\\u0000", "\x00"):
        return Entry(at=at, raw=text, name=_name(read), faults=("it holds the character NUL, which is no text",))
    return Entry(at=at, raw=text, name=_name(read), values=read)


def _of_value(at: int, value: Any) -> Entry:
    if isinstance(value, dict):
        return _entry(at, json.dumps(value).encode(), 0)
    raw = json.dumps(value, ensure_ascii=False)
    return Entry(at=at, raw=raw, faults=(f"{raw[:60]} is no object",))


def _name(values: Mapping[str, Any]) -> str:
    found = values.get("id", values.get("incident_id"))
    return str(found)[:200] if isinstance(found, (str, int)) else ""


def _no_entries(path: str, expected: str, found: Any) -> FileError:
    keys = ", ".join(list(found)[:8]) if isinstance(found, dict) else ""
    return FileError(
        "no-entries",
        f"{path} holds no entries",
        expected=expected,
        found=f"an object with {keys}" if keys else json.dumps(found)[:60],
        where=path,
        next="errata import --help",
    )


@contextlib.contextmanager
def _open(path: str) -> Iterator[IO[bytes]]:
    """The bytes of a file; of standard input and pipes a copy, so that nobody waits for them while they are written."""
    if path == "-":
        with tempfile.TemporaryFile() as copy:
            shutil.copyfileobj(sys.stdin.buffer, copy)
            yield _begun(copy, "standard input")
        return
    try:
        with open(path, "rb") as file:
            if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                yield _begun(file, path)
            else:
                with tempfile.TemporaryFile() as copy:
                    shutil.copyfileobj(file, copy)
                    yield _begun(copy, path)
    except FileNotFoundError:
        raise missing(path, Path(path)) from None
    except IsADirectoryError:
        raise FileError(
            "not-a-file", f"{path} is a folder", expected="a file, or - for standard input", where=path,
            next=f"ls {shlex.quote(path)}",
        ) from None  # fmt: skip
    except PermissionError as exc:
        raise FileError(
            "unreadable", f"{path} cannot be read: {exc.strerror}", where=path, next=f"ls -l {shlex.quote(path)}"
        ) from None


def _begun(file: IO[bytes], name: str) -> IO[bytes]:
    if not file.seek(0, os.SEEK_END):
        raise FileError(
            "empty-file", f"{name} is empty", expected="entries", found="0 bytes", where=name,
            next="check the step that wrote it",
        )  # fmt: skip
    file.seek(0)
    return file
