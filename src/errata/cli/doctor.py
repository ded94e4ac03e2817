"""``errata doctor``."""

from __future__ import annotations

import json
from typing import Any

import click

from errata.cli.options import catalog_options, json_option
from errata.core.units import plural


@click.command("doctor")
@click.option("--dry-run", is_flag=True, help="Name what a crash left behind, and leave it there.")
@json_option
@catalog_options
def command(dry_run: bool, as_json: bool, **options: Any) -> None:
    """Verify the catalog: its database, every file's digest, every revision, the chain of events.

    Files that a crash left behind are named and removed. Exit code 2 when something is wrong.
    """
    from errata.client.catalog import open_catalog

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        found = catalog.doctor(remove=not dry_run)
    if as_json:
        click.echo(json.dumps(found.to_json(), ensure_ascii=False))
    else:
        counted = [plural(number, name.removesuffix("s")) for name, number in found.checked.items()]
        click.echo(f"{'✓ sound' if found.sound else '● damaged'} · {', '.join(counted)}")
        for fault in found.faults:
            click.echo(f"  ● {fault}")
        for orphan in found.orphans:
            click.echo(f"  {orphan} belongs to nothing{'; removed' if found.removed else ''}")
    if not found.sound:
        click.get_current_context().exit(2)
