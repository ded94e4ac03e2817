"""Templates: the list, and one as the form that it is."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from errata.core.names import is_key
from errata.web.listed import Cell, List, listed, number_cell
from errata.web.listing import Column
from errata.web.page import page
from errata.web.pages.reading import catalog_of, written

router = APIRouter()
Name = Annotated[str, Path(min_length=1, max_length=60)]


def _from(one: Any) -> str:
    return one[1].key if one[1] else "ships with Errata"


TEMPLATES = List(
    title="Templates", noun="template", path="/templates", here="/cases", by="name",
    columns=[Column("name", "name", lambda one: one[0].name), Column("title", "title", lambda one: one[0].title),
             Column("asks", "questions", lambda one: len(one[0].asks), number=True),
             Column("requires", "needed", lambda one: len(one[0].requires), number=True),
             Column("from", "from", _from)],
    cells=lambda one: [Cell(one[0].name, f"/templates/{one[0].name}", "mono"), Cell(one[0].title),
                       number_cell(len(one[0].asks)), number_cell(len(one[0].requires)), Cell(_from(one))],
    empty="No template yet:", add="errata template add --file FILE", command="errata template list",
)  # fmt: skip


@router.get("/templates")
def templates(request: Request) -> HTMLResponse:
    """Every template: those that ship, and the project's own."""
    return listed(request, TEMPLATES, list(catalog_of(request).templates.all().values()))


@router.get("/templates/{name}")
def template(request: Request, name: Name) -> Response:
    """One template: what it asks, what it fills in; by its key, to its name."""
    catalog = catalog_of(request)
    if is_key(name):
        return RedirectResponse(f"/templates/{catalog.templates.get(name).name}", 303)
    body = catalog.templates.named(name)
    record = catalog.templates.all()[body.name][1]
    history = catalog.templates.history(record.key) if record else []
    said = {"body": body, "record": record, "history": history, "form": catalog.templates.form(name)}
    return page(request, "template.html", here="/cases", written=written, **said)
