"""The reviews of a case as its history tells them: handed in, verified with what was run again, given back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from errata.nouns.lifecycle import RETURNED, SUBMITTED, VERIFIED
from errata.nouns.record import Revision
from errata.web.pages.reading import place_of


@dataclass(frozen=True, slots=True)
class Review:
    """One step of the review. ``verdict`` is empty where nothing was run again; ``href`` is where that stands."""

    step: str
    actor: str
    at: datetime
    revision: int
    verdict: str = ""
    reran: str = ""
    href: str = ""
    digest: str = ""
    note: str = ""


def reviews(history: Sequence[Revision]) -> list[Review]:
    """Every step, the newest first."""
    found: list[Review] = []
    state, before = "", None
    for one in sorted(history, key=lambda revision: revision.revision):
        verification: dict[str, Any] | None = one.body.get("verification")
        if verification and verification != before:
            found.append(
                Review(
                    step="verified" if verification["verdict"] == "reproduced" else "not reproduced",
                    actor=verification["actor"],
                    at=one.at,
                    revision=verification["revision"],
                    verdict=verification["verdict"],
                    reran=verification["reran"],
                    href=place_of(verification["reran"]),
                    digest=verification.get("digest") or "",
                    note=verification.get("note") or "",
                )
            )
        elif one.state != state and one.state in (SUBMITTED, RETURNED, VERIFIED):
            found.append(Review(step=one.state, actor=one.actor, at=one.at, revision=one.revision, note=one.reason))
        state, before = one.state, verification
    return found[::-1]
