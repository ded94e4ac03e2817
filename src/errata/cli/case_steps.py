"""The steps of a case: rate, lint, submit, verify, return, withdraw, restore, merge, attach, link."""

from __future__ import annotations

import json
from typing import Any

import click

from errata.cli.options import catalog_options, json_option

_KEY = click.argument("key", metavar="KEY")


def _say(case: Any, as_json: bool, *more: str) -> None:
    """A case after a step, on one line, and what to type next."""
    if as_json:
        click.echo(json.dumps(case.to_json(), ensure_ascii=False))
        return
    click.echo(f"{case.key}  {case.title} · {case.state} · revision {case.revision}")
    for line in more:
        click.echo(line)


def _open(options: dict[str, Any]) -> Any:
    from errata.client.catalog import open_catalog

    return open_catalog(options["catalog"], project=options["project"])


@click.command("attach")
@_KEY
@click.argument("finding", required=False, metavar="[finding:N]")
@click.option("--slice", "slice_", metavar="TEXT", help='Instead of a finding: a slice such as "contrast < 0.4".')
@click.option("--run", metavar="run:N", help="The run whose failed samples in --slice are the evidence.")
@click.option("--metric", default="error", show_default=True, help="Of --slice: error, fpr, fnr or loss.")
@click.option("--positive", metavar="CLASS", help="Of --slice: the class that fpr and fnr are about.")
@click.option("--reason", default="", metavar="TEXT", help="How it was found to be the same failure.")
@json_option
@catalog_options
def attach(
    key: str, finding: str | None, slice_: str | None, run: str | None, metric: str, positive: str | None,
    reason: str, as_json: bool, **options: Any,
) -> None:  # fmt: skip
    """Let a case that people told rest on a finding, or on a slice of a run, with frozen evidence."""
    from errata.core.names import parse_fact

    with _open(options) as catalog:
        case = catalog.cases.attach(
            key,
            finding=None if finding is None else parse_fact(finding, "finding"),
            slice=slice_,
            run=None if run is None else parse_fact(run, "run"),
            metric=metric,
            positive=positive,
            reason=reason,
        )
    _say(
        case,
        as_json,
        f"  {case.samples:,} failed samples of run:{case.run} are its evidence now",
        f"errata check add {key}",
    )


@click.command("rate")
@_KEY
@click.argument("levels", nargs=-1, metavar="[AXIS=LEVEL]...")
@click.option("--rubric", metavar="KEY|NAME", help="The rubric; otherwise the one called severity.")
@click.option("--reason", default="", metavar="TEXT", help="Why these levels.")
@json_option
@catalog_options
def rate(key: str, levels: tuple[str, ...], rubric: str | None, reason: str, as_json: bool, **options: Any) -> None:
    """Rate how bad it is, on every axis of a rubric; the severity is computed.

    Without levels the rubric's axes and their levels are shown.
    """
    from errata.core.errors import UsageError

    if not levels:
        from errata.cli.rubric import show_rubric

        show_rubric(rubric, as_json, options)
        if not as_json:
            click.echo(f"errata case rate {key} AXIS=LEVEL …")
        return
    chosen: dict[str, int] = {}
    for text in levels:
        axis, _, level = text.partition("=")
        if not level.strip().isdecimal():
            raise UsageError(
                "bad-level", f"{text!r} is no level", expected="AXIS=LEVEL, harm=2", next="errata rubric show"
            )
        chosen[axis.strip()] = int(level)
    with _open(options) as catalog:
        case = catalog.cases.rate(key, chosen, rubric=rubric, reason=reason)
    found = case.severity
    _say(case, as_json, f"  severity {found.band} · {found.score:.2f} by {found.rubric}, revision {found.revision}")


@click.command("lint")
@_KEY
@json_option
@catalog_options
def lint(key: str, as_json: bool, **options: Any) -> None:
    """What a case lacks before it can be submitted, and what could be better said."""
    from errata.nouns.lint import LINTS

    with _open(options) as catalog:
        found = catalog.cases.lint(key)
    if as_json:
        said = [{"code": one.code, "field": one.field, "found": one.found} for one in found.said]
        muted = [one.model_dump() for one in found.muted]
        values = {"schema": "errata.lint/1", "key": key, "missing": list(found.missing), "said": said, "muted": muted}
        click.echo(json.dumps(values))
        return
    if not found.missing and not found.said:
        click.echo(f"{key} has all that it needs, and lint has nothing to say\nerrata case submit {key}")
        return
    if found.missing:
        click.echo(f"{key} lacks, before it can be submitted:")
        for line in found.missing:
            click.echo(f"  {line}")
    for one in found.said:
        click.echo(f"{one}\n         {LINTS[one.code].why}; {LINTS[one.code].do}")
    click.echo(f"errata case edit {key} --set FIELD=TEXT, or errata case mute {key} CODE --reason TEXT")


@click.command("mute")
@_KEY
@click.argument("code")
@click.option("--reason", required=True, metavar="TEXT", help="Why it is not to be said of this case.")
@json_option
@catalog_options
def mute(key: str, code: str, reason: str, as_json: bool, **options: Any) -> None:
    """Do not say a lint code of a case any more; the reason stays with it."""
    with _open(options) as catalog:
        case = catalog.cases.mute(key, code.upper(), reason)
    _say(case, as_json, f"errata case lint {key}")


