"""``errata log``."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

import click

from errata.cli.options import catalog_options, json_option, role_options, roles_from

if TYPE_CHECKING:
    from errata.nouns.run import Run


@click.command("log")
@click.argument("file", required=False)
@click.option("--model", required=True, metavar="NAME@V", help="The model and its version: resnet50@3.")
@click.option("--dataset", metavar="NAME@V", help="The dataset and its version: val@2026-01.")
@click.option("--param", "params", multiple=True, metavar="K=V", help="A parameter of the run; may repeat.")
@click.option("--seed", type=int, help="The seed that the run was made with.")
@click.option("--repeat", type=int, metavar="N", help="Which repeat this is; otherwise the next one.")
@click.option("--state", default="complete", show_default=True, metavar="STATE", help="complete, failed or aborted.")
@click.option("--error", metavar="TEXT", help="What a failed run said.")
@click.option("--environment", multiple=True, metavar="K=V", help="What this machine cannot tell: container=sha256:…")
@role_options
@json_option
@catalog_options
def command(file: str | None, as_json: bool, **options: Any) -> None:
    """Keep FILE as a run: frozen, with its roles, parameters and environment.

    FILE is whatever `errata analyze` reads, with the same roles. The same content again changes nothing; other
    predictions of the same model on the same dataset are its next repeat. Without FILE, a failed or aborted run.
    """
    from errata.cli.progress import progress
    from errata.client.catalog import open_catalog
    from errata.integrations.files import open_source
    from errata.verbs.log import LogOptions, log_run

    wanted = LogOptions(
        model=options["model"],
        dataset=options["dataset"],
        params=_pairs(options["params"], "--param"),
        seed=options["seed"],
        repeat=options["repeat"],
        state=options["state"],
        error=options["error"],
        environment=_pairs(options["environment"], "--environment"),
        allow_unknown=options["allow_unknown"],
    )
    catalog = open_catalog(options["catalog"], project=options["project"])
    with catalog, progress() as say:
        source = None
        if file is not None:
            say(f"opening {file}")
            source = open_source(file, quarantine=options["quarantine"], tz=options["tz"])
        say("logging")
        run = log_run(catalog.store, source, roles_from(options), wanted)
    if as_json:
        click.echo(json.dumps(run.to_json(), ensure_ascii=False))
    else:
        _print(run)


def _print(run: Run) -> None:
    from errata.show.run_text import run_line

    if run.known:
        click.echo(f"{run.ref} has this content already; nothing was logged.")
    click.echo(run_line(run))
    if run.quarantined:
        click.echo(f"  {run.quarantined} bad rows were kept aside")
    if run.roles:
        words = " ".join(f"{name}={shlex.quote(_word(value))}" for name, value in run.roles.items())
        click.echo(f"  read as {words}")
    for note in run.notes:
        click.echo(f"  {note}")
    click.echo(f"errata analyze {run.ref}" if run.rows is not None else f"errata run show {run.ref}")


def _word(value: Any) -> str:
    return ",".join(value) if isinstance(value, list) else str(value)


def _pairs(texts: tuple[str, ...], option: str) -> dict[str, Any]:
    from errata.core.errors import UsageError

    found: dict[str, Any] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or not name:
            raise UsageError(
                "bad-pair",
                f"{option} {text!r} is not K=V",
                expected="a name, =, a value",
                found=text,
                next=f"{option} NAME=VALUE",
            )
        if name in found:
            raise UsageError("bad-pair", f"{option} {name} is given twice", found=text, next=f"{option} {name}=VALUE")
        found[name] = _scalar(value)
    return found


def _scalar(text: str) -> Any:
    """Numbers, true, false and null as JSON has them; anything else is text."""
    try:
        value = json.loads(text, parse_constant=lambda word: word)
    except ValueError:
        return text
    return value if isinstance(value, int | float | bool) or value is None else text
