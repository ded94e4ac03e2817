"""What needs somebody, for the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from errata.core.units import count, plural

SHOWN = 8
"""So many of one sort are told."""


def needs_text(found: Mapping[str, Any]) -> str:
    """Each need as two lines: what it is, and what to type."""
    if not found["needs"]:
        return f"Nothing needs {found['actor']}.\nerrata case list"
    lines = [headline(found), ""]
    told: dict[str, int] = {}
    for one in found["needs"]:
        told[one["what"]] = told.get(one["what"], 0) + 1
        if told[one["what"]] <= SHOWN:
            sign = "▲ " if one["what"] == "came back" else ""
            lines += [f"{sign}{one['subject']}  {one['title']} · {one['said']}", f"    {one['next']}"]
    left = sum(max(0, many - SHOWN) for many in told.values())
    if left:
        lines += ["", f"{count(left)} more: errata needs --json"]
    return "\n".join(lines)


def headline(found: Mapping[str, Any]) -> str:
    """``3 things need ada``."""
    many = len(found["needs"])
    return f"{plural(many, 'thing')} need{'s' if many == 1 else ''} {found['actor']}"
