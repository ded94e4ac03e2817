"""``errata backup``."""

from __future__ import annotations

import json
from typing import Any

import click

from errata.cli.options import catalog_options, json_option


@click.command("backup")
@click.argument("file", metavar="FILE.tar")
@json_option
@catalog_options
def command(file: str, as_json: bool, **options: Any) -> None:
    """Write the whole catalog, all projects of it, to one file: a snapshot of every row, with every part and blob.

    Others may go on writing. Every file's digest is verified on the way. The file is whole or not there.
    """
    from errata.client.catalog import open_catalog

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        found = catalog.backup(file)
    if as_json:
        click.echo(json.dumps({**found.to_json(), "file": file}, ensure_ascii=False))
        return
    from errata.show.backup_text import contents_text

    click.echo(f"{file}  {contents_text(found)}")
    click.echo(f"errata restore {file} --to FOLDER")
