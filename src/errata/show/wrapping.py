"""Lines of words in which a number keeps its unit and its interval, and that its two ends."""

from __future__ import annotations

import re
import textwrap

_TIED = re.compile(
    r"(?<=\d) (?=%|pp)|(?<=[%p\d]) (?=\[)|(?<=,) (?=[^][]*\])|(?<=[<>=±]) (?=[\d'-])|(?<=\w) (?=[<>]?= )"
    r"|(?<=[@^])\d+ (?=\d)"
)


def wrap(text: str, width: int, indent: str = "  ", later: str | None = None) -> list[str]:
    """At most ``width`` columns wide, each line after ``indent``, those after the first after ``later``: otherwise two
    columns further in, where there is an indent."""
    if later is None:
        later = indent + "  " if indent else ""
    tied = _TIED.sub(lambda found: found[0].replace(" ", "\u00a0"), text)
    lines = textwrap.wrap(tied, width, initial_indent=indent, subsequent_indent=later, break_on_hyphens=False)
    return [line.replace("\u00a0", " ") for line in lines]
