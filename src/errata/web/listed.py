"""A list of records whose rows are nothing but values: the cells of each, so that all such lists look alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from errata.core.units import count
from errata.web.listing import Column, listing
from errata.web.page import page


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell. ``look`` is ``mono``, ``code``, ``num`` or nothing; ``at`` is a time, written instead of the text."""

    text: str = ""
    href: str = ""
    look: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class List:
    """What a list is called, where it is, how its rows are written, and what to type where it is empty."""

    title: str
    noun: str
    path: str
    here: str
    columns: Sequence[Column[Any]]
    cells: Callable[[Any], Sequence[Cell]]
    by: str
    empty: str
    add: str
    command: str
    plural: str | None = None
    around: Sequence[tuple[str, str]] = ()
    """Other pages that belong to it: (address, name)."""


def listed(request: Request, about: List, items: Sequence[Any]) -> HTMLResponse:
    """The page of a list."""
    view = listing(
        items,
        about.columns,
        request.query_params,
        text=lambda item: " ".join(cell.text for cell in about.cells(item)),
        path=about.path,
        by=about.by,
    )
    rows = [list(about.cells(item)) for item in view.rows]
    return page(request, "listed.html", here=about.here, about=about, view=view, rows=rows)


def key_cell(record: Any, path: str) -> Cell:
    """The key of a record, which leads to its page."""
    return Cell(record.key, f"{path}/{record.key}", "mono")


def number_cell(value: int) -> Cell:
    """A number that stands right."""
    return Cell(count(value), look="num")
