"""``errata compare A B``: files, or runs of the catalog."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import click

from errata.cli.options import catalog_options, json_option, role_options, roles_from
from errata.core.names import names_run

if TYPE_CHECKING:
    from errata.nouns.comparison import Comparison


@click.command("compare")
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@role_options
@click.option(
    "--metric",
    type=click.Choice(["error", "fpr", "fnr", "loss"]),
    default="error",
    show_default=True,
    help="What is compared; more is worse.",
)
@click.option(
    "--pair-by",
    metavar="COLUMN",
    help="Names the sample where rows repeat it: a perturbed set and its base, or repeats. Otherwise ids pair.",
)
@click.option(
    "--allow-different-truth", is_flag=True, help="Compare samples whose truth differs, each judged by its own."
)
@click.option("--depth", default=2, show_default=True, help="The most conditions in a slice, 1 to 4.")
@click.option("--min-support", default=0.01, show_default=True, help="The least share of the samples in a slice.")
@click.option("--top", default=20, show_default=True, help="List at most so many slices.")
@click.option("--bootstraps", default=1000, show_default=True, help="Draws of the paired bootstrap, of losses.")
@click.option("--seed", default=0, show_default=True, help="Of everything random.")
@json_option
@catalog_options
def command(a: str, b: str, as_json: bool, **options: Any) -> None:
    """Say what became of the samples from version A to version B: better, worse, or no evidence.

    A and B are files (CSV, Parquet and the rest that analyze reads) or runs (run:1 run:2). Samples are paired by id.
    What newly fails is counted and named, with the slices where B does worse than A by more than chance.
    """
    found = _of_runs(a, b, options) if names_run(a) or names_run(b) else _of_files(a, b, options)
    if as_json:
        click.echo(found.json())
        return
    from errata.show.compare_text import compare_text
    from errata.show.table_text import terminal_width
    from errata.show.terminal import wants_colour

    comparable = "-" not in (a, b) and names_run(a) == names_run(b)
    following = f"errata gate {shlex.quote(b)} --baseline {shlex.quote(a)}" if comparable else None
    click.echo(compare_text(found, width=terminal_width(), colour=wants_colour(), next_command=following))


def _of_files(a: str, b: str, options: dict[str, Any]) -> Comparison:
    from errata.cli.progress import progress
    from errata.core.errors import UsageError
    from errata.integrations.files import open_source
    from errata.verbs.compare import CompareOptions, compare_sources

    if a == "-" == b:
        raise UsageError("two-standard-inputs", "standard input can be one file only", expected="- once")
    reading = {"quarantine": options["quarantine"], "tz": options["tz"]}
    chosen = CompareOptions(allow_unknown=options["allow_unknown"], **_chosen(options))
    with progress() as say:
        say(f"opening {a}")
        old = open_source(a, **reading)
        say(f"opening {b}")
        new = open_source(b, **reading)
        return compare_sources(old, new, roles_from(options), chosen, say)


def _of_runs(a: str, b: str, options: dict[str, Any]) -> Comparison:
    from errata.cli.progress import progress
    from errata.client.catalog import open_catalog
    from errata.core.names import parse_fact

    old, new = (parse_fact(text, "run") if names_run(text) else text for text in (a, b))
    with open_catalog(options["catalog"], project=options["project"]) as catalog, progress() as say:
        say(f"comparing {a} and {b}")
        return catalog.runs.compare(
            old,
            new,
            quarantine=options["quarantine"],
            tz=options["tz"],
            progress=say,
            roles=roles_from(options).to_json(),
            **_chosen(options),
        )


def _chosen(options: dict[str, Any]) -> dict[str, Any]:
    names = ("metric", "depth", "min_support", "top", "bootstraps", "seed", "pair_by", "allow_different_truth")
    return {name: options[name] for name in names}
