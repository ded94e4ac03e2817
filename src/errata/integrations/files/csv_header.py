"""The header of a CSV: its names, its delimiter, and where the rows begin."""

from __future__ import annotations

import csv
import io
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from errata.core.errors import FileError
from errata.integrations.files.sniff import delimiter_of

if TYPE_CHECKING:
    import pyarrow as pa

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Header:
    """Names, delimiter, the byte at which the rows begin, and how many lines stand above them."""

    columns: tuple[str, ...]
    delimiter: str
    end: int
    lines: int


def read_header(name: str, data: pa.Buffer, kind: str) -> Header:
    """The header of CSV or TSV (``kind``). A column without a name is called by its place, ``column_3``.

    Raises FileError for a file of blank lines, a header that is no UTF-8, or one whose quote is never closed.
    """
    start = len(_BOM) if data[:3].to_pybytes() == _BOM else 0
    lines = physical_lines(data[start:])
    end, above, first = start, 0, ""
    for first in lines:
        if first.strip():
            break
        end, above = end + len(first), above + 1
    else:
        raise FileError(
            "empty-file",
            f"{name} holds nothing but blank lines",
            expected="a header and rows of predictions",
            where=name,
            next="check the step that wrote it",
        )
    delimiter = delimiter_of(kind, first)
    taken: list[str] = []

    def counted() -> Iterator[str]:
        for line in _chain(first, lines):
            taken.append(line)
            yield line

    try:
        with long_fields():
            names = next(csv.reader(counted(), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise FileError(
            "bad-header",
            f"the header of {name} cannot be read: {error}",
            expected="one line of column names, quotes closed",
            found=first[:120].rstrip(),
            where=f"{name}, line {above + 1}",
            next=f"head -n {above + 1} {shlex.quote(name)}",
        ) from None
    columns = tuple(_decoded(name, text, place, above + 1) for place, text in enumerate(names, 1))
    return Header(columns, delimiter, end + sum(map(len, taken)), above + len(taken))


def physical_lines(data: pa.Buffer) -> Iterator[str]:
    """Lines with their ends (``\\n``, ``\\r\\n`` or ``\\r``); every character stands for one byte."""
    import pyarrow as pa

    return io.TextIOWrapper(pa.BufferReader(data), encoding="latin-1", newline="")


@contextmanager
def long_fields() -> Iterator[None]:
    """Let Python's csv module read fields of any length, for the time being: its limit is global."""
    before = csv.field_size_limit(sys.maxsize)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _decoded(name: str, text: str, place: int, line: int) -> str:
    raw = text.encode("latin-1")
    try:
        return raw.decode() or f"column_{place}"
    except UnicodeDecodeError as error:
        raise FileError(
            "invalid-utf8",
            f"the header of {name} is not UTF-8",
            details=[f"column {place}: byte 0x{raw[error.start]:02X} in {text[:40]!r}"],
            expected="UTF-8",
            found=f"byte 0x{raw[error.start]:02X}",
            where=f"{name}, line {line}, column {place}",
            next=f"iconv -f LATIN1 -t UTF-8 {shlex.quote(name)} > utf8.csv    (if it is Latin-1)",
        ) from None


def _chain(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest
