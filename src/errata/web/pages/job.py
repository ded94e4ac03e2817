"""Jobs: the list, and one that says how far it is. Both load themselves anew while something is being done."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from errata.core import clock
from errata.nouns.job import ATTEMPTS, QUEUED, Job
from errata.show import job_text
from errata.web.listing import Column, listing
from errata.web.page import page
from errata.web.pages.reading import Number, catalog_of

router = APIRouter()
EVERY, LIST_EVERY = 2, 10
"""Seconds after which the page of a job that goes on is loaded anew, and a list that has one: there people type."""
SIGNS = {"done": "pass", "failed": "fail", "cancelled": "unknown"}
COLUMNS: list[Column[Job]] = [
    Column("job", "job", lambda job: job.number, number=True, left=True),
    Column("what", "what", lambda job: job.title),
    Column("state", "state", lambda job: job.state, facet=True),
    Column("kind", "kind", lambda job: job.kind, facet=True),
    Column("by", "asked by", lambda job: job.actor, facet=True),
    Column("asked", "asked", lambda job: job.at),
]


@router.get("/jobs")
def jobs(request: Request) -> HTMLResponse:
    """Every job, newest first."""
    found = catalog_of(request).jobs.list()
    view = listing(
        found,
        COLUMNS,
        request.query_params,
        text=lambda job: f"{job.ref} {job.title} {job.state} {job.actor}",
        path="/jobs",
        by="-job",
    )
    alive = any(job.alive for job in view.rows)
    return page(request, "jobs.html", here="/jobs", view=view, every=LIST_EVERY if alive else 0, signs=SIGNS,
                said={job.number: _said(job) for job in view.rows})  # fmt: skip


@router.get("/jobs/{number}")
def job(request: Request, number: Number) -> HTMLResponse:
    """One job: how far it is, what it came to, or why it could not be done."""
    found: Job = catalog_of(request).jobs.get(number)
    return page(
        request,
        "job.html",
        here="/jobs",
        job=found,
        every=EVERY if found.alive else 0,
        sign=SIGNS.get(found.state),
        story=_story(found),
        heading=_heading(found),
        took=job_text.seconds(found) if found.started_at else "",
        results=_results(found),
    )


def _said(job: Job) -> str:
    """What stands beside the state in the list."""
    if job.error:
        return str(job.error["title"])
    if job.alive:
        steps = f"{job.progress.done} of {job.progress.total} · " if job.progress.total > 1 else ""
        return f"{steps}{job.progress.text}" if job.state != QUEUED else ""
    lines = job_text.result_lines(job)
    return f"{lines[0]}{' …' * (len(lines) > 1)}" if lines else ""


def _story(job: Job) -> str:
    """How it stands, in a sentence."""
    if job.state == QUEUED:
        again = f" It was taken up {job.attempts} times already." if job.attempts > 1 else ""
        return f"It waits for a worker.{again}"
    if not job.alive or job.lease_until is None:
        return ""
    if job.lease_until <= clock.now():
        left = "The next worker takes it up again" if job.attempts < ATTEMPTS else "It is given up"
        return f"Its worker was not heard of since the lease ran out. {left}."
    return (
        "" if job.attempts == 1 else f"A worker before this one died over it: it is taken up for time {job.attempts}."
    )


def _heading(job: Job) -> str:
    """What a failed job says, as a heading; a reference that it begins with stays as it is."""
    title = str(job.error["title"]) if job.error else ""
    return title if ":" in title.partition(" ")[0] else title[:1].upper() + title[1:]


def _results(job: Job) -> list[tuple[str, str, str]]:
    """What a job came to: text, address and the text of the link, or empty ones."""
    result: Any = job.result
    if result is None:
        return []
    lines = job_text.result_lines(job)
    if job.kind == "analyze":
        return [
            (text.partition(": ")[2], f"/runs/{one['run'].partition(':')[2]}", one["run"])
            for text, one in zip(lines, result["runs"], strict=True)
        ]
    if job.kind == "gate":
        return [(lines[0].partition(": ")[2], f"/gates/{result['gate'].partition(':')[2]}", result["gate"])]
    return [(text, "", "") for text in lines]
