"""``errata plan``."""

from __future__ import annotations

import json
from typing import Any

import click

from errata.cli.history import history_of
from errata.cli.listed import listed
from errata.cli.options import catalog_options, json_option
from errata.cli.pages import page_of, page_options, say_next


@click.group("plan")
def group() -> None:
    """Plans: what is done about cases, what it may bring, what it brought."""


@group.command("open")
@click.option("--case", "cases", multiple=True, required=True, metavar="KEY", help="A case it is for; may repeat.")
@click.option("--title", required=True, metavar="TEXT", help="What is done, in a few words.")
@click.option("--do", "actions", multiple=True, required=True, metavar="TEXT", help="What will be changed; may repeat.")
@click.option("--cost", default="", metavar="TEXT", help="What it takes: labels, hours, money.")
@click.option(
    "--samples", metavar="FILE", type=click.Path(), help="Ids it uses: one a line, or a table with id, group."
)
@click.option("--run", metavar="run:N", help="Where the gain is predicted; otherwise the cases' newest run.")
@click.option("--seed", default=0, show_default=True, help="Of the bootstrap.")
@json_option
@catalog_options
def open_(
    cases: tuple[str, ...], title: str, actions: tuple[str, ...], cost: str, samples: str | None, run: str | None,
    seed: int, as_json: bool, **options: Any,
) -> None:  # fmt: skip
    """Plan for some cases, with the gain that it can bring at most; they become planned.

    Nothing is judged afterwards on the samples that a plan uses.
    """
    from errata.client.catalog import open_catalog
    from errata.core.names import parse_fact

    ids, groups = _samples(samples) if samples else (None, None)
    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        plan = catalog.plans.open(
            cases=cases,
            action=actions,
            title=title,
            cost=cost,
            samples=ids,
            groups=groups,
            run=None if run is None else parse_fact(run, "run"),
            seed=seed,
        )
    if as_json:
        click.echo(json.dumps(plan.to_json(), ensure_ascii=False))
        return
    from errata.show.record_text import plan_text

    click.echo(plan_text(plan))
    click.echo(f"errata plan measure {plan.key} --before run:{plan.predicted.run} --after run:N")


@group.command("measure")
@click.argument("key", metavar="KEY")
@click.option("--before", required=True, metavar="run:N", help="The run before the plan.")
@click.option("--after", required=True, metavar="run:N", help="The run after it, on the same samples.")
@click.option("--seed", default=0, show_default=True, help="Of the bootstrap.")
@json_option
@catalog_options
def measure(key: str, before: str, after: str, seed: int, as_json: bool, **options: Any) -> None:
    """Measure what a plan brought, paired by sample, on samples that no plan used."""
    from errata.client.catalog import open_catalog
    from errata.core.names import parse_fact

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        plan = catalog.plans.measure(key, parse_fact(before, "run"), parse_fact(after, "run"), seed)
    if as_json:
        click.echo(json.dumps(plan.to_json(), ensure_ascii=False))
        return
    from errata.show.record_text import plan_text

    click.echo(plan_text(plan))
    click.echo(f"errata gate {after}")


@group.command("list")
@click.option("--state", metavar="STATE", help="Only planned, measured or withdrawn.")
@page_options
@json_option
@catalog_options
def list_(state: str | None, as_json: bool, **options: Any) -> None:
    """Every plan, oldest first."""
    from errata.client.catalog import open_catalog

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        plans = catalog.plans.list(state, **page_of(options, as_json))
    if as_json:
        click.echo(listed("plans", plans))
    elif plans:
        from errata.show.record_text import plans_text
        from errata.show.table_text import terminal_width

        click.echo(plans_text(plans, terminal_width()))
        say_next(plans)
    else:
        click.echo("No plan.\nerrata plan open --case KEY --title TEXT --do TEXT")


@group.command("show")
@click.argument("key", metavar="KEY")
@json_option
@catalog_options
def show(key: str, as_json: bool, **options: Any) -> None:
    """One plan: what it does, what it promises at most, what it brought."""
    from errata.client.catalog import open_catalog

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        plan = catalog.plans.get(key)
    if as_json:
        click.echo(json.dumps(plan.to_json(), ensure_ascii=False))
        return
    from errata.show.record_text import plan_text

    click.echo(plan_text(plan))


@group.command("edit")
@click.argument("key", metavar="KEY")
@click.option("--title", metavar="TEXT", help="The new title.")
@click.option("--do", "actions", multiple=True, metavar="TEXT", help="What will be changed, all of it; may repeat.")
@click.option("--cost", metavar="TEXT", help="What it takes.")
@click.option("--reason", default="", metavar="TEXT", help="Why you change it.")
@click.option("--revision", type=int, metavar="N", help="The revision you saw: refused if there is a newer one.")
@json_option
@catalog_options
def edit(key: str, actions: tuple[str, ...], reason: str, revision: int | None, as_json: bool, **options: Any) -> None:
    """Change what may be edited by hand; every revision stays."""
    from errata.client.catalog import open_catalog

    changes: dict[str, Any] = {name: options[name] for name in ("title", "cost") if options[name] is not None}
    if actions:
        changes["actions"] = actions
    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        plan = catalog.plans.edit(key, reason=reason, revision=revision, **changes)
    click.echo(json.dumps(plan.to_json(), ensure_ascii=False) if as_json else f"{plan.key}  revision {plan.revision}")


group.add_command(history_of("plans"))


def _samples(path: str) -> tuple[list[Any] | None, list[Any] | None]:
    """Ids and groups from a plain list of ids, or from a table with columns ``id`` and ``group``."""
    from errata.verbs.samples import read_samples

    return read_samples(path)
