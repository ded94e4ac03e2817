"""From what the user typed to a source: a path, a folder or glob of Parquet, or ``-`` for standard input."""

from __future__ import annotations

import glob
import os
import shlex
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from errata.core.errors import FileError
from errata.core.names import nearest
from errata.integrations.files.columns import check_zone
from errata.integrations.files.sniff import HEAD_BYTES, packed_as, sniff

if TYPE_CHECKING:
    import pyarrow as pa

    from errata.nouns.source import Source


def open_source(
    path: str | Path, *, quarantine: bool = False, tz: str | None = None, called: str | None = None
) -> Source:
    """A source over CSV, TSV, JSON lines, Parquet, Arrow (file or stream), a folder or glob of Parquet, or ``-``.

    ``quarantine`` keeps ragged or undecodable rows of CSV and bad JSON lines aside; ``tz`` is the zone of naive times,
    which are otherwise handed on as they are. A file that was sent is ``called`` as whoever sent it calls it. Strings
    come as one dictionary. Raises FileError for a file that cannot be read, ColumnError for column names that cannot be
    used, ValueFault for mixed times, UsageError for a bad zone.
    """
    check_zone(tz)
    if called is not None:
        return _from_file(called, Path(path), quarantine, tz)
    name = str(path)
    if name == "-":
        return _from_bytes("-", _standard_input(), quarantine, tz)
    place = Path(name)
    try:
        mode = place.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        if glob.has_magic(name):
            return _from_glob(name, quarantine, tz)
        raise missing(name, place) from None
    except OSError as error:
        raise _unreadable(name, error) from None
    if stat.S_ISDIR(mode):
        return _from_folder(name, place, tz)
    if not stat.S_ISREG(mode):
        if name.startswith(("/dev/fd/", "/proc/self/fd/", "/dev/stdin")) and not stat.S_ISBLK(mode):
            return _from_bytes(name, _whole(name, place), quarantine, tz)
        raise FileError(
            "not-a-file",
            f"{name} is {'a pipe' if stat.S_ISFIFO(mode) else 'a device or a socket'}, not a file",
            expected="a file, a folder of Parquet files, or - for standard input",
            where=name,
            next=f"errata analyze - < {shlex.quote(name)}",
        )
    return _from_file(name, place, quarantine, tz)


def _from_file(name: str, place: Path, quarantine: bool, tz: str | None) -> Source:
    import pyarrow as pa

    head = _head(name, place)
    if packed_as(head) is None:
        kind = sniff(name, head)
        if kind == "parquet":
            from errata.integrations.files.parquet import ParquetSource

            return ParquetSource(name, [(name, place)], tz=tz)
        if kind == "arrow":
            from errata.integrations.files.arrow import ArrowSource

            return ArrowSource(name, pa.memory_map(str(place)).read_buffer(), tz=tz)
    return _from_bytes(name, pa.memory_map(str(place)).read_buffer(), quarantine, tz)


def _from_bytes(name: str, data: pa.Buffer, quarantine: bool, tz: str | None) -> Source:
    if data.size == 0:
        raise _empty(name)
    packed = packed_as(data[:8].to_pybytes())
    if packed:
        data = _unpacked(name, data, packed)
        if data.size == 0:
            raise _empty(name)
    kind = sniff(name, data[:HEAD_BYTES].to_pybytes())
    if kind == "parquet":
        from errata.integrations.files.parquet import ParquetSource

        return ParquetSource(name, [(name, data)], tz=tz)
    if kind == "arrow":
        from errata.integrations.files.arrow import ArrowSource

        return ArrowSource(name, data, tz=tz)
    if kind == "arrow stream":
        from errata.integrations.files.arrow import open_arrow_stream

        return open_arrow_stream(name, data, tz=tz)
    if kind == "jsonl":
        from errata.integrations.files.jsonl import open_jsonl

        return open_jsonl(name, data, quarantine=quarantine, tz=tz)
    from errata.integrations.files.csv import open_csv

    return open_csv(name, data, kind, quarantine=quarantine, tz=tz)


def _from_glob(name: str, quarantine: bool, tz: str | None) -> Source:
    from errata.integrations.files.parquet import ParquetSource

    matches = sorted(match for match in glob.glob(name, recursive=True) if not os.path.isdir(match))
    if not matches:
        raise FileError(
            "file-missing",
            f"nothing matches {name}",
            expected="a pattern that matches Parquet files",
            where=os.getcwd(),
            next=f"ls {os.path.dirname(name) or '.'}",
        )
    if len(matches) == 1:
        return open_source(matches[0], quarantine=quarantine, tz=tz)
    others = [match for match in matches if not _is_parquet(match)]
    if others:
        raise FileError(
            "not-parquet",
            f"{name} matches {len(matches)} files, and not all of them are Parquet",
            details=others[:20],
            expected="Parquet files with one schema; files of other formats one at a time",
            found=f"{len(others)} of another format",
            next=f"the same line with {shlex.quote(others[0])}",
        )
    return ParquetSource(name, [(match, Path(match)) for match in matches], tz=tz)


