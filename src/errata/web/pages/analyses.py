"""The analyses of a run: which there are and what each comes to; and one of them with its charts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from errata.core.errors import InputError, MissingExtra, NotFound
from errata.nouns.report import Report
from errata.show import words
from errata.show.analyses_charts import analyses_charts
from errata.show.analyses_text import told
from errata.show.answers import Answer, answer
from errata.show.html import Picture, picture
from errata.verbs.audits import AUDITS
from errata.web.asking import Asked, Name, about, command, options_of, usual
from errata.web.forms import Field, fields
from errata.web.page import page, render
from errata.web.pages.chart import FORMS, chart_file
from errata.web.pages.clusters import cluster_walls
from errata.web.pages.reading import Number, catalog_of

router = APIRouter()
LARGEST = 2_000_000
"""Runs of more rows are not analysed for the list: each of their analyses is, when it is opened."""


@dataclass(frozen=True, slots=True)
class AnalysisRow:
    """One line of the list: its answer, or why there is none."""

    name: str
    title: str
    question: str
    answer: Answer | None
    reason: str


@router.get("/runs/{number}/analyses")
def analyses(request: Request, number: Number) -> HTMLResponse:
    """Every analysis that there is, with what it comes to of this run."""
    catalog = catalog_of(request)
    run = catalog.runs.get(number)
    report, forms = None, {}
    if run.rows and run.rows <= LARGEST:
        report = catalog.runs.analyze(number, only=usual())
        schema = catalog.runs.source(number).schema
        # Why one is not made hangs on the columns, and not on which other runs there are.
        forms = {name: fields(about(name).options, Asked(), schema, run.roles, ()) for name in AUDITS}
    return page(
        request,
        "analyses.html",
        here="/runs",
        run=run,
        rows=[_row(name, report, forms.get(name, [])) for name in AUDITS],
        counted=report is not None,
        large=LARGEST,
        next_command=f"errata analyze run:{number} --only {','.join(usual())}",
    )


@router.get("/runs/{number}/analyses/{name}")
def analysis(request: Request, number: Number, name: Name, asked: Annotated[Asked, Query()]) -> HTMLResponse:
    """One analysis: the answer, its charts, what was left out, and what can be chosen."""
    catalog = catalog_of(request)
    told_of = about(name)
    run = catalog.runs.get(number)
    error: InputError | None = None
    report: Report | None = None
    try:
        report = catalog.runs.analyze(number, only=[name], **options_of(name, asked))
    except InputError as wrong:
        # The form below says what could be chosen instead.
        error = wrong
    result = report.analyses.get(name) if report else None
    pictures, missing = ([], "") if report is None else _pictures(report, number, name, asked)
    form = _form(catalog, run, name, asked)
    values = {
        "run": run,
        "name": name,
        "about": told_of,
        "answer": None if result is None else answer(name, result),
        "reason": _reason(name, report, form),
        "error": error,
        "pictures": pictures,
        "walls": cluster_walls(catalog, run, report),
        "charts_missing": missing,
        "text": dict(told(report)).get(name, "") if report and result is not None else "",
        "left_out": [] if result is None else list(left_out(result)),
        "notes": list(dict.fromkeys([*getattr(result, "notes", ()), *(report.notes if report else ())])),
        "read_as": words.read_as(report).removeprefix("read as ") if report else "",
        "fields": form,
        "changed": bool(asked.set()),
        "json_at": f"/api/runs/{number}/analyses/{name}{asked.query()}",
        "next_command": command(number, name, asked),
        "others": [(other, about(other).title) for other in AUDITS],
    }
    text = render(request, "analysis.html", here="/runs", **values)
    return HTMLResponse(text, error.http_status if error else 200)


@router.get("/runs/{number}/analyses/{name}/charts/{chart}.{kind}")
def chart(
    request: Request,
    number: Number,
    name: Name,
    chart: str,
    kind: Literal["svg", "png", "csv", "json"],
    asked: Annotated[Asked, Query()],
) -> Response:
    """One chart of an analysis in one form. Raises NotFound for a chart that it does not have."""
    report = catalog_of(request).runs.analyze(number, only=[name], **options_of(name, asked))
    found = next((one for one in analyses_charts(report) if one.name == chart), None)
    if found is None:
        raise NotFound(
            "no-such-chart",
            f"the analysis {name} of run:{number} has no chart {chart[:80]!r}",
            next=command(number, name, asked),
        )
    return chart_file(found, f"run-{number}", kind)


def left_out(result: Any) -> Iterator[tuple[str, str]]:
    """What an analysis left out, and why: columns, groups of a column, tests."""
    for part in (result, *getattr(result, "columns", ())):
        for one in getattr(part, "left_out", ()):
            values = (
                one
                if isinstance(one, dict)
                else {key: getattr(one, key, None) for key in ("column", "slice", "test", "reason")}
            )
            what = next((values[key] for key in ("column", "slice", "test") if values.get(key)), "")
            yield str(what), str(values["reason"])


def _form(catalog: Any, run: Any, name: str, asked: Asked) -> list[Field]:
    others = [one for one in catalog.runs.list() if one.rows] if {"traffic", "train"} & set(about(name).options) else []
    return fields(about(name).options, asked, catalog.runs.source(run.number).schema, run.roles, others)


def _row(name: str, report: Report | None, form: Sequence[Field]) -> AnalysisRow:
    told_of = about(name)
    if report is None:
        return AnalysisRow(name, told_of.title, told_of.question, None, "")
    if name not in usual():
        return AnalysisRow(name, told_of.title, told_of.question, None, "Takes longer: made when it is opened.")
    if (result := report.analyses.get(name)) is not None:
        return AnalysisRow(name, told_of.title, told_of.question, answer(name, result), "")
    reason = f"Not made: {_reason(name, report, form)}"
    return AnalysisRow(name, told_of.title, told_of.question, None, reason)


def _reason(name: str, report: Report | None, form: Sequence[Field]) -> str:
    """Why an analysis cannot be made, as a sentence that does not presume the command line."""
    reason = next((one.reason for one in report.not_done if one.analysis == name), "") if report else ""
    told_of = about(name)
    said = (told_of.lacking or {}).get(reason) or reason
    if said != reason and told_of.without and form and len(form[0].choices) < 2:
        said = told_of.without
    return said if not said or said.endswith((".", "?")) else f"{said[:1].upper()}{said[1:]}."


def _pictures(report: Report, number: int, name: str, asked: Asked) -> tuple[list[Picture], str]:
    try:
        return [_picture(one, number, name, asked) for one in analyses_charts(report)], ""
    except MissingExtra as missing:
        return [], f"No charts: {missing.message}. {missing.next}"


def _picture(chart: Any, number: int, name: str, asked: Asked) -> Picture:
    at = f"/runs/{number}/analyses/{name}/charts/{chart.name}"
    return picture(
        chart,
        [(label, f"{at}.{kind}{asked.query()}", f"run-{number}-{chart.name}.{kind}") for label, kind in FORMS],
    )
