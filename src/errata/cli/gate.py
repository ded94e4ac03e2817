"""``errata gate FILE`` and ``errata gate run:N``."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from errata.cli.options import catalog_options, json_option, role_options, roles_from
from errata.core.names import names_run

if TYPE_CHECKING:
    from errata.client.catalog import Catalog
    from errata.nouns.checkfile import CheckFile
    from errata.nouns.verdict import GateResult


@click.command("gate")
@click.argument("what", metavar="FILE|run:N")
@click.option("--baseline", metavar="FILE|run:M", help="What to compare with: the version that serves today.")
@click.option("--checks", metavar="FILE", type=click.Path(), help="The checks, such as errata.yaml.")
@click.option(
    "--margin",
    type=float,
    default=0.01,
    show_default=True,
    help="How much worse than the baseline the default checks allow, absolute.",
)
@role_options
@click.option("--junit", metavar="OUT", type=click.Path(dir_okay=False), help="Write the verdicts as JUnit XML.")
@click.option("--markdown", metavar="OUT", type=click.Path(dir_okay=False), help="Write the verdicts as Markdown.")
@json_option
@catalog_options
@click.pass_context
def command(
    ctx: click.Context, /, what: str, as_json: bool, junit: str | None, markdown: str | None, **options: Any
) -> None:
    """Say whether a version holds what its checks ask: pass, fail or inconclusive.

    Exit code 0 is pass, 1 fail, 3 inconclusive, 2 an error. FILE needs no catalog; with a baseline and no checks,
    everything and each class of truth may be at most --margin worse. run:N is asked every check of its project.
    """
    result, next_command = _of_run(what, options) if names_run(what) else (_of_files(what, options), None)
    if junit is not None:
        from errata.show.files import write_text
        from errata.show.junit import gate_junit

        write_text(junit, gate_junit(result))
    if markdown is not None:
        from errata.show.files import write_text
        from errata.show.markdown import gate_markdown

        write_text(markdown, gate_markdown(result))
    if as_json:
        click.echo(result.json())
    else:
        from errata.show.gate_text import gate_text

        width = min(shutil.get_terminal_size((100, 24)).columns, 120)
        click.echo(gate_text(result, width=width, colour=sys.stdout.isatty(), next_command=next_command))
    ctx.exit(result.exit_code)


def _of_files(what: str, options: dict[str, Any]) -> GateResult:
    from errata.core.errors import UsageError
    from errata.nouns.verdict import no_checks
    from errata.verbs.gate import gate_sources, with_positive

    baseline = options["baseline"]
    if baseline is None and options["checks"] is None:
        raise no_checks()
    if baseline is not None and names_run(baseline):
        raise UsageError(
            "file-against-run",
            f"{what} is a file and {baseline} is a run of a catalog",
            expected="two files or two runs",
            next=f"errata log {what} --model NAME@V --dataset NAME@V, then gate that run",
        )
    if baseline == "-" == what:
        raise UsageError("two-standard-inputs", "standard input can be one file only", expected="- once")
    checks = None if options["checks"] is None else _checks(options["checks"])
    from errata.cli.progress import progress
    from errata.integrations.files import open_source

    reading = {"quarantine": options["quarantine"], "tz": options["tz"]}
    with progress() as say:
        say(f"opening {what}")
        source = open_source(what, **reading)
        other = None
        if baseline is not None:
            say(f"opening {baseline}")
            other = open_source(baseline, **reading)
        say("judging")
        return gate_sources(
            source,
            other,
            None if checks is None else checks.checks,
            with_positive(roles_from(options), None if checks is None else checks.positive),
            options["margin"],
            allow_unknown=options["allow_unknown"],
        )


def _checks(path: str) -> CheckFile:
    from errata.core.errors import FileError
    from errata.nouns.checkfile import read_checkfile

    try:
        text = Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError as exc:
        raise FileError(
            "invalid-utf8", f"{path} is not UTF-8", where=f"{path}, byte {exc.start + 1}", expected="UTF-8"
        ) from exc
    except OSError as exc:
        raise FileError(
            "file-missing" if isinstance(exc, FileNotFoundError) else "file-unusable",
            f"no file {path}" if isinstance(exc, FileNotFoundError) else f"{path} cannot be read",
            found="" if isinstance(exc, FileNotFoundError) else exc.strerror or str(exc),
            expected="a file of checks",
            next="errata check export > errata.yaml",
        ) from exc
    return read_checkfile(text, path)


def _of_run(what: str, options: dict[str, Any]) -> tuple[GateResult, str | None]:
    from errata.client.catalog import open_catalog
    from errata.core.errors import UsageError
    from errata.core.names import parse_fact
    from errata.nouns.roles import Roles

    if roles_from(options) != Roles():
        raise UsageError(
            "run-with-roles",
            f"the roles of {what} are those that it was logged with",
            expected="run:N without --truth, --group and their like",
            next=f"errata run show {what}",
        )
    if options["checks"] is not None:
        raise UsageError(
            "run-with-checks-file",
            "a run is asked the checks of its project",
            expected="--checks with a file, or run:N without it",
            next=f"errata gate {what}",
        )
    baseline = options["baseline"]
    if baseline is not None and not names_run(baseline):
        raise UsageError(
            "run-against-file", f"{what} is a run and {baseline} is none", expected="--baseline run:M", found=baseline
        )
    number = parse_fact(what, "run")
    with open_catalog(options["catalog"], project=options["project"]) as catalog:
        other = None if baseline is None else parse_fact(baseline, "run")
        result = catalog.gates.run(number, baseline=other, margin=options["margin"])
        return result, _next(catalog, result, what)


def _next(catalog: Catalog, result: GateResult, what: str) -> str | None:
    """Look at the first case that came back; else close the first open one whose checks all pass."""
    back = [check.case for check in result.checks if check.came_back]
    if back:
        return f"errata case show {back[0]}"
    held = {check.case for check in result.of("pass")} - {
        check.case for check in result.checks if check.verdict != "pass"
    }
    waiting = [case.key for case in catalog.cases.list() if case.key in held and case.state != "closed"]
    return f"errata case close {waiting[0]} --by {what}" if waiting else None
