"""``errata log``."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

import click

from errata.cli.listed import listed
from errata.cli.options import catalog_options, json_option, role_options, roles_from

if TYPE_CHECKING:
    from errata.nouns.run import Run

OF_TRUTH = {"truth_for", "id", "truth", "replace", "reason", "quarantine", "tz", "catalog", "project"}


@click.command("log")
@click.argument("file", required=False)
@click.option("--model", metavar="NAME@V", help="The model and its version: resnet50@3.")
@click.option("--model-from", metavar="COLUMN", help="A run for each version in this column, of --model NAME.")
@click.option("--dataset", metavar="NAME@V", help="The dataset and its version: val@2026-01.")
@click.option("--param", "params", multiple=True, metavar="K=V", help="A parameter of the run; may repeat.")
@click.option("--seed", type=int, help="The seed that the run was made with.")
@click.option("--repeat", type=int, metavar="N", help="Which repeat this is; otherwise the next one.")
@click.option("--state", default="complete", show_default=True, metavar="STATE", help="complete, failed or aborted.")
@click.option("--error", metavar="TEXT", help="What a failed run said.")
@click.option("--environment", multiple=True, metavar="K=V", help="What this machine cannot tell: container=sha256:…")
@click.option("--truth-for", metavar="run:N", help="FILE is truth that came later: join it to this run by id.")
@click.option("--replace", is_flag=True, help="With --truth-for: let it replace other truth; wants a --reason.")
@click.option("--reason", default="", metavar="TEXT", help="With --truth-for: why, for the audit log.")
@role_options
@json_option
@catalog_options
@click.pass_context
def command(context: click.Context, /, file: str | None, as_json: bool, **options: Any) -> None:
    """Keep FILE as a run: frozen, with its roles, parameters and environment.

    FILE is whatever `errata analyze` reads, with the same roles. The same content again changes nothing; other
    predictions of the same model on the same dataset are its next repeat. Without FILE, a failed or aborted run. With
    --truth-for, FILE is the truth of a run that is there: its outcomes are recomputed, the earlier ones kept.
    """
    if options["truth_for"] is not None:
        _add_truth(context, file, as_json, options)
        return
    _refuse_unless_given(options, "truth_for", ("replace", "reason"))
    if options["model"] is None and options["model_from"] is None:
        raise click.UsageError("Missing option '--model' (or '--model-from', or '--truth-for').")
    logged = _log(file, options)
    if as_json:
        one = json.dumps(logged[0].to_json(), ensure_ascii=False)
        click.echo(one if options["model_from"] is None else listed("runs", logged))
        return
    for run in logged:
        _print(run)


def _log(file: str | None, options: dict[str, Any]) -> list[Run]:
    from errata.cli.progress import progress
    from errata.client.catalog import open_catalog
    from errata.integrations.files import open_source
    from errata.verbs.log import LogOptions, log_run

    column = options["model_from"]
    said = {name: options[name] for name in ("seed", "repeat", "state", "error", "allow_unknown")}
    said |= {"params": _pairs(options["params"], "--param")}
    said |= {"environment": _pairs(options["environment"], "--environment")}
    named = {name: options[name] for name in ("model", "dataset")}
    wanted = LogOptions(**named, **said) if column is None else None
    catalog = open_catalog(options["catalog"], project=options["project"])
    with catalog, progress() as say:
        source = None
        if file is not None and not catalog.remote:
            say(f"opening {file}")
            source = open_source(file, quarantine=options["quarantine"], tz=options["tz"])
        say("logging")
        reading = {"quarantine": options["quarantine"], "tz": options["tz"], **roles_from(options).to_json()}
        if wanted is not None and catalog.remote:
            return [catalog.runs.log(file, **named, **said, **reading)]
        if file is not None and catalog.remote:
            said = {name: value for name, value in said.items() if name not in ("state", "error")}
            return list(catalog.runs.log_versions(file, model_from=column, **named, **said, **reading))
        if wanted is not None:
            return [log_run(catalog.store, source, roles_from(options), wanted)]
        if source is None:
            raise click.UsageError("--model-from names a column of FILE, and there is no FILE.")
        from errata.verbs.log_versions import log_versions

        named |= {"model_from": column, "quarantine": options["quarantine"]}
        return log_versions(catalog.store, source, roles_from(options), **named, **said)


def _add_truth(context: click.Context, file: str | None, as_json: bool, options: dict[str, Any]) -> None:
    """``errata log TRUTH --truth-for run:N``."""
    from errata.cli.progress import progress
    from errata.client.catalog import open_catalog
    from errata.core.names import parse_fact

    given = {name for name in options if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE}
    if foreign := sorted(given - OF_TRUTH):
        named = ", ".join("--" + name.replace("_", "-") for name in foreign)
        raise click.UsageError(f"--truth-for is of a run that is there already, and takes no {named}.")
    if file is None:
        raise click.UsageError("--truth-for needs the FILE that holds the truth.")
    catalog = open_catalog(options["catalog"], project=options["project"])
    with catalog, progress() as say:
        say(f"reading {file}")
        added = catalog.runs.add_truth(
            parse_fact(options["truth_for"], "run"),
            file,
            **{name: options[name] for name in ("id", "truth", "replace", "reason", "quarantine", "tz")},
        )
    if as_json:
        click.echo(json.dumps(added.to_json(), ensure_ascii=False))
        return
    from errata.show.run_text import late_truth_text

    click.echo(late_truth_text(added))


def _refuse_unless_given(options: dict[str, Any], wanted: str, names: tuple[str, ...]) -> None:
    for name in names:
        if options[name] and options[wanted] is None:
            raise click.UsageError(f"--{name} goes with --{wanted.replace('_', '-')} run:N.")


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
