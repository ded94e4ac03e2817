"""Seen before? The cases that are like what is about to be written down."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from errata.core.words import asked_words
from errata.nouns.record import Record
from errata.store import records
from errata.store.catalog import Store
from errata.store.matching import holding, how_many
from errata.store.search import visible
from errata.store.sight import everything

LOOKED_UP = 64
TELLING = 12
LIKE = 0.3
"""From which share of the telling words on, weighed by how rare they are, a case counts as alike."""
_COMMON = 10_000


@dataclass(frozen=True, slots=True)
class Alike:
    """A case that is like another: ``score`` from 0 to 1, and ``why``."""

    record: Record
    score: float
    why: str

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"key": self.record.key, "title": self.record.title, "score": self.score, "why": self.why}


def alike(
    store: Store,
    *,
    title: str,
    summary: str = "",
    fingerprint: str | None = None,
    but: str | None = None,
    limit: int = 3,
) -> list[Alike]:
    """The cases most like this one, best first: of the same fingerprint, then by the rarest words that they share.

    The score is the share of its telling words that a case holds, each weighed by how rare it is. One shared word is
    no likeness.
    """
    with store.read() as connection:
        total = records.how_many(connection, store, "case")
        asked = [word for word in asked_words(f"{title}\n{summary}") if len(word) > 2 or not word.isascii()]
        found = {word: _many(connection, store, word) for word in asked[:LOOKED_UP]}
        own = 1 if but else 0
        most = min(_COMMON, max(2, total // 4))  # what every fourth case says tells none apart
        rare = sorted((number, word) for word, number in found.items() if own < number <= most)[:TELLING]
        weights = {word: math.log1p(total / number) for number, word in rare}
        scores: dict[int, float] = {}
        shared: dict[int, list[str]] = {}
        for word, weight in weights.items():
            for number in visible(connection, store, holding(connection, store, [word])).tolist():
                scores[number] = scores.get(number, 0.0) + weight
                shared.setdefault(number, []).append(word)
        same = (
            []
            if fingerprint is None
            else records.records(connection, store, "case", facet=("fingerprint", fingerprint))
        )
        first = [one.number for one in same]
        whole = sum(weights.values()) or 1.0
        like = [number for number, score in scores.items() if score >= LIKE * whole and len(shared[number]) > 1]
        like.sort(key=lambda number: (-scores[number], number))
        wanted = list(dict.fromkeys([*first, *like]))
        heads = records.of_kind(connection, store, wanted[: 10 * limit + 1], "case")
    answer = []
    for head in heads:
        if head.key != but:
            score = 1.0 if head.number in first else round(scores[head.number] / whole, 2)
            why = "the same fingerprint" if head.number in first else f"shares {', '.join(shared[head.number])}"
            answer.append(Alike(head, score, why))
    return answer[:limit]


def _many(connection: Any, store: Store, word: str) -> int:
    """How many records that may be seen hold a word; beyond ``_COMMON`` it does not matter how many."""
    if everything(store):
        return how_many(connection, store, word, _COMMON)
    return min(_COMMON, len(visible(connection, store, holding(connection, store, [word]))))
