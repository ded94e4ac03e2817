"""``errata init``."""

from __future__ import annotations

import json

import click

from errata.cli.options import json_option


@click.command("init")
@click.argument("path", default=".", metavar="PLACE")
@click.option("--project", metavar="NAME", help="The project's name; otherwise that of the folder or database.")
@click.option("--key", metavar="DIG", help="What its records' keys begin with; otherwise three letters of the name.")
@json_option
def command(path: str, project: str | None, key: str | None, as_json: bool) -> None:
    """Make a catalog in PLACE, or a further project in the one that is there.

    PLACE is a folder, which gets a folder .errata, or the address of an empty PostgreSQL database:
    postgresql://USER@HOST/DATABASE, with ERRATA_FILES naming a folder for the files.

    An existing catalog is left as it is, and that is said.
    """
    from errata.verbs.init import init

    store, made = init(path, project, key)
    store.close()
    name, prefix = store.project.name, store.project.prefix
    if as_json:
        values = {"schema": "errata.init/1", "catalog": store.home.address, "project": name, "key": prefix}
        click.echo(json.dumps({**values, "made": made}))
        return
    click.echo(
        f"{store.home.address}  project {name}, records {prefix}-1, {prefix}-2, …" + ("" if made else " · was there")
    )
    click.echo("errata log FILE --model NAME@V --dataset NAME@V")
