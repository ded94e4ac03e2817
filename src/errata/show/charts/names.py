"""Names of charts as parts of an address."""

from __future__ import annotations

from collections.abc import Sequence


def address(kind: str, names: Sequence[str]) -> list[str]:
    """``kind-name`` for each, in letters that an address holds; those that would have one address are numbered."""
    made: list[str] = []
    for name in names:
        safe = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in name)[:60] or "column"
        found, number = f"{kind}-{safe}", 1
        while found in made:
            number += 1
            found = f"{kind}-{safe}-{number}"
        made.append(found)
    return made
