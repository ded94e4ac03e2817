"""Calibration: the reliability diagram, and the slices whose confidence is off by more than the rest's."""

from __future__ import annotations

from errata.core import units
from errata.nouns.calibration import OVER, Calibration, SliceCalibration
from errata.show.calibration_text import slice_sentence
from errata.show.charts.chart import Chart, themed
from errata.show.charts.dots import WIDTH, Look, dots
from errata.show.charts.reliability import reliability

_MOST = 15
_LOOKS = {
    "over-confident": Look("fail", "triangle-right"),
    "under-confident": Look("cat-1", "triangle-left"),
}


def charts(found: Calibration) -> list[Chart]:
    """The reliability diagram; then the slices, where any stands out. Raises MissingExtra without ``charts``."""
    drawn = [reliability(found.reliability, found.ece), _slices(found)]
    return [one for one in drawn if one is not None]


def _slices(found: Calibration) -> Chart | None:
    worse = [one for one in found.slices if one.worse_than_rest]
    if not worse:
        return None
    rows = tuple(
        {
            "slice": one.slice, "direction": f"{one.direction}-confident", "rows": one.rows,
            "confidence": one.confidence, "accuracy": one.accuracy, "gap": one.gap, "low": one.low, "high": one.high,
            "rest_gap": one.rest_gap, "p_adjusted": one.p_adjusted,
        }
        for one in worse
    )  # fmt: skip
    chart = dots(
        [_drawn(one) for one in worse[:_MOST]], _LOOKS, title="confidence − accuracy, in pp", percent=False,
        hairline=0.0,
    )  # fmt: skip
    said = (
        "Dot and line: how much more confident than right each slice is, with intervals that hold for all "
        f"{units.plural(found.tried, 'slice')} tried at once; tick: all other rows; the hairline is honest confidence."
    )
    if len(worse) > _MOST:
        said += f" Drawn are the first {_MOST} of {units.count(len(worse))}; the table has them all."
    first = slice_sentence(worse[0])
    sentence = f"{said} First, {first}."
    name, title = "calibration-slices", "Over- and under-confident slices"
    return Chart(name, title, sentence, themed(chart, width=WIDTH), rows)


def _drawn(one: SliceCalibration) -> dict[str, object]:
    return {
        "where": one.slice, "value": 100 * one.gap, "low": 100 * one.low, "high": 100 * one.high,
        "rest": None if one.rest_gap is None else 100 * one.rest_gap,
        "look": "over-confident" if one.direction == OVER else "under-confident",
    }  # fmt: skip
