"""``errata watch``, ``errata unwatch``, ``errata inbox``."""

from __future__ import annotations

import json
from typing import Any

import click

from errata.cli.listed import listed
from errata.cli.options import catalog_options, json_option


@click.command("watch")
@click.argument("what", required=False, metavar="[KEY|QUERY]")
@click.option("--list", "listed", is_flag=True, help="What you watch.")
@json_option
@catalog_options
def watch(what: str | None, listed: bool, as_json: bool, **options: Any) -> None:
    """Be told, in errata inbox, what others do to a record, run:N, finding:N, or the cases of a QUERY in quotes."""
    from errata.client.catalog import open_catalog
    from errata.core.errors import UsageError

    if listed == (what is not None):
        raise UsageError(
            "watch-what", "one thing to watch, or --list", expected="KEY, run:N, a query, or --list", next="--list"
        )
    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        if what is None:
            _listed(catalog.subscriptions.list(), as_json)
            return
        made = catalog.subscriptions.watch(what)
    if as_json:
        click.echo(json.dumps(made.to_json(), ensure_ascii=False))
        return
    click.echo(f"You watch {'the cases of ' if made.query else ''}{made.subject}.\nerrata inbox")


@click.command("unwatch")
@click.argument("what", metavar="KEY|QUERY")
@json_option
@catalog_options
def unwatch(what: str, as_json: bool, **options: Any) -> None:
    """Watch it no more."""
    from errata.client.catalog import open_catalog

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        catalog.subscriptions.unwatch(what)
    said = json.dumps({"schema": "errata.unwatch/1", "unwatched": what})
    click.echo(said if as_json else f"You do not watch {what} any more.")


@click.command("inbox")
@click.option("--mark", is_flag=True, help="All that is shown was seen: the next time only what is newer is.")
@json_option
@catalog_options
def inbox(mark: bool, as_json: bool, **options: Any) -> None:
    """What others did to what you watch since you marked it as seen, newest first."""
    from errata.client.catalog import open_catalog

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        found = catalog.inbox(mark=mark)
        watches = len(catalog.subscriptions.list())
    if as_json:
        click.echo(json.dumps(found.to_json(), ensure_ascii=False))
        return
    if not found.news:
        click.echo("Nothing new of what you watch." if watches else "You watch nothing yet.\nerrata watch KEY")
        return
    from errata.show.inbox_text import inbox_text
    from errata.show.table_text import terminal_width

    click.echo(inbox_text(found.news, terminal_width()))
    if not mark:
        click.echo("errata inbox --mark")


def _listed(found: list[Any], as_json: bool) -> None:
    if as_json:
        click.echo(listed("subscriptions", found))
    elif found:
        from errata.show.inbox_text import subscriptions_text
        from errata.show.table_text import terminal_width

        click.echo(subscriptions_text(found, terminal_width()))
        click.echo("errata inbox")
    else:
        click.echo("You watch nothing yet.\nerrata watch KEY")
