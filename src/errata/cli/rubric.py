"""``errata rubric``."""

from __future__ import annotations

import json
from typing import Any

import click

from errata.cli.fields import read_fields
from errata.cli.history import history_of
from errata.cli.listed import listed, shipped
from errata.cli.options import catalog_options, json_option
from errata.cli.pages import page_of, page_options, say_next


@click.group("rubric")
def group() -> None:
    """Rubrics: the axes by which severity is rated, each level anchored in words."""


@group.command("show")
@click.argument("name", required=False, metavar="[KEY|NAME]")
@json_option
@catalog_options
def show(name: str | None, as_json: bool, **options: Any) -> None:
    """One rubric: its axes, levels, bands; the one called severity unless another is named."""
    show_rubric(name, as_json, options)


@group.command("list")
@page_options
@json_option
@catalog_options
def list_(as_json: bool, **options: Any) -> None:
    """The project's rubrics. One ships with Errata, and is entered when a case is first rated by it."""
    from errata.client.catalog import open_catalog

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        found = catalog.rubrics.list(**page_of(options, as_json))
    if as_json:
        click.echo(listed("rubrics", found))
        return
    for one in found:
        click.echo(f"{one.key}  {one.name} · {one.title} · revision {one.revision}")
    say_next(found)
    if not found:
        click.echo("No rubric of its own yet; the one that ships is called severity.\nerrata rubric show severity")


@group.command("add")
@click.option("--file", required=True, metavar="FILE", type=click.Path(), help="The rubric in YAML; - is stdin.")
@click.option("--reason", default="", metavar="TEXT", help="Why it is as it is.")
@json_option
@catalog_options
def add(file: str, reason: str, as_json: bool, **options: Any) -> None:
    """Enter a rubric, or revise the one of the same name. Cases keep the revision that rated them."""
    from errata.client.catalog import open_catalog

    values = read_fields("rubric", (), file)
    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        found = catalog.rubrics.add(values, reason)
    if as_json:
        click.echo(json.dumps(found.to_json(), ensure_ascii=False))
        return
    click.echo(f"{found.key}  {found.name} · {found.title} · revision {found.revision}\nerrata rubric show {found.key}")


group.add_command(history_of("rubrics"))


def show_rubric(name: str | None, as_json: bool, options: dict[str, Any]) -> None:
    """Print a rubric."""
    from errata.client.catalog import open_catalog
    from errata.nouns.record import Record

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        found = catalog.rubrics.named(name)
    if as_json:
        body = found.to_json() if isinstance(found, Record) else shipped("rubric", found)
        click.echo(json.dumps(body, ensure_ascii=False))
        return
    from errata.show.rubric_text import rubric_text

    click.echo(rubric_text(found))
