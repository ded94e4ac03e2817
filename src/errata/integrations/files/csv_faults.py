"""The rows of a CSV that cannot be read, found by a second pass, one row after another.

Arrow reads in parallel and cannot say which row it stumbled over; this pass is slow and exact, and only runs then.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from errata.core.units import plural
from errata.integrations.files.csv_header import Header, long_fields, physical_lines
from errata.integrations.files.faults import Fault, not_utf8

if TYPE_CHECKING:
    import pyarrow as pa


TOO_MANY = 1000
"""Quotes left open, after which a file is not read on: each may mean reading it to its end."""


def sift(rows: pa.Buffer, header: Header) -> tuple[pa.Buffer, list[Fault]]:
    """The sound rows, byte for byte, and the faults of the others.

    ``rows`` is what follows the header. A quote that is not closed costs one line: reading goes on after it, until
    there are too many of them to go on.
    """
    import pyarrow as pa

    kept: list[bytes] = []
    faults: list[Fault] = []
    line, start, row, open_quotes = header.lines + 1, 0, 0, 0
    with long_fields():
        while start < rows.size and open_quotes <= TOO_MANY:
            for record in _records(rows[start:], header.delimiter):
                row += not record.is_blank
                if record.bad_quote:
                    faults.append(Fault("unclosed-quote", row, line, record.bad_quote))
                    line, start, open_quotes = line + 1, start + len(record.lines[0]), open_quotes + 1
                    break
                raw = "".join(record.lines).encode("latin-1")
                fault = None if record.is_blank else _fault(record, raw, row, line, header, header.end + start)
                faults += [fault] if fault else []
                kept += [] if fault else [raw]
                line, start = line + len(record.lines), start + len(raw)
    return pa.py_buffer(b"".join(kept)), faults


@dataclass(frozen=True, slots=True)
class _Record:
    lines: list[str]
    fields: int
    bad_quote: str

    @property
    def is_blank(self) -> bool:
        return self.fields == 0


def _records(data: pa.Buffer, delimiter: str) -> Iterator[_Record]:
    """Records one by one; in one over several lines, and in the last one, the quotes are looked at closely."""
    taken: list[str] = []
    left = data.size

    def counted() -> Iterator[str]:
        for line in physical_lines(data):
            taken.append(line)
            yield line

    for fields in csv.reader(counted(), delimiter=delimiter):
        lines, taken[:] = taken.copy(), []
        left -= sum(map(len, lines))
        yield _Record(lines, len(fields), _bad_quote(lines, delimiter) if len(lines) > 1 or left == 0 else "")


def _bad_quote(lines: list[str], delimiter: str) -> str:
    try:
        for _ in csv.reader(lines, delimiter=delimiter, strict=True):
            pass
    except csv.Error as error:
        if "unexpected end" in str(error):
            return "a quote that is never closed"
        if len(lines) > 1:
            return f"a quote that is only closed {plural(len(lines) - 1, 'line')} later, inside another value"
    return ""


def _fault(record: _Record, raw: bytes, row: int, line: int, header: Header, start: int) -> Fault | None:
    if record.fields != len(header.columns):
        reason = f"{plural(record.fields, 'value')} instead of {len(header.columns)}"
        if len(record.lines) > 1:
            reason += f", over {len(record.lines)} lines: a quote may be open"
        return Fault("ragged-rows", row, line, reason)
    reason_utf8 = not_utf8(raw, start)
    return Fault("invalid-utf8", row, line, reason_utf8) if reason_utf8 else None
