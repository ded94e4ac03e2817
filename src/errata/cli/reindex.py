"""``errata reindex``."""

from __future__ import annotations

import json
from typing import Any

import click

from errata.cli.options import catalog_options, json_option


@click.command("reindex")
@json_option
@catalog_options
def command(as_json: bool, **options: Any) -> None:
    """Make anew what records are found by: facets and words, from what the records say."""
    from errata.client.catalog import open_catalog
    from errata.core.units import plural

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        total = catalog.reindex()
    said = json.dumps({"schema": "errata.reindex/1", "records": total})
    click.echo(said if as_json else f"✓ {plural(total, 'record')} indexed anew")
