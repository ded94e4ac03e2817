"""Rows at fault: where they are, what is wrong, and the one error that lists them."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from errata.core.errors import FileError
from errata.core.units import count, plural
from errata.nouns.source import BadRow

_SHOWN = 20
_TITLES = {
    "ragged-rows": ("row of another length than its header", "rows of another length than its header"),
    "invalid-utf8": ("row that is not UTF-8", "rows that are not UTF-8"),
    "unclosed-quote": ("quote that is never closed", "quotes that are never closed"),
    "bad-json-line": ("line that is no JSON object", "lines that are no JSON object"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """A row at fault: its code, its row (from 1, header and blank lines not counted), its line in the file, and what
    is wrong."""

    code: str
    row: int
    line: int
    reason: str

    @property
    def bad_row(self) -> BadRow:
        """The same, as sources hand it on."""
        return BadRow(self.row, f"{self.reason} (line {count(self.line)})")


def faults_error(name: str, faults: list[Fault], expected: str) -> FileError:
    """One error for all faults of a file, the first ones listed with row and line.

    Its code is that of the first fault; ``expected`` says what a sound row is.
    """
    first = faults[0]
    one, many = _TITLES[first.code] if len({fault.code for fault in faults}) == 1 else ("bad row", "bad rows")
    details = [f"row {count(fault.row)} (line {count(fault.line)}): {fault.reason}" for fault in faults[:_SHOWN]]
    if len(faults) > _SHOWN:
        details.append(f"and {count(len(faults) - _SHOWN)} more")
    advice = "--quarantine keeps bad rows aside and counts them"
    if first.code == "invalid-utf8":
        file = "preds.csv" if name == "-" else name
        advice = f"iconv -f LATIN1 -t UTF-8 {shlex.quote(file)} > utf8.csv    (if it is Latin-1)\nor: {advice}"
    return FileError(
        first.code,
        f"{name} has {plural(len(faults), one, many)}",
        details=details,
        expected=expected,
        where=f"{name}, row {count(first.row)} (line {count(first.line)})",
        next=advice,
    )


def not_utf8(raw: bytes, start: int) -> str | None:
    """What is wrong with ``raw`` as UTF-8, or None; ``start`` is its first byte's place in the file."""
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        return f"not UTF-8: byte 0x{raw[error.start]:02X} at byte {count(start + error.start)} of the file"
    return None
