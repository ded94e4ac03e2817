"""``errata template``."""

from __future__ import annotations

import json
from typing import Any

import click

from errata.cli.fields import read_fields
from errata.cli.history import history_of
from errata.cli.listed import shipped
from errata.cli.options import catalog_options, json_option


@click.group("template")
def group() -> None:
    """Templates: forms that guide who writes a case. Some ship with Errata."""


@group.command("list")
@json_option
@catalog_options
def list_(as_json: bool, **options: Any) -> None:
    """Every template: those that ship, and the project's own."""
    from errata.client.catalog import open_catalog

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        found = catalog.templates.all()
    if as_json:
        rows = [record.to_json() if record else shipped("template", body) for body, record in found.values()]
        click.echo(json.dumps({"schema": "errata.list/1", "templates": rows}, ensure_ascii=False))
        return
    from errata.show.table_text import table_text, terminal_width

    rows_ = [[name, record.key if record else "ships", body.title] for name, (body, record) in found.items()]
    click.echo(table_text(["template", "from", "title"], rows_, width=terminal_width()))
    click.echo("errata template show NAME > case.yaml, then errata case open --template NAME --file case.yaml")


@group.command("show")
@click.argument("name")
@json_option
@catalog_options
def show(name: str, as_json: bool, **options: Any) -> None:
    """The form of a template, to be filled in: a question above each field."""
    from errata.client.catalog import open_catalog
    from errata.verbs.template import of_name

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        if not as_json:
            click.echo(catalog.templates.form(name))
            return
        found = catalog.templates.all()
    body, record = of_name(found, name), found[name][1]
    click.echo(json.dumps(record.to_json() if record else shipped("template", body), ensure_ascii=False))


@group.command("add")
@click.option("--file", required=True, metavar="FILE", type=click.Path(), help="The template in YAML; - is stdin.")
@click.option("--reason", default="", metavar="TEXT", help="Why it is as it is.")
@json_option
@catalog_options
def add(file: str, reason: str, as_json: bool, **options: Any) -> None:
    """Enter a template: title, name, asks (field: question), fills, requires; or revise the one of that name."""
    from errata.client.catalog import open_catalog

    values = read_fields("template", (), file)
    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        found = catalog.templates.add(values, reason)
    if as_json:
        click.echo(json.dumps(found.to_json(), ensure_ascii=False))
        return
    click.echo(f"{found.key}  {found.name} · {found.title} · revision {found.revision}")
    click.echo(f"errata template show {found.name}")


group.add_command(history_of("templates"))
