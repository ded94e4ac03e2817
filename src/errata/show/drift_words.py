"""The words that every form of a drift shares."""

from __future__ import annotations

from errata.core import units
from errata.nouns import drift as noun
from errata.nouns.drift import Attribution, Drift, DriftColumn

ALARM, CALM = "●", "✓"
ARROWS = {noun.UP: "↑", noun.DOWN: "↓", noun.TOWARD: "→", noun.MORE_MISSING: "↑", noun.LESS_MISSING: "↓"}


def headline(found: Drift) -> str:
    """``2 of 10 columns drifted · day2.csv (B, 10,000 rows) against day1.csv (A, 20,000 rows)``."""
    sides = (
        f"{found.b} (B, {units.plural(found.b_rows, 'row')}) against {found.a} (A, {units.plural(found.a_rows, 'row')})"
    )
    if not found.columns:
        return f"no column can be compared · {sides}"
    drifted = units.count(len(found.alarms)) if found.alarms else "none"
    return f"{drifted} of {units.plural(len(found.columns), 'column')} drifted · {sides}"


def measure(column: DriftColumn) -> str:
    """``KS 0.083``, ``V 0.242``; of what is missing, its change."""
    if column.direction in (noun.MORE_MISSING, noun.LESS_MISSING) and column.kind == noun.NUMBER:
        return f"missing {units.number(column.effect)}"
    return f"{'KS' if column.kind == noun.NUMBER else 'V'} {units.number(column.effect)}"


def floor(column: DriftColumn) -> str:
    """``noise 0.011``: what chance alone makes of it."""
    return f"noise {units.number(column.noise_floor)}"


def moved(column: DriftColumn) -> str:
    """``↑ 0.20 SD``, ``→ field +20.3 pp``, ``↑ missing 4.9 % → 14.5 %``; nothing where there is no direction."""
    if column.direction is None:
        return ""
    arrow = ARROWS[column.direction]
    if column.direction in (noun.MORE_MISSING, noun.LESS_MISSING):
        return f"{arrow} missing {units.percent(column.a_missing)} → {units.percent(column.b_missing)}"
    if column.direction == noun.TOWARD:
        return f"{arrow} {_label(column.toward)} {units.points(column.shift or 0.0)}"
    return arrow if column.shift is None else f"{arrow} {units.number(abs(column.shift))} SD"


def change(found: Attribution) -> str:
    """``error rate 9.79 % → 14.8 % · +5.0 pp [+4.2, +5.9] · 20,000 and 10,000 rows``."""
    return (
        f"error rate {units.percent(found.a_rate)} → {units.percent(found.b_rate)} · {units.points(found.change)} "
        f"[{100 * found.low:+.1f}, {100 * found.high:+.1f}] · {units.count(found.a_rows)} and "
        f"{units.plural(found.b_rows, 'row')}"
    )


def split(found: Attribution) -> str:
    """``by road: mix +5.0 pp [+4.7, +5.4], rate within +0.0 pp``; or that no column's mix explains it."""
    if found.column is None:
        return "no column's mix differs by more than chance: all of the change is rate within"
    best = next(one for one in found.by_column if one.column == found.column)
    return (
        f"by {found.column}: mix {units.points(best.mix)} [{100 * best.mix_low:+.1f}, {100 * best.mix_high:+.1f}], "
        f"rate within {units.points(best.rate)}"
    )


def left_out(found: Drift) -> list[tuple[str, list[str]]]:
    """Columns by the reason why they are left out."""
    by_reason: dict[str, list[str]] = {}
    for one in found.left_out:
        by_reason.setdefault(one.reason, []).append(one.column)
    return list(by_reason.items())


def rule(found: Drift) -> str:
    """What makes an alarm."""
    return (
        f"an alarm lies beyond its noise (expected without drift), is at least {units.number(found.min_effect)}, "
        f"and is no false discovery (Benjamini–Hochberg at {units.percent(found.false_discovery_rate)})"
    )


def _label(value: object) -> str:
    text = "true" if value is True else "false" if value is False else str(value)
    return text if len(text) <= 30 else text[:29] + "…"
