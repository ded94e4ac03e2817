"""Who may see a record: how sensitive it is, and up to where a reader is cleared."""

from __future__ import annotations

from collections.abc import Iterable

from errata.core.errors import UsageError
from errata.core.names import nearest

LEVELS = ("public", "internal", "confidential", "restricted")
"""From what everybody may see to what few may. A clearance is the last of them that a reader sees."""
USUAL = "internal"
"""Of a record that says nothing of it."""
EVERYTHING = "restricted"
"""The clearance of who has the catalog in a folder or database of their own."""
UNKNOWN_READER = "confidential"
"""The clearance of who shows no token: all but what is restricted."""


def above(clearance: str) -> tuple[str, ...]:
    """The levels that a clearance does not reach."""
    return LEVELS[LEVELS.index(clearance) + 1 :]


def highest(levels: Iterable[str]) -> str:
    """The most sensitive of some levels; the usual one of none."""
    return max(levels, key=LEVELS.index, default=USUAL)


def lowest(levels: Iterable[str]) -> str:
    """The least sensitive of some levels."""
    return min(levels, key=LEVELS.index)


def seen(clearance: str) -> str:
    """What a clearance sees, in words."""
    beyond = above(clearance)
    return "everything" if not beyond else f"all but what is {' or '.join(beyond)}"


def check_clearance(level: str, *, giver: str = EVERYTHING) -> str:
    """``level``, when it is one and no higher than that of who gives it. Raises UsageError."""
    if level not in LEVELS:
        close = nearest(level, list(LEVELS), 1) or [USUAL]
        raise UsageError(
            "no-such-level",
            f"there is no level {level!r}",
            expected=f"one of {', '.join(LEVELS)}",
            next=f"--clearance {close[0]}",
        )
    if level in above(giver):
        raise UsageError(
            "above-clearance",
            f"you are cleared for {giver}, so you cannot clear anybody for {level}",
            expected=f"one of {', '.join(LEVELS[: LEVELS.index(giver) + 1])}",
            next=f"--clearance {giver}",
        )
    return level
