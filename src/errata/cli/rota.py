"""``errata rota``."""

from __future__ import annotations

import json
from typing import Any

import click

from errata.cli.history import history_of
from errata.cli.options import catalog_options, json_option


@click.group("rota")
def group() -> None:
    """Rotas: who reviews when, in turns."""


_owner = click.option("--owner", "owners", multiple=True, metavar="NAME", help="Who takes turns, in order; each.")


@group.command("add")
@click.option("--title", required=True, metavar="TEXT", help="What it is called.")
@_owner
@click.option("--starts", metavar="DAY", help="The day of the first turn, 2026-01-05; otherwise today (UTC).")
@click.option("--days", type=int, default=7, show_default=True, metavar="N", help="How many days a turn has.")
@json_option
@catalog_options
def add(title: str, owners: tuple[str, ...], starts: str | None, days: int, as_json: bool, **options: Any) -> None:
    """Add a rota."""
    from errata.client.catalog import open_catalog

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        made = catalog.rotas.add(title=title, owners=owners, starts=starts, days=days)
    _shown(made, as_json)


@group.command("list")
@json_option
@catalog_options
def list_(as_json: bool, **options: Any) -> None:
    """Every rota that is active, and who is on duty today."""
    from errata.client.catalog import open_catalog

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        found = catalog.rotas.duty()
    if as_json:
        click.echo(json.dumps({"schema": "errata.duty/1", "rotas": found}, ensure_ascii=False))
        return
    for one in found:
        click.echo(_line(one))
    click.echo("errata rota show KEY" if found else "No rota.\nerrata rota add --title TEXT --owner NAME --owner NAME")


@group.command("show")
@click.argument("key", metavar="KEY")
@click.option("--case", metavar="KEY", help="On duty for this case: its authors and labellers are passed over.")
@click.option("--day", metavar="DAY", help="On this day, 2026-01-05; otherwise today (UTC).")
@json_option
@catalog_options
def show(key: str, case: str | None, day: str | None, as_json: bool, **options: Any) -> None:
    """One rota, and who is on duty."""
    from errata.client.catalog import open_catalog

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        rota = catalog.rotas.get(key)
        now = next((one for one in catalog.rotas.duty(case, day) if one["rota"] == key), None)
    if as_json:
        click.echo(json.dumps({**rota.to_json(), "duty": now}, ensure_ascii=False))
        return
    _shown(rota, as_json, step="")
    click.echo(f"  {_said(now)}" if now else "  nobody is on duty by it: it is retired")
    click.echo(f"errata rota history {key}")


@group.command("edit")
@click.argument("key", metavar="KEY")
@click.option("--title", metavar="TEXT", help="What it is called.")
@_owner
@click.option("--starts", metavar="DAY", help="The day of the first turn.")
@click.option("--days", type=int, metavar="N", help="How many days a turn has.")
@click.option("--reason", default="", metavar="TEXT", help="Why you change it.")
@json_option
@catalog_options
def edit(key: str, owners: tuple[str, ...], reason: str, as_json: bool, **options: Any) -> None:
    """Change who takes turns, or when; --owner names all of them anew."""
    from errata.client.catalog import open_catalog

    changes: dict[str, Any] = {name: options[name] for name in ("title", "starts", "days") if options[name] is not None}
    if owners:
        changes["owners"] = owners
    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        rota = catalog.rotas.edit(key, reason, **changes)
    _shown(rota, as_json)


@group.command("retire")
@click.argument("key", metavar="KEY")
@click.option("--reason", default="", metavar="TEXT", help="Why.")
@json_option
@catalog_options
def retire(key: str, reason: str, as_json: bool, **options: Any) -> None:
    """Let nobody be on duty by it any more."""
    from errata.client.catalog import open_catalog

    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        rota = catalog.rotas.retire(key, reason)
    _shown(rota, as_json, step=f"errata rota history {key}")


group.add_command(history_of("rotas"))


def _shown(rota: Any, as_json: bool, step: str | None = None) -> None:
    if as_json:
        click.echo(json.dumps(rota.to_json(), ensure_ascii=False))
        return
    from errata.core.units import plural

    click.echo(f"{rota.key}  {rota.title} · {rota.state} · revision {rota.revision}")
    click.echo(f"  {', '.join(rota.owners)} · {plural(rota.days, 'day')} a turn from {rota.starts}")
    if step != "":
        click.echo(step or f"errata rota show {rota.key}")


def _line(duty: dict[str, Any]) -> str:
    return f"{duty['rota']}  {duty['title']} · {_said(duty)}"


def _said(duty: dict[str, Any]) -> str:
    if duty["on_duty"] is None:
        return f"nobody is on duty on {duty['day']}"
    return f"{duty['on_duty']} is on duty until {duty['until'] or 'the end of time'}"
