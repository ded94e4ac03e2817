"""``errata capture run:N``."""

from __future__ import annotations

import json
from typing import Any

import click

from errata.cli.options import catalog_options, json_option


@click.command("capture")
@click.argument("run", metavar="run:N")
@click.option("--rule", "rules", metavar="KEY", multiple=True, help="Only by this rule; may repeat. Otherwise all.")
@click.option("--dry-run", is_flag=True, help="Say what would be captured, and keep nothing.")
@json_option
@catalog_options
def command(run: str, rules: tuple[str, ...], dry_run: bool, as_json: bool, **options: Any) -> None:
    """Turn a run into candidates by the active rules: what matched, drawn with known probabilities.

    A rule that was applied to the run already, and neither has changed since, changes nothing.
    """
    from errata.client.catalog import open_catalog
    from errata.core.names import parse_fact

    number = parse_fact(run, "run")
    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        found = catalog.capture(number, rules or None, dry_run=dry_run)
    if as_json:
        values = {"schema": "errata.capture/1", "run": run, "dry_run": dry_run}
        captures = [one.to_json() for one in found]
        click.echo(json.dumps({**values, "captures": captures}, ensure_ascii=False))
        return
    from errata.show.capture_text import captured_text

    for one in found:
        click.echo(captured_text(one))
    if dry_run:
        click.echo(f"Nothing was kept.\nerrata capture {run}")
    else:
        made = next((one.rule for one in found if one.candidates is not None), None)
        click.echo(f"errata candidates show {run} --rule {made}" if made else f"errata run show {run}")
