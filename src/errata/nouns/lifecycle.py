"""The life of a case, in one table: which step leads from where to where, and what it takes. The docs draw it."""

from __future__ import annotations

from dataclasses import dataclass

DRAFT, SUBMITTED, VERIFIED, RETURNED = "draft", "submitted", "verified", "returned"
PLANNED, REMEDIATED, CLOSED, REOPENED = "planned", "remediated", "closed", "reopened"
WITHDRAWN, MERGED = "withdrawn", "merged"
STATES = (
    DRAFT, SUBMITTED, VERIFIED, RETURNED, PLANNED, REMEDIATED, CLOSED, REOPENED, WITHDRAWN, MERGED
)  # fmt: skip
ENDED = (WITHDRAWN, MERGED)
OPEN = tuple(state for state in STATES if state not in (CLOSED, *ENDED))
"""What still wants something done; ``state:open`` in a search."""
LIVE = (*OPEN, CLOSED)
"""What a run may come back to: neither withdrawn nor merged."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what it is called, the states it leads from, the one it leads to, and what it takes."""

    name: str
    before: tuple[str, ...]
    after: str
    takes: str


STEPS = (
    Step("submit", (DRAFT, RETURNED), SUBMITTED, "the required minimum, which the author says is whole"),
    Step("verify", (SUBMITTED,), VERIFIED, "somebody who neither wrote nor labelled it, and what they ran again"),
    Step("return", (SUBMITTED, VERIFIED), RETURNED, "the same somebody, and why: not reproduced, or more is needed"),
    Step("plan", (DRAFT, SUBMITTED, VERIFIED, REMEDIATED, REOPENED), PLANNED, "a plan for it"),
    Step("measure", (PLANNED, REOPENED), REMEDIATED, "the measured gain of its plan"),
    Step(
        "close", (DRAFT, SUBMITTED, VERIFIED, PLANNED, REMEDIATED, REOPENED), CLOSED,
        "a pass of all its checks on a newer model",
    ),
    Step("reopen", (CLOSED,), REOPENED, "a gate in which one of its checks fails"),
    Step("withdraw", OPEN, WITHDRAWN, "a reason: it is no case"),
    Step("restore", (WITHDRAWN,), DRAFT, "a reason: it is one after all"),
    Step("merge", (*OPEN, CLOSED), MERGED, "the case that holds it now"),
)  # fmt: skip

MOVES = {state: tuple(dict.fromkeys(one.after for one in STEPS if state in one.before)) for state in STATES}


def steps_text() -> str:
    """The table as text: one line a step."""
    wide = max(len(" | ".join(one.before)) for one in STEPS)
    rows = [f"{one.name:<9} {' | '.join(one.before):<{wide}} → {one.after:<11} {one.takes}" for one in STEPS]
    return "\n".join(line.rstrip() for line in rows)
