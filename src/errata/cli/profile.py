"""``errata profile [MODEL]``."""

from __future__ import annotations

import click

from errata.cli.options import catalog_options, json_option


@click.command("profile")
@click.argument("model", metavar="[MODEL]", required=False)
@json_option
@catalog_options
def command(model: str | None, as_json: bool, **options: str | None) -> None:
    """A model's failures over its versions and time, on one page.

    MODEL is a name without a version; without it, the page is of all models of the project. It shows the error rate of
    each version on its data, which findings recur in which run, what became of the cases, the kinds of error, the
    change from version to version, and the gates.
    """
    from errata.cli.progress import progress
    from errata.client.catalog import open_catalog

    with open_catalog(options["catalog"], project=options["project"]) as catalog, progress() as say:
        say(f"reading the runs of {model or 'the project'}")
        found = catalog.profile(model)
    if as_json:
        click.echo(found.json())
        return
    from errata.show.profile_text import profile_text
    from errata.show.table_text import terminal_width
    from errata.show.terminal import wants_colour

    silent = next((run.run for run in reversed(found.runs) if run.rows is not None and not run.analysed), None)
    following = f"errata analyze {silent}" if silent else f"errata gate {found.runs[-1].run}"
    click.echo(profile_text(found, width=terminal_width(), colour=wants_colour(), next_command=following))
