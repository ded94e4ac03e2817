"""``errata import``."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import click

from errata.cli.options import catalog_options, json_option


@click.group("import")
def group() -> None:
    """Cases that others tell: JSON lines by our schema, GMF, MITRE ATLAS, AVID, OSV.

    All of a file is imported, or none of it when an entry is refused; with --quarantine the rest. The same entry again
    changes nothing, or makes the next revision of its case.
    """


def _options(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(
        (
            click.argument("file"),
            click.option("--quarantine", is_flag=True, help="Import the rest, and keep what is refused in a file."),
            click.option("--dry-run", is_flag=True, help="Say what would come of it, and change nothing."),
            json_option,
            catalog_options,
        )
    ):
        function = option(function)
    return function


@group.command("cases")
@click.option("--source", metavar="NAME", help="Where entries come from that do not say so; their ids belong to it.")
@_options
def cases(**options: Any) -> None:
    """FILE of JSON lines, each a case by the published schema errata.case-import/1; - is standard input."""
    _import("cases", options)


@group.command("gmf")
@_options
def gmf(**options: Any) -> None:
    """FILE of incidents with GMF labels: goal, technology and technical failure, each with quotes."""
    _import("gmf", options)


@group.command("atlas")
@_options
def atlas(**options: Any) -> None:
    """FILE of case studies of MITRE ATLAS, as JSON."""
    _import("atlas", options)


@group.command("avid")
@_options
def avid(**options: Any) -> None:
    """FILE of reports or vulnerabilities of AVID: one, a list, JSON lines, or a folder of them."""
    _import("avid", options)


@group.command("osv")
@_options
def osv(**options: Any) -> None:
    """FILE of OSV entries: one, a list, JSON lines, or a folder of them."""
    _import("osv", options)


def _import(format: str, options: dict[str, Any]) -> None:
    from errata.cli.progress import progress
    from errata.client.catalog import open_catalog

    with open_catalog(options["catalog"], project=options["project"]) as catalog, progress() as say:
        found = catalog.cases.import_(
            options["file"],
            format=format,
            source=options.get("source"),
            quarantine=options["quarantine"],
            dry_run=options["dry_run"],
            progress=say,
        )
    if options["as_json"]:
        click.echo(json.dumps(found.to_json(), ensure_ascii=False))
        return
    from errata.show.import_text import import_text

    click.echo(import_text(found))
