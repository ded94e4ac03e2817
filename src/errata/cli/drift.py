"""``errata drift A B``: files, or runs of the catalog."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import click

from errata.cli.options import (
    catalog_options,
    engine_option,
    json_option,
    refuse_with_engine,
    role_options,
    roles_from,
)
from errata.core.names import names_run

if TYPE_CHECKING:
    from errata.nouns.drift import Drift


@click.command("drift")
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@role_options
@click.option(
    "--min-effect",
    default=0.02,
    show_default=True,
    help="The least effect that is an alarm: of KS, of Cramér's V, or of the share that is missing.",
)
@engine_option
@json_option
@catalog_options
def command(a: str, b: str, as_json: bool, **options: Any) -> None:
    """Say which columns drifted from A to B, and whether the error rate changed by mix or within.

    A is the reference, B what came later. Each is a file (CSV, Parquet and the rest that analyze reads) or a run
    (run:12). Neither needs a truth; with truth and prediction in both, the change of the error rate is split.
    """
    if a == "-" == b:
        from errata.core.errors import UsageError

        raise UsageError("two-standard-inputs", "standard input can be one file only", expected="- once")
    if options["engine"] != "local":
        refuse_with_engine(options["engine"], {text: names_run(text) for text in (a, b)})
    found = _of_runs(a, b, options) if names_run(a) or names_run(b) else _of_files(a, b, options)
    if as_json:
        click.echo(found.json())
        return
    from errata.show.drift_text import drift_text
    from errata.show.table_text import terminal_width
    from errata.show.terminal import wants_colour

    following = None if b == "-" else f"errata analyze {shlex.quote(b)}"
    judged = found.attribution is not None
    text = drift_text(found, width=terminal_width(), colour=wants_colour(), next_command=following if judged else None)
    click.echo(text)


def _of_files(a: str, b: str, options: dict[str, Any]) -> Drift:
    from errata.cli.progress import progress
    from errata.client.analyze import engine_of, source_of
    from errata.verbs.drift import DriftOptions, drift_sources

    chosen = DriftOptions(min_effect=options["min_effect"])
    reading = {"quarantine": options["quarantine"], "tz": options["tz"]}
    with progress() as say:
        say(f"opening {a}")
        old = source_of(a, engine=options["engine"], **reading)
        say(f"opening {b}")
        new = source_of(b, engine=options["engine"], **reading)
        return drift_sources(old, new, roles_from(options), chosen, say, engine=engine_of(options["engine"]))


def _of_runs(a: str, b: str, options: dict[str, Any]) -> Drift:
    from errata.cli.progress import progress
    from errata.client.catalog import open_catalog
    from errata.core.names import parse_fact

    old, new = (parse_fact(text, "run") if names_run(text) else text for text in (a, b))
    with open_catalog(options["catalog"], project=options["project"]) as catalog, progress() as say:
        return catalog.runs.drift(
            old,
            new,
            quarantine=options["quarantine"],
            tz=options["tz"],
            progress=say,
            roles=roles_from(options).to_json(),
            min_effect=options["min_effect"],
        )
