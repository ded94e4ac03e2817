"""What the chosen audits show: the charts of each, for the pages that hold a report."""

from __future__ import annotations

from importlib import import_module

from errata.nouns.report import Report
from errata.show.charts.chart import Chart

CHARTS: dict[str, str] = {
    "kinds": "errata.show.charts.kinds",
    "repeats": "errata.show.charts.repeats",
    "fairness": "errata.show.charts.fairness",
    "heatmap": "errata.show.charts.heatmap",
    "residuals": "errata.show.charts.residuals",
    "causes": "errata.show.charts.learning_curve",
    "clusters": "errata.show.charts.clusters",
    "stages": "errata.show.charts.stages",
}
"""Analysis → the module whose ``charts(result)`` draws it: a list, empty where there is nothing to show."""


def analyses_charts(report: Report) -> list[Chart]:
    """The charts of every audit in a report. Raises MissingExtra without the extra ``charts``."""
    return [
        chart
        for name, result in report.analyses.items()
        if name in CHARTS
        for chart in import_module(CHARTS[name]).charts(result)
    ]
