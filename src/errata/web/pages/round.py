"""Labelling rounds: the list, one round, and its labelling screen, which a keyboard alone can work."""

from __future__ import annotations

from collections import Counter
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from errata.core.errors import UsageError
from errata.nouns.round import OPEN, RoundView
from errata.show.round_text import FIGURES, figure_text
from errata.web.page import page
from errata.web.pages.reading import Key, catalog_of, sample_views
from errata.web.pages.vocabulary import subject_link
from errata.web.writing import check_write, may_write, read_form

router = APIRouter()
KEYS = 9
"""The terms that have a key of their own."""


@router.get("/rounds")
def rounds(request: Request) -> HTMLResponse:
    """Every round, the newest first."""
    return page(request, "rounds.html", here="/vocabularies", rounds=catalog_of(request).rounds.list()[::-1])


@router.get("/rounds/{key}")
def round_(request: Request, key: Key, at: int | None = None) -> HTMLResponse:
    """One round: what is to be labelled while it is open; then how far people agree, and what to decide."""
    catalog = catalog_of(request)
    view: RoundView = catalog.rounds.view(key)
    shared = {"view": view, "round": view.record, "actor": catalog.actor, "subject_link": subject_link}
    if view.record.state != OPEN or catalog.actor not in view.record.actors:
        figures = []
        if view.agreement is not None:
            figures = [
                (name, figure_text(getattr(view.agreement, field), field == "percent")) for field, name in FIGURES
            ]
        return page(
            request,
            "round.html",
            here="/vocabularies",
            figures=figures,
            terms=_terms(view),
            link=f"/vocabularies/{view.vocabulary.name}",
            **shared,
        )
    place = _place(view, at)
    item = view.items[place]
    mine = [term for answer in item.answers for term in answer.terms]
    about = catalog.labels.about(item.subject)
    rows = [] if about.row is None else catalog.runs.rows(about.run, [about.row])
    sample = sample_views(rows, catalog.runs.get(about.run).roles)[0] if rows else None
    return page(
        request,
        "labelling.html",
        here="/vocabularies",
        item=item,
        place=place,
        total=len(view.items),
        done=sum(1 for one in view.items if one.answers),
        about=about,
        sample=sample,
        mine=mine,
        note=next((answer.note for answer in item.answers), ""),
        quick=_quick(view, mine),
        body=view.vocabulary,
        writes=may_write(request),
        address=subject_link(item.subject, about.record_kind),
        **shared,
    )


@router.post("/rounds/{key}/label")
async def label(request: Request, key: Key) -> Response:
    """One answer, then on to the next subject without one."""
    check_write(request)
    form = await read_form(request)
    subject = next(iter(form.get("subject", [])), "")
    note = next(iter(form.get("note", [])), "")
    terms = [term for term in form.get("term", []) if term]
    if not subject:
        raise UsageError("bad-request", "this form names no subject", next=f"errata round show {key}")
    catalog = catalog_of(request)

    def write() -> int:
        catalog.rounds.label(key, subject, *terms, note=note)
        view = catalog.rounds.view(key)
        here = next(place for place, item in enumerate(view.items) if item.subject == subject)
        return _next_left(view, here)

    return RedirectResponse(f"/rounds/{key}?at={await run_in_threadpool(write) + 1}", 303)


def _place(view: RoundView, at: int | None) -> int:
    if at is None:
        return _next_left(view, -1)
    return min(max(at, 1), len(view.items)) - 1


def _next_left(view: RoundView, here: int) -> int:
    """The next subject that has no answer, from the start again after the end; else the one that follows."""
    order = [*range(here + 1, len(view.items)), *range(0, max(here, 0))]
    following = min(here + 1, len(view.items) - 1)
    return next((place for place in order if not view.items[place].answers), following)


def _quick(view: RoundView, mine: list[str]) -> list[str]:
    """The terms that have a key: the choices, or what the actor used most in this round, then the tops of the tree."""
    if len(view.choices) <= KEYS:
        return view.choices
    used = Counter(term for item in view.items for answer in item.answers for term in answer.terms)
    often = [term for term, _ in sorted(used.items(), key=lambda one: (-one[1], one[0]))]
    return list(dict.fromkeys([*often, *mine]))[:KEYS]


def _terms(view: RoundView) -> list[tuple[str, str]]:
    """α of each term, the least agreed first."""
    found: dict[str, Any] = dict(view.agreement.terms) if view.agreement else {}
    told = [(term, alpha) for term, alpha in found.items() if alpha.value is not None]
    return [
        (term, figure_text(alpha, why=False)) for term, alpha in sorted(told, key=lambda one: (one[1].value, one[0]))
    ]
