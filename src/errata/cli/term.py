"""``errata vocabulary term``: each change of a term is one revision of its vocabulary, with a reason."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import click

from errata.cli.options import catalog_options, json_option

_FIELDS = (
    click.option("--label", metavar="TEXT", help="What people call it, in --language."),
    click.option("--definition", metavar="TEXT", help="What it means, in --language."),
    click.option("--language", default="en", show_default=True, metavar="TAG", help="Of label, definition and --alt."),
    click.option("--alt", multiple=True, metavar="TEXT", help="Another name of it; may be given again."),
    click.option("--example", multiple=True, metavar="TEXT", help="What is one; may be given again."),
    click.option("--counter-example", multiple=True, metavar="TEXT", help="What is none; may be given again."),
    click.option("--broader", metavar="TERM", help="What it is a kind of."),
    click.option("--related", multiple=True, metavar="TERM", help="What goes with it; may be given again."),
    click.option("--exact-match", multiple=True, metavar="CURIE", help="The same in another list, such as avid:P0102."),
    click.option("--close-match", multiple=True, metavar="CURIE", help="Something near to it in another list."),
)
_REASON = click.option("--reason", required=True, metavar="TEXT", help="Why, for whoever meets an old label.")
Command = Callable[..., None]


def _fields(command: Command) -> Command:
    for option in reversed(_FIELDS):
        command = option(command)
    return command


@click.group("term")
def group() -> None:
    """Terms of a vocabulary: add, edit, rename, split, merge, deprecate."""


@group.command("add")
@click.argument("term", metavar="NAME:TERM")
@_fields
@click.option("--reason", default="", metavar="TEXT", help="Why it is needed.")
@json_option
@catalog_options
def add(term: str, reason: str, as_json: bool, **options: Any) -> None:
    """Add a term. Its label is made of its id unless given."""
    _changed(term, as_json, options, lambda found: found.add_term(term, reason=reason, **_given(options)))


@group.command("edit")
@click.argument("term", metavar="NAME:TERM")
@_fields
@click.option("--reason", default="", metavar="TEXT", help="Why you change it.")
@json_option
@catalog_options
def edit(term: str, reason: str, as_json: bool, **options: Any) -> None:
    """Change what a term says. Lists that are given replace those that were there."""
    _changed(term, as_json, options, lambda found: found.edit_term(term, reason=reason, **_given(options)))


@group.command("rename")
@click.argument("term", metavar="NAME:TERM")
@click.argument("new", metavar="NEW")
@click.option("--label", default="", metavar="TEXT", help="What people call it from now on.")
@_REASON
@json_option
@catalog_options
def rename(term: str, new: str, label: str, reason: str, as_json: bool, **options: Any) -> None:
    """Give a term another id. Old labels stay readable; `errata label moves` offers the move."""
    _changed(term, as_json, options, lambda found: found.rename_term(term, new, reason, label), new, moves=True)


@group.command("split")
@click.argument("term", metavar="NAME:TERM")
@click.argument("into", metavar="TERM TERM", nargs=-1, required=True)
@_REASON
@json_option
@catalog_options
def split(term: str, into: tuple[str, ...], reason: str, as_json: bool, **options: Any) -> None:
    """Replace a term by two or more; those that are not there yet are made beside it."""
    _changed(term, as_json, options, lambda found: found.split_term(term, into, reason), moves=True)


@group.command("merge")
@click.argument("terms", metavar="NAME:TERM", nargs=-1, required=True)
@click.option("--into", required=True, metavar="TERM", help="The term that stays; it takes over their names.")
@_REASON
@json_option
@catalog_options
def merge(terms: tuple[str, ...], into: str, reason: str, as_json: bool, **options: Any) -> None:
    """Replace terms by one that is there."""
    _changed(terms[0], as_json, options, lambda found: found.merge_terms(terms, into, reason), into, moves=True)


@group.command("deprecate")
@click.argument("term", metavar="NAME:TERM")
@click.option("--instead", multiple=True, metavar="TERM", help="What to use instead; may be given again.")
@_REASON
@json_option
@catalog_options
def deprecate(term: str, instead: tuple[str, ...], reason: str, as_json: bool, **options: Any) -> None:
    """Stop using a term. Labels that have it keep it."""
    _changed(term, as_json, options, lambda found: found.deprecate_term(term, reason, instead), moves=bool(instead))


def _given(options: dict[str, Any]) -> dict[str, Any]:
    tag = options["language"]
    values: dict[str, Any] = {
        "pref_label": {tag: options["label"]} if options["label"] else None,
        "definition": {tag: options["definition"]} if options["definition"] else None,
        "alt_labels": {tag: list(options["alt"])} if options["alt"] else None,
        "examples": options["example"],
        "counter_examples": options["counter_example"],
        **{name: options[name] for name in ("broader", "related", "exact_match", "close_match")},
    }
    return {name: value for name, value in values.items() if value}


def _changed(
    term: str,
    as_json: bool,
    options: dict[str, Any],
    change: Callable[[Any], Any],
    at: str | None = None,
    moves: bool = False,
) -> None:
    from errata.client.catalog import open_catalog
    from errata.nouns.vocabulary import parse_term

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        record = change(catalog.vocabularies)
        counts = catalog.vocabularies.counts(record.key)
        waiting = len(catalog.labels.moves(record.key)) if moves else 0
    if as_json:
        click.echo(json.dumps(record.to_json(), ensure_ascii=False))
        return
    from errata.core.units import plural
    from errata.show.vocabulary_text import term_text

    found = (at or parse_term(term)[1]).rsplit("/", 1)[-1]
    click.echo(term_text(record, found, counts.get(found, 0)))
    if waiting:
        click.echo(f"{plural(waiting, 'label')} could move\nerrata label moves {record.name}")
    else:
        click.echo(f"errata vocabulary history {record.name}")
