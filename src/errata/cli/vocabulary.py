"""``errata vocabulary``."""

from __future__ import annotations

import json
from typing import Any

import click

from errata.cli.history import history_of
from errata.cli.listed import listed
from errata.cli.options import catalog_options, json_option
from errata.cli.pages import page_of, page_options, say_next
from errata.cli.term import group as term_group


@click.group("vocabulary")
def group() -> None:
    """Vocabularies: the terms that labels are taken from, each with a meaning that is written down."""


group.add_command(term_group)


@group.command("add")
@click.argument("source", metavar="NAME|FILE")
@click.option("--name", metavar="NAME", help="What it shall be called, if not as its file says.")
@json_option
@catalog_options
def add(source: str, name: str | None, as_json: bool, **options: Any) -> None:
    """Enter a vocabulary: failure-mode, which comes with Errata, or a file of YAML, JSON or SKOS JSON-LD."""
    from errata.client.catalog import open_catalog

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        made = catalog.vocabularies.add(source, name)
    if as_json:
        click.echo(json.dumps(made.to_json(), ensure_ascii=False))
        return
    from errata.core.units import plural

    click.echo(f"{made.key}  {made.title} · {made.name} · {plural(len(made.concepts), 'term')}")
    click.echo(f"errata vocabulary show {made.name}\nerrata label add KEY {made.name}:TERM")


@group.command("list")
@page_options
@json_option
@catalog_options
def list_(as_json: bool, **options: Any) -> None:
    """Every vocabulary, oldest first."""
    from errata.client.catalog import open_catalog

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        found = catalog.vocabularies.list(**page_of(options, as_json))
    if as_json:
        click.echo(listed("vocabularies", found))
    elif found:
        from errata.show.table_text import terminal_width
        from errata.show.vocabulary_text import vocabularies_text

        click.echo(vocabularies_text(found, terminal_width()))
        say_next(found)
    else:
        click.echo("No vocabulary.\nerrata vocabulary add failure-mode")


@group.command("show")
@click.argument("named", metavar="NAME[:TERM]")
@json_option
@catalog_options
def show(named: str, as_json: bool, **options: Any) -> None:
    """One vocabulary as a tree, with how many labels each term has; or one term of it, with what it means."""
    from errata.client.catalog import open_catalog
    from errata.nouns.vocabulary import parse_term

    name, term = parse_term(named) if ":" in named else (named, None)
    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        record = catalog.vocabularies.get(name)
        counts = catalog.vocabularies.counts(name)
    at = None if term is None else record.body.resolve(term)
    if as_json:
        values = {**record.to_json(), "labels": counts}
        if at is not None:
            concept = record.concepts[at]
            values = {"schema": "errata.term/1", "vocabulary": record.key, "name": record.name}
            values |= {
                "revision": record.revision,
                "term": at,
                "path": record.body.path(at),
                **concept.model_dump(mode="json"),
                "labels": counts.get(at, 0),
            }
        click.echo(json.dumps(values, ensure_ascii=False))
        return
    from errata.show.table_text import terminal_width
    from errata.show.vocabulary_text import term_text, vocabulary_text

    if at is None:
        click.echo(vocabulary_text(record, counts, terminal_width()))
        click.echo(f"errata vocabulary show {record.name}:TERM")
    else:
        click.echo(term_text(record, at, counts.get(at, 0)))
        click.echo(f"errata label add KEY {record.name}:{record.body.path(at)}")


