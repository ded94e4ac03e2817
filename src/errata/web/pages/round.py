"""Labelling rounds: the list, one round, and its labelling screen, which a keyboard alone can work."""

from __future__ import annotations

from collections import Counter
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from errata.core.errors import ErrataError, UsageError
from errata.nouns.round import OPEN, RoundView
from errata.web.disputes import by_term, disputes, figures
from errata.web.listed import Cell, List, key_cell, listed, number_cell
from errata.web.listing import Column, paged, start_of
from errata.web.page import form_page
from errata.web.pages.blob import in_pixels
from errata.web.pages.reading import Key, catalog_of, sample_views
from errata.web.pages.vocabulary import subject_link
from errata.web.writing import Form, check_write, read_form

router = APIRouter()
KEYS = 9
"""The terms that have a key of their own."""
AT_ONCE = 10
"""So many subjects to decide stand on one page."""
ROUNDS = List(
    title="Labelling rounds", noun="round", path="/rounds", here="/vocabularies", by="-key",
    around=(("/vocabularies", "Vocabularies"),),
    columns=[Column("key", "key", lambda one: one.number, number=True, left=True),
             Column("title", "title", lambda one: one.title),
             Column("state", "state", lambda one: one.state, facet=True),
             Column("subjects", "subjects", lambda one: len(one.subjects), number=True),
             Column("actors", "who labels", lambda one: ", ".join(one.actors)),
             Column("changed", "changed", lambda one: one.changed_at)],
    cells=lambda one: [key_cell(one, "/rounds"), Cell(one.title, f"/rounds/{one.key}"), Cell(one.state),
                       number_cell(len(one.subjects)), Cell(", ".join(one.actors)), Cell(at=one.changed_at)],
    empty="No round yet. Let several people label the same cases:",
    add="errata round open KEY KEY --title TEXT --actor NAME --actor NAME", command="errata round list",
)  # fmt: skip


@router.get("/rounds")
def rounds(request: Request) -> HTMLResponse:
    """Every round, the newest first."""
    return listed(request, ROUNDS, catalog_of(request).rounds.list())


@router.get("/rounds/{key}")
def round_(request: Request, key: Key, at: int | None = None, anew: str = "") -> HTMLResponse:
    """One round: what is to be labelled while it is open; then how far people agree, and what to decide."""
    return _page(request, key, at=at, anew=anew, start=request.query_params.get("from", ""))


def _page(
    request: Request,
    key: str,
    *,
    at: int | None = None,
    anew: str = "",
    start: str = "",
    form: Form | None = None,
    error: ErrataError | None = None,
) -> HTMLResponse:
    """A round; with a ``form`` that was not taken, at its subject, and nothing that was typed is lost."""
    catalog = catalog_of(request)
    view: RoundView = catalog.rounds.view(key)
    subject = _subject(form) if form else anew
    shared: dict[str, Any] = {
        "view": view,
        "round": view.record,
        "subject_link": subject_link,
        "form": form,
        "error": error,
    }
    if view.record.state != OPEN or catalog.actor not in view.record.actors:
        return _finished(request, view, subject, start, shared)
    here = next((place for place, one in enumerate(view.items, 1) if form and one.subject == subject), None)
    place = _place(view, here or at)
    sent = form if here else None
    item = view.items[place]
    mine = [term for answer in item.answers for term in answer.terms]
    about = catalog.labels.about(item.subject)
    rows = [] if about.row is None else catalog.runs.rows(about.run, [about.row])
    sample = sample_views(rows, catalog.runs.get(about.run).roles)[0] if rows else None
    return form_page(
        request,
        "labelling.html",
        here="/vocabularies",
        item=item,
        place=place,
        total=len(view.items),
        done=sum(1 for one in view.items if one.answers),
        about=about,
        sample=sample,
        pixels=in_pixels(catalog, sample, about.run),
        mine=mine,
        chosen=sent.several("term") if sent else mine,
        note=sent.one("note") if sent else next((answer.note for answer in item.answers), ""),
        quick=_quick(view, mine),
        body=view.vocabulary,
        address=subject_link(item.subject, about.record_kind),
        **shared,
    )


@router.post("/rounds/{key}/label")
async def label(request: Request, key: Key) -> Response:
    """One answer, then on to the next subject without one."""
    check_write(request, f"errata round label {key} SUBJECT TERM")
    form = await read_form(request)
    subject, note, terms = _subject(form), form.one("note"), form.several("term")
    if not subject:
        raise UsageError("bad-request", "this form names no subject", next=f"errata round show {key}")

    def write() -> Response:
        rounds = catalog_of(request).rounds
        try:
            rounds.label(key, subject, *terms, note=note)
        except ErrataError as error:
            return _page(request, key, form=form, error=error)
        view = rounds.view(key)
        here = next(place for place, item in enumerate(view.items) if item.subject == subject)
        return RedirectResponse(f"/rounds/{key}?at={_next_left(view, here) + 1}", 303)

    return await run_in_threadpool(write)


@router.post("/rounds/{key}/adjudicate")
async def adjudicate(request: Request, key: Key) -> Response:
    """One decision, then on to what is left to decide."""
    check_write(request, f"errata round adjudicate {key} SUBJECT TERM --reason TEXT")
    form = await read_form(request)
    reason, other, start = (form.one(name) for name in ("reason", "other", "from"))

    def write() -> Response:
        rounds = catalog_of(request).rounds
        alone = other and not rounds.get(key).many
        terms = [other] if alone else [*form.several("term"), *([other] if other else [])]
        try:
            rounds.adjudicate(key, _subject(form), *terms, reason=reason)
        except ErrataError as error:
            return _page(request, key, start=start if start.isdecimal() else "", form=form, error=error)
        here = f"?from={start}" if start.isdecimal() and start != "0" else ""
        return RedirectResponse(f"/rounds/{key}{here}#waiting", 303)

    return await run_in_threadpool(write)


def _subject(form: Form) -> str:
    """What a form is about, as it is: an id may begin or end with a space."""
    return next(iter(form.get("subject", [])), "")


def _finished(request: Request, view: RoundView, anew: str, asked: str, shared: dict[str, Any]) -> HTMLResponse:
    """The page of a round in which nobody labels: how far people agree, and what is to be decided."""
    catalog, key = catalog_of(request), view.record.key
    waiting = [] if view.record.state == OPEN else view.waiting
    again = [item for item in view.items if item.subject == anew and view.record.state != OPEN]
    path = f"/rounds/{key}"
    start = start_of(asked, path)
    at = {"from": str(start)} if start < len(waiting) else {}
    cursor = paged(waiting, at, path, AT_ONCE)
    return form_page(
        request,
        "round.html",
        here="/vocabularies",
        figures=figures(view),
        terms=by_term(view),
        waiting=cursor,
        disputed=disputes(catalog, view, again or cursor.rows),
        link=f"/vocabularies/{view.vocabulary.name}",
        history=catalog.rounds.history(key),
        begins=cursor.first - 1,
        **shared,
    )


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
