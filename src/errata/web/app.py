"""The application: pages, JSON, pictures and static files over one catalog."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, Response

from errata import __version__
from errata.nouns.sensitivity import UNKNOWN_READER
from errata.show.charts.chart import STATIC as SHOWN
from errata.web import faults
from errata.web.api import analyses as api_analyses
from errata.web.api import compare as api_compare
from errata.web.api import drift as api_drift
from errata.web.api import operations, pictures, upload
from errata.web.guard import Guard
from errata.web.pages import (
    act,
    analyses,
    blob,
    candidates,
    case,
    chart,
    check,
    clusters,
    compare,
    drift,
    edit,
    finding,
    gate,
    inbox,
    job,
    new_case,
    overview,
    patterns,
    plan,
    profile,
    rate,
    record,
    review,
    rota,
    round,
    rubric,
    rule,
    run,
    sample,
    search,
    sign_in,
    template,
    vocabulary,
)

STATIC = Path(__file__).parent / "static"
_FILES = {
    "tokens.css": (SHOWN, "text/css"),
    "errata.css": (SHOWN, "text/css"),
    "theme.js": (STATIC, "text/javascript"),
    "keys.js": (STATIC, "text/javascript"),
    "labelling.js": (STATIC, "text/javascript"),
    "mark.svg": (STATIC, "image/svg+xml"),
}


def create_app(
    catalog: Any,
    *,
    hosts: Iterable[str] = (),
    title: str = "",
    clearance: str = UNKNOWN_READER,
    most_upload: int = upload.MOST,
) -> FastAPI:
    """The pages of ``catalog`` (what ``errata.open()`` returns). ``hosts`` are names it may be asked under, besides
    ``localhost`` and IP addresses; ``title`` stands beside the name in the masthead. Records up to ``clearance`` are
    shown to whoever asks without a token, and no more than whoever serves may see. An upload has at most
    ``most_upload`` bytes."""
    app = FastAPI(title="Errata", version=__version__, docs_url=None, redoc_url=None, openapi_url="/api/openapi.json")
    app.state.catalog = catalog.cleared(clearance)
    app.state.title = title
    app.state.sessions = {}  # the tokens of the browsers that signed in, by what they send
    app.state.lately = {}  # what was done from which page's form, and when
    app.state.most_upload = most_upload
    facts = (overview, run, analyses, sample, clusters, profile, compare, drift, finding, gate, job)
    written = (sign_in, new_case, rate, edit, act)
    records = (case, check, plan, rule, candidates, vocabulary, round, rota, rubric, template, record)
    for module in (*facts, *written, *records, inbox, patterns, review, search, chart, blob):
        app.include_router(module.router, include_in_schema=False)
    refused = operations.problem_answers(writes=False)
    for interface in (api_analyses, api_compare, api_drift, pictures):
        app.include_router(interface.router, prefix="/api", responses=refused)
    app.include_router(operations.routes(), prefix="/api")
    app.include_router(upload.router, prefix="/api")
    operations.describe_security(app)
    app.add_api_route("/static/{name}", static, include_in_schema=False)
    faults.install(app)
    app.add_middleware(Guard, hosts=tuple(hosts))
    return app


def static(name: str, request: Request) -> Response:
    """A style sheet, a script or the mark; nothing else."""
    if name not in _FILES:
        error = faults.NoSuchPage("no-such-page", "there is no such file", where=request.url.path)
        return faults.answer(request, error)
    folder, media_type = _FILES[name]
    return FileResponse(folder / name, media_type=media_type, headers={"cache-control": "no-cache"})
