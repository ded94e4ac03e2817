"""``errata analyze FILE`` and ``errata analyze run:N``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from errata.cli.options import catalog_options, engine_option, refuse_with_engine, role_options, roles_from, split_names
from errata.core.names import names_run

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
@click.option(
    "--embedding",
    metavar="COLUMNS",
    multiple=True,
    help="What failures are clustered by: a column of lists, a pattern of numbers ('e_*'), or a text; otherwise the "
    "one column of lists, or the numeric factors.",
)
@click.option(
    "--clusters",
    type=click.Choice(["kmeans", "hdbscan"]),
    default="kmeans",
    show_default=True,
    help="How failures are clustered.",
)
@click.option(
    "--counts",
    metavar="DIR",
    type=click.Path(file_okay=False),
    help="Keep the counts of each Parquet part of FILE here: what was counted is not counted again.",
)
@click.option("--as-of", type=int, metavar="N", help="Of a run: its outcomes N, from before later truth; 1: as logged.")
@click.option(
    "--fairness",
    metavar="COLUMNS",
    multiple=True,
    help="Columns whose values are groups to be held against each other, with commas: adds the analysis fairness.",
)
@click.option(
    "--precision",
    metavar="SHARE",
    default=0.05,
    show_default=True,
    help="The half-width of an interval that suffices, for fairness and adequacy.",
)
@click.option(
    "--traffic",
    metavar="FILE|run:N",
    help="How often combinations occur, for adequacy, which it adds; otherwise as if factors were independent.",
)
@click.option("--strength", default=2, show_default=True, help="The most factors in a combination of adequacy, 1 to 3.")
@click.option(
    "--heatmap",
    metavar="A,B",
    multiple=True,
    help="The two factors of the heatmap, which it adds; otherwise the two that say most about failures.",
)
@click.option(
    "--split",
    metavar="COLUMN[=TRAIN]",
    help="The column that tells training rows from held-out ones, and the value of the former: adds the analysis "
    "holdout.",
)
@click.option(
    "--train",
    metavar="FILE|run:N",
    help="Predictions of the same model on the rows that it learned from: adds the analysis holdout.",
)
@click.option(
    "--sizes",
    metavar="NAME",
    help="On how many examples the model was trained, for causes: a column, or a parameter of runs.",
)
@click.option(
    "--stages",
    metavar="COLUMNS",
    multiple=True,
    help="What the stages of a pipeline gave, in their order, with commas, or one list of steps: adds the analysis "
    "stages.",
)
@engine_option
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON (schema errata.report/1).")
@click.option("--html", metavar="OUT", type=click.Path(dir_okay=False), help="Write the report as one HTML file.")
@catalog_options
def command(what: str, as_json: bool, html: str | None, **options: Any) -> None:
    """Find where a model fails more than elsewhere, by more than chance.

    FILE is CSV, TSV, JSON lines, Parquet or Arrow, a folder or glob of Parquet, or - for standard input. It needs no
    catalog. run:N analyses a logged run, and tells new findings from known ones.
    """
    if what == "-" == options["traffic"]:
        from errata.core.errors import UsageError

        raise UsageError("two-standard-inputs", "standard input can be one file only", expected="- once")
    is_run = names_run(what)
    if options["engine"] != "local":
        refuse_with_engine(options["engine"], {what: is_run, "--counts": options["counts"] is not None})
    if options["as_of"] is not None and not is_run:
        raise click.UsageError("--as-of is about outcomes that a catalog keeps: errata analyze run:N --as-of 1.")
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
    from errata.client.analyze import source_of
    from errata.verbs.analyze import AnalyzeOptions, analyze_source
    from errata.verbs.beside import Beside

    with progress() as say:
        say(f"opening {what}")
        reading = {"quarantine": options["quarantine"], "tz": options["tz"]}
        source = source_of(what, engine=options["engine"], **reading)
        taken = _chosen(options)
        taken["traffic"] = _rows_of(options["traffic"], options, say)
        chosen = AnalyzeOptions(allow_unknown=options["allow_unknown"], **taken)
        beside = Beside(train=_rows_of(options["train"], options, say))
        return analyze_source(source, roles_from(options), chosen, say, **_engine(what, options), beside=beside)


def _engine(what: str, options: dict[str, Any]) -> dict[str, Any]:
    """What counts: the engine that is named, or by ``--counts`` what keeps its counts there; else nothing is said."""
    if options["engine"] != "local":
        from errata.client.analyze import engine_of

        return {"engine": engine_of(options["engine"])}
    if options["counts"] is None:
        return {}
    from errata.store.counts import StoredCounts

    return {"engine": StoredCounts(Path(options["counts"]), what)}


def _rows_of(what: str | None, options: dict[str, Any], say: Any) -> Any:
    """The rows of ``--traffic`` or ``--train``, a file or a run."""
    if what is None:
        return None
    say(f"opening {what}")
    if names_run(what):
        from errata.client.catalog import open_catalog
        from errata.core.names import parse_fact

        with open_catalog(options["catalog"], project=options["project"]) as catalog:
            return catalog.runs.source(parse_fact(what, "run"))
    from errata.client.analyze import source_of

    return source_of(what, quarantine=options["quarantine"], tz=options["tz"])


def _of_run(what: str, options: dict[str, Any]) -> Report:
    from errata.cli.progress import progress
    from errata.client.catalog import open_catalog
    from errata.core.names import parse_fact

    with open_catalog(options["catalog"], project=options["project"]) as catalog, progress() as say:
        say(f"analysing {what}")
        taken = _chosen(options) | {"traffic": options["traffic"]}
        reading = {"quarantine": options["quarantine"], "tz": options["tz"]}
        return catalog.runs.analyze(
            parse_fact(what, "run"), given=roles_from(options), as_of=options["as_of"], **reading, **taken
        )


def _chosen(options: dict[str, Any]) -> dict[str, Any]:
    from errata.verbs.audits import chosen, read_costs

    taken = {name: options[name] for name in ("metric", "depth", "min_support", "top", "seed")}
    taken |= {name: options[name] for name in ("bucket", "model_from", "split", "train", "sizes", "clusters")}
    taken |= {name: options[name] for name in ("precision", "strength", "within", "weight")}
    taken |= {
        name: split_names(options[name]) or ()
        for name in ("nodes", "strata", "fairness", "heatmap", "embedding", "stages")
    }
    named = {name: bool(taken[name]) for name in ("nodes", "fairness", "heatmap", "stages")}
    named["adequacy"] = options["traffic"] is not None
    named["holdout"] = bool(taken["split"] or taken["train"])
    taken["analyses"] = chosen(options["every"], split_names(options["only"]), **named)
    return taken | {"costs": read_costs(options["costs"])}
