"""``errata init``."""

from __future__ import annotations

import json

import click

from errata.cli.options import json_option


@click.command("init")
@click.argument("path", default=".", type=click.Path(file_okay=False))
@click.option("--project", metavar="NAME", help="The project's name; otherwise the folder's.")
@click.option("--key", metavar="DIG", help="What its records' keys begin with; otherwise three letters of the name.")
@json_option
def command(path: str, project: str | None, key: str | None, as_json: bool) -> None:
    """Make a catalog in PATH (its folder .errata), or a further project in the one that is there.

    An existing catalog is left as it is, and that is said.
    """
    from errata.verbs.init import init

    store, made = init(path, project, key)
    name, prefix = store.project.name, store.project.prefix
    if as_json:
        click.echo(json.dumps({"catalog": str(store.root), "project": name, "key": prefix, "made": made}))
        return
    click.echo(f"{store.root}  project {name}, records {prefix}-1, {prefix}-2, …" + ("" if made else " · was there"))
    click.echo("errata log FILE --model NAME@V --dataset NAME@V")
