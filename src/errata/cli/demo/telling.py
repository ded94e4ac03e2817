"""How the demo speaks: numbered steps, what each found, and the line that does the same by hand."""

from __future__ import annotations

import re
import shlex
import textwrap
import time

import click

from errata.show.terminal import Paint

INDENT = "   "
_FIRM = "\N{NO-BREAK SPACE}"
_TOGETHER = re.compile(r"\[[^\]\s]+, [^\]\s]+\]|\S+ (?:%|pp)")
"""An interval, or a number and its unit, stands on one line."""


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
        first, *more = self._wrapped(title, self.room)
        self._print(self.paint(f"{self.steps:>2} {first}", "bold"))
        for line in more:
            self._print(self.paint(INDENT + line, "bold"))

    def say(self, text: str) -> None:
        """A paragraph of the current step."""
        for line in self._wrapped(text, self.room):
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
        for line in command_lines(words, self.room):
            self._print(self.paint(INDENT + line, "dim"))

    def plain(self, text: str = "") -> None:
        """A line at the margin."""
        for line in self._wrapped(text, self.width):
            self._print(line)

    def point(self, text: str) -> None:
        """One of a few things to remember."""
        first, *more = self._wrapped(text, self.width - 2)
        self._print(f"– {first}")
        for line in more:
            self._print(f"  {line}")

    def look(self, what: str, command: tuple[str, ...]) -> None:
        """What there is to see, and the command that shows it."""
        self._print(f"{INDENT}{what}:")
        self.command(*command)

    def seconds(self) -> float:
        """Since the telling began."""
        return time.monotonic() - self.started

    def _wrapped(self, text: str, width: int) -> list[str]:
        kept = _TOGETHER.sub(lambda found: found[0].replace(" ", _FIRM), text)
        lines = textwrap.wrap(kept, width, break_on_hyphens=False, break_long_words=False)
        return [line.replace(_FIRM, " ") for line in lines] or [""]

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
