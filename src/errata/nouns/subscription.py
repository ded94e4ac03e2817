"""A subscription: somebody watches a record, a run, a finding, or whatever cases a query finds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from errata.core.clock import stamp
from errata.core.errors import UsageError
from errata.core.names import is_key, names_one
from errata.core.units import count
from errata.nouns.query import Query

LONGEST = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """What is watched, since when, and the number of the last entry of the log that its owner has seen."""

    subject: str
    at: datetime
    seen: int

    @property
    def query(self) -> bool:
        """Whether it is a query."""
        return not names_one(self.subject)

    def to_json(self) -> dict[str, Any]:
        """Plain values of the schema ``errata.subscription/1``."""
        about = {"schema": "errata.subscription/1", "subject": self.subject, "query": self.query}
        return {**about, "at": stamp(self.at), "seen": self.seen}


def watched(text: str, prefix: str) -> str:
    """What is to be watched as it is kept: a name, or the canonical text of a query.

    A key of this project (``prefix``) may be written small. Raises GrammarError, UsageError ``watch-what``,
    ``long-query``.
    """
    said = text.strip()
    if names_one(said):
        return said
    if is_key(said.upper()) and said.upper().rpartition("-")[0] == prefix:
        return said.upper()
    query = Query.parse(said).text
    if not query:
        raise UsageError(
            "watch-what", "nothing was said to watch", expected="KEY, run:N or a query", next=f"errata watch {prefix}-1"
        )
    if len(query) > LONGEST:
        raise UsageError(
            "long-query",
            "this query is too long to be watched",
            expected=f"at most {count(LONGEST)} characters",
            found=count(len(query)),
            next="errata search save NAME QUERY",
        )
    return query