def _from_folder(name: str, folder: Path, tz: str | None) -> Source:
    from errata.integrations.files.parquet import ParquetSource, parts_of

    try:
        parts = parts_of(folder)
        inside = sorted(entry.name for entry in folder.iterdir())
    except OSError as error:
        raise _unreadable(name, error) from None
    if not parts:
        there = f"ls {shlex.quote(name)}"
        readable = [entry for entry in inside if (folder / entry).is_file() and not entry.startswith(".")]
        raise FileError(
            "folder-without-parquet",
            f"{name} is a folder without Parquet files",
            expected="a folder with files that end in .parquet, or one file",
            found=", ".join(inside[:10]) + (f", and {len(inside) - 10} more" if len(inside) > 10 else "") or "nothing",
            where=name,
            next=f"the same line with {shlex.quote(str(folder / readable[0]))}" if readable else there,
        )
    for part in parts:
        if not _is_parquet(str(part)):
            sniff(str(part), _head(str(part), part))  # says what it is
    return ParquetSource(name, [(str(part), part) for part in parts], tz=tz, root=folder)


def _standard_input() -> pa.Buffer:
    import pyarrow as pa

    if sys.stdin is None or sys.stdin.isatty():
        raise FileError(
            "no-input",
            "- reads standard input, and nothing is piped into it",
            expected="a pipe or a file on standard input",
            where="-",
            next="errata analyze - < preds.csv",
        )
    return pa.py_buffer(sys.stdin.buffer.read())


def _head(name: str, place: Path) -> bytes:
    try:
        with place.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError as error:
        raise _unreadable(name, error) from None
    if not head:
        raise _empty(name)
    return head


def _whole(name: str, place: Path) -> pa.Buffer:
    import pyarrow as pa

    try:
        return pa.py_buffer(place.read_bytes())
    except OSError as error:
        raise _unreadable(name, error) from None


def _unpacked(name: str, data: pa.Buffer, packed: str) -> pa.Buffer:
    import pyarrow as pa

    try:
        with pa.CompressedInputStream(pa.BufferReader(data), packed) as stream:
            return pa.py_buffer(stream.read())
    except (OSError, pa.ArrowInvalid) as error:
        raise FileError(
            "corrupt-archive",
            f"{name} cannot be unpacked: it is cut short or damaged",
            expected=f"a whole {packed} file",
            found=str(error).splitlines()[0],
            where=name,
            next=f"{'gzip -t' if packed == 'gzip' else 'zstd -t'} {shlex.quote(name)}",
        ) from None


def _is_parquet(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(4) == b"PAR1"
    except OSError:
        return path.endswith((".parquet", ".pq", ".parq"))  # the reader then says why it cannot be read


def missing(name: str, place: Path) -> FileError:
    """The error for a file that is not there, with the ones that may have been meant."""
    folder = place.parent
    inside = os.listdir(folder) if folder.is_dir() and os.access(folder, os.R_OK) else []
    there = next((parent for parent in place.parents if parent.is_dir()), Path())
    near = [
        str(folder / other) if str(folder) != "." else other
        for other in nearest(place.name, inside)
        if other != place.name
    ]
    if place.is_symlink():
        found = f"a link to {os.readlink(place)}, which is not there"
    else:
        found = "" if folder.is_dir() else f"no folder {folder} either"
    return FileError(
        "file-missing",
        f"there is no file {name}",
        expected=f"one like it: {', '.join(near)}" if near else "a file, a folder of Parquet files, a glob, or -",
        found=found,
        where=os.getcwd() if not place.is_absolute() else str(folder),
        next=f"the same line with {shlex.quote(near[0])}" if near else f"ls {shlex.quote(str(there))}",
    )


def _empty(name: str) -> FileError:
    return FileError(
        "empty-file",
        f"{name} is empty" if name != "-" else "standard input is empty",
        expected="a header and rows of predictions",
        found="0 bytes",
        where=name,
        next="check the step that wrote it",
    )


def _unreadable(name: str, error: OSError) -> FileError:
    return FileError(
        "unreadable",
        f"{name} cannot be read: {error.strerror or error}",
        expected="a file that you may read",
        found=type(error).__name__,
        where=name,
        next=f"ls -l {shlex.quote(name)}",
    )
