"""``errata restore``."""

from __future__ import annotations

import json

import click

from errata.cli.options import json_option


@click.command("restore")
@click.argument("file", metavar="FILE.tar")
@click.option(
    "--to",
    required=True,
    metavar="PLACE",
    help="A folder, which gets a folder .errata, or postgresql://… of an empty database; ERRATA_FILES are its files.",
)
@json_option
def command(file: str, to: str, as_json: bool) -> None:
    """Make the catalog that a backup holds, in a new folder or an empty database, whichever it came from.

    Every digest is verified before anything is there; then the catalog is examined as by errata doctor. Exit code 2
    when something is wrong.
    """
    from errata.show.backup_text import contents_text
    from errata.verbs.doctor import doctor
    from errata.verbs.restore import restore

    store, found = restore(file, to)
    try:
        diagnosis = doctor(store, remove=False)
    finally:
        store.close()
    if as_json:
        values = {**found.to_json(), "catalog": store.home.address, "sound": diagnosis.sound}
        click.echo(json.dumps({**values, "faults": list(diagnosis.faults)}, ensure_ascii=False))
    else:
        click.echo(f"{store.home.address}  {contents_text(found)}")
        click.echo("✓ sound" if diagnosis.sound else "● damaged, as it was when the backup was made")
        for fault in diagnosis.faults:
            click.echo(f"  ● {fault}")
    if not diagnosis.sound:
        click.get_current_context().exit(2)
