"""A gate's result as a page of the terminal: the verdict first, what failed under it, the next command last."""

from __future__ import annotations

from errata.nouns.verdict import CheckVerdict, GateResult
from errata.show import gate_words
from errata.show.terminal import Paint, wrap_slice
from errata.show.words import SIGNS
from errata.show.wrapping import wrap

_NAME = 30


def gate_text(result: GateResult, *, width: int, colour: bool, next_command: str | None = None) -> str:
    """The result as lines of at most ``width`` columns (at least 60), without a line break at the end.

    What fails stands first, then what is inconclusive, then what passes; nothing is cut.
    """
    width = max(width, 60)
    paint = Paint(colour)
    first, *more = wrap(f"{SIGNS[result.verdict]} {gate_words.headline(result)}", width, "", "  ")
    lines = [paint(first, result.verdict, "bold"), *more]
    name_width = min(max(len(check.name) for check in result.checks), _NAME)
    for verdict in gate_words.ORDER:
        for check in result.of(verdict):
            lines += _check(check, name_width, width, paint)
    small = [gate_words.read_as(result), gate_words.method(result), *(f"note: {note}" for note in result.notes)]
    lines += [paint(line, "dim") for text in small for line in wrap(text, width, "  ", "  ")]
    if next_command:
        lines.append(next_command)
    return "\n".join(lines)


def _check(check: CheckVerdict, name_width: int, width: int, paint: Paint) -> list[str]:
    """One line where name, criterion and figures fit, else the figures under the name."""
    head = f"  {gate_words.sign(check)} {check.verdict:<13}"
    indent = " " * len(head)
    asked, figures = gate_words.asked(check), gate_words.figures(check)
    name, *rest = wrap_slice(check.name, max(name_width, 8))
    line = f"{name:<{name_width}}  {asked}"
    painted = paint(head, check.verdict)
    if not rest and len(indent) + len(line) + 3 + len(figures) <= width:
        lines = [f"{painted}{line} · {figures}"]
    else:
        lines = [painted + (line if len(indent) + len(line) <= width else name)]
        lines += [indent + part for part in rest]
        if len(indent) + len(line) > width:
            lines += wrap(asked, width, indent, indent)
        lines += wrap(figures, width, indent, indent)
    for text in (gate_words.where(check), gate_words.remark(check)):
        if text:
            lines += wrap(text, width, indent, indent)
    return lines
