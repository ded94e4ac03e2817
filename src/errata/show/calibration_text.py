"""Calibration as a section of the terminal's page."""

from __future__ import annotations

from errata.core import units
from errata.nouns.calibration import Calibration, SliceCalibration, Temperature
from errata.show.paint import Paint
from errata.show.section import heading, small_print
from errata.show.words import estimate
from errata.show.wrapping import wrap

SHOWN = 5


def lines(found: Calibration, width: int, paint: Paint) -> list[str]:
    """The errors of calibration, the slices that are over- or under-confident, the classes, what would mend it."""
    told = heading(
        f"calibration · {units.percent(found.confidence)} confident on average, right {units.percent(found.accuracy)} "
        f"· {units.plural(found.rows, 'row')}",
        width,
        paint,
    )
    errors = f"ECE {estimate(found.ece)} · adaptive {units.number(found.ece_adaptive)} · MCE {units.number(found.mce)}"
    if found.ece_classwise is not None:
        errors += f" · classwise {units.number(found.ece_classwise)}"
    brier = found.brier
    told += wrap(errors, width)
    told += wrap(
        f"Brier score {units.number(brier.value)} = reliability {units.number(brier.reliability)} − resolution "
        f"{units.number(brier.resolution)} + uncertainty {units.number(brier.uncertainty)} + within bins "
        f"{units.number(brier.remainder)}",
        width,
    )
    if worst := sorted(found.classes, key=lambda one: -one.ece)[:3]:
        said = ", ".join(f"{one.label} {units.number(one.ece)}" for one in worst)
        told += wrap(f"ECE of P(class), largest first: {said}", width)
    if found.temperature is not None:
        told += wrap(temperature(found.temperature), width)
    for one in [one for one in found.slices if one.worse_than_rest][:SHOWN]:
        told += wrap(slice_sentence(one), width)
    told += wrap(tried(found), width)
    return told + small_print([f"note: {note}" for note in found.notes], width, paint)


def slice_sentence(one: SliceCalibration) -> str:
    """``over-confident where source = 'night': 90.1 % confident, right 71.2 % of 2,400 · +18.9 pp [+15.1, +22.8]``."""
    return (
        f"{one.direction}-confident where {one.slice}: {units.percent(one.confidence)} confident, right "
        f"{units.percent(one.accuracy)} of {units.count(one.rows)} · {units.points(one.gap)} "
        f"[{100 * one.low:+.1f}, {100 * one.high:+.1f}] · "
        f"the rest {units.points(one.rest_gap or 0.0)}"
    )


def tried(found: Calibration) -> str:
    """How many slices were tried, and how many stand."""
    worse = sum(one.worse_than_rest for one in found.slices)
    more, like = worse - min(SHOWN, worse), len(found.slices) - worse
    said = f"{units.plural(found.tried, 'slice')} tried, false discovery rate {100 * found.false_discovery_rate:g} %"
    if not found.slices:
        return f"No slice is over- or under-confident by more than chance ({said})."
    parts = [f"{units.plural(more, 'slice')} more in --json"] if more else []
    parts += [f"{units.plural(like, 'slice')} off by no more than the rest"] if like else []
    return f"{'; '.join(parts) or 'No other slice is off'} ({said})."


def temperature(one: Temperature) -> str:
    """What the temperature would mend, on rows that it was not fitted on."""
    return (
        f"temperature {units.number(one.temperature)} would bring ECE {units.number(one.ece_before)} to "
        f"{units.number(one.ece_after)} (fitted on {units.plural(one.rows, 'row')}, judged on "
        f"{units.count(one.held_out)} others)"
    )
