"""Lists page by page: ``--limit`` and ``--cursor``, and at the foot the command that prints the next page."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from errata.nouns.page import MOST, USUAL, Page

F = TypeVar("F", bound=Callable[..., Any])
_LIMIT = f"Rows on a page, 1 to {MOST}; otherwise {USUAL}, and with --json all."


def page_options(function: F) -> F:
    """Add ``--limit`` and ``--cursor``, which the command gives on with ``page_of``."""
    cursor = click.option("--cursor", metavar="CURSOR", help="The page that this cursor of an earlier page begins.")
    return click.option("--limit", type=int, metavar="N", help=_LIMIT)(cursor(function))


def page_of(options: Mapping[str, Any], as_json: bool) -> dict[str, Any]:
    """Which page was asked for: people read a page, and programs all of it, unless they say so."""
    limit = USUAL if options["limit"] is None and not as_json else options["limit"]
    return {"limit": limit, "cursor": options["cursor"]}


def say_next(page: Page[Any]) -> None:
    """Print the command of the next page, if there is one: what was typed, with another cursor."""
    if page.cursor is None:
        return
    context = click.get_current_context()
    words = context.command_path.split()
    for one in context.command.params:
        name = str(one.name)
        if name == "cursor" or context.get_parameter_source(name) != ParameterSource.COMMANDLINE:
            continue
        value = context.params[name]
        if isinstance(one, click.Option):
            words.append(one.opts[0])
        words += [] if value is True else [str(value)]
    click.echo(f"{shlex.join(words)} --cursor {page.cursor}")
