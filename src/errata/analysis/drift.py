"""Drift of each column between two sets of rows, and where a change of the error rate comes from.

Numbers are counted in about 256 bins whose edges A's own values give, categories value by value. A column drifted when
its effect lies beyond what chance makes of it (the expectation without drift for so many rows), is at least the least
effect that matters, and is no false discovery among all columns. docs/drift.md states each formula; ``sides``,
``distances`` and ``attribution`` hold them.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace

from errata.analysis import distances
from errata.analysis.intervals import Z95, newcombe
from errata.analysis.sides import Column, Measured, edges_of, measure
from errata.analysis.tally import FAILED, Axis, Counts, Label, Tally
from errata.core.units import count
from errata.nouns.drift import LESS_MISSING, MORE_MISSING, Attribution, DriftColumn, MixColumn
from errata.nouns.report import LeftOut

FOLD = "@fold"
"""A reserved column: one of 16 folds into which whole groups fall, where rows depend on each other."""
FALSE_DISCOVERY_RATE = 0.05
CAUSES = ("factor", "truth")
"""The roles by which a change of the error rate is split. What the model makes, its scores above all, is no mix."""

Asking = Generator[list[Tally], list[tuple[Counts, Counts]], "Drifted"]


@dataclass(frozen=True, slots=True)
class Drifted:
    """What was found; rows of both sides are those that were counted."""

    columns: tuple[DriftColumn, ...]
    attribution: Attribution | None
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...]


def drift(columns: Sequence[Column], *, judged: bool, grouped: bool, min_effect: float) -> Asking:
    """Ask for the counts of both sides, and say which columns drifted.

    ``judged``: the rows of both sides have outcomes (``@failed``); ``grouped``: they have folds of groups (``@fold``).
    """
    tallies = []
    for column in columns:
        sums = () if column.edges is None else (column.name,)
        tallies.append(Tally((column.axis, Axis(FAILED)) if judged else (column.axis,), sums))
        if grouped:
            tallies.append(Tally((column.axis, Axis(FOLD))))
    whole = [Tally((Axis(FAILED),))] if judged else []
    folded = [Tally((Axis(FAILED), Axis(FOLD)))] if judged and grouped else []
    answers = yield [*whole, *folded, *tallies]
    ahead, step = answers[: len(whole) + len(folded)], 2 if grouped else 1
    answers = answers[len(ahead) :]
    effects = _failure_effects(ahead) if judged else None
    measured: list[Measured] = []
    left_out: list[LeftOut] = []
    notes: list[str] = []
    for number, column in enumerate(columns):
        counted = answers[number * step : (number + 1) * step]
        reason = _not_comparable(counted[0], column)
        if reason:
            left_out.append(LeftOut(column.name, reason))
            continue
        one, said = measure(column, counted, effects)
        if isinstance(one, str):
            left_out.append(LeftOut(column.name, one))
            continue
        measured.append(one)
        notes += said
    found = _with_alarms(measured, min_effect)
    order = sorted(range(len(found)), key=lambda at: (not found[at].alarm, -(found[at].effect or 0.0)))
    attribution = None
    if effects is not None:
        attribution = _attribution(ahead[0], effects, measured)
        if attribution is None:
            notes.append("no change of the error rate is split: a side has no row of known outcome")
    return Drifted(tuple(found[at] for at in order), attribution, tuple(left_out), tuple(notes))


def _not_comparable(both: tuple[Counts, Counts], column: Column) -> str | None:
    a, b = both
    if a.too_many or b.too_many:
        side = " and ".join(name for name, counts in (("A", a), ("B", b)) if counts.too_many)
        return f"more than {count(column.axis.most)} distinct values in {side}"
    seen: list[set[Label]] = [{label for label in side.labels[0] if label is not None} for side in both]
    if not seen[0] and not seen[1]:
        return "every value is missing in A and B"
    missing = any(None in side.labels[0] for side in both)
    if len(seen[0] | seen[1]) == 1 and not missing and (column.edges is None or column.holds_one(seen[0] | seen[1])):
        return "one value only, the same in A and B"
    return None


def _with_alarms(measured: Sequence[Measured], min_effect: float) -> list[DriftColumn]:
    """Adjust over every test of every column; a column's p is that of its clearer test."""
    tests = [(one, test) for one in measured for test in (one.values, one.missing) if test is not None]
    adjusted = iter(distances.false_discovery([test[0] for _, test in tests]))
    found = []
    for one in measured:
        column = one.column
        best: tuple[float, float, float] | None = None
        for test, is_missing in ((one.values, False), (one.missing, True)):
            if test is None:
                continue
            p, effect, floor = test
            q = next(adjusted)
            alarm = q <= FALSE_DISCOVERY_RATE and abs(effect) > floor and abs(effect) >= min_effect
            if best is None or (alarm and not column.alarm):
                best = (p, q, floor)
                column = replace(column, p=p, p_adjusted=q, alarm=alarm)
                if is_missing and (alarm or column.effect is None):
                    column = replace(
                        column,
                        effect=abs(effect),
                        noise_floor=floor,
                        direction=MORE_MISSING if effect > 0 else LESS_MISSING if effect < 0 else None,
                        shift=effect,
                    )
        found.append(column)
    return found


def _failure_effects(ahead: Sequence[tuple[Counts, Counts]]) -> tuple[float, float]:
    """The design effects of failing on both sides, from its counts by fold; 1 without folds."""
    if len(ahead) < 2:
        return 1.0, 1.0
    a, b = (side.dense([[False, True], list(side.labels[1])])[0] for side in ahead[1])
    return distances.design_effect(a), distances.design_effect(b)


def _attribution(
    both: tuple[Counts, Counts], effects: tuple[float, float], measured: Sequence[Measured]
) -> Attribution | None:
    (a_passed, a_failed), (b_passed, b_failed) = (side.dense([[False, True]])[0].tolist() for side in both)
    n, m = a_passed + a_failed, b_passed + b_failed
    if n == 0 or m == 0:
        return None
    low, high = newcombe(b_failed / effects[1], m / effects[1], a_failed / effects[0], n / effects[0])
    by_column = [
        MixColumn(one.column.column, one.mix.mix, one.mix.mix_low, one.mix.mix_high, one.mix.rate)
        for one in measured
        if one.mix is not None and one.column.role in CAUSES
    ]
    by_column.sort(key=lambda one: -abs(one.mix))
    # One column's mix is chosen among many, so it has to differ from nothing at the level of all of them together.
    clear = [one for one in by_column if _is_clear(one, len(by_column))]
    change = b_failed / m - a_failed / n
    best = clear[0] if clear else None
    return Attribution(
        a_failed / n,
        b_failed / m,
        n,
        m,
        change,
        low,
        high,
        best.mix if best else 0.0,
        best.rate if best else change,
        best.column if best else None,
        tuple(by_column),
    )


def _is_clear(one: MixColumn, among: int) -> bool:
    from scipy.special import ndtri

    error = (one.mix_high - one.mix_low) / 2 / Z95
    return error > 0 and abs(one.mix) > float(-ndtri(0.025 / among)) * error


__all__ = ["FALSE_DISCOVERY_RATE", "FOLD", "Column", "Drifted", "drift", "edges_of"]
