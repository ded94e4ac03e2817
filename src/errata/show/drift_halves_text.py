"""Drift of the later half as a section of the terminal's page."""

from __future__ import annotations

from errata.core import units
from errata.nouns.drift_halves import DriftHalves
from errata.show.drift_text import drift_lines
from errata.show.paint import Paint
from errata.show.section import heading


def lines(found: DriftHalves, width: int, paint: Paint) -> list[str]:
    """The section, at most ``width`` columns wide."""
    head = (
        f"drift within the source · A: {units.plural(found.a_rows, 'row')} before {found.split}, "
        f"B: {units.plural(found.b_rows, 'row')} from then on"
    )
    timeless = [f"  {units.plural(found.timeless, 'row')} without a time, in neither"] if found.timeless else []
    return [*heading(head, width, paint), *drift_lines(found.as_drift(), width, paint), *timeless]
