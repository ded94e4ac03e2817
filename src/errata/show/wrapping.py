"""Lines of words in which a number keeps its unit, and an interval its two ends."""

from __future__ import annotations

import re
import textwrap

_TIED = re.compile(r"(?<=\d) (?=%|pp)|(?<=,) (?=[^][]*\])|(?<=[<>=±]) (?=[\d'-])|(?<=\w) (?=[<>]?= )")


def wrap(text: str, width: int, indent: str = "  ") -> list[str]:
    """At most ``width`` columns wide, each line after ``indent``, those after the first two columns further in."""
    later = indent + "  " if indent else ""
    lines = textwrap.wrap(
        _TIED.sub("\u00a0", text), width, initial_indent=indent, subsequent_indent=later, break_on_hyphens=False
    )
    return [line.replace("\u00a0", " ") for line in lines]
