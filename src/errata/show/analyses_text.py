"""What the chosen audits say, as sections of the terminal's page."""

from __future__ import annotations

import textwrap
from importlib import import_module

from errata.nouns.report import Report
from errata.show.paint import Paint

SECTIONS: dict[str, str] = {
    "calibration": "errata.show.calibration_text",
    "operating-points": "errata.show.operating_points_text",
    "trend": "errata.show.trend_text",
    "nodes": "errata.show.nodes_text",
    "clusters": "errata.show.clusters_text",
    "stages": "errata.show.stages_text",
    "drift": "errata.show.drift_halves_text",
    "kinds": "errata.show.kinds_text",
    "repeats": "errata.show.repeats_text",
    "fairness": "errata.show.fairness_text",
    "adequacy": "errata.show.adequacy_text",
    "heatmap": "errata.show.heatmap_text",
    "residuals": "errata.show.residuals_text",
    "holdout": "errata.show.holdout_text",
    "causes": "errata.show.causes_text",
}
"""Analysis → the module whose ``lines(result, width, paint)`` tells it."""


def told(report: Report, width: int = 100) -> list[tuple[str, str]]:
    """Each audit's name and lines, for a page; last what could not be made."""
    plain = Paint(False)
    found = [
        (name, "\n".join(import_module(SECTIONS[name]).lines(result, width, plain)))
        for name, result in report.analyses.items()
    ]
    if report.not_done:
        found.append(("not done", "\n".join(f"{one.analysis}: {one.reason}" for one in report.not_done)))
    return found


def guards(report: Report) -> str | None:
    """The command that makes a check of what an audit found, where one has such a command."""
    from errata.nouns.fairness import Fairness
    from errata.show.fairness_text import guard

    found = report.analyses.get("fairness")
    return guard(found) if isinstance(found, Fairness) else None


def analyses_lines(report: Report, width: int, paint: Paint) -> list[str]:
    """A blank line and the lines of each audit, then what could not be made and why."""
    lines: list[str] = []
    for name, result in report.analyses.items():
        lines += ["", *import_module(SECTIONS[name]).lines(result, width, paint)]
    if report.not_done:
        said = "; ".join(f"{one.analysis} ({one.reason})" for one in report.not_done)
        lines += ["", *textwrap.wrap(f"not done: {said}", width, subsequent_indent="   ", break_on_hyphens=False)]
    return lines
