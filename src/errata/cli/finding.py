"""``errata finding``."""

from __future__ import annotations

import json
from typing import Any

import click

from errata.cli.listed import listed
from errata.cli.options import catalog_options, json_option
from errata.cli.pages import page_of, page_options, say_next


@click.group("finding")
def group() -> None:
    """Findings: what analyses of runs found."""


@group.command("list")
@click.option("--run", metavar="run:N", help="Only of this run.")
@page_options
@json_option
@catalog_options
def list_(run: str | None, as_json: bool, **options: Any) -> None:
    """The findings of every run's newest analysis, newest run first."""
    from errata.client.catalog import open_catalog
    from errata.core.names import parse_fact

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        number = None if run is None else catalog.runs.get(parse_fact(run, "run")).number
        found = catalog.findings.list(number, **page_of(options, as_json))
    if as_json:
        click.echo(listed("findings", found))
    elif found:
        from errata.show.run_text import findings_text
        from errata.show.table_text import terminal_width

        click.echo(findings_text(found, terminal_width()))
        say_next(found)
    else:
        click.echo(f"No finding{' of ' + run if run else ' yet'}.\nerrata analyze {run or 'run:N'}")


@group.command("show")
@click.argument("finding", metavar="finding:N")
@click.option("--samples", default=0, metavar="N", help="Also N of its failed samples.")
@json_option
@catalog_options
def show(finding: str, samples: int, as_json: bool, **options: Any) -> None:
    """One finding: its figures, its standing to the cases, and some of its samples."""
    from errata.client.catalog import open_catalog
    from errata.core.names import parse_fact
    from errata.nouns.slice import Slice

    number = parse_fact(finding, "finding")
    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        found = catalog.findings.get(number)
        drawn = catalog.findings.samples(number, limit=samples) if samples else []
        roles = catalog.runs.get(found.run).roles if samples else {}
    if as_json:
        click.echo(json.dumps({**found.to_json(), **({"samples": drawn} if samples else {})}, ensure_ascii=False))
        return
    from errata.show.run_text import finding_text, samples_text
    from errata.show.table_text import terminal_width

    click.echo(finding_text(found, f"run:{found.run}"))
    if drawn:
        named = [roles[role] for role in ("truth", "prediction", "score") if role in roles]
        columns = list(dict.fromkeys([*named, *Slice.parse(found.slice).columns]))
        click.echo(samples_text(drawn, columns, terminal_width()))
    click.echo(f"errata case open {found.id} --title TEXT")
