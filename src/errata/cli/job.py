"""``errata job``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import click

from errata.cli.listed import listed
from errata.cli.options import catalog_options, json_option, split_names
from errata.cli.pages import page_of, page_options, say_next

_LISTS = (
    "factors", "exclude", "checks", "analyses", "nodes", "strata", "fairness", "heatmap", "embedding", "stages",
)  # fmt: skip


@click.group("job")
def group() -> None:
    """Jobs: work that is asked for now and done by errata work or errata serve."""


@group.command("submit")
@click.argument("kind", metavar="KIND")
@click.argument("words", nargs=-1, metavar="[run:N]... [NAME=VALUE]...")
@click.option("--priority", type=int, default=0, show_default=True, help="-100 to 100; the higher is done before.")
@click.option("--wait", "waiting", is_flag=True, help="Wait until it has ended; exit code 2 when it was not done.")
@json_option
@catalog_options
def submit(kind: str, words: tuple[str, ...], priority: int, waiting: bool, as_json: bool, **options: Any) -> None:
    """Ask for a job. What was asked already is that job, not a second one.

    \b
    analyze run:N…  metric= depth= min_support= top= seed= all=true within=
                    weight= factors=a,b exclude= positive=
    gate run:N      baseline=run:M margin= suite=KEY checks=KEY,KEY
    compare         a=run:N b=run:M metric= depth= pair_by=
    drift           a=run:N b=run:M min_effect=
    report run:N    as analyze, and analyses= costs= split= and the like
    doctor          remove=true
    reindex
    """
    from errata.client.catalog import open_catalog

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        job = catalog.jobs.submit(kind, priority=priority, **_arguments(kind, words))
        if waiting:
            from errata.cli.progress import progress

            with progress() as say:
                say(f"waiting for {job.ref}")
                job = catalog.jobs.wait(job.number)
    if as_json:
        click.echo(json.dumps(job.to_json(), ensure_ascii=False))
    elif waiting:
        from errata.show.job_text import line

        click.echo(line(job))
    else:
        known = f", asked for {'and done' if job.state == 'done' else 'already'}" if job.known else ""
        click.echo(f"{job.ref}  {job.title} · {job.state}{known}")
        click.echo(f"errata job show {job.ref}" if job.known else "errata work --once")
    if waiting and job.state != "done":
        click.get_current_context().exit(2)


@group.command("list")
@click.option("--state", metavar="STATE", help="Only queued, running (or alive: both), done, failed or cancelled.")
@page_options
@json_option
@catalog_options
def list_(state: str | None, as_json: bool, **options: Any) -> None:
    """Every job, newest first."""
    from errata.client.catalog import open_catalog

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        jobs = catalog.jobs.list(state, **page_of(options, as_json))
    if as_json:
        click.echo(listed("jobs", jobs))
    elif jobs:
        from errata.show.job_text import jobs_text
        from errata.show.table_text import terminal_width

        click.echo(jobs_text(jobs, terminal_width()))
        say_next(jobs)
    else:
        click.echo(f"No {state + ' ' if state else ''}job.\nerrata job submit analyze run:N")


@group.command("show")
@click.argument("job", metavar="job:N")
@json_option
@catalog_options
def show(job: str, as_json: bool, **options: Any) -> None:
    """One job: how far it is, what it came to, or why it could not be done."""
    from errata.client.catalog import open_catalog
    from errata.core.names import parse_fact

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        found = catalog.jobs.get(parse_fact(job, "job"))
    if as_json:
        click.echo(json.dumps(found.to_json(), ensure_ascii=False))
        return
    from errata.show.job_text import job_text

    click.echo(job_text(found))
    click.echo(_next(found))


@group.command("cancel")
@click.argument("job", metavar="job:N")
@click.option("--reason", default="", metavar="TEXT", help="Why; it stands in the log.")
@json_option
@catalog_options
def cancel(job: str, reason: str, as_json: bool, **options: Any) -> None:
    """Let a job be that is queued or running: nothing more of it is written."""
    from errata.client.catalog import open_catalog
    from errata.core.names import parse_fact

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        found = catalog.jobs.cancel(parse_fact(job, "job"), reason)
    if as_json:
        click.echo(json.dumps(found.to_json(), ensure_ascii=False))
        return
    click.echo(f"{found.ref}  {found.title} · {found.state}")
    click.echo(found.command)


@group.command("prune")
@click.option("--days", type=click.IntRange(0, 36_500), default=30, show_default=True, help="How long they were kept.")
@json_option
@catalog_options
def prune(days: int, as_json: bool, **options: Any) -> None:
    """Remove the jobs that ended long ago, with their results; the log keeps that they were.

    A worker does so every hour.
    """
    from errata.client.catalog import open_catalog
    from errata.core.units import plural

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        found = catalog.jobs.prune(days)
    if as_json:
        click.echo(json.dumps({"schema": "errata.job-prune/1", **found}))
        return
    gone = ", ".join(plural(found[name], name.removesuffix("s")) for name in ("jobs", "requests", "uploads"))
    click.echo(f"Removed: {gone}.")


def _arguments(kind: str, words: Sequence[str]) -> dict[str, Any]:
    """``run:3 depth=2`` as the kind takes it. Raises UsageError for a word that is neither."""
    from errata.core.errors import UsageError
    from errata.core.names import is_fact

    values: dict[str, Any] = {}
    runs = [word for word in words if is_fact(word, "run")]
    for word in words:
        name, equals, text = word.partition("=")
        if equals and name:
            values[name] = split_names([text]) if name in _LISTS else _object(text) if text.startswith("{") else text
        elif word not in runs:
            raise UsageError(
                "bad-field",
                f"{word!r} is neither a run nor a field",
                expected="run:N, or NAME=VALUE",
                next=f"errata job submit {kind} run:N",
            )
    if runs:
        values |= {"run": runs[0]} if kind in ("gate", "report") and len(runs) == 1 else {"runs": runs}
    return values


def _object(text: str) -> Any:
    """A JSON object, such as ``roles={"truth": "y"}``; what is none is left to the kind of job to refuse."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _next(job: Any) -> str:
    if job.state == "queued":
        return "errata work --once"
    if job.state == "running":
        return f"errata job cancel {job.ref}"
    if job.state != "done":
        return str(job.command)
    if job.kind == "analyze":
        return f"errata analyze {job.result['runs'][0]['run']}"
    return "errata job list"
