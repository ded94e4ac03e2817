"""``errata case``."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import click

from errata.cli import case_steps
from errata.cli.case_candidates import open_candidates
from errata.cli.fields import field_options, read_fields
from errata.cli.form_written import check_title, form_written, may_ask
from errata.cli.history import history_of
from errata.cli.listed import listed
from errata.cli.options import catalog_options, json_option
from errata.cli.pages import page_of, page_options, say_next
from errata.cli.search import command as search_command


@click.group("case")
def group() -> None:
    """Cases: curated failures, from the finding to the verdict that closes them."""


for _step in case_steps.STEPS:
    group.add_command(_step)


@group.command("open")
@click.argument("finding", required=False, metavar="[finding:N]")
@click.option("--title", metavar="TEXT", help="What goes wrong, in a few words.")
@click.option("--slice", "slice_", metavar="TEXT", help='Instead of a finding: a slice such as "contrast < 0.4".')
@click.option("--run", metavar="run:N", help="The run whose failed samples in --slice are the evidence.")
@click.option("--candidates", metavar="run:N", help="Instead: what was captured of a run.")
@click.option("--rule", metavar="KEY", help="Of --candidates: those that this rule caught; otherwise the newest.")
@click.option("--sample", "samples", metavar="ID", multiple=True, help="Of --candidates: only this one; may repeat.")
@click.option(
    "--each", metavar="WHAT", help="Of --candidates: a case for each like (cluster), stratum, or COLUMN value."
)
@click.option("--metric", default="error", show_default=True, help="Of --slice: error, fpr, fnr or loss.")
@click.option("--positive", metavar="CLASS", help="Of --slice: the class that fpr and fnr are about.")
@click.option("--why", metavar="TEXT", help="Why it qualifies as a case.")
@click.option("--summary", metavar="TEXT", help="What happens and why it matters.")
@field_options
@click.option("--template", metavar="NAME", help="Begin with a template: see errata template list.")
@json_option
@catalog_options
def open_(
    finding: str | None, title: str | None, slice_: str | None, run: str | None, candidates: str | None,
    rule: str | None, samples: tuple[str, ...], each: str | None, metric: str, positive: str | None,
    why: str | None, summary: str | None, sets: tuple[str, ...], file: str | None, template: str | None,
    as_json: bool, **options: Any,
) -> None:  # fmt: skip
    """Open a case.

    Of a finding, or of a slice of a run, its failed samples are frozen as evidence; of candidates those that are
    chosen, with how likely each was to be drawn. Of neither it is a case that people tell: --template begins it with a
    form, which --file names, or which your editor opens at a terminal.
    """
    from errata.client.catalog import open_catalog
    from errata.core.names import parse_fact

    number = None if finding is None else parse_fact(finding, "finding")
    of_run = None if run is None else parse_fact(run, "run")
    told = {name: text for name, text in (("title", title), ("why", why), ("summary", summary)) if text is not None}
    written: AbstractContextManager[str | None] = nullcontext(file)
    if template is not None and not (file or sets or told or as_json) and may_ask():
        with open_catalog(options["catalog"], project=options["project"]) as catalog:
            written = form_written(template, catalog.templates.form(template))
    with written as form:
        fields = {**read_fields("case", sets, form), **told}
        check_title(template, fields)
        if candidates is not None or rule or samples or each:
            _check_alone(candidates, {"finding:N": finding, "--slice": slice_, "--run": run, "--template": template})
            open_candidates(candidates or "", rule, samples, each, fields, as_json, options)
            return
        with open_catalog(options["catalog"], project=options["project"]) as catalog:
            case = catalog.cases.open(
                finding=number,
                slice=slice_,
                run=of_run,
                metric=metric,
                positive=positive,
                template=template,
                **fields,
            )
            alike = catalog.cases.alike(case.title, case.summary, case.fingerprint, but=case.key)
            evidence = catalog.cases.evidence(case.key) if case.evidence else None
    if as_json:
        click.echo(json.dumps(case.to_json(), ensure_ascii=False))
        return
    from errata.show.record_text import case_text, guard_line
    from errata.show.search_text import alike_text

    click.echo(case_text(case))
    if evidence is not None and evidence.drawn < evidence.failed:
        click.echo(f"  {evidence.drawn:,} of {evidence.failed:,} failed samples were drawn, with seed {evidence.seed}")
    if alike:
        click.echo(f"  seen before?\n{alike_text(alike)}")
    click.echo(guard_line(case) if case.slice else f"errata case lint {case.key}")


def _check_alone(candidates: str | None, others: dict[str, str | None]) -> None:
    from errata.core.errors import UsageError

    clash = [name for name, value in others.items() if value is not None]
    if candidates is None or clash:
        raise UsageError(
            "bad-option",
            f"--candidates and {clash[0]} exclude each other"
            if candidates
            else "--rule, --sample and --each say which candidates",
            expected="--candidates run:N, with --rule, --sample and --each where they are wanted",
            next="errata case open --candidates run:N --title TEXT",
        )


group.add_command(open_, "new")  # what is begun with a template is new, and what is of a finding is opened


@group.command("list")
@click.option("--state", metavar="STATE", help="Only draft, submitted, verified, planned, …, closed or reopened.")
@page_options
@json_option
@catalog_options
def list_(state: str | None, as_json: bool, **options: Any) -> None:
    """Every case, oldest first."""
    from errata.client.catalog import open_catalog

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        cases = catalog.cases.list(state, **page_of(options, as_json))
    if as_json:
        click.echo(listed("cases", cases))
    elif cases:
        from errata.show.record_text import cases_text
        from errata.show.table_text import terminal_width

        click.echo(cases_text(cases, terminal_width()))
        say_next(cases)
    else:
        click.echo(f"No {state + ' ' if state else ''}case.\nerrata case open finding:N --title TEXT")


group.add_command(search_command)


@group.command("show")
@click.argument("key", metavar="KEY")
@click.option("--evidence", is_flag=True, help="With --json: the frozen samples too.")
@json_option
@catalog_options
def show(key: str, evidence: bool, as_json: bool, **options: Any) -> None:
    """One case: what it is, what it rests on, what guards it."""
    from errata.client.catalog import open_catalog

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        case = catalog.cases.get(key)
        checks = catalog.checks.list(key)
        plans = [plan for plan in catalog.plans.list() if key in plan.cases]
        review, links = catalog.cases.review(key), catalog.cases.links(key)
        labels = catalog.labels.list(key)
        frozen = catalog.cases.evidence(key) if evidence else None
    if as_json:
        values = {**case.to_json(), "checks": [one.to_json() for one in checks], "plans": [one.key for one in plans]}
        values |= {"review": review, "links": [one.to_json() for one in links]}
        values["labels"] = [one.to_json() for one in labels]
        if frozen is not None:
            values["evidence"] = frozen.to_json()
        click.echo(json.dumps(values, ensure_ascii=False))
        return
    from errata.show.record_text import case_text

    click.echo(case_text(case, checks, plans, review["said"], links, labels))
    click.echo(_next(case, bool(checks)))


@group.command("edit")
@click.argument("key", metavar="KEY")
@click.option("--title", metavar="TEXT", help="The new title.")
@click.option("--why", metavar="TEXT", help="Why it qualifies as a case.")
@click.option("--summary", metavar="TEXT", help="What happens and why it matters.")
@field_options
@click.option("--reason", default="", metavar="TEXT", help="Why you change it.")
@click.option("--revision", type=int, metavar="N", help="The revision you saw: refused if there is a newer one.")
@json_option
@catalog_options
def edit(
    key: str, sets: tuple[str, ...], file: str | None, reason: str, revision: int | None, as_json: bool, **options: Any
) -> None:
    """Change what may be edited by hand; every revision stays."""
    from errata.client.catalog import open_catalog

    changes = read_fields("case", sets, file)
    changes |= {name: options[name] for name in ("title", "why", "summary") if options[name] is not None}
    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        case = catalog.cases.edit(key, reason=reason, revision=revision, **changes)
    if as_json:
        click.echo(json.dumps(case.to_json(), ensure_ascii=False))
        return
    click.echo(f"{case.key}  {case.title} · {case.state} · revision {case.revision}")
    click.echo(f"errata case history {case.key}")


group.add_command(history_of("cases"))


@group.command("close")
@click.argument("key", metavar="KEY")
@click.option("--by", required=True, metavar="run:N", help="A run of a newer version of the case's model.")
@click.option("--reason", default="", metavar="TEXT", help="What was done; otherwise what passed.")
@json_option
@catalog_options
def close(key: str, by: str, reason: str, as_json: bool, **options: Any) -> None:
    """Close a case by the verdicts of its checks, on samples in neither its evidence nor a plan."""
    from errata.client.catalog import open_catalog
    from errata.core.names import parse_fact

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        case = catalog.cases.close(key, parse_fact(by, "run"), reason)
    if as_json:
        click.echo(json.dumps(case.to_json(), ensure_ascii=False))
        return
    click.echo(f"{case.key}  {case.title} · {case.state} by {by}, gate:{case.closed_by.gate}")
    click.echo(f"errata case history {case.key}")


def _next(case: Any, guarded: bool) -> str:
    from errata.show.record_text import guard_line

    if case.state == "merged":
        return f"errata case show {case.merged_into}"
    if case.state in ("closed", "withdrawn"):
        return f"errata case history {case.key}"
    if case.caught is not None and not guarded:
        return f"errata check add {case.key} --slice TEXT --criterion '<= 0.05'"
    if case.slice is None:
        return f"errata case {'lint' if case.state in ('draft', 'returned') else 'attach'} {case.key}"
    if not guarded:
        return guard_line(case)
    if case.state in ("draft", "reopened"):
        return f"errata plan open --case {case.key} --title TEXT --do TEXT"
    return f"errata case close {case.key} --by run:N"
