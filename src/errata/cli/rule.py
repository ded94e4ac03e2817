"""``errata rule``."""

from __future__ import annotations

import json
from typing import Any

import click

from errata.cli.history import history_of
from errata.cli.listed import listed
from errata.cli.options import catalog_options, json_option, split_names
from errata.cli.pages import page_of, page_options, say_next

_WHEN = "What must hold, over columns and failed, loss, confidence: 'confidence >= 0.9 and failed'. all is every row."


@click.group("rule")
def group() -> None:
    """Rules: what is captured of a run, and how candidates are drawn."""


def _sampling(function: Any) -> Any:
    for option in (
        click.option("--seed", type=click.IntRange(0), help="Of the draw; 0 unless given."),
        click.option("--by", multiple=True, metavar="COLUMNS", help="What strata and quotas are of, with commas."),
        click.option("--size", type=int, metavar="N", help="How many candidates; of a quota, of each value."),
        click.option(
            "--sample",
            "method",
            type=click.Choice(["all", "reservoir", "stratified", "quota"]),
            help="How candidates are drawn of what matched: all unless given.",
        ),
    ):
        function = option(function)
    return function


@group.command("add")
@click.option("--title", required=True, metavar="TEXT", help="What it is called.")
@click.option("--when", default="", metavar="EXPRESSION", help=_WHEN)
@click.option("--disagree", metavar="run:N", help="Where this run's model says otherwise of the same sample.")
@click.option("--anomaly", default="", metavar="COLUMN", help="Where this number is far from the usual.")
@click.option(
    "--reference", metavar="run:N", help="What is usual: this run's middle 99 %; otherwise a robust z of 3.5."
)
@_sampling
@json_option
@catalog_options
def add(
    title: str, when: str, disagree: str | None, anomaly: str, reference: str | None, as_json: bool, **options: Any
) -> None:
    """Add a rule. A row is captured when all that is given holds."""
    from errata.client.catalog import open_catalog
    from errata.core.names import parse_fact

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        rule = catalog.rules.add(
            title=title,
            when=when,
            disagree=None if disagree is None else parse_fact(disagree, "run"),
            anomaly=anomaly,
            reference=None if reference is None else parse_fact(reference, "run"),
            method=options["method"] or "all",
            size=options["size"],
            by=split_names(options["by"]),
            seed=options["seed"] or 0,
        )
    _echo(rule, as_json)
    if not as_json:
        click.echo(f"errata capture run:N --rule {rule.key} --dry-run")


@group.command("list")
@click.option("--state", type=click.Choice(["active", "retired"]), help="Only in this state.")
@page_options
@json_option
@catalog_options
def list_(state: str | None, as_json: bool, **options: Any) -> None:
    """The rules, oldest first."""
    from errata.client.catalog import open_catalog

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        rules = catalog.rules.list(state, **page_of(options, as_json))
    if as_json:
        click.echo(listed("rules", rules))
    elif rules:
        from errata.show.capture_text import rules_text
        from errata.show.table_text import terminal_width

        click.echo(rules_text(rules, terminal_width()))
        say_next(rules)
    else:
        click.echo("No rule.\nerrata rule add --title TEXT --when 'confidence >= 0.9 and failed'")


@group.command("show")
@click.argument("key", metavar="KEY")
@json_option
@catalog_options
def show(key: str, as_json: bool, **options: Any) -> None:
    """One rule."""
    from errata.client.catalog import open_catalog

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        _echo(catalog.rules.get(key), as_json)


@group.command("edit")
@click.argument("key", metavar="KEY")
@click.option("--title", metavar="TEXT", help="The new title.")
@click.option("--when", metavar="EXPRESSION", help="The new expression.")
@_sampling
@click.option("--reason", default="", metavar="TEXT", help="Why you change it.")
@click.option("--revision", type=int, metavar="N", help="The revision you saw: refused if there is a newer one.")
@json_option
@catalog_options
def edit(
    key: str, title: str | None, when: str | None, reason: str, revision: int | None, as_json: bool, **options: Any
) -> None:
    """Change a rule; what earlier revisions captured stays."""
    from errata.client.catalog import open_catalog

    changes: dict[str, Any] = {name: one for name, one in (("title", title), ("when", when)) if one is not None}
    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        drawn = {name: options[name] for name in ("method", "size", "seed") if options[name] is not None}
        if options["by"]:
            drawn["by"] = split_names(options["by"])
        if drawn:
            now = catalog.rules.get(key).sampling.model_dump()
            changes["sampling"] = {**(now if "method" not in drawn else {"seed": now["seed"]}), **drawn}
        rule = catalog.rules.edit(key, reason=reason, revision=revision, **changes)
    _echo(rule, as_json)


group.add_command(history_of("rules"))


@group.command("retire")
@click.argument("key", metavar="KEY")
@click.option("--reason", default="", metavar="TEXT", help="Why it captures no more.")
@json_option
@catalog_options
def retire(key: str, reason: str, as_json: bool, **options: Any) -> None:
    """Capture by a rule no more; what it captured stays."""
    from errata.client.catalog import open_catalog

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        rule = catalog.rules.retire(key, reason)
    click.echo(json.dumps(rule.to_json(), ensure_ascii=False) if as_json else f"{rule.key}  {rule.title} · retired")


def _echo(rule: Any, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(rule.to_json(), ensure_ascii=False))
        return
    from errata.show.capture_text import rule_text

    click.echo(rule_text(rule))
