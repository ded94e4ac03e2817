"""Stages as a section of the terminal's page: where paths depart first, then each stage in its order."""

from __future__ import annotations

from errata.core import units
from errata.nouns.stages import DEPARTS, INCONCLUSIVE, LATER, NO_EVIDENCE, Gain, Stage, Stages, StageValue
from errata.show.paint import Paint
from errata.show.wrapping import wrap

_SIGNS = {
    DEPARTS: ("●", "fail"),
    LATER: ("●", "fail"),
    NO_EVIDENCE: ("✓", "pass"),
    INCONCLUSIVE: ("◆", "inconclusive"),
}
_SAYS = {
    DEPARTS: "paths depart here first",
    LATER: "and again here",
    NO_EVIDENCE: "no evidence of departing here",
    INCONCLUSIVE: "inconclusive",
}
_MOST = 12
_VALUES = 4


def lines(found: Stages, width: int, paint: Paint) -> list[str]:
    """The section, at most ``width`` columns wide."""
    where = f"paths depart first at {found.departs}" if found.departs else "no stage departs by more than chance"
    head = (
        f"stages · {where} · {units.count(found.failed)} of {units.plural(found.rows, 'row')} failed, "
        f"{units.number(found.uncertainty)} bits to explain"
    )
    text = wrap(head, width, "")
    text[0] = paint(text[0], "bold")
    shown = [one for one in found.stages if one.verdict in (DEPARTS, LATER) or one.position <= _MOST]
    for one in shown:
        text += _stage(one, width, paint)
    if len(shown) < len(found.stages):
        text.append(f"  … and {len(found.stages) - len(shown):,} more stages without evidence (--json)")
    small = [f"left out: {', '.join(names)} ({reason})" for reason, names in _left_out(found).items()]
    small += [f"note: {note}" for note in found.notes]
    small.append(_rule(found))
    return text + [paint(line, "dim") for one in small for line in wrap(one, width)]


def _stage(one: Stage, width: int, paint: Paint) -> list[str]:
    sign, tone = _SIGNS[one.verdict]
    text = wrap(f"{sign} {one.position} {one.stage}: {_said(one)}", width)
    text[0] = text[0].replace(sign, paint(sign, tone), 1)
    stands_out = [value for value in one.worst if value.stands_out and value.excess_errors > 0]
    for value in stands_out[:_VALUES]:
        text += wrap(_value(value), width, "    ")
    if one.worst and not stands_out:
        text += wrap("no single value of it fails more by more than chance; they differ as a whole", width, "    ")
    return text


def _said(one: Stage) -> str:
    if one.beyond is None:
        why = "one outcome only" if one.comparable else "no two rows of one path differ"
        return f"{_SAYS[INCONCLUSIVE]}: among rows alike up to here, {why}"
    told = f"{_SAYS[one.verdict]} · {bits(one.beyond)}"
    if one.position > 1:
        told += f" beyond what came before · alone {bits(one.alone)}"
        told += f" · {units.plural(one.comparable, 'comparable row')}"
    return told


def bits(gain: Gain) -> str:
    """``0.0712 bits [0.03, 0.12]``."""
    return f"{units.number(gain.bits)} bits [{units.number(gain.low)}, {units.number(gain.high)}]"


def _value(one: StageValue) -> str:
    told = (
        f"{one.slice}: {units.percent(one.rate)} {units.interval(one.low, one.high)} · "
        f"{units.count(one.failed)}/{units.count(one.rows)} failed"
    )
    if one.expected is not None:
        low = "" if one.excess_errors_low is None else f" (≥ {units.number(max(0.0, one.excess_errors_low))})"
        told += (
            f" · otherwise {units.percent(one.expected)} on the same path · "
            f"{units.number(one.excess_errors)}{low} errors above that"
        )
    return told


def _left_out(found: Stages) -> dict[str, list[str]]:
    """Columns by the reason for which they are no stage."""
    by_reason: dict[str, list[str]] = {}
    for one in found.left_out:
        by_reason.setdefault(one["reason"], []).append(one["column"])
    return by_reason


def _rule(found: Stages) -> str:
    chance = "outcomes dealt anew" if found.groups is None else f"{found.groups:,} groups turned at random"
    return (
        f"departs: information about failing beyond the stages before, less chance; at most "
        f"{units.percent(found.family_wise)} of pipelines without any such stage show one (Holm over "
        f"{units.plural(len(found.stages), 'stage')}, {chance} {found.draws:,} times)"
    )
