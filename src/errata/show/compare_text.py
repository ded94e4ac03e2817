"""A comparison as a page of the terminal: the verdict first, what newly fails under it, where, and the next command."""

from __future__ import annotations

from errata.core import units
from errata.nouns.comparison import ChangedSlice, Comparison
from errata.show import compare_words as words
from errata.show.section import small_print
from errata.show.terminal import Paint, wrap_slice
from errata.show.wrapping import wrap

_SHOWN = 5


def compare_text(found: Comparison, *, width: int, colour: bool, next_command: str | None = None) -> str:
    """The comparison as lines of at most ``width`` columns (at least 60), without a line break at the end."""
    width = max(width, 60)
    paint = Paint(colour)
    first, *more = wrap(f"{words.SIGNS[found.verdict]} {words.headline(found)}", width, "", "  ")
    lines = [paint(first, words.TONES[found.verdict], "bold"), *more]
    lines += wrap(words.figures(found), width)
    lines += _cells(found)
    for text in words.flaky(found):
        lines += wrap(text, width)
    for direction, tone in (("worse", "fail"), ("better", "pass")):
        lines += _slices(found.where(direction), f"B is {direction} where", tone, found.metric, width, paint)
    lines += [""] if found.slices else []
    lines += wrap(words.searched(found), width, indent="")
    for kind in ("newly_failing", "newly_passing"):
        if ids := found.samples.get(kind):
            total = getattr(found, kind) or len(ids)
            lines += wrap(f"{kind.replace('_', ' ')}: {words.some(ids, _SHOWN, total)} (--json)", width)
    small = [f"method: {found.method}"]
    grouped = [f"{words.some(columns, 4)} ({reason})" for reason, columns in words.left_out(found)]
    if grouped:
        small.append(f"left out: {'; '.join(grouped)}")
    small += [f"note: {note}" for note in found.notes]
    lines += small_print(small, width, paint)
    if next_command:
        lines.append(next_command)
    return "\n".join(lines)


def _cells(found: Comparison) -> list[str]:
    """The paired table, lined up."""
    if found.both_pass is None or found.both_fail is None:
        return []
    cells: tuple[tuple[int, str, int, str], ...] = (
        (found.newly_failing or 0, "newly failing", found.newly_passing or 0, "newly passing"),
        (found.both_fail, "fail in both", found.both_pass, "pass in both"),
    )
    left = max(len(units.count(row[0])) for row in cells)
    right = max(len(units.count(row[2])) for row in cells)
    return [f"  {units.count(a):>{left}} {said:<13}  {units.count(b):>{right}} {what}" for a, said, b, what in cells]


def _slices(
    found: tuple[ChangedSlice, ...], heading: str, tone: str, metric: str, width: int, paint: Paint
) -> list[str]:
    """One line a slice where it fits; else the figures under the slice."""
    if not found:
        return []
    lines = ["", paint(heading, "bold")]
    texts = [one.slice for one in found]
    figures = [
        (
            f"{words.value(one.a, metric)} → {words.value(one.b, metric)}",
            words.difference(one.difference, metric),
            words.moved(one),
        )
        for one in found
    ]
    wide = [max(len(row[at]) for row in figures) for at in range(3)]
    rank = len(str(len(found)))
    room = width - rank - 2 - sum(wide) - 6
    beside = room >= min(max(map(len, texts)), 28)
    name = min(max(map(len, texts)), room) if beside else width - rank - 2
    for at, (text, row) in enumerate(zip(texts, figures, strict=True), 1):
        head, *rest = wrap_slice(text, name)
        change = paint(f"{row[1]:<{wide[1]}}", tone)
        written = f"{row[0]:<{wide[0]}}  {change}  {row[2]}"
        indent = " " * (rank + 2)
        if beside:
            lines.append(f"{at:>{rank}}  {head:<{name}}  {written}")
            lines += [indent + part for part in rest]
        else:
            lines += [f"{at:>{rank}}  {head}", *(indent + part for part in rest)]
            if len(indent) + sum(wide) + 4 <= width:
                lines.append(indent + written)
            else:
                lines += [f"{indent}{row[0]:<{wide[0]}}  {change}", indent + row[2]]
    return lines