@click.command("unmute")
@_KEY
@click.argument("code")
@json_option
@catalog_options
def unmute(key: str, code: str, as_json: bool, **options: Any) -> None:
    """Say a lint code of a case again."""
    with _open(options) as catalog:
        case = catalog.cases.unmute(key, code.upper())
    _say(case, as_json, f"errata case lint {key}")


@click.command("submit")
@_KEY
@click.option("--reason", default="", metavar="TEXT", help="What the reviewer should know.")
@json_option
@catalog_options
def submit(key: str, reason: str, as_json: bool, **options: Any) -> None:
    """Hand a case in for verification by somebody else."""
    with _open(options) as catalog:
        case = catalog.cases.submit(key, reason)
        others = catalog.cases.review(key)["may_verify"]
        turns = [one for one in catalog.rotas.duty(key) if one["on_duty"]]
    who = next((one["on_duty"] for one in turns), others[0] if others else "NAME")
    told = [f"  {one['on_duty']} is on duty by {one['rota']}  {one['title']}" for one in turns]
    _say(case, as_json, *told, f"ERRATA_ACTOR={who} errata case verify {key} --reran run:N")


@click.command("verify")
@_KEY
@click.option("--reran", required=True, metavar="run:N|TEXT", help="What you ran again: a logged run, or in words.")
@click.option("--digest", metavar="SHA256", help="Of the result, when --reran is in words.")
@click.option("--not-reproduced", is_flag=True, help="It did not happen again: the case is returned.")
@click.option("--note", default="", metavar="TEXT", help="What you saw.")
@json_option
@catalog_options
def verify(
    key: str, reran: str, digest: str | None, not_reproduced: bool, note: str, as_json: bool, **options: Any
) -> None:
    """Say that you, who neither wrote nor labelled it, ran it again, and what came of it."""
    with _open(options) as catalog:
        case = catalog.cases.verify(key, reran=reran, digest=digest, reproduced=not not_reproduced, note=note)
    done = case.verification
    _say(case, as_json, f"  {done.verdict} by {done.actor} · {done.reran}", f"errata case history {key}")


@click.command("return")
@_KEY
@click.option("--reason", required=True, metavar="TEXT", help="What it needs.")
@json_option
@catalog_options
def return_(key: str, reason: str, as_json: bool, **options: Any) -> None:
    """Give a submitted case back to its author."""
    with _open(options) as catalog:
        case = catalog.cases.give_back(key, reason)
    _say(case, as_json, f"errata case edit {key} --set FIELD=TEXT")


@click.command("withdraw")
@_KEY
@click.option("--reason", required=True, metavar="TEXT", help="Why it is no case.")
@json_option
@catalog_options
def withdraw(key: str, reason: str, as_json: bool, **options: Any) -> None:
    """Say that it is no case. It stays readable, with the reason."""
    with _open(options) as catalog:
        case = catalog.cases.withdraw(key, reason)
    _say(case, as_json, f"errata case restore {key} --reason TEXT")


@click.command("restore")
@_KEY
@click.option("--reason", required=True, metavar="TEXT", help="Why it is one after all.")
@json_option
@catalog_options
def restore(key: str, reason: str, as_json: bool, **options: Any) -> None:
    """Say that a withdrawn case is one after all; it is a draft again."""
    with _open(options) as catalog:
        case = catalog.cases.restore(key, reason)
    _say(case, as_json, f"errata case show {key}")


@click.command("merge")
@_KEY
@click.option("--into", required=True, metavar="KEY", help="The case that holds it from now on.")
@click.option("--reason", default="", metavar="TEXT", help="How they were found to be one.")
@json_option
@catalog_options
def merge(key: str, into: str, reason: str, as_json: bool, **options: Any) -> None:
    """Say that it is part of another case, which takes over its name and its findings."""
    with _open(options) as catalog:
        case = catalog.cases.merge(key, into, reason)
    _say(case, as_json, f"  holds {key} now", f"errata case show {into}")


@click.command("link")
@_KEY
@click.argument("predicate")
@click.argument("target", metavar="OBJECT")
@json_option
@catalog_options
def link(key: str, predicate: str, target: str, as_json: bool, **options: Any) -> None:
    """Say what it has to do with a run, a change, a ticket, another case.

    PREDICATE is a term of W3C PROV such as wasDerivedFrom, wasInfluencedBy or wasAttributedTo. OBJECT is a key, run:N,
    an address, or KIND:TEXT such as ticket:OPS-12, feature:edges-v2, drift:contrast, configuration:threshold=0.4.
    """
    with _open(options) as catalog:
        found = catalog.cases.link(key, predicate, target)
    if as_json:
        click.echo(json.dumps(found.to_json(), ensure_ascii=False))
        return
    click.echo(f"{found.subject} {found.predicate} {found.object}")
    click.echo(f"errata case show {key}")


@click.command("unlink")
@_KEY
@click.argument("predicate")
@click.argument("target", metavar="OBJECT")
@click.option("--reason", default="", metavar="TEXT", help="Why it does not hold.")
@json_option
@catalog_options
def unlink(key: str, predicate: str, target: str, reason: str, as_json: bool, **options: Any) -> None:
    """Retract a link; that it was said stays in the log."""
    with _open(options) as catalog:
        catalog.cases.unlink(key, predicate, target, reason)
    click.echo(
        json.dumps({"schema": "errata.unlink/1", "retracted": [key, predicate, target]})
        if as_json
        else f"{key} has no link {predicate} {target} any more"
    )


STEPS = (attach, rate, lint, mute, unmute, submit, verify, return_, withdraw, restore, merge, link, unlink)
