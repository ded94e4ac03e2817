"""The words that every form of a comparison shares."""

from __future__ import annotations

import math
from collections.abc import Sequence

from errata.core import units
from errata.nouns.comparison import ChangedSlice, Comparison, Interval, Repeats, Version
from errata.show.words import metric_name

SIGNS = {"better": "✓", "worse": "●", "no evidence": "◆"}
TONES = {"better": "pass", "worse": "fail", "no evidence": "inconclusive"}


def headline(found: Comparison) -> str:
    """``better · v2.parquet (B) against v1.parquet (A)``."""
    return f"{found.verdict} · {found.b.source} (B) against {found.a.source} (A)"


def figures(found: Comparison) -> str:
    """``error rate 41.7 % → 38.1 % · -3.6 pp [-4.6, -2.6] · p < 0.0005 · 20,190 pairs``."""
    if found.difference.value is None:
        return f"nothing to compare: {found.method}"
    both = f"{metric_name(found.metric)} {value(found.a.value, found.metric)} → {value(found.b.value, found.metric)}"
    how_many = (
        units.plural(found.pairs, "pair")
        if found.pairs is not None
        else f"{units.count(found.a.samples)} and {units.plural(found.b.samples, 'row')}"
    )
    return f"{both} · {difference(found.difference, found.metric)} · {chance(found.p)} · {how_many}"


def value(rate: float | None, metric: str) -> str:
    """A rate as a percentage; a mean loss in its own unit."""
    return units.number(rate) if metric == "loss" else units.percent(rate)


def version(side: Version, metric: str) -> str:
    """``41.7 % [40.7, 42.7]``."""
    if side.low is None or side.high is None:
        return value(side.value, metric)
    span = (
        f"[{units.number(side.low)}, {units.number(side.high)}]"
        if metric == "loss"
        else units.interval(side.low, side.high)
    )
    return f"{value(side.value, metric)} {span}"


def difference(change: Interval, metric: str) -> str:
    """``-3.6 pp [-4.6, -2.6]``; of a loss in its own unit; an end that nothing bounds is ``…``."""
    return f"{signed(change.value, metric)} {span(change, metric)}"


def signed(change: float | None, metric: str) -> str:
    """``+2.9 pp``; of a loss ``+0.12``."""
    if change is None or math.isnan(change):
        return "–"
    return _sign(change) + units.number(abs(change)) if metric == "loss" else units.points(change)


def span(change: Interval, metric: str) -> str:
    """``[-4.6, -2.6]``, in percent points or the unit of the loss."""
    ends = []
    for end in (change.low, change.high):
        if end is None:
            ends.append("…")
        else:
            ends.append(_sign(end) + units.number(abs(end)) if metric == "loss" else f"{100 * end:+.1f}")
    return f"[{ends[0]}, {ends[1]}]"


def _sign(number: float) -> str:
    return "+" if number > 0 else "-" if number < 0 else ""


def chance(p: float | None) -> str:
    """``p = 0.0123``, ``p < 0.0005``."""
    if p is None:
        return "no p"
    return "p < 0.0005" if p < 0.0005 else f"p = {units.number(p)}"


def verdict_sentence(found: Comparison) -> str:
    """What the verdict says, in one sentence."""
    if found.difference.value is None:
        return f"Nothing can be compared: {found.method}."
    if found.verdict == "no evidence":
        return "No evidence that B is better or worse than A."
    return f"B is {found.verdict} than A."


def moved(found: ChangedSlice) -> str:
    """``918 newly failing, 72 newly passing``; of losses the samples."""
    if found.newly_failing is None or found.newly_passing is None:
        return units.plural(found.pairs, "sample")
    return f"{units.count(found.newly_failing)} newly failing, {units.count(found.newly_passing)} newly passing"


def searched(found: Comparison) -> str:
    """What was tried to say where, in one sentence; also when nothing was found."""
    tried = found.searched
    if tried is None:
        reason = next((part.reason for part in found.left_out if part.what == "slices"), "no column can be a factor")
        return f"No slice was tried: {reason}."
    if tried.slices == 0:
        return "No slice was tried: every slice is too small."
    counted = f"{units.count(tried.slices)} tried, false discovery rate {100 * tried.false_discovery_rate:g} %"
    which = "No other slice" if found.slices else "No slice"
    return f"{which} changed by more than chance and more than the rest ({counted})."


def flaky(found: Comparison) -> list[str]:
    """What repeats say: one line a version, and what of the change is in doubt."""
    said = found.flaky
    if said is None:
        return []
    lines = [_repeats(name, one) for name, one in (("A", said.a), ("B", said.b)) if one is not None]
    if lines:
        lines.append(
            f"flaky among them: {units.count(said.newly_failing)} of {units.count(found.newly_failing or 0)} newly "
            f"failing, {units.count(said.newly_passing)} of {units.count(found.newly_passing or 0)} newly passing"
        )
    if said.mixed:
        lines.append(f"flaky: {units.plural(said.mixed, 'sample')} passed and failed over the repeats of a version")
    return lines


def _repeats(name: str, said: Repeats) -> str:
    return (
        f"{name} was run {len(said.runs)} times ({', '.join(said.runs)}): {units.count(said.flaky)} of "
        f"{units.plural(said.samples, 'sample')} did not always have the same outcome"
    )


def left_out(found: Comparison) -> list[tuple[str, list[str]]]:
    """What is not there, grouped by reason; that columns have roles needs no word."""
    grouped: dict[str, list[str]] = {}
    for part in found.left_out:
        if part.what != "slices":
            reason = "they have roles" if part.reason.startswith("it is the ") else part.reason
            grouped.setdefault(reason, []).append(part.what)
    return list(grouped.items())


def some(names: Sequence[object], most: int, total: int | None = None) -> str:
    """The first names, and how many more there are, of ``total`` or of the names."""
    more = max(total or 0, len(names)) - most
    return ", ".join(str(name) for name in names[:most]) + (f" and {units.count(more)} more" if more > 0 else "")
