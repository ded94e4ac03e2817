"""``errata check``."""

from __future__ import annotations

import json
from typing import Any

import click

from errata.cli.history import history_of
from errata.cli.listed import listed
from errata.cli.options import catalog_options, json_option
from errata.cli.pages import page_of, page_options, say_next


@click.group("check")
def group() -> None:
    """Checks: what a new version must hold."""


@group.command("add")
@click.argument("case", required=False, metavar="[KEY]")
@click.option("--slice", "slice_", metavar="TEXT", help="Where; otherwise the case's slice. all is everything.")
@click.option("--metric", metavar="METRIC", help="error, accuracy, fpr, fnr or loss; otherwise the case's.")
@click.option("--criterion", metavar="TEXT", help="'<= 0.05', '>= 0.9' or '<= baseline + 0.01'.")
@click.option("--name", metavar="TEXT", help="Otherwise the case's title.")
@json_option
@catalog_options
def add(
    case: str | None, slice_: str | None, metric: str | None, criterion: str | None, name: str | None, as_json: bool,
    **options: Any,
) -> None:  # fmt: skip
    """Add a check of a case, or of a slice.

    Without --criterion, a case's check asks for halfway between the rate of its slice and that of the rest.
    """
    from errata.client.catalog import open_catalog

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        check = catalog.checks.add(case=case, slice=slice_, metric=metric, criterion=criterion, name=name)
    if as_json:
        click.echo(json.dumps(check.to_json(), ensure_ascii=False))
        return
    from errata.show.record_text import check_text

    click.echo(check_text(check))
    click.echo("errata gate run:N, or errata check export --out errata.yaml")


@group.command("list")
@click.option("--case", metavar="KEY", help="Only of this case.")
@page_options
@json_option
@catalog_options
def list_(case: str | None, as_json: bool, **options: Any) -> None:
    """The checks that a gate asks."""
    from errata.client.catalog import open_catalog

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        checks = catalog.checks.list(case, **page_of(options, as_json))
    if as_json:
        click.echo(listed("checks", checks))
    elif checks:
        from errata.show.record_text import checks_text
        from errata.show.table_text import terminal_width

        click.echo(checks_text(checks, terminal_width()))
        say_next(checks)
    else:
        click.echo(f"No check.\nerrata check add {case or 'KEY'} --criterion '<= 0.05'")


@group.command("show")
@click.argument("key", metavar="KEY")
@json_option
@catalog_options
def show(key: str, as_json: bool, **options: Any) -> None:
    """One check."""
    from errata.client.catalog import open_catalog

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        check = catalog.checks.get(key)
    if as_json:
        click.echo(json.dumps(check.to_json(), ensure_ascii=False))
        return
    from errata.show.record_text import check_text

    click.echo(check_text(check))


@group.command("edit")
@click.argument("key", metavar="KEY")
@click.option("--name", metavar="TEXT", help="The new name.")
@click.option("--criterion", metavar="TEXT", help="The new criterion.")
@click.option("--reason", default="", metavar="TEXT", help="Why you change it.")
@click.option("--revision", type=int, metavar="N", help="The revision you saw: refused if there is a newer one.")
@json_option
@catalog_options
def edit(
    key: str, name: str | None, criterion: str | None, reason: str, revision: int | None, as_json: bool, **options: Any
) -> None:
    """Change a check's name or criterion; every revision stays."""
    from errata.client.catalog import open_catalog

    changes = {field: value for field, value in (("title", name), ("criterion", criterion)) if value is not None}
    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        check = catalog.checks.edit(key, reason=reason, revision=revision, **changes)
    if as_json:
        click.echo(json.dumps(check.to_json(), ensure_ascii=False))
        return
    from errata.show.record_text import check_text

    click.echo(check_text(check))


group.add_command(history_of("checks"))


@group.command("retire")
@click.argument("key", metavar="KEY")
@click.option("--reason", default="", metavar="TEXT", help="Why it is asked no more.")
@json_option
@catalog_options
def retire(key: str, reason: str, as_json: bool, **options: Any) -> None:
    """Ask a check no more; what it said stays."""
    from errata.client.catalog import open_catalog

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        check = catalog.checks.retire(key, reason)
    click.echo(json.dumps(check.to_json(), ensure_ascii=False) if as_json else f"{check.key}  {check.title} · retired")


@group.command("export")
@click.option("--out", metavar="FILE", type=click.Path(dir_okay=False), help="Write it there instead of printing it.")
@json_option
@catalog_options
def export(out: str | None, as_json: bool, **options: Any) -> None:
    """Write the checks as a file that `errata gate FILE --checks errata.yaml` reads without a catalog."""
    from errata.client.catalog import open_catalog

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        text = catalog.checks.export()
        number = len(catalog.checks.list())
    if out is not None:
        from errata.show.files import write_text

        write_text(out, text)
    if as_json:
        values = {"schema": "errata.check-export/1", "checks": number, "out": out, "text": text}
        click.echo(json.dumps(values, ensure_ascii=False))
    elif out is None:
        click.echo(text, nl=False)
    else:
        from errata.core.units import plural

        click.echo(f"{plural(number, 'check')} written to {out}\nerrata gate FILE --checks {out}")
