"""``errata case search``, and ``errata search``: the searches that were saved."""

from __future__ import annotations

import json
import shlex
from typing import Any

import click

from errata.cli.listed import listed
from errata.cli.options import catalog_options, json_option
from errata.cli.pages import page_of, page_options, say_next

_limit = click.option(
    "--limit", type=int, default=20, show_default=True, metavar="N", help="Cases on a page, 1 to 200."
)
_cursor = click.option("--cursor", metavar="CURSOR", help="The page that this cursor of an earlier result begins.")
_no_facets = click.option("--no-facets", is_flag=True, help="Do not count how the hits are spread.")
# A word that is not to be found begins as an option does, so what is no option of ours is a word of the query.
_WORDS = {"ignore_unknown_options": True, "help_option_names": ["--help"]}


@click.command("search", context_settings=_WORDS)
@click.argument("query", nargs=-1, metavar="[QUERY]...")
@_limit
@_cursor
@_no_facets
@json_option
@catalog_options
def command(
    query: tuple[str, ...], limit: int, cursor: str | None, no_facets: bool, as_json: bool, **options: Any
) -> None:
    """Find cases by words and fields: 'night rain -snow severity>=high model:resnet50@>=3'.

    Words are all to be found, without case and accents. Best in single quotes, because of < and >. The whole language
    stands in docs/search.md.
    """
    from errata.client.catalog import open_catalog
    from errata.nouns.query import Query

    text = Query.joined(query) if query else ""
    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        hits = catalog.cases.search(text, limit, cursor, facets=not no_facets)
    _show(hits, as_json, f"errata case search {shlex.quote(hits.query)}")


@click.group("search")
def group() -> None:
    """Saved searches: queries that you ask again and again. (To search: errata case search.)"""


@group.command("save", context_settings=_WORDS)
@click.argument("name", metavar="NAME")
@click.argument("query", nargs=-1, required=True, metavar="QUERY...")
@json_option
@catalog_options
def save(name: str, query: tuple[str, ...], as_json: bool, **options: Any) -> None:
    """Keep a query under a name."""
    from errata.client.catalog import open_catalog
    from errata.nouns.query import Query

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        saved = catalog.saved_searches.save(name, Query.joined(query))
    if as_json:
        click.echo(json.dumps(saved.to_json(), ensure_ascii=False))
    else:
        click.echo(f"{saved.key}  {saved.title} · {saved.query}\nerrata search run {saved.key}")


@group.command("list")
@page_options
@json_option
@catalog_options
def list_(as_json: bool, **options: Any) -> None:
    """Every saved search, oldest first."""
    from errata.client.catalog import open_catalog

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        saved = catalog.saved_searches.list(**page_of(options, as_json))
    if as_json:
        click.echo(listed("searches", saved))
    elif saved:
        from errata.show.table_text import table_text, terminal_width

        rows = [[one.key, one.title, one.created_by, one.query] for one in saved]
        click.echo(table_text(["search", "name", "by", "query"], rows, width=terminal_width()))
        say_next(saved)
    else:
        click.echo("No saved search.\nerrata search save NAME QUERY")


@group.command("run")
@click.argument("name", metavar="KEY|NAME")
@_limit
@_cursor
@_no_facets
@json_option
@catalog_options
def run(name: str, limit: int, cursor: str | None, no_facets: bool, as_json: bool, **options: Any) -> None:
    """What a saved search finds today."""
    from errata.client.catalog import open_catalog

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        hits = catalog.saved_searches.run(name, limit, cursor, facets=not no_facets)
    _show(hits, as_json, f"errata search run {shlex.quote(name)}")


def _show(hits: Any, as_json: bool, again: str) -> None:
    if as_json:
        click.echo(json.dumps(hits.to_json(), ensure_ascii=False))
        return
    from errata.show.search_text import hits_text
    from errata.show.table_text import terminal_width

    click.echo(hits_text(hits, terminal_width()))
    if hits.cursor:
        click.echo(f"{again} --cursor {hits.cursor}")
    elif hits.records:
        click.echo(f"errata case show {hits.records[0].key}")
