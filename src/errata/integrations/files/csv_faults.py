"""The rows of a CSV that cannot be read, found by a second pass, one row after another.

Arrow reads in parallel and cannot say which row it stumbled over; this pass is slow and exact, and only runs then.
"""

from __future__ import annotations

import csv
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from errata.core.errors import FileError
from errata.core.units import count, plural
from errata.integrations.files.csv_header import Header, long_fields, physical_lines
from errata.nouns.source import BadRow

if TYPE_CHECKING:
    import pyarrow as pa

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Fault:
    """A row at fault: its code, its 1-based row (header not counted) and line in the file, and what is wrong."""

    code: str
    row: int
    line: int
    reason: str

    @property
    def bad_row(self) -> BadRow:
        """The same, as sources hand it on."""
        return BadRow(self.row, f"{self.reason} (line {count(self.line)})")


def sift(rows: pa.Buffer, header: Header) -> tuple[pa.Buffer, list[Fault]]:
    """The sound rows, byte for byte, and the faults of the others.

    ``rows`` is what follows the header. A quote that is never closed costs one line: reading goes on after it.
    """
    import pyarrow as pa

    kept: list[bytes] = []
    faults: list[Fault] = []
    line, start, number = header.lines, 0, 0
    with long_fields():
        while start < rows.size:
            rest = rows[start:]
            for span in _records(rest, header.delimiter):
                if span.fields == 0:  # a blank line
                    line, start = line + span.lines, start + span.size
                    continue
                number += 1
                raw = span.text.encode("latin-1")
                if span.open:
                    size = len(next(iter(physical_lines(rest[span.offset :]))))
                    faults.append(Fault("unclosed-quote", number, line + 1, "a quote that is never closed"))
                    line, start = line + 1, start + size
                    break
                fault = _fault(span, raw, number, line + 1, header, header.end + start)
                if fault:
                    faults.append(fault)
                else:
                    kept.append(raw)
                line, start = line + span.lines, start + span.size
    return pa.py_buffer(b"".join(kept)), faults


def faults_error(name: str, header: Header, faults: list[Fault]) -> FileError:
    """One error for all faults of a file, the first ones listed with row and line."""
    first = faults[0]
    width = plural(len(header.columns), "value")
    titles = {
        "ragged-rows": f"{name} has {plural(len(faults), 'row')} of another length than its header",
        "invalid-utf8": f"{name} has {plural(len(faults), 'row')} that {_verb(faults, 'is', 'are')} not UTF-8",
        "unclosed-quote": f"{name} has a quote that is never closed",
    }
    alike = len({fault.code for fault in faults}) == 1
    details = [f"row {count(f.row)} (line {count(f.line)}): {f.reason}" for f in faults[:_SHOWN]]
    if len(faults) > _SHOWN:
        details.append(f"and {count(len(faults) - _SHOWN)} more")
    advice = "--quarantine keeps such rows aside and counts them"
    if first.code == "invalid-utf8":
        advice = f"iconv -f LATIN1 -t UTF-8 {shlex.quote(name)} > utf8.csv    (if it is Latin-1)\nor " + advice
    return FileError(
        first.code,
        titles[first.code] if alike else f"{name} has {plural(len(faults), 'row')} that cannot be read",
        details=details,
        expected={"invalid-utf8": "UTF-8"}.get(first.code, f"{width} in every row, as in the header"),
        found=first.reason,
        where=f"{name}, row {count(first.row)} (line {count(first.line)})",
        next=advice,
    )


@dataclass(frozen=True, slots=True)
class _Span:
    text: str
    fields: int
    lines: int
    offset: int
    size: int
    open: bool


def _records(data: pa.Buffer, delimiter: str) -> Iterator[_Span]:
    """Records one by one; the last one is ``open`` if the file ends inside its quotes."""
    taken: list[str] = []

    def counted() -> Iterator[str]:
        for line in physical_lines(data):
            taken.append(line)
            yield line

    offset = 0
    for values in csv.reader(counted(), delimiter=delimiter):
        text = "".join(taken)
        at_end = offset + len(text) == data.size
        yield _Span(text, len(values), len(taken), offset, len(text), at_end and _is_open(taken, delimiter))
        offset += len(text)
        taken.clear()


def _is_open(lines: list[str], delimiter: str) -> bool:
    try:
        for _ in csv.reader(lines, delimiter=delimiter, strict=True):
            pass
    except csv.Error as error:
        return "unexpected end" in str(error)
    return False


def _fault(span: _Span, raw: bytes, row: int, line: int, header: Header, start: int) -> Fault | None:
    if span.fields != len(header.columns):
        reason = f"{plural(span.fields, 'value')} instead of {len(header.columns)}"
        if span.lines > 1:
            reason += f", over {span.lines} lines: a quote may be open"
        return Fault("ragged-rows", row, line, reason)
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        byte = f"byte 0x{raw[error.start]:02X} at byte {count(start + error.start)} of the file"
        return Fault("invalid-utf8", row, line, f"not UTF-8: {byte}")
    return None


def _verb(faults: list[Fault], one: str, many: str) -> str:
    return one if len(faults) == 1 else many
