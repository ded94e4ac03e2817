"""Holdout as a section of the terminal's page: the gap, what it may mean, where it is largest."""

from __future__ import annotations

from errata.core import units
from errata.nouns.holdout import EASIER, NO_EVIDENCE, WORSE, GapSlice, Holdout, SideRate
from errata.nouns.report import Estimate
from errata.show.paint import Paint
from errata.show.section import (
    estimate,
    heading,
    p_value,
    plus,
    plus_estimate,
    points,
    rate,
    signed_line,
    small_print,
)
from errata.show.wrapping import wrap

_MOST = 8
_SAYS = {
    WORSE: ("fail", "it fails more on rows that it did not learn from: overfitting, or held-out rows that are harder"),
    NO_EVIDENCE: ("pass", "no evidence of a gap"),
    EASIER: (
        "inconclusive",
        "held-out rows come out better, which learning does not explain: check that the sides are not swapped, and how "
        "held-out rows were chosen",
    ),
}


def lines(found: Holdout, width: int, paint: Paint) -> list[str]:
    """The section, at most ``width`` columns wide."""
    what = "mean loss" if found.metric == "loss" else "error rate"
    text = heading(f"holdout · {what} of train and holdout · told apart by {_column(found)}", width, paint)
    for side in (found.train, found.holdout):
        text += wrap(_side(side, found.metric), width)
    for part in found.parts:
        text += wrap(_side(part, found.metric), width, "    ")
    tone, says = _SAYS[found.verdict]
    gap = f"gap {_gap(found.gap, found.metric)}, {p_value(found.p)}"
    text += signed_line(tone, f"{says}: {gap}" if tone == "pass" else f"{gap}: {says}", width, paint)
    if found.mix is not None:
        told = f"by mix of {found.mix.factor} {points(found.mix.mix)}, within {units.points(found.mix.within)}"
        text += wrap(f"of it, {told}: the sides hold other kinds of rows", width, "    ")
    if found.slices:
        many = f"{len(found.slices)} of {units.plural(found.tried, 'slice')} tried"
        text += signed_line("fail", f"the gap is larger in {many}", width, paint)
        for one in found.slices[:_MOST]:
            text += wrap(_slice(one, found.metric), width, "    ")
        if len(found.slices) > _MOST:
            text.append(f"    … and {len(found.slices) - _MOST:,} more (--json)")
    elif found.tried:
        told = f"no slice has a larger gap than the rest ({units.plural(found.tried, 'slice')} tried)"
        text += signed_line("pass", told, width, paint)
    small = [f"note: {note}" for note in found.notes]
    if found.guessed:
        small.insert(0, "sides are read from names; --split COLUMN=VALUE says which rows are train")
    small.append(
        f"slices: no false discoveries (Benjamini–Hochberg at {units.percent(found.false_discovery_rate)}); beyond: "
        "the gap less that of the rest"
    )
    return text + small_print(small, width, paint)


def _column(found: Holdout) -> str:
    return "--train" if found.column.startswith("@") else found.column


def _values(side: SideRate) -> str:
    named = ", ".join(side.values[:4]) + (f" and {len(side.values) - 4} more" if len(side.values) > 4 else "")
    return side.side if named == side.side else f"{side.side} ({named})"


def _side(side: SideRate, metric: str) -> str:
    if metric == "loss":
        return f"{_values(side)}: {estimate(side.rate)} · {units.plural(side.known, 'row')}"
    return f"{_values(side)}: {rate(side.rate)} · {units.count(side.failed or 0)}/{units.count(side.known)}"


def _gap(gap: Estimate, metric: str) -> str:
    return plus_estimate(gap) if metric == "loss" else points(gap)


def _slice(one: GapSlice, metric: str) -> str:
    shown = estimate if metric == "loss" else rate
    rest = plus(one.rest_gap) if metric == "loss" else units.points(one.rest_gap)
    return (
        f"{one.slice}: gap {_gap(one.gap, metric)} ({shown(one.train)} of {units.count(one.train_rows)} → "
        f"{shown(one.holdout)} of {units.count(one.holdout_rows)}) · rest {rest} · beyond {_gap(one.beyond, metric)}"
    )
