"""``errata vocabulary health``: which terms serve nobody, serve for everything, or mean different things to people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from errata.nouns.agreement import Coefficient
from errata.nouns.round import OPEN
from errata.nouns.vocabulary import VocabularyBody
from errata.store import labels, records, vocabularies
from errata.store.catalog import Store
from errata.verbs.round import view_round

SCHEMA = "errata.vocabulary-health/1"
SHARE = 0.25
FEWEST = 20
"""Of fewer labels, no term is called overloaded."""
ENOUGH = 0.667
"""Krippendorff's bound: below it, not even tentative conclusions are drawn from labels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Findings by term. ``overloaded`` carry more than ``share`` of all labels; ``unclear`` are (term, round, α);
    ``unused_tops`` are those unused whose broader term is used, each with whether others are below it."""

    vocabulary: str
    name: str
    revision: int
    terms: int
    labels: int
    share: float
    unused: tuple[str, ...]
    unused_tops: tuple[tuple[str, bool], ...]
    undefined: tuple[str, ...]
    overloaded: tuple[tuple[str, int], ...]
    outdated: tuple[tuple[str, int, tuple[str, ...]], ...]
    unclear: tuple[tuple[str, str, Coefficient], ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values of the schema ``errata.vocabulary-health/1``."""
        return {
            "schema": SCHEMA,
            "vocabulary": self.vocabulary,
            "name": self.name,
            "revision": self.revision,
            "terms": self.terms,
            "labels": self.labels,
            "share": self.share,
            "unused": list(self.unused),
            "undefined": list(self.undefined),
            "overloaded": [{"term": term, "labels": many} for term, many in self.overloaded],
            "outdated": [{"term": t, "labels": many, "choices": list(choices)} for t, many, choices in self.outdated],
            "unclear": [{"term": term, "round": key, "alpha": a.to_json()} for term, key, a in self.unclear],
        }


def vocabulary_health(store: Store, named: str, share: float = SHARE) -> Health:
    """How well the terms of a vocabulary serve, by the labels that count and by rounds that are closed.

    Raises NotFound.
    """
    with store.read() as connection:
        record = vocabularies.find(connection, store, named)
        counts = labels.counts(connection, store, record.number)
        rounds = records.records(connection, store, "round", facet=("vocabulary", record.key))
    body: VocabularyBody = record.body
    living, total = body.living(), sum(counts.values())
    unclear = []
    for one in rounds:
        agreed = None if one.state == OPEN else view_round(store, one.key).agreement
        for term, alpha in (agreed.terms if agreed else {}).items():
            if alpha.value is not None and alpha.value < ENOUGH:
                unclear.append((term, one.key, alpha))
    unused = [at for at in living if not any(counts.get(one) for one in (at, *body.descendants(at)))]
    return Health(
        vocabulary=record.key,
        name=body.name,
        revision=record.revision,
        terms=len(living),
        labels=total,
        share=share,
        unused=tuple(unused),
        unused_tops=tuple((at, bool(body.narrower(at))) for at in unused if body.concepts[at].broader not in unused),
        undefined=tuple(at for at in living if not body.concepts[at].meaning()),
        overloaded=tuple(
            (at, many)
            for at, many in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
            if total >= FEWEST and many > share * total
        ),
        outdated=tuple(
            (at, many, tuple(body.replacements(at)))
            for at, many in sorted(counts.items())
            if body.concepts[at].deprecated
        ),
        unclear=tuple(sorted(unclear, key=lambda found: (found[2].value, found[0]))),
    )
