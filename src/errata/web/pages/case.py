"""Cases: the list, one case with its evidence, guards and history, and one sample of its evidence."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from errata.core.errors import GrammarError
from errata.core.names import is_key
from errata.nouns.label import Label, marked, texts_of
from errata.nouns.lifecycle import DRAFT, REOPENED, RETURNED
from errata.nouns.query import Query
from errata.nouns.slice import Slice
from errata.web.acts import Known
from errata.web.case_acts import beside, moves
from errata.web.linked import Link, linked
from errata.web.page import page
from errata.web.pages.finding import sample_page
from errata.web.pages.gate import verdict_rows
from errata.web.pages.reading import WALL, Key, catalog_of, factor_columns, sample_views, written
from errata.web.record_acts import discussed
from errata.web.searching import PAGE, view_of

router = APIRouter()
_TOLD = (
    ("Input", "input"), ("Expected", "expected"), ("Observed", "observed"), ("Trigger", "trigger"),
    ("Cause", "cause"), ("Detection", "detection"), ("Resolution", "resolution"),
)  # fmt: skip
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
    samples = sample_views(evidence.samples[:WALL], evidence.roles) if evidence else []
    checks = catalog.checks.list(case=key)
    labels = catalog.labels.list(key)
    links = [_link(key, one) for one in catalog.cases.links(key) if one.predicate not in _SHOWN_ELSEWHERE]
    plans = [plan for plan in catalog.plans.list() if key in plan.cases]
    review = catalog.cases.review(key)
    missing = catalog.cases.lint(key).missing if found.state in (DRAFT, RETURNED) else ()
    judged = [(gate, check) for gate in catalog.gates.list() for check in gate.checks if check["case"] == key]
    known: Known = {}
    return page(
        request,
        "case.html",
        here="/cases",
        case=found,
        evidence=evidence,
        samples=samples,
        pictured=any(sample.image for sample in samples),
        columns=factor_columns(samples, evidence.roles, Slice.parse(found.slice).columns) if evidence else [],
        review=review,
        told=[(name, text) for name, field in _TOLD if (text := getattr(found, field))],
        affected=[one for one in (*found.models, *found.datasets, *found.systems, found.deployment) if one],
        links=links,
        linked=linked(key, links),
        checks=checks,
        plans=plans,
        verdicts=list(zip([gate for gate, _ in judged], verdict_rows([check for _, check in judged]), strict=True)),
        history=catalog.cases.history(key),
        moves=moves(catalog, found, known, review=review, checks=checks, plans=plans, missing=missing),
        doing=beside(catalog, found, known),
        written=written,
        came_back=found.state == REOPENED,
        labels=labels,
        marked=marked_texts(found, labels),
        **discussed(request, catalog, key),
    )


@router.get("/cases/{key}/samples/{row}")
def sample(request: Request, key: Key, row: int) -> HTMLResponse:
    """One sample of a case's evidence, with every value."""
    catalog = catalog_of(request)
    evidence = catalog.cases.evidence(key)
    samples = sample_views(evidence.samples, evidence.roles)
    return sample_page(request, samples, row, back=f"/cases/{key}", name=key, here="/cases")


def marked_texts(case: Any, labels: list[Label]) -> list[tuple[str, list[tuple[str, tuple[Label, ...]]]]]:
    """The texts of a case that labels point into, each in pieces with the labels of a piece."""
    fields = dict.fromkeys(span.field for label in labels for span in label.spans)
    texts = dict(texts_of(case.body.model_dump(mode="json")))
    return [
        (
            field,
            marked(texts[field], [(span, label) for label in labels for span in label.spans if span.field == field]),
        )
        for field in fields
        if field in texts
    ]


def _link(key: str, link: Any) -> Link:
    """A link as a line: from the case, or to it."""
    out = link.subject == key
    other = link.object if out else link.subject
    kind, _, number = other.partition(":")
    href = ""
    if is_key(other):
        href = f"/cases/{other}"
    elif kind in ("run", "finding", "gate"):
        href = f"/{kind}s/{number}"
    elif kind in ("http", "https"):
        href = other
    return Link(link.predicate, other, href, out)
