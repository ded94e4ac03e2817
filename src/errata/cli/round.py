"""``errata round``."""

from __future__ import annotations

import json
from typing import Any

import click

from errata.cli.history import history_of
from errata.cli.listed import listed
from errata.cli.options import catalog_options, json_option
from errata.cli.pages import page_of, page_options, say_next


@click.group("round")
def group() -> None:
    """Labelling rounds: several people label the same things blind, then compare and decide."""


@group.command("open")
@click.argument("subjects", metavar="[SUBJECT]...", nargs=-1)
@click.option("--title", required=True, metavar="TEXT", help="What it is about.")
@click.option("--vocabulary", default="failure-mode", show_default=True, metavar="NAME", help="Where terms are from.")
@click.option("--actor", "actors", multiple=True, required=True, metavar="NAME", help="Who labels; given for each.")
@click.option("--file", metavar="FILE", type=click.Path(), help="More subjects, one a line.")
@click.option("--many", is_flag=True, help="Several terms may hold of one subject.")
@click.option("--choice", "choices", multiple=True, metavar="TERM", help="The only terms to choose from; each.")
@click.option("--instructions", default="", metavar="TEXT", help="What to look at, and what to do in doubt.")
@json_option
@catalog_options
def open_(
    subjects: tuple[str, ...], title: str, vocabulary: str, actors: tuple[str, ...], file: str | None, many: bool,
    choices: tuple[str, ...], instructions: str, as_json: bool, **options: Any,
) -> None:  # fmt: skip
    """Open a round over SUBJECTs: DIG-4, run:3, finding:4, or samples such as run:3#s00017."""
    from errata.client.catalog import open_catalog

    more: list[str] = []
    if file is not None:
        from errata.verbs.samples import read_samples

        ids, _ = read_samples(file)
        more = [str(one) for one in ids or ()]
    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        made = catalog.rounds.open(
            title=title,
            vocabulary=vocabulary,
            subjects=[*subjects, *more],
            actors=actors,
            many=many,
            choices=choices,
            instructions=instructions,
        )
    if as_json:
        click.echo(json.dumps(made.to_json(), ensure_ascii=False))
        return
    from errata.core.units import plural

    click.echo(f"{made.key}  {made.title} · {made.state} · {plural(len(made.subjects), 'subject')}")
    click.echo(f"errata round label {made.key} {made.subjects[0]} TERM")


@group.command("list")
@click.option("--state", metavar="STATE", help="Only open, closed or adjudicated.")
@page_options
@json_option
@catalog_options
def list_(state: str | None, as_json: bool, **options: Any) -> None:
    """Every round, oldest first."""
    from errata.client.catalog import open_catalog

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        found = catalog.rounds.list(state, **page_of(options, as_json))
    if as_json:
        click.echo(listed("rounds", found))
    elif found:
        from errata.show.round_text import rounds_text
        from errata.show.table_text import terminal_width

        click.echo(rounds_text(found, terminal_width()))
        say_next(found)
    else:
        click.echo(f"No {state + ' ' if state else ''}round.\nerrata round open KEY KEY --title TEXT --actor NAME")


@group.command("show")
@click.argument("key", metavar="KEY")
@json_option
@catalog_options
def show(key: str, as_json: bool, **options: Any) -> None:
    """One round: your own answers while it is open; then everybody's, how far they agree, and what to decide."""
    from errata.client.catalog import open_catalog

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        view, actor = catalog.rounds.view(key), catalog.actor
    _shown(view, actor, as_json)


@group.command("label")
@click.argument("key", metavar="KEY")
@click.argument("subject", metavar="SUBJECT")
@click.argument("terms", metavar="[TERM]...", nargs=-1)
@click.option("--confidence", type=float, metavar="P", help="How sure you are, 0 to 1.")
@click.option("--note", default="", metavar="TEXT", help="What else there is to say.")
@json_option
@catalog_options
def label(
    key: str, subject: str, terms: tuple[str, ...], confidence: float | None, note: str, as_json: bool, **options: Any
) -> None:
    """Your answer for SUBJECT, instead of any before; without a TERM it is taken back."""
    from errata.client.catalog import open_catalog

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        said = catalog.rounds.label(key, subject, *terms, confidence=confidence, note=note)
        view = catalog.rounds.view(key)
    if as_json:
        click.echo(listed("labels", said))
        return
    left = [item.subject for item in view.items if not item.answers]
    answer = ", ".join(one.path for one in said) or "no answer"
    click.echo(f"{subject}  {answer} · {len(view.items) - len(left):,} of {len(view.items):,} done")
    click.echo(f"errata round label {key} {left[0]} TERM" if left else f"errata round close {key}")


@group.command("close")
@click.argument("key", metavar="KEY")
@click.option("--reason", default="", metavar="TEXT", help="Why now.")
@json_option
@catalog_options
def close(key: str, reason: str, as_json: bool, **options: Any) -> None:
    """End the labelling: everybody sees every answer, and what two or more agree on is decided."""
    from errata.client.catalog import open_catalog

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        view, actor = catalog.rounds.close(key, reason), catalog.actor
    _shown(view, actor, as_json)


@group.command("adjudicate")
@click.argument("key", metavar="KEY")
@click.argument("subject", metavar="SUBJECT")
@click.argument("terms", metavar="TERM...", nargs=-1, required=True)
@click.option("--reason", required=True, metavar="TEXT", help="Why it is so.")
@json_option
@catalog_options
def adjudicate(key: str, subject: str, terms: tuple[str, ...], reason: str, as_json: bool, **options: Any) -> None:
    """Decide what SUBJECT is; this is the label that counts outside of the round."""
    from errata.client.catalog import open_catalog

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        view, actor = catalog.rounds.adjudicate(key, subject, *terms, reason=reason), catalog.actor
    _shown(view, actor, as_json)


group.add_command(history_of("rounds"))


def _shown(view: Any, actor: str, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(view.to_json(), ensure_ascii=False))
        return
    from errata.show.round_text import round_text
    from errata.show.table_text import terminal_width

    click.echo(round_text(view, actor, terminal_width()))
