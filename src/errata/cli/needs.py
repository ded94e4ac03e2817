"""``errata needs``."""

from __future__ import annotations

import json

import click

from errata.cli.options import catalog_options, json_option


@click.command("needs")
@json_option
@catalog_options
def command(as_json: bool, **options: str | None) -> None:
    """What needs you, each with the command to type.

    Cases of yours (that you opened or own) that came back or were returned; submitted cases that you may verify; open
    rounds with subjects that you have not labelled; labels of yours whose term changed; jobs of yours that failed in
    the last 14 days and were not asked for again.
    """
    from errata.client.catalog import open_catalog

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        found = catalog.needs()
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    from errata.show.needs_text import needs_text

    click.echo(needs_text(found))
