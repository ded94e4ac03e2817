"""``errata label``."""

from __future__ import annotations

import json
from typing import Any

import click

from errata.cli.listed import listed
from errata.cli.options import catalog_options, json_option
from errata.cli.pages import page_of, page_options, say_next


@click.group("label")
def group() -> None:
    """Labels: a term of a vocabulary said of a record, run, finding or sample."""


@group.command("add")
@click.argument("subject", metavar="SUBJECT")
@click.argument("term", metavar="NAME:TERM")
@click.option("--confidence", type=float, metavar="P", help="How sure you are, 0 to 1.")
@click.option("--potential", is_flag=True, help="It may be so; without this it is known.")
@click.option("--span", multiple=True, metavar="FIELD:START:END", help="Where it can be read, in characters from 0.")
@click.option("--quote", multiple=True, metavar="FIELD:TEXT", help="The same by the words, which stand there once.")
@click.option("--note", default="", metavar="TEXT", help="What else there is to say.")
@json_option
@catalog_options
def add(
    subject: str, term: str, confidence: float | None, potential: bool, span: tuple[str, ...], quote: tuple[str, ...],
    note: str, as_json: bool, **options: Any,
) -> None:  # fmt: skip
    """Say that a term holds of SUBJECT: DIG-4, run:3, finding:4, or a sample, run:3#s00017."""
    from errata.client.catalog import open_catalog

    spans = [_span(text) for text in span] + [_quote(text) for text in quote]
    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        label = catalog.labels.add(
            subject,
            term,
            status="potential" if potential else "known",
            confidence=confidence,
            spans=spans,
            note=note,
        )
    _shown(label, as_json, f"errata label list {subject}")


@group.command("list")
@click.argument("subject", required=False, metavar="[SUBJECT]")
@click.option("--term", metavar="NAME:TERM", help="Only of this term and those below it.")
@click.option("--vocabulary", metavar="NAME", help="Only of this vocabulary.")
@click.option("--actor", metavar="NAME", help="Only by this actor.")
@click.option("--all", "everything", is_flag=True, help="Also what was taken back, and answers given in rounds.")
@page_options
@json_option
@catalog_options
def list_(subject: str | None, everything: bool, as_json: bool, **options: Any) -> None:
    """The labels that count, oldest first; of SUBJECT when given."""
    from errata.client.catalog import open_catalog

    wanted = {name: options[name] for name in ("term", "vocabulary", "actor")}
    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        found = catalog.labels.list(subject, everything=everything, **wanted, **page_of(options, as_json))
    if as_json:
        click.echo(listed("labels", found))
    elif found:
        from errata.show.table_text import terminal_width
        from errata.show.vocabulary_text import labels_text

        click.echo(labels_text(found, terminal_width()))
        say_next(found)
    else:
        click.echo(f"No label.\nerrata label add {subject or 'KEY'} failure-mode:TERM")


@group.command("show")
@click.argument("label", metavar="label:N")
@json_option
@catalog_options
def show(label: str, as_json: bool, **options: Any) -> None:
    """One label, with the meaning that its term had when it was given."""
    from errata.client.catalog import open_catalog
    from errata.core.names import parse_fact

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        found = catalog.labels.get(parse_fact(label, "label"))
    _shown(found, as_json, f"errata label list {found.subject}")


@group.command("retract")
@click.argument("label", metavar="label:N")
@click.option("--reason", required=True, metavar="TEXT", help="Why it does not hold.")
@json_option
@catalog_options
def retract(label: str, reason: str, as_json: bool, **options: Any) -> None:
    """Take a label back. It stays, with who, when and why."""
    from errata.client.catalog import open_catalog
    from errata.core.names import parse_fact

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        found = catalog.labels.retract(parse_fact(label, "label"), reason)
    _shown(found, as_json, f"errata label list {found.subject} --all")


@group.command("moves")
@click.argument("vocabulary", required=False, metavar="[NAME]")
@json_option
@catalog_options
def moves(vocabulary: str | None, as_json: bool, **options: Any) -> None:
    """The labels whose term was renamed, split or merged since, and what they could be today."""
    from errata.client.catalog import open_catalog

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        found = catalog.labels.moves(vocabulary)
    if as_json:
        click.echo(listed("labels", found))
        return
    if not found:
        click.echo("Every label has a term that is in use.")
        return
    from errata.show.table_text import terminal_width
    from errata.show.vocabulary_text import moves_text

    click.echo(moves_text(found, terminal_width()))
    clear = next((one for one in found if len(one.choices) == 1), None)
    unclear = next((one for one in found if len(one.choices) > 1), None)
    if clear:
        click.echo(f"errata label move {clear.vocabulary_name} --reason TEXT")
    if unclear:
        click.echo(f"errata label move {unclear.id} --to {unclear.choices[0]} --reason TEXT")


@group.command("move")
@click.argument("what", metavar="label:N|NAME")
@click.option("--to", metavar="TERM", help="Which of its choices, where its term was split.")
@click.option("--reason", default="", metavar="TEXT", help="Why.")
@json_option
@catalog_options
def move(what: str, to: str | None, reason: str, as_json: bool, **options: Any) -> None:
    """Say a label anew with what its term is called today; or all of a vocabulary that have one choice."""
    from errata.client.catalog import open_catalog
    from errata.core.names import is_fact, parse_fact

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        if is_fact(what, "label"):
            moved = [catalog.labels.move(parse_fact(what, "label"), to, reason)]
        else:
            moved = catalog.labels.move_all(what, reason)
        waiting = catalog.labels.moves()
    if as_json:
        click.echo(listed("labels", moved))
        return
    from errata.core.units import plural
    from errata.show.table_text import terminal_width
    from errata.show.vocabulary_text import labels_text

    click.echo(labels_text(moved, terminal_width()) if moved else "No label had one choice.")
    if waiting:
        click.echo(f"{plural(len(waiting), 'label')} could still move\nerrata label moves")


def _shown(label: Any, as_json: bool, step: str) -> None:
    if as_json:
        click.echo(json.dumps(label.to_json(), ensure_ascii=False))
        return
    from errata.show.vocabulary_text import label_text

    click.echo(label_text(label))
    click.echo(step)


def _span(text: str) -> dict[str, Any]:
    from errata.core.errors import GrammarError

    field, _, edges = text.partition(":")
    start, _, end = edges.partition(":")
    if not (field and start.isdecimal() and end.isdecimal()):
        raise GrammarError(
            "bad-span",
            f"--span {text!r} is not FIELD:START:END",
            expected="a field, and where it begins and ends, in characters from 0",
            found=repr(text),
            next="--span summary:10:24, or --quote 'summary:the words'",
        )
    return {"field": field, "start": int(start), "end": int(end)}


def _quote(text: str) -> dict[str, Any]:
    field, _, words = text.partition(":")
    return {"field": field, "quote": words}