@group.command("edit")
@click.argument("named", metavar="NAME")
@click.option("--title", metavar="TEXT", help="The new title.")
@click.option("--description", metavar="TEXT", help="What it is about.")
@click.option("--source", metavar="TEXT", help="Where it comes from.")
@click.option("--licence", metavar="TEXT", help="Under which licence.")
@click.option("--reason", default="", metavar="TEXT", help="Why you change it.")
@click.option("--revision", type=int, metavar="N", help="The revision you saw: refused if there is a newer one.")
@json_option
@catalog_options
def edit(named: str, reason: str, revision: int | None, as_json: bool, **options: Any) -> None:
    """Change what it says of itself; its terms are changed by `errata vocabulary term`."""
    from errata.client.catalog import open_catalog

    fields = ("title", "description", "source", "licence")
    changes = {name: options[name] for name in fields if options[name] is not None}
    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        made = catalog.vocabularies.edit(named, reason=reason, revision=revision, **changes)
    if as_json:
        click.echo(json.dumps(made.to_json(), ensure_ascii=False))
        return
    click.echo(f"{made.key}  {made.title} · {made.name} · revision {made.revision}")
    click.echo(f"errata vocabulary history {made.name}")


group.add_command(history_of("vocabularies"))


@group.command("retire")
@click.argument("named", metavar="NAME")
@click.option("--reason", required=True, metavar="TEXT", help="Why.")
@click.option("--instead", metavar="NAME", help="The vocabulary that is used from now on.")
@json_option
@catalog_options
def retire(named: str, reason: str, instead: str | None, as_json: bool, **options: Any) -> None:
    """Label nothing new with a vocabulary; its labels stay, and are found as before."""
    from errata.client.catalog import open_catalog

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        record = catalog.vocabularies.retire(named, reason, instead)
    if as_json:
        click.echo(json.dumps(record.to_json(), ensure_ascii=False))
        return
    used = f"; {record.instead} is used instead" if record.instead else ""
    click.echo(f"{record.name} is retired{used}\nerrata vocabulary restore {record.name} --reason TEXT")


@group.command("restore")
@click.argument("named", metavar="NAME")
@click.option("--reason", required=True, metavar="TEXT", help="Why.")
@json_option
@catalog_options
def restore(named: str, reason: str, as_json: bool, **options: Any) -> None:
    """Let a retired vocabulary be used again."""
    from errata.client.catalog import open_catalog

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        record = catalog.vocabularies.restore(named, reason)
    if as_json:
        click.echo(json.dumps(record.to_json(), ensure_ascii=False))
        return
    click.echo(f"{record.name} may be used again\nerrata vocabulary show {record.name}")


@group.command("export")
@click.argument("named", metavar="NAME")
@click.option("--out", metavar="FILE", type=click.Path(dir_okay=False), help="Write it there instead of printing it.")
@json_option
@catalog_options
def export(named: str, out: str | None, as_json: bool, **options: Any) -> None:
    """Write a vocabulary as SKOS in JSON-LD, which `errata vocabulary add FILE` and other tools read."""
    from errata.client.catalog import open_catalog

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        document = catalog.vocabularies.skos(named)
    text = json.dumps(document, ensure_ascii=False, indent=None if as_json else 1)
    if out is None:
        click.echo(text)
        return
    from errata.show.files import write_text

    write_text(out, text + "\n")
    if as_json:
        click.echo(json.dumps({"schema": "errata.vocabulary-export/1", "out": out}, ensure_ascii=False))
    else:
        click.echo(f"{len(document['@graph']) - 1} terms written to {out}")


@group.command("health")
@click.argument("named", metavar="NAME")
@click.option("--share", type=float, default=0.25, show_default=True, metavar="P", help="Overloaded is above this.")
@json_option
@catalog_options
def health(named: str, share: float, as_json: bool, **options: Any) -> None:
    """Which terms serve badly: overloaded, unclear to people, outdated, without a definition, unused."""
    from errata.client.catalog import open_catalog

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        found = catalog.vocabularies.health(named, share)
    if as_json:
        click.echo(json.dumps(found.to_json(), ensure_ascii=False))
        return
    from errata.show.round_text import health_text
    from errata.show.table_text import terminal_width

    click.echo(health_text(found, terminal_width()))
    click.echo(f"errata label moves {found.name}" if found.outdated else f"errata vocabulary show {found.name}")
