"""Recurring patterns, for the terminal."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from errata.core.units import count, plural
from errata.nouns.patterns import MODES, Pattern, Patterns, mode_query
from errata.nouns.query_fields import LEVELS
from errata.show.table_text import table_text

MODELS = 3
LABEL = "errata label add KEY failure-mode:TERM"


def patterns_text(found: Patterns, width: int, *, everything: bool = False) -> str:
    """What recurs as a table, a line each; with ``everything`` also what does not, and the terms under each mode."""
    if not found.patterns:
        said = "No case yet." if not found.cases else f"{none_labelled(found)}."
        step = LABEL if found.by == MODES else f"errata patterns --by {MODES}"
        return f"{said}\n{step if found.cases else 'errata case open --title TEXT'}"
    recurring = [one for one in found.patterns if one.recurs]
    shown = found.patterns if everything else recurring
    lines = [story(found)]
    if shown:
        heads = ["mode" if found.by == MODES else found.by, "cases", "open", "came back", "gravest", "months", "models"]
        rows = list(_rows(shown, everything))
        lines += ["", table_text(heads, rows, right="cases open", width=width), ""]
    if len(shown) < len(found.patterns):
        lines.append("errata patterns --all" + (f" --by {found.by}" if found.by != MODES else ""))
    else:
        lines.append(f"errata case search {shlex.quote(mode_query(found.patterns[0].mode, by=found.by))}")
    return "\n".join(lines)


def story(found: Patterns) -> str:
    """One sentence: how many modes recur, of how many, over how many cases."""
    recurring = sum(one.recurs for one in found.patterns)
    labelled = found.cases - found.unlabelled
    verb = "recurs" if recurring < 2 else "recur"
    said = f"{recurring or 'None'} of {plural(len(found.patterns), _noun(found), _noun(found, many=True))} {verb}"
    have = "has" if found.unlabelled == 1 else "have"
    more = f"; {count(found.unlabelled)} more {have} no {_noun(found)}" if found.unlabelled else ""
    return f"{said}, over {plural(labelled, 'case')}{more}."


def _noun(found: Patterns, *, many: bool = False) -> str:
    if found.by == MODES:
        return "failure modes" if many else "failure mode"
    return f"values of {found.by}" if many else f"value of {found.by}"


def none_labelled(found: Patterns) -> str:
    """That no case says its mode."""
    which = "The one case has" if found.cases == 1 else f"None of {plural(found.cases, 'case')} has"
    return f"{which} {'no' if found.cases == 1 else 'a'} {_noun(found)} yet"


def months_text(pattern: Pattern) -> str:
    """``2026-01``, or ``2026-01 to 2026-04, 3 of them``."""
    months = list(pattern.months)
    if len(months) == 1:
        return months[0]
    return f"{months[0]} to {months[-1]}, {len(months)} of them"


def _rows(patterns: Sequence[Pattern], everything: bool, indent: str = "") -> Iterator[list[str]]:
    for one in patterns:
        back = f"▲ {count(one.tally.came_back)}" if one.tally.came_back else "–"
        gravest = "–" if one.tally.severity is None else LEVELS[one.tally.severity]
        named = [f"{each.model or 'none named'} {count(each.tally.cases)}" for each in one.models]
        models = ", ".join(named[:MODELS]) + (f", {len(named) - MODELS} more" if len(named) > MODELS else "")
        name = indent + (one.mode.rpartition("/")[2] if indent else one.mode)
        yield [name, count(one.tally.cases), count(one.tally.open), back, gravest, months_text(one), models]
        if everything:
            yield from _rows(one.under, everything, "  ")
