"""``errata candidates``."""

from __future__ import annotations

import json
from typing import Any

import click

from errata.cli.listed import listed
from errata.cli.options import catalog_options, json_option
from errata.cli.pages import page_of, page_options, say_next


@click.group("candidates")
def group() -> None:
    """Candidates: what rules captured of runs."""


@group.command("list")
@click.option("--run", metavar="run:N", help="Only of this run.")
@page_options
@json_option
@catalog_options
def list_(run: str | None, as_json: bool, **options: Any) -> None:
    """Every capture, newest first."""
    from errata.client.catalog import open_catalog
    from errata.core.names import parse_fact

    number = None if run is None else parse_fact(run, "run")
    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        found = catalog.candidates.list(number, **page_of(options, as_json))
    if as_json:
        click.echo(listed("captures", found))
    elif found:
        from errata.show.capture_text import sets_text
        from errata.show.table_text import terminal_width

        click.echo(sets_text(found, terminal_width()))
        say_next(found)
    else:
        click.echo(f"Nothing was captured yet.\nerrata capture {run or 'run:N'}")


@group.command("show")
@click.argument("run", metavar="run:N")
@click.option("--rule", metavar="KEY", help="By this rule; otherwise the newest capture.")
@click.option(
    "--estimate", metavar="TEXT", help="What is so of all that matched: an expression, or a column of numbers."
)
@click.option("--limit", type=click.IntRange(1), default=10, show_default=True, help="The most candidates to print.")
@json_option
@catalog_options
def show(run: str, rule: str | None, estimate: str | None, limit: int, as_json: bool, **options: Any) -> None:
    """The candidates of a run, with how likely each was to be drawn; --json has all of them."""
    from errata.client.catalog import open_catalog
    from errata.core.names import parse_fact

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        found = catalog.candidates.get(parse_fact(run, "run"), rule)
        told = catalog.candidates.estimate(found, estimate) if estimate else None
    if as_json:
        more = {} if told is None else {"estimate": {"of": estimate, **told.to_json()}}
        click.echo(json.dumps({**found.to_json(), **more}, ensure_ascii=False))
        return
    from errata.show.capture_text import candidates_text, estimate_text
    from errata.show.table_text import terminal_width

    click.echo(candidates_text(found, limit, terminal_width()))
    if told is not None and estimate is not None:
        click.echo(estimate_text(estimate, told))
    else:
        click.echo(f"errata candidates show {run} --rule {found.rule} --estimate failed")
