"""``errata comment``."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from errata.cli.listed import listed
from errata.cli.options import catalog_options, json_option


@click.group("comment")
def group() -> None:
    """Discussion: what people say about a record, a run or a finding."""


@group.command("add")
@click.argument("subject", metavar="KEY")
@click.argument("text", metavar="TEXT")
@click.option("--answers", metavar="comment:N", help="Another comment about the same, which this one answers.")
@json_option
@catalog_options
def add(subject: str, text: str, answers: str | None, as_json: bool, **options: Any) -> None:
    """Say something about KEY: DIG-4, run:3 or finding:4. TEXT of - is read from standard input."""
    from errata.client.catalog import open_catalog
    from errata.core.names import parse_fact

    said = sys.stdin.read() if text == "-" else text
    number = None if answers is None else parse_fact(answers, "comment")
    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        made = catalog.comments.add(subject, said, number)
    _shown(made, as_json)


@group.command("list")
@click.argument("subject", metavar="KEY")
@json_option
@catalog_options
def list_(subject: str, as_json: bool, **options: Any) -> None:
    """What was said about KEY, each answer under what it answers."""
    from errata.client.catalog import open_catalog

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        found = catalog.comments.list(subject)
    if as_json:
        click.echo(listed("comments", found))
        return
    from errata.show.comment_text import thread_text
    from errata.show.table_text import terminal_width

    if found:
        click.echo(thread_text(found, terminal_width()))
        click.echo(f"errata comment add {subject} TEXT --answers {found[-1].id}")
    else:
        click.echo(f"Nobody has said anything about {subject} yet.\nerrata comment add {subject} TEXT")


@group.command("retract")
@click.argument("comment", metavar="comment:N")
@click.option("--reason", required=True, metavar="TEXT", help="Why it is taken back.")
@json_option
@catalog_options
def retract(comment: str, reason: str, as_json: bool, **options: Any) -> None:
    """Take a comment back: its text is shown no more. Who, when and why stay."""
    from errata.client.catalog import open_catalog
    from errata.core.names import parse_fact

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        found = catalog.comments.retract(parse_fact(comment, "comment"), reason)
    _shown(found, as_json)


def _shown(comment: Any, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(comment.to_json(), ensure_ascii=False))
        return
    from errata.show.comment_text import comment_text
    from errata.show.table_text import terminal_width

    click.echo(comment_text(comment, terminal_width()))
    click.echo(f"errata comment list {comment.subject}")
