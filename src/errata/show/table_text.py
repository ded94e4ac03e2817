"""Tables and named values for the terminal: columns line up, and the last one takes what room is left."""

from __future__ import annotations

import shutil
import unicodedata
from collections.abc import Sequence


def terminal_width() -> int:
    """Columns of the terminal, 60 to 120; 100 where there is none."""
    return max(60, min(shutil.get_terminal_size((100, 24)).columns, 120))


def table_text(heads: Sequence[str], rows: Sequence[Sequence[str]], *, right: str = "", width: int = 100) -> str:
    """Rows under their heads, two spaces between columns; ``right`` names the heads that stand to the right.

    Only the last column is cut when a line would be longer than ``width``, with an ellipsis.
    """
    numbers = set(right.split())
    cells = [[_one_line(cell) for cell in row] for row in [list(heads), *rows]]
    widths = [max(_width(row[at]) for row in cells) for at in range(len(heads))]
    lines = []
    for row in cells:
        parts = []
        for at, cell in enumerate(row):
            room = " " * (widths[at] - _width(cell))
            parts.append(room + cell if heads[at] in numbers else cell + room)
        line = "  ".join(parts).rstrip()
        lines.append(line if _width(line) <= width else _cut(line, width))
    return "\n".join(lines)


def pairs_text(pairs: Sequence[tuple[str, str]]) -> str:
    """Named values, one a line, lined up; those without a value are left out, further lines of one are indented."""
    kept = [(name, value) for name, value in pairs if value]
    room = max((len(name) for name, _ in kept), default=0)
    lines = []
    for name, value in kept:
        first, *rest = value.splitlines() or [""]
        lines.append(f"  {name:<{room}}  {first}")
        lines += [" " * (room + 4) + line for line in rest]
    return "\n".join(lines)


def _one_line(text: str) -> str:
    return "".join(" " if ch in "\n\t" else ch for ch in text if ch in "\n\t" or unicodedata.category(ch) != "Cc")


def _width(text: str) -> int:
    """Columns that the text takes: wide letters two, combining marks none."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(ch) else 2 if unicodedata.east_asian_width(ch) in "WF" else 1 for ch in text)


def _cut(line: str, width: int) -> str:
    while line and _width(line) > width - 1:
        line = line[:-1]
    return line.rstrip() + "…"
