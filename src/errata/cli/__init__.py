"""The command line: parse, call the verb or the client, show. This module imports click and nothing heavier."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from errata import __version__

VERBS = {
    "analyze": "errata.cli.analyze:command",
    "init": "errata.cli.init:command",
    "log": "errata.cli.log:command",
    "import": "errata.cli.import_cases:group",
    "compare": "errata.cli.compare:command",
    "drift": "errata.cli.drift:command",
    "gate": "errata.cli.gate:command",
    "capture": "errata.cli.capture:command",
    "profile": "errata.cli.profile:command",
    "patterns": "errata.cli.patterns:command",
    "needs": "errata.cli.needs:command",
    "serve": "errata.cli.serve:command",
    "work": "errata.cli.work:command",
    "doctor": "errata.cli.doctor:command",
    "backup": "errata.cli.backup:command",
    "restore": "errata.cli.restore:command",
    "watch": "errata.cli.watch:watch",
    "unwatch": "errata.cli.watch:unwatch",
    "inbox": "errata.cli.watch:inbox",
    "reindex": "errata.cli.reindex:command",
    "demo": "errata.cli.demo:command",
}
NOUNS = {
    "run": "errata.cli.run:group",
    "finding": "errata.cli.finding:group",
    "case": "errata.cli.case:group",
    "check": "errata.cli.check:group",
    "plan": "errata.cli.plan:group",
    "search": "errata.cli.search:group",
    "label": "errata.cli.label:group",
    "comment": "errata.cli.comment:group",
    "vocabulary": "errata.cli.vocabulary:group",
    "round": "errata.cli.round:group",
    "rota": "errata.cli.rota:group",
    "rubric": "errata.cli.rubric:group",
    "template": "errata.cli.template:group",
    "rule": "errata.cli.rule:group",
    "candidates": "errata.cli.candidates:group",
    "token": "errata.cli.token:group",
    "actor": "errata.cli.actor:group",
    "job": "errata.cli.job:group",
}
COMMANDS = {**VERBS, **NOUNS}


class LazyGroup(click.Group):
    """A group that imports a command when it is named, and lists only the commands that are there."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names in COMMANDS whose module exists, verbs first."""
        return [name for name, target in COMMANDS.items() if importlib.util.find_spec(target.partition(":")[0])]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of ``cmd_name`` and return its click object; None when there is none."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module, _, attribute = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, but an unknown word is answered with the nearest commands."""
        if args and not args[0].startswith("-") and args[0] not in self.list_commands(ctx):
            from errata.core.errors import UsageError
            from errata.core.names import nearest

            known = self.list_commands(ctx)
            close = nearest(args[0], known)
            raise UsageError(
                "no-such-command",
                f"there is no command {args[0]!r}",
                expected=f"one of {', '.join(close or known)}" if known else "",
                next=f"errata {close[0]} --help" if close else "errata --help",
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Verbs and nouns under headings of their own, one line each."""
        present = self.list_commands(ctx)
        width = max((len(name) for name in present), default=0)
        for title, table in (("Verbs", VERBS), ("Nouns", NOUNS)):
            rows = [(name.ljust(width), self._summary(ctx, name)) for name in present if name in table]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)

    def _summary(self, ctx: click.Context, name: str) -> str:
        try:
            command = self.get_command(ctx, name)
        except Exception as exc:  # one broken command must not take the help of the others away
            return f"cannot be loaded: {type(exc).__name__}: {exc}"
        return command.get_short_help_str(90) if command else ""

    def main(  # type: ignore[override]  # click overloads on standalone_mode; here the exit code is always ours
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        **extra: Any,
    ) -> NoReturn:
        """Run the command line ``args`` and exit: 0, or the code of the error that stopped it."""
        words = list(sys.argv[1:] if args is None else args)
        name = prog_name or "errata"
        self._main_shell_completion(extra, name, complete_var)
        extra.pop("standalone_mode", None)
        extra.pop("windows_expand_args", None)
        try:
            code = self._run(name, words, extra)
            sys.stdout.flush()
        except BaseException as exc:
            from errata.cli.faults import answer

            code = answer(exc, words)
        sys.exit(code)

    def _run(self, name: str, words: list[str], extra: dict[str, Any]) -> int:
        try:
            with self.make_context(name, words.copy(), **extra) as ctx:
                self.invoke(ctx)
        except click.exceptions.Exit as stop:
            return stop.exit_code
        return 0


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="A path or - is a file, run:12 is a run of the catalog. Every command has --help and --json.",
)
@click.version_option(__version__, message="errata %(version)s")
def root() -> None:
    """Errata, the failure catalogue for machine learning.

    Takes what a model got wrong and turns it into something that a team can find, trust, reproduce, fix and guard.
    Start with: errata analyze FILE
    """
    if os.environ.get("ERRATA_DEBUG"):
        import faulthandler

        faulthandler.enable()
