"""How the demo speaks: numbered steps, what each found, and the line that does the same by hand."""

from __future__ import annotations

import shlex
import textwrap
import time

import click

from errata.show.terminal import Paint

INDENT = "   "


class Telling:
    """Prints the story as it happens; ``silent`` prints nothing. ``width`` is in columns."""

    def __init__(self, *, width: int, colour: bool, silent: bool = False) -> None:
        self.width = max(width, 60)
        self.colour = colour
        self.paint = Paint(colour)
        self.silent = silent
        self.steps = 0
        self.started = time.monotonic()

    def step(self, title: str) -> None:
        """The next step begins."""
        self.steps += 1
        self._print("")
        self._print(self.paint(f"{self.steps:>2} {title}", "bold"))

    def say(self, text: str) -> None:
        """A paragraph of the current step."""
        for line in textwrap.wrap(text, self.width - len(INDENT), break_on_hyphens=False, break_long_words=False):
            self._print(INDENT + line)

    def show(self, text: str) -> None:
        """A report as a command prints it."""
        for line in text.splitlines():
            self._print(INDENT + line)

    @property
    def room(self) -> int:
        """How wide a report may be."""
        return self.width - len(INDENT)

    def command(self, *words: str) -> None:
        """The command that does the same, over several lines where it is long."""
        for line in command_lines(words, self.width - len(INDENT)):
            self._print(self.paint(INDENT + line, "dim"))

    def plain(self, text: str = "") -> None:
        """A line at the margin."""
        lines = textwrap.wrap(text, self.width, break_on_hyphens=False, break_long_words=False) or [""]
        for line in lines:
            self._print(line)

    def look(self, what: str, command: tuple[str, ...]) -> None:
        """What there is to see, and the command that shows it."""
        self._print(f"{INDENT}{what}:")
        self.command(*command)

    def seconds(self) -> float:
        """Since the telling began."""
        return time.monotonic() - self.started

    def _print(self, line: str) -> None:
        if not self.silent:
            click.echo(line.rstrip())


def command_lines(words: tuple[str, ...], width: int) -> list[str]:
    """``$ errata log …`` in lines of at most ``width`` columns where words allow it, to be pasted as they are."""
    parts: list[str] = []
    for word in words:
        quoted = shlex.quote(word)
        if parts and parts[-1].startswith("--") and " " not in parts[-1] and not word.startswith("--"):
            parts[-1] += f" {quoted}"  # an option stays beside its value
        else:
            parts.append(quoted)
    lines = ["$"]
    for part in parts:
        if len(lines[-1]) + len(part) + 3 > width and lines[-1] != "$":
            lines[-1] += " \\"
            lines.append("     ")
        lines[-1] += f" {part}"
    return lines
