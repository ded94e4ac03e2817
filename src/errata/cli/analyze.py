"""``errata analyze FILE`` and ``errata analyze run:N``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from errata.cli.options import catalog_options, role_options, roles_from, split_names
from errata.core.names import is_fact

if TYPE_CHECKING:
    from errata.nouns.report import Report


@click.command("analyze")
@click.argument("what", metavar="FILE|run:N")
@role_options
@click.option(
    "--metric",
    type=click.Choice(["error", "fpr", "fnr", "loss"]),
    default="error",
    show_default=True,
    help="What a slice is judged by.",
)
@click.option("--depth", default=3, show_default=True, help="The most conditions in a slice, 1 to 4.")
@click.option("--min-support", default=0.01, show_default=True, help="The least share of the rows in a slice.")
@click.option("--top", default=20, show_default=True, help="List at most so many slices.")
@click.option("--seed", default=0, show_default=True, help="Of everything random.")
@click.option("--all", "every", is_flag=True, help="Every analysis whose roles are there.")
@click.option(
    "--only",
    metavar="NAMES",
    multiple=True,
    help="These analyses, with commas; may repeat. Otherwise slices and confusion.",
)
@click.option(
    "--costs", metavar="COSTS", help="What a false positive and a false negative cost, for thresholds: fp=1,fn=5."
)
@click.option(
    "--bucket",
    type=click.Choice(["auto", "hour", "day"]),
    default="auto",
    show_default=True,
    help="What the trend is told by.",
)
@click.option("--model-from", metavar="COLUMN", help="The column of the model's version, for the trend.")
@click.option(
    "--nodes",
    metavar="COLUMNS",
    multiple=True,
    help="Columns that name a machine, hardware or software, with commas: adds the analysis nodes.",
)
@click.option(
    "--strata",
    metavar="FACTORS",
    multiple=True,
    help="Factors that tell the traffic of nodes apart, with commas; otherwise those that differ most.",
)
@click.option("--within", metavar="SLICE", help="Look at the rows of this slice alone: \"source = 'night'\".")
@click.option("--weight", metavar="COLUMN", help="Rows count by this weight, 0 or more: of sampling, or of traffic.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON (schema errata.report/1).")
@click.option("--html", metavar="OUT", type=click.Path(dir_okay=False), help="Write the report as one HTML file.")
@catalog_options
def command(what: str, as_json: bool, html: str | None, **options: Any) -> None:
    """Find where a model fails more than elsewhere, by more than chance.

    FILE is CSV, TSV, JSON lines, Parquet or Arrow, a folder or glob of Parquet, or - for standard input. It needs no
    catalog. run:N analyses a logged run, and tells new findings from known ones.
    """
    is_run = is_fact(what, "run") and not Path(what).exists()
    report = _of_run(what, options) if is_run else _of_file(what, options)
    if html is not None:
        from errata.show.files import write_text
        from errata.show.html import report_page

        write_text(html, report_page(report))
    if as_json:
        click.echo(report.json())
        return
    from errata.show.terminal import print_report

    print_report(report, command_file=what)
    if html is not None:
        click.echo(f"written: {html}", err=True)


def _of_file(what: str, options: dict[str, Any]) -> Report:
    from errata.cli.progress import progress
    from errata.integrations.files import open_source
    from errata.verbs.analyze import analyze_source

    with progress() as say:
        say(f"opening {what}")
        source = open_source(what, quarantine=options["quarantine"], tz=options["tz"])
        return analyze_source(source, roles_from(options), _search_options(options), say)


def _of_run(what: str, options: dict[str, Any]) -> Report:
    from errata.cli.progress import progress
    from errata.client.catalog import open_catalog
    from errata.core.names import parse_fact

    catalog = open_catalog(options["catalog"], project=options["project"])
    with progress() as say:
        say(f"analysing {what}")
        return catalog.runs.analyze(parse_fact(what, "run"), given=roles_from(options), **_chosen(options))


def _search_options(options: dict[str, Any]) -> Any:
    from errata.verbs.analyze import AnalyzeOptions

    return AnalyzeOptions(allow_unknown=options["allow_unknown"], **_chosen(options))


def _chosen(options: dict[str, Any]) -> dict[str, Any]:
    from errata.verbs.audits import chosen, read_costs

    taken = {name: options[name] for name in ("metric", "depth", "min_support", "top", "seed")}
    taken |= {name: options[name] for name in ("bucket", "model_from", "within", "weight")}
    taken |= {name: split_names(options[name]) or () for name in ("nodes", "strata")}
    taken["analyses"] = chosen(options["every"], split_names(options["only"]), nodes=bool(taken["nodes"]))
    return taken | {"costs": read_costs(options["costs"])}
