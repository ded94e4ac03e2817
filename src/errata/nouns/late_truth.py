"""Truth that came after the predictions: what it was joined to, and what it changed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from errata.nouns.run import Run

SCHEMA = "errata.truth/1"
TRUTH_SINCE = "truth came after this analysis: errata analyze run:{run} makes it anew"


@dataclass(frozen=True, slots=True, kw_only=True)
class LateTruth:
    """What became of a file of truth for one run. All but ``run`` and ``notes`` count rows.

    Of the file's ``rows``, ``matched`` have the id of a row of the run, ``strange`` have an id that the run has not,
    and ``empty`` have an id and no truth. ``replaced`` gave another truth than was known; ``changed`` outcomes are not
    what they were (unknown counts as one); ``missing`` rows of the run have no truth even now. ``seq`` numbers the
    truth, ``known`` says that all of it was there already and nothing was written.
    """

    run: Run
    source: str
    seq: int
    rows: int
    matched: int
    strange: int
    empty: int
    replaced: int
    changed: int
    missing: int
    known: bool = False
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values of the schema ``errata.truth/1``."""
        values = {name: value for name, value in asdict(self).items() if name != "run"}
        return {"schema": SCHEMA, "run": self.run.to_json(), **values, "notes": list(self.notes)}
