"""``errata actor``."""

from __future__ import annotations

import json
from typing import Any

import click

from errata.cli.options import catalog_options, json_option

SCHEMA = "errata.actors/1"


@click.group("actor")
def group() -> None:
    """Actors: who has acted in a catalog, and up to where they see."""


@group.command("list")
@json_option
@catalog_options
def list_(as_json: bool, **options: Any) -> None:
    """Everybody who has acted: since when, and up to where they see."""
    from errata.client.catalog import open_catalog
    from errata.verbs.actor import list_actors

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        found = list_actors(catalog.store)
    if as_json:
        click.echo(json.dumps({"schema": SCHEMA, "actors": [one.to_json() for one in found]}))
        return
    from errata.nouns.sensitivity import EVERYTHING, seen
    from errata.show.table_text import table_text, terminal_width

    rows = [[one.name, f"{one.at:%Y-%m-%d}", seen(one.clearance or EVERYTHING)] for one in found]
    click.echo(table_text(["actor", "since", "sees"], rows, width=terminal_width()))


@group.command("edit")
@click.argument("name")
@click.option("--clearance", required=True, metavar="LEVEL", help="public, internal, confidential or restricted.")
@click.option("--reason", default="", metavar="TEXT", help="Why.")
@json_option
@catalog_options
def edit(name: str, clearance: str, reason: str, as_json: bool, **options: Any) -> None:
    """Say up to where somebody sees records, from the next time that they open the catalog."""
    from errata.client.catalog import open_catalog
    from errata.nouns.sensitivity import EVERYTHING, seen
    from errata.verbs.actor import edit_actor

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        done = edit_actor(catalog.store, name, clearance, reason=reason)
    if as_json:
        click.echo(json.dumps({"schema": SCHEMA, "actors": [done.to_json()]}))
        return
    click.echo(f"{done.name} sees {seen(done.clearance or EVERYTHING)}\nerrata actor list")
