"""Cases: the list, one case with its evidence, guards and history, and one sample of its evidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from errata.core.errors import GrammarError
from errata.nouns.label import texts_of
from errata.nouns.lifecycle import DRAFT, REOPENED, RETURNED
from errata.nouns.query import Query
from errata.nouns.slice import Slice
from errata.web.acts import Known
from errata.web.case_acts import beside, moves, plans_of
from errata.web.gallery import PICTURES, SIZES, TABLE, TEXTS, Gallery, kind_of, of_run, pieces_of
from errata.web.linked import Link, linked
from errata.web.listing import paged
from errata.web.page import page
from errata.web.pages.gate import verdicts_on
from errata.web.pages.reading import Key, catalog_of, place_of
from errata.web.pages.sample import sample_page
from errata.web.record_acts import discussed
from errata.web.reviews import reviews
from errata.web.searching import PAGE, view_of
from errata.web.timeline import entries, timeline
from errata.web.writing import may_write

router = APIRouter()
_TOLD = (
    ("Input", "input"), ("Expected", "expected"), ("Observed", "observed"), ("Trigger", "trigger"),
    ("Cause", "cause"), ("Detection", "detection"), ("Resolution", "resolution"),
)  # fmt: skip
FIRST = {PICTURES: 22, TEXTS: 5, TABLE: 12}
"""So many samples stand on the page of the case; all of them on a page of their own."""
_SHOWN_ELSEWHERE = ("hadPrimarySource", "wasInvalidatedBy")


@router.get("/cases")
def cases(request: Request, q: str = "", cursor: str | None = None) -> HTMLResponse:
    """What a query finds among the cases; without one, every case, the one changed last first."""
    catalog = catalog_of(request)
    said: dict[str, Any] = {"here": "/cases", "saved": catalog.saved_searches.list()}
    try:
        query = Query.parse(q)
    except GrammarError as error:
        return page(request, "cases.html", asked=q, error=error, hits=None, **said)
    hits = catalog.cases.search(query, PAGE, cursor or None)
    fresh = not hits.total and not query.text
    return page(
        request,
        "cases.html",
        asked=query.text,
        error=None,
        hits=hits,
        view=view_of(hits, query, "/cases"),
        fresh=fresh,
        **said,
    )


@router.get("/cases/{key}")
def case(request: Request, key: Key) -> HTMLResponse:
    """One case: what it is, what it rests on, what guards it, and how it came to be as it is."""
    catalog = catalog_of(request)
    found = catalog.cases.get(key)
    evidence = catalog.cases.evidence(key) if found.evidence else None
    checks = catalog.checks.list(case=key)
    labels = catalog.labels.list(key)
    history = catalog.cases.history(key)
    texts = dict(texts_of(found.body.model_dump(mode="json")))
    told = catalog.cases.links(key)
    links = [_link(key, one) for one in told if one.predicate not in _SHOWN_ELSEWHERE]
    plans = plans_of(catalog, key, told)
    review = catalog.cases.review(key)
    missing = catalog.cases.lint(key).missing if found.state in (DRAFT, RETURNED) else ()
    known: Known = {}
    writes = may_write(request)
    return page(
        request,
        "case.html",
        here="/cases",
        case=found,
        evidence=evidence,
        gallery=_gallery(catalog, evidence, evidence.samples, first=True) if evidence else None,
        review=review,
        reviews=reviews(history),
        texts={field: pieces_of(field, texts.get(field, ""), labels) for field in ("why", "summary")},
        told=[(name, pieces_of(field, texts[field], labels)) for name, field in _TOLD if texts.get(field)],
        moments=entries(found.timeline),
        timed=timeline(found.timeline),
        affected=[one for one in (*found.models, *found.datasets, *found.systems, found.deployment) if one],
        links=links,
        linked=linked(key, links),
        checks=checks,
        plans=plans,
        verdicts=verdicts_on(catalog, {"case": key}),
        history=history,
        moves=moves(catalog, found, known, review=review, checks=checks, plans=plans, missing=missing, writes=writes),
        doing=beside(catalog, found, known, writes=writes),
        came_back=found.state == REOPENED,
        labels=labels,
        **discussed(request, catalog, key),
    )


@router.get("/cases/{key}/samples/{row}")
def sample(request: Request, key: Key, row: int) -> HTMLResponse:
    """One sample of a case's evidence, with every value."""
    evidence = catalog_of(request).cases.evidence(key)
    at, whole = f"/cases/{key}", f"/cases/{key}/evidence"
    size = SIZES[kind_of(evidence.samples, evidence.roles)]
    place = next((place for place, one in enumerate(evidence.samples) if one.row == row), 0)
    return sample_page(request, evidence.samples, row, run=evidence.run, back=at, name=key, here="/cases",
                       all_at=f"{whole}?from={place - place % size}" if place >= size else whole)  # fmt: skip


@router.get("/cases/{key}/evidence")
def evidence(request: Request, key: Key) -> HTMLResponse:
    """All samples of a case's evidence, page by page."""
    catalog = catalog_of(request)
    found = catalog.cases.evidence(key)
    size = SIZES[kind_of(found.samples, found.roles)]
    view = paged(found.samples, request.query_params, f"/cases/{key}/evidence", size)
    shown = _gallery(catalog, found, view.rows)
    said = {"case": catalog.cases.get(key), "evidence": found, "view": view, "gallery": shown}
    return page(request, "evidence.html", here="/cases", **said)


def _gallery(catalog: Any, evidence: Any, samples: Sequence[Any], first: bool = False) -> Gallery:
    """Samples of evidence; of the ``first`` of them as many as a case's page shows."""
    some = samples[: FIRST[kind_of(samples, evidence.roles)]] if first else samples
    return of_run(catalog, some, evidence.run, evidence.roles, Slice.parse(evidence.slice).columns)


def _link(key: str, link: Any) -> Link:
    """A link as a line: from the case, or to it."""
    out = link.subject == key
    other = link.object if out else link.subject
    href = other if other.startswith(("http://", "https://")) else place_of(other)
    return Link(link.predicate, other, href, out)
