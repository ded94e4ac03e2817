"""What a file is, by its first bytes and by its name; where the two disagree, the user is told."""

from __future__ import annotations

import re
import shlex
from pathlib import PurePath

from errata.core.errors import FileError

HEAD_BYTES = 65_536

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"PAR1", "parquet"),
    (b"PARE", "encrypted parquet"),
    (b"ARROW1", "arrow"),
    (b"FEA1", "feather 1"),
    (b"\xff\xff\xff\xff", "arrow stream"),
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"PK\x03\x04", "zip"),
    (b"SQLite format 3\x00", "sqlite"),
    (b"ORC", "orc"),
    (b"Obj\x01", "avro"),
    (b"\x93NUMPY", "numpy"),
    (b"\x89HDF\r\n", "hdf5"),
    (b"\x80\x02", "pickle"),
    (b"\x80\x03", "pickle"),
    (b"\x80\x04", "pickle"),
    (b"\x80\x05", "pickle"),
    (b"%PDF", "pdf"),
    (b"\xd0\xcf\x11\xe0", "excel"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_BY_SUFFIX = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".jsonlines": "jsonl",
    ".json": "json",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".parq": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
    ".arrows": "arrow",
}
_WORDS = {
    "csv": "CSV",
    "tsv": "TSV",
    "jsonl": "JSON lines",
    "json": "JSON lines",
    "json array": "a JSON array",
    "json document": "one JSON document over several lines",
    "parquet": "Parquet",
    "encrypted parquet": "encrypted Parquet",
    "arrow": "an Arrow file",
    "arrow stream": "an Arrow stream",
    "feather 1": "Feather version 1",
    "zip": "a zip archive (an Excel workbook is one too)",
    "excel": "an old Excel workbook",
    "utf-16": "UTF-16 text",
    "sqlite": "an SQLite database",
    "binary": "binary data",
}
_SUFFIX_OF = {"parquet": ".parquet", "arrow": ".arrow", "arrow stream": ".arrow", "jsonl": ".jsonl", "csv": ".csv"}
_READABLE = {"csv", "tsv", "jsonl", "parquet", "arrow", "arrow stream"}
_ACCEPTED = "CSV, TSV, JSON lines, Parquet or Arrow"


def packed_as(head: bytes) -> str | None:
    """``gzip`` or ``zstd`` if the first bytes say so."""
    kind = _by_magic(head)
    return kind if kind in ("gzip", "zstd") else None


def sniff(name: str, head: bytes) -> str:
    """``csv``, ``tsv``, ``jsonl``, ``parquet``, ``arrow`` or ``arrow stream``, from the first bytes (unpacked).

    ``name`` may end in ``.gz`` or ``.zst``. Raises FileError if the bytes are none of these, or are another of these
    than the name says.
    """
    named = _BY_SUFFIX.get(_suffix(name))
    found = _by_magic(head) or _text_kind(head, named)
    if found not in _READABLE:
        raise _cannot_read(name, found)
    if named is None:
        return found
    fits = {"json": ("jsonl",), "arrow": ("arrow", "arrow stream"), "csv": ("csv", "tsv"), "tsv": ("csv", "tsv")}
    if found not in fits.get(named, (named,)):
        raise FileError(
            "not-what-its-name-says",
            f"{name} is named as {_WORDS[named]} and looks like {_WORDS[found]}",
            expected=f"{_WORDS[named]}, by its name",
            found=f"{_WORDS[found]}, by its first bytes: {head[:16]!r}",
            where=f"{name}, byte 0",
            next=f"mv {shlex.quote(name)} {shlex.quote(_renamed(name, _SUFFIX_OF.get(found, '.csv')))}",
        )
    return named if named in ("csv", "tsv") else found


def delimiter_of(kind: str, header: str) -> str:
    """The delimiter of a text table: a tab in TSV; in CSV the comma unless the header only has another one."""
    if kind == "tsv":
        return "\t"
    bare = re.sub(r'"[^"]*"', "", header)
    return "," if "," in bare else next((mark for mark in "\t;|" if mark in bare), ",")


def _by_magic(head: bytes) -> str | None:
    return next((kind for magic, kind in _MAGIC if head.startswith(magic)), None)


def _text_kind(head: bytes, named: str | None) -> str:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if b"\x00" in text[:4096]:
        return "binary"
    if text.startswith(b"{"):
        first = text.partition(b"\n")[0].rstrip()
        whole = first.endswith(b"}") or len(first) >= HEAD_BYTES // 2 or named == "jsonl"
        return "jsonl" if whole else "json document"
    if text.startswith(b"["):
        return "json array"
    lines = text.splitlines()[:50]
    if named == "jsonl" and any(line.lstrip().startswith(b"{") for line in lines):
        return "jsonl"  # its first line is bad, which is for the reader to say
    if named == "tsv" or (named is None and b"\t" in b"".join(lines[:1])):
        return "tsv"
    return "csv"


def _cannot_read(name: str, found: str) -> FileError:
    quoted = shlex.quote(name) if name != "-" else "FILE"
    advice = {
        "json array": f"jq -c '.[]' {quoted} > {shlex.quote(_renamed(name, '.jsonl'))}",
        "json document": f"jq -c . {quoted} > {shlex.quote(_renamed(name, '.jsonl'))}",
        "utf-16": f"iconv -f UTF-16 -t UTF-8 {quoted} > {shlex.quote(_renamed(name, '.utf8.csv'))}",
        "zip": "unpack it; from Excel, save as CSV UTF-8",
        "excel": "save it as CSV UTF-8",
        "encrypted parquet": "decrypt it; Errata has no keys",
        "feather 1": f"pandas.read_feather({name!r}).to_parquet({_renamed(name, '.parquet')!r})",
        "bzip2": f"bunzip2 -k {quoted}",
        "xz": f"unxz -k {quoted}",
    }
    return FileError(
        "unknown-format",
        f"{name} is {_WORDS.get(found, found)}, which is not read",
        expected=f"{_ACCEPTED} (CSV and JSON lines also as .gz or .zst)",
        found=_WORDS.get(found, found),
        where=f"{name}, byte 0",
        next=advice.get(found, "write the predictions as CSV or Parquet"),
    )


def _suffix(name: str) -> str:
    path = PurePath(name.lower())
    return PurePath(path.stem).suffix if path.suffix in (".gz", ".zst", ".zstd") else path.suffix


def _renamed(name: str, suffix: str) -> str:
    return "preds" + suffix if name == "-" else str(PurePath(name).with_suffix(suffix))
