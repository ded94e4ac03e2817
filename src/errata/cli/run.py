"""``errata run``."""

from __future__ import annotations

import json
from typing import Any

import click

from errata.cli.listed import listed
from errata.cli.options import catalog_options, json_option
from errata.cli.pages import page_of, page_options, say_next


@click.group("run")
def group() -> None:
    """Runs: what was logged."""


@group.command("list")
@click.option("--model", metavar="NAME[@V]", help="Only of this model, or model version.")
@click.option("--dataset", metavar="NAME[@V]", help="Only on this dataset, or dataset version.")
@page_options
@json_option
@catalog_options
def list_(model: str | None, dataset: str | None, as_json: bool, **options: Any) -> None:
    """Every run, newest first."""
    from errata.client.catalog import open_catalog

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        runs = catalog.runs.list(model=model, dataset=dataset, **page_of(options, as_json))
    if as_json:
        click.echo(listed("runs", runs))
    elif runs:
        from errata.show.run_text import runs_text
        from errata.show.table_text import terminal_width

        click.echo(runs_text(runs, terminal_width()))
        say_next(runs)
    else:
        click.echo("No run yet.\nerrata log FILE --model NAME@V --dataset NAME@V")


@group.command("show")
@click.argument("run", metavar="run:N")
@json_option
@catalog_options
def show(run: str, as_json: bool, **options: Any) -> None:
    """One run: its figures, roles, parameters and environment."""
    from errata.client.catalog import open_catalog
    from errata.core.names import parse_fact

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        found = catalog.runs.get(parse_fact(run, "run"))
    if as_json:
        click.echo(json.dumps(found.to_json(), ensure_ascii=False))
        return
    from errata.show.run_text import run_text

    click.echo(run_text(found))
    click.echo(f"errata analyze {found.ref}" if found.rows is not None else "errata run list")
