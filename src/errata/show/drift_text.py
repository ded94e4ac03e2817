"""A drift as a page of the terminal: what drifted first, which way, then the error rate and what was left out."""

from __future__ import annotations

import textwrap

from errata.nouns.drift import Drift, DriftColumn
from errata.show import drift_words as words
from errata.show.paint import Paint
from errata.show.wrapping import wrap

_CALM = 5
_NAME = 28


def drift_text(found: Drift, *, width: int, colour: bool, next_command: str | None = None) -> str:
    """The drift as lines of at most ``width`` columns (at least 60), without a line break at the end.

    Every alarm stands there; of the other columns those with the largest effects, and how many more there are.
    """
    width = max(width, 60)
    lines = drift_lines(found, width, Paint(colour))
    if next_command:
        lines.append(next_command)
    return "\n".join(lines)


def drift_lines(found: Drift, width: int, paint: Paint) -> list[str]:
    """Every alarm, of the other columns those with the largest effects, the error rate, and what was left out."""
    sign, tone = (words.ALARM, "fail") if found.alarms else (words.CALM, "pass")
    first, *more = wrap(f"{sign} {words.headline(found)}", width, "", "  ")
    lines = [paint(first, tone, "bold"), *more]
    calm = [column for column in found.columns if not column.alarm]
    shown = [*found.alarms, *calm[:_CALM]]
    lines += _table(shown, width, paint)
    if len(calm) > _CALM:
        lines.append(f"  … and {len(calm) - _CALM:,} more without an alarm (--json)")
    if found.attribution is not None:
        lines += ["", *wrap(words.change(found.attribution), width, "")]
        lines += wrap(words.split(found.attribution), width, "  ", "  ")
    small = [words.rule(found)]
    if found.left_out:
        said = (f"{', '.join(columns)} ({reason})" for reason, columns in words.left_out(found))
        small.append(f"left out: {'; '.join(said)}")
    small += [f"note: {note}" for note in found.notes]
    return lines + [paint(line, "dim") for text in small for line in wrap(text, width, "  ", "  ")]


def _table(columns: list[DriftColumn], width: int, paint: Paint) -> list[str]:
    """One line a column where it fits, else the figures under its name."""
    if not columns:
        return []
    name = min(max(len(column.column) for column in columns), _NAME)
    role = max(len(column.role) for column in columns)
    measure = max(len(words.measure(column)) for column in columns)
    floor = max(len(words.floor(column)) for column in columns)
    lines = []
    for column in columns:
        sign = words.ALARM if column.alarm else words.CALM
        head = paint(f"  {sign} ", "fail" if column.alarm else "pass")
        figures = (
            f"{column.role:<{role}}  {words.measure(column):<{measure}}  {words.floor(column):<{floor}}  "
            f"{words.moved(column)}"
        ).rstrip()
        if len(column.column) <= name and 4 + name + 2 + len(figures) <= width:
            lines.append(f"{head}{column.column:<{name}}  {figures}")
            continue
        parts = textwrap.wrap(column.column, width - 4) or [""]
        lines += [head + parts[0], *(f"    {part}" for part in parts[1:])]
        lines += textwrap.wrap(figures, width, initial_indent="      ", subsequent_indent="      ")
    return lines
