"""A report as a page: one file that opens offline, in the same clothes as the pages of ``errata serve``."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from errata.core import clock, units
from errata.core.errors import MissingExtra
from errata.nouns.report import Report
from errata.show import gone_text, words
from errata.show.analyses_text import told
from errata.show.charts.chart import STATIC, Chart, missing_charts
from errata.show.rows import FindingRow, finding_rows

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = STATIC.parent / "templates"
_MEDIA = {"svg": "image/svg+xml", "png": "image/png", "csv": "text/csv", "json": "application/json"}


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart ready for a page: its SVG, its downloads as (label, address, file name), and its table as text."""

    name: str
    title: str
    sentence: str
    svg: str
    downloads: list[tuple[str, str, str]]
    columns: list[str]
    table: list[list[str]]


@dataclass(frozen=True, slots=True)
class ReportView:
    """What the templates need of a report; every number is written already."""

    source: str
    rate: str
    interval: str
    figure_words: str
    about: str
    metrics: list[tuple[str, str]]
    verdict: str
    slices: list[FindingRow]
    confusions: list[FindingRow]
    share_heading: str
    read_as: str
    binned: str
    searched: str
    left_out: list[tuple[str, list[str]]]
    notes: tuple[str, ...]
    command: str
    pictures: list[Picture] = field(default_factory=list)
    charts_missing: str = ""
    analyses: list[tuple[str, str]] = field(default_factory=list)
    gone: list[tuple[str, str, str, str]] = field(default_factory=list)
    gone_words: str = ""
    href: Callable[[FindingRow], str] | None = None
    analysis_link: Callable[[str], str] | None = None
    case_link: Callable[[str], str] | None = None


def report_page(report: Report) -> str:
    """One self-contained HTML file: style and charts inside, nothing fetched, no script.

    Raises MissingExtra when the extra ``charts`` (or Jinja2, which comes with it) is not installed.
    """
    import errata

    pictures = [picture(chart, embedded(chart)) for chart in report_charts(report)]
    view = report_view(report, command=words.command(report), pictures=pictures)
    css = "\n".join((STATIC / name).read_text(encoding="utf-8") for name in ("tokens.css", "errata.css"))
    return environment().get_template("report.html").render(
        view=view, css=css, version=getattr(errata, "__version__", ""), when=moment(clock.stamp(clock.now()))
    )  # fmt: skip


def report_charts(report: Report) -> list[Chart]:
    """The charts a report has something to show in. Raises MissingExtra without the extra ``charts``."""
    from errata.show.analyses_charts import analyses_charts
    from errata.show.charts.confusion import confusion_chart
    from errata.show.charts.reliability import reliability_chart
    from errata.show.charts.slices import slices_chart

    # The analysis of calibration draws the same diagram, of the rows that it counted.
    own = None if "calibration" in report.analyses else reliability_chart(report)
    drawn = (slices_chart(report), confusion_chart(report), own)
    return [*(chart for chart in drawn if chart is not None), *analyses_charts(report)]


def report_view(report: Report, *, command: str, **more: Any) -> ReportView:
    """A report as the templates show it; ``more`` are fields of ``ReportView`` that depend on where it is shown."""
    run, searched = report.run, report.searched
    loss = report.metrics.get("loss")
    if run.task == "loss" and loss is not None:
        rate, interval = units.number(loss.value), words.rate_interval(loss.low, loss.high, "loss")
        figure = f"mean loss of {units.plural(run.rows - run.unknown, 'row')}"
    else:
        rate, interval = units.percent(run.error_rate), units.interval(run.low, run.high)
        weighted = "weighted; " if report.weight else ""
        figure = f"failed, {weighted}{units.count(run.failed)} of {units.plural(run.rows - run.unknown, 'row')}"
    about = [run.task]
    about += [f"within {report.within}"] if report.within else []
    about += [f"{units.plural(run.unknown, 'row')} of unknown outcome, left out"] if run.unknown else []
    about += [f"{units.plural(report.quarantined, 'bad row')} kept aside"] if report.quarantined else []
    ece = report.metrics.get("ece")
    metrics = [(words.metric_name(name), value) for name, value in words.other_metrics(report)]
    if ece is not None and ece.value is not None:
        metrics.append((words.metric_name("ece"), words.estimate(ece)))
    return ReportView(
        source=report.source,
        rate=rate,
        interval=interval,
        figure_words=figure,
        about=" · ".join(about),
        metrics=metrics,
        verdict=words.verdict(report),
        slices=finding_rows(report.slices()),
        confusions=finding_rows(report.confusions(), lambda _: report.roles),
        share_heading=words.share_heading(report),
        read_as=words.read_as(report).removeprefix("read as "),
        binned=(words.binned(report) or "").removeprefix("binned "),
        searched=words.searched(searched),
        left_out=words.left_out(report.left_out),
        notes=report.notes,
        command=command,
        analyses=told(report),
        gone=[gone_text.figures(one) for one in report.gone],
        gone_words=gone_text.heading(report.gone),
        **more,
    )


def picture(chart: Chart, downloads: list[tuple[str, str, str]]) -> Picture:
    """A chart drawn for a page. Raises MissingExtra without the extra ``charts``."""
    columns = list(chart.rows[0]) if chart.rows else []
    return Picture(
        name=chart.name,
        title=chart.title,
        sentence=chart.sentence,
        svg=chart.svg(),
        downloads=downloads,
        columns=[name.replace("_", " ") for name in columns],
        table=[[_cell(row[name]) for name in columns] for row in chart.rows],
    )


def embedded(chart: Chart) -> list[tuple[str, str, str]]:
    """The downloads of a chart as data inside the page, for a file that opens offline."""
    files = {
        "svg": chart.svg_file().encode(),
        "png": chart.png(),
        "csv": chart.csv().encode(),
        "json": json.dumps(chart.vega_lite(), ensure_ascii=False).encode(),
    }
    return [
        (
            "spec" if kind == "json" else kind.upper(),
            f"data:{_MEDIA[kind]};base64,{base64.b64encode(content).decode()}",
            f"{chart.name}.{kind}",
        )
        for kind, content in files.items()
    ]


@cache
def environment() -> Environment:
    """The templates, escaping everything. Raises MissingExtra without Jinja2."""
    try:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined
    except ImportError as error:
        raise missing_charts() from error
    made = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    made.globals["SIGNS"] = words.SIGNS
    made.filters.update(count=units.count, percent=units.percent, moment=moment, some=words.some)
    return made


def moment(stamp: str) -> str:
    """``2026-11-22T14:03:09.000000Z`` → ``2026-11-22 14:03 UTC``."""
    return f"{stamp[:10]} {stamp[11:16]} UTC"


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    return str(value) if isinstance(value, str | bool) else f"{value:.4g}" if isinstance(value, float) else f"{value:,}"


__all__ = ["MissingExtra", "Picture", "ReportView", "environment", "moment", "report_page", "report_view"]
