"""``errata token``."""

from __future__ import annotations

import json
from typing import Any

import click

from errata.cli.listed import listed
from errata.cli.options import catalog_options, json_option


@click.group("token")
def group() -> None:
    """Tokens: what a program shows to `errata serve` to act as somebody."""


@group.command("add")
@click.argument("name")
@click.option("--actor", metavar="NAME", help="Whom it acts as; otherwise you.")
@click.option("--read-only", is_flag=True, help="It may not write.")
@click.option("--clearance", metavar="LEVEL", help="It sees records up to public, internal, confidential, restricted.")
@json_option
@catalog_options
def add(name: str, actor: str | None, read_only: bool, clearance: str | None, as_json: bool, **options: Any) -> None:
    """Make a token. It is shown once, and only its digest is kept.

    Without --clearance it sees what its actor may see (errata actor list), or else all but what is restricted.
    """
    from errata.client.catalog import open_catalog
    from errata.nouns.sensitivity import seen
    from errata.verbs.token import add_token, list_tokens

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        text = add_token(catalog.store, name, actor, writes=not read_only, clearance=clearance)
        [made] = [one for one in list_tokens(catalog.store) if one.name == name]
    if as_json:
        click.echo(json.dumps({**made.to_json(), "token": text}))
        return
    click.echo(f"{text}\n  acts as {made.actor}, sees {seen(made.clearance)}; it is not shown again")
    click.echo("ERRATA_TOKEN=TOKEN errata case list --catalog http://127.0.0.1:8151")


@group.command("list")
@json_option
@catalog_options
def list_(as_json: bool, **options: Any) -> None:
    """Every token by name: whom it acts as, and whether it counts."""
    from errata.client.catalog import open_catalog
    from errata.verbs.token import list_tokens

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        found = list_tokens(catalog.store)
    if as_json:
        click.echo(listed("tokens", found))
        return
    from errata.show.table_text import table_text, terminal_width

    if not found:
        click.echo("No token.\nerrata token add NAME")
        return
    said = [
        [
            one.name,
            one.actor,
            "reads and writes" if one.writes else "reads",
            one.clearance,
            "revoked" if one.revoked_at else "counts",
        ]
        for one in found
    ]
    click.echo(table_text(["token", "acts as", "may", "sees up to", "state"], said, width=terminal_width()))


@group.command("revoke")
@click.argument("name")
@click.option("--reason", default="", metavar="TEXT", help="Why.")
@json_option
@catalog_options
def revoke(name: str, reason: str, as_json: bool, **options: Any) -> None:
    """Let a token count no more, from the next request on."""
    from errata.client.catalog import open_catalog
    from errata.verbs.token import revoke_token

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        revoke_token(catalog.store, name, reason)
    said = json.dumps({"schema": "errata.token-revoke/1", "revoked": name})
    click.echo(said if as_json else f"{name} counts no more\nerrata token list")
