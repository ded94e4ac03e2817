"""Jobs for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from errata.core import clock
from errata.core.units import count, plural
from errata.nouns.job import CANCELLED, COMPARE, DONE, DRIFT, FAILED, IMPORT, REPORT, Job
from errata.show.table_text import pairs_text, table_text
from errata.show.words import SIGNS

MARKS = {DONE: SIGNS["pass"], FAILED: SIGNS["fail"], CANCELLED: SIGNS["unknown"]}


def jobs_text(jobs: Sequence[Job], width: int) -> str:
    """A table of jobs."""
    rows = [[job.ref, f"{MARKS.get(job.state, ' ')} {job.state}", job.actor, when(job.at), job.title] for job in jobs]
    return table_text(["job", "  state", "by", "asked", "what"], rows, width=width)


def job_text(job: Job) -> str:
    """One job: how it stands, what it came to, or why not."""
    head = f"{job.ref}  {job.title}"
    pairs = [
        ("state", said(job)),
        ("asked", f"{when(job.at)} by {job.actor}"),
        ("taken", f"{when(job.started_at)}{times(job)}" if job.started_at else ""),
        ("ended", when(job.finished_at) if job.finished_at else ""),
        ("worker", job.worker or ""),
        ("priority", str(job.priority) if job.priority else ""),
        ("result", "\n".join(result_lines(job))),
        ("why", problem_text(job.error) if job.error else ""),
        ("input", job.input),
    ]
    return f"{head}\n{pairs_text(pairs)}"


def line(job: Job) -> str:
    """How a job stands, in a line: what a worker prints."""
    came = result_lines(job)
    why = f" · {job.error['title']}" if job.error else ""
    took = f" in {seconds(job)}" if job.state in MARKS and job.started_at else ""
    result = f" · {came[0]}{' …' * (len(came) > 1)}" if came else ""
    return f"{MARKS.get(job.state, '·')} {job.ref}  {job.title} · {job.state}{took}{why}{result}"


def said(job: Job) -> str:
    """The state, and of one that is being done how far it is."""
    steps = f" · {job.progress.done} of {job.progress.total}" if job.progress.total > 1 else ""
    text = f" · {job.progress.text}" if job.progress.text else ""
    took = f" in {seconds(job)}" if job.started_at and not job.alive else ""
    return f"{MARKS.get(job.state, ' ')} {job.state}{took}{steps + text if job.alive else ''}".strip()


def seconds(job: Job) -> str:
    """``2.4 s``, ``3 min 20 s``."""
    spent = job.seconds(clock.now()) or 0.0
    if spent < 60:
        return f"{spent:.1f} s"
    return f"{int(spent // 60):,} min {int(spent % 60)} s"


def times(job: Job) -> str:
    """How often it was taken up, when that was more than once."""
    return f", taken up {job.attempts} times" if job.attempts > 1 else ""


def result_lines(job: Job) -> list[str]:
    """What a job came to, one thing a line."""
    result: Any = job.result
    if result is None:
        return []
    if job.kind == "analyze":
        return [f"{one['run']}: {plural(one['findings'], 'finding')}" for one in result["runs"]]
    if job.kind == "gate":
        back = f", {', '.join(result['came_back'])} came back" if result["came_back"] else ""
        return [f"{result['gate']}: {result['verdict']}{back}"]
    if job.kind == "doctor":
        if result["sound"]:
            left = f", {plural(len(result['orphans']), 'file')} belong to nothing" if result["orphans"] else ""
            return [f"sound{left}"]
        return ["damaged", *result["faults"]]
    if job.kind == REPORT:
        return [plural(len(result["findings"]), "finding")]
    if job.kind == COMPARE:
        return [f"{result['b']['source']} beside {result['a']['source']}: {result['verdict']}"]
    if job.kind == DRIFT:
        drifted = sum(one["alarm"] for one in result["columns"])
        return [f"{drifted} of {plural(len(result['columns']), 'column')} drifted"]
    if job.kind == IMPORT:
        many = {"new": len(result["new"]), "changed": len(result["changed"]), "refused": len(result["refused"])}
        dry = "dry run: " if result["dry_run"] else ""
        return [dry + ", ".join(f"{count(n)} {name}" for name, n in {**many, "same": result["same"]}.items())]
    return [plural(result["records"], "record")]


def problem_text(problem: Any) -> str:
    """A problem document as the terminal shows errors."""
    lines = [f"{problem['title']} ({problem['code']})", *(f"- {detail}" for detail in problem.get("details", ()))]
    lines += [f"{name}: {problem[name]}" for name in ("where", "expected", "found", "next") if problem.get(name)]
    return "\n".join(lines)


def when(moment: datetime) -> str:
    """``2026-11-22 14:03 UTC``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
