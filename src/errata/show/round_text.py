"""Labelling rounds, and the health of a vocabulary, for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from errata.core import units
from errata.nouns.agreement import Agreement, Coefficient
from errata.nouns.record import Record
from errata.nouns.round import OPEN, Item, RoundView
from errata.show.table_text import pairs_text, table_text
from errata.show.wrapping import wrap

FIGURES = (("percent", "same answer"), ("cohen", "Cohen's κ"), ("fleiss", "Fleiss' κ"), ("alpha", "Krippendorff's α"))
_MOST = 12


def rounds_text(rounds: Sequence[Record], width: int) -> str:
    """A table of rounds."""
    rows = [[one.key, one.state, str(len(one.subjects)), ", ".join(one.actors), one.title] for one in rounds]
    return table_text(["round", "state", "subjects", "actors", "title"], rows, right="subjects", width=width)


def round_text(view: RoundView, actor: str, width: int) -> str:
    """One round: who has done how much, and after it was closed how far they agree and where they do not."""
    record, total = view.record, len(view.items)
    shown = record.actors if record.state != OPEN else [actor] if actor in record.actors else []
    done = [f"{one}  {units.count(view.done.get(one, 0))} of {units.count(total)}" for one in shown]
    how = "several terms" if record.many else "one term"
    pairs = [
        ("asks", record.instructions),
        ("terms", f"{how} of {view.vocabulary.name}, revision {record.vocabulary_revision}"),
        ("choices", ", ".join(record.choices)),
        ("labels", ", ".join(record.actors) if record.state == OPEN else ""),
        ("labelled", "\n".join(done)),
    ]
    if view.agreement is not None:
        pairs += [(name, figure_text(getattr(view.agreement, at), at == "percent")) for at, name in FIGURES]
        pairs.append(("by term", _by_term(view.agreement)))
    lines = [f"{record.key}  {record.title} · {record.state}", pairs_text(pairs)]
    if record.state == OPEN:
        mine = [item for item in view.items if item.answers]
        left = [item.subject for item in view.items if not item.answers]
        if mine:
            lines.append(_table(mine[-_MOST:], width))
        lines.append("Others' answers are shown when it is closed." if actor in record.actors else "It is blind.")
        lines.append("Everybody has answered everything." if view.complete else "Not everybody is done yet.")
        lines.append(_next_open(record, left, actor))
        return "\n".join(lines)
    waiting = view.waiting
    if waiting:
        lines.append(f"{units.plural(len(waiting), 'subject')} to decide, where people differ most first:")
        lines.append(_table(waiting[:_MOST], width))
        lines.append(f"errata round adjudicate {record.key} {waiting[0].subject} TERM --reason TEXT")
    else:
        lines.append("Everything that was answered is decided.")
        lines.append(f"errata vocabulary health {view.vocabulary.name}")
    return "\n".join(lines)


def figure_text(found: Coefficient, share: bool = False, why: bool = True) -> str:
    """``0.71 [0.55, 0.83] · 40 items``; ``why`` says why there is no interval, where there is none."""
    if found.value is None:
        return found.reason
    if share:
        value, inside = units.percent(found.value), (found.low, found.high)
        between = units.interval(*inside) if None not in inside else ""
    else:
        value = f"{found.value:.2f}"
        between = (
            f"[{found.low:.2f}, {found.high:.2f}]" if found.low is not None else f"({found.reason})" if why else ""
        )
    return f"{value} {between} · {units.plural(found.items, 'item')}".replace("  ", " ")


def health_text(health: Any, width: int) -> str:
    """Which terms of a vocabulary serve badly, and how."""
    over = [
        f"{term}  {units.count(many)} of {units.plural(health.labels, 'label')} ({units.percent(many / health.labels)})"
        for term, many in health.overloaded
    ]
    outdated = [
        f"{term}  {units.plural(many, 'label')}" + (f", now {' or '.join(choices)}" if choices else "")
        for term, many, choices in health.outdated
    ]
    unclear = [f"{term}  α {figure_text(alpha, why=False)} in {key}" for term, key, alpha in health.unclear]
    whole = [f"{term} and all below it" if below else term for term, below in health.unused_tops]
    unused = f"{units.count(len(health.unused))}: {', '.join(whole)}"
    pairs = [
        ("overloaded", "\n".join(over) or f"none has over {units.percent(health.share)} of the labels"),
        ("unclear", "\n".join(unclear) or "none in a round"),
        ("outdated", "\n".join(outdated) or "none that is used"),
        ("not defined", ", ".join(health.undefined) or "none"),
        ("unused", "\n".join(wrap(unused, width - 16, "")) if health.unused else "none"),
    ]
    head = f"{health.vocabulary}  {health.name} · {units.plural(health.terms, 'term')}"
    return f"{head}, {units.plural(health.labels, 'label')}\n{pairs_text(pairs)}"


def _by_term(found: Agreement) -> str:
    rows = sorted(
        (one for one in found.terms.items() if one[1].value is not None), key=lambda one: (one[1].value or 0, one[0])
    )
    return "\n".join(f"{term}  {figure_text(alpha, why=False)}" for term, alpha in rows[:_MOST])


def _table(items: Sequence[Item], width: int) -> str:
    rows = [
        [item.subject, " · ".join(f"{one.actor}: {', '.join(one.terms)}" for one in item.answers)] for item in items
    ]
    return table_text(["subject", "answers"], rows, width=width)


def _next_open(record: Record, left: Sequence[str], actor: str) -> str:
    if left and actor in record.actors:
        return f"errata round label {record.key} {left[0]} TERM"
    return f"errata round close {record.key}"
