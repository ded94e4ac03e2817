"""``errata.drift``: the verb, on two files or two tables in memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from errata.client.analyze import engine_of, source_of
from errata.client.roles import role_arguments, roles_of
from errata.nouns import drift as noun


class Drift(noun.Drift):
    """What ``errata.drift`` found; ``print(drift)`` reads as in the terminal."""

    @classmethod
    def of(cls, drift: noun.Drift) -> Drift:
        """The same drift, with its looks."""
        return cls(**{field.name: getattr(drift, field.name) for field in fields(drift)})

    def __str__(self) -> str:
        from errata.show.drift_text import drift_text

        return drift_text(self, width=100, colour=False)


def drift(
    a: Any,
    b: Any,
    *,
    truth: str | None = None,
    prediction: str | None = None,
    score: str | None = None,
    scores: str | Iterable[str] | None = None,
    id: str | None = None,
    loss: str | None = None,
    failed: str | None = None,
    time: str | None = None,
    group: str | None = None,
    image: str | None = None,
    factors: Iterable[str] | None = None,
    exclude: Iterable[str] = (),
    derive: Iterable[str] = (),
    task: str | None = None,
    k: int | None = None,
    separator: str | None = None,
    format: str | None = None,
    question: str | None = None,
    contexts: str | None = None,
    judge: str | None = None,
    faithfulness: str | None = None,
    tools: str | None = None,
    min_effect: float = 0.02,
    quarantine: bool = False,
    tz: str | None = None,
    engine: str = "local",
) -> Drift:
    """Which columns of ``b`` drifted from the reference ``a``, and whether the error rate changed by mix or within.

    Each is a path or a table in memory, as for ``errata.analyze``, with the same roles; neither needs a truth.
    ``min_effect`` is the least KS, Cramér's V or change of the missing share that is an alarm. With ``engine="spark"``
    rows are counted by Spark, as for ``errata.analyze``. Raises errata.InputError for what cannot be used.
    """
    roles = roles_of(role_arguments(locals()))
    from errata.verbs.drift import DriftOptions, drift_sources

    old, new = (source_of(data, quarantine=quarantine, tz=tz, engine=engine) for data in (a, b))
    chosen = DriftOptions(min_effect=min_effect)
    return Drift.of(drift_sources(old, new, roles, chosen, engine=engine_of(engine)))
