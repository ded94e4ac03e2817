"""``errata patterns``."""

from __future__ import annotations

import json

import click

from errata.cli.options import catalog_options, json_option


@click.command("patterns")
@click.option("--all", "everything", is_flag=True, help="The terms under each mode, and modes that do not recur.")
@click.option("--by", default="failure-mode", show_default=True, metavar="FACET", help="Count the values of another.")
@json_option
@catalog_options
def command(everything: bool, by: str, as_json: bool, **options: str | None) -> None:
    """Which failure modes recur: cases by mode, model and month.

    A mode is the first level of the vocabulary failure-mode. It recurs when two cases or more have it, in two months or
    more or of two models or more. Withdrawn and merged cases are not counted.
    """
    from errata.client.catalog import open_catalog

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        found = catalog.patterns(by)
    if as_json:
        click.echo(json.dumps(found.to_json(), ensure_ascii=False))
        return
    from errata.show.patterns_text import patterns_text
    from errata.show.table_text import terminal_width

    click.echo(patterns_text(found, terminal_width(), everything=everything))
