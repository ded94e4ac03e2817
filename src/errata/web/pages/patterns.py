"""Recurring patterns: cases by failure mode, model and month, as a table whose cells are searches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from errata.nouns.patterns import ModelPattern, Pattern, Patterns, mode_query
from errata.nouns.query_fields import LEVELS
from errata.show.patterns_text import none_labelled, story
from errata.web.page import page
from errata.web.pages.reading import catalog_of

router = APIRouter()
MONTHS = 12
"""So many months stand in columns of their own; what was before them in one."""
STEPS = 5


@dataclass(frozen=True, slots=True)
class Cell:
    """A count with the search that finds it, and how dark its ground is, 0 to ``STEPS``."""

    count: int
    href: str
    shade: int


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: a mode, a term under it, or one of its models."""

    name: str
    href: str
    level: str
    recurs: bool
    open: int
    came_back: Cell
    gravest: str
    total: Cell
    cells: list[Cell]


@router.get("/patterns")
def patterns(request: Request) -> HTMLResponse:
    """Every failure mode that cases have, those that recur first, by model and month."""
    found: Patterns = catalog_of(request).patterns()
    months = list(found.months())
    shown = months[-MONTHS:]
    earlier = months[:-MONTHS]
    most = max((n for one in found.patterns for each in one.models for n in _by_month(each, shown, earlier)), default=1)
    return page(
        request,
        "patterns.html",
        here="/cases",
        found=found,
        months=shown,
        earlier=earlier,
        groups=[(list(_rows(one, shown, earlier, most)), one) for one in found.patterns],
        story=story(found),
        none_labelled=none_labelled(found),
    )


def _rows(pattern: Pattern, shown: list[str], earlier: list[str], most: int) -> Iterator[Row]:
    yield _row(pattern, pattern.mode, None, shown, earlier, most, "mode")
    for each in pattern.models:
        yield _row(each, pattern.mode, each.model, shown, earlier, most, "model")
    for one in pattern.under:
        yield _row(one, one.mode, None, shown, earlier, most, "term")


def _row(
    one: Pattern | ModelPattern, mode: str, model: str | None, shown: list[str], earlier: list[str], most: int,
    level: str,
) -> Row:  # fmt: skip
    query = mode_query(mode, model)
    before = f"until:{earlier[-1]}" if earlier else ""
    asked = [*([f"{query} {before}"] if earlier else []), *(mode_query(mode, model, month) for month in shown)]
    counts = _by_month(one, shown, earlier)
    tally = one.tally
    return Row(
        name=mode.rpartition("/")[2] if model is None else model or "no model named",
        href=_href(query),
        level=level,
        recurs=isinstance(one, Pattern) and one.recurs,
        open=tally.open,
        came_back=Cell(tally.came_back, _href(f"{query} came-back:yes"), 0),
        gravest="–" if tally.severity is None else LEVELS[tally.severity],
        total=Cell(tally.cases, _href(query), 0),
        cells=[Cell(n, _href(said), _shade(n, most)) for n, said in zip(counts, asked, strict=True)],
    )


def _by_month(one: Pattern | ModelPattern, shown: list[str], earlier: list[str]) -> list[int]:
    before = [sum(one.months.get(month, 0) for month in earlier)] if earlier else []
    return [*before, *(one.months.get(month, 0) for month in shown)]


def _shade(n: int, most: int) -> int:
    return min(STEPS, -(-STEPS * n // most)) if n else 0


def _href(query: str) -> str:
    return f"/cases?{urlencode({'q': query})}"
