"""``errata.compare``: the verb, on two files or two tables in memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from errata.client.analyze import source_of
from errata.client.roles import role_arguments, roles_of
from errata.nouns import comparison as noun


class Comparison(noun.Comparison):
    """What ``errata.compare`` found; ``print(comparison)`` reads as in the terminal."""

    @classmethod
    def of(cls, comparison: noun.Comparison) -> Comparison:
        """The same comparison, with its looks."""
        return cls(**{field.name: getattr(comparison, field.name) for field in fields(comparison)})

    def __str__(self) -> str:
        from errata.show.compare_text import compare_text

        return compare_text(self, width=100, colour=False)


def compare(
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
    positive: object = None,
    task: str | None = None,
    k: int | None = None,
    separator: str | None = None,
    format: str | None = None,
    question: str | None = None,
    contexts: str | None = None,
    judge: str | None = None,
    faithfulness: str | None = None,
    tools: str | None = None,
    metric: str = "error",
    depth: int = 2,
    min_support: float = 0.01,
    top: int = 20,
    seed: int = 0,
    bootstraps: int = 1000,
    pair_by: str | None = None,
    allow_different_truth: bool = False,
    allow_unknown: bool = False,
    quarantine: bool = False,
    tz: str | None = None,
) -> Comparison:
    """Compare version ``a`` with version ``b``: what newly fails, and whether B is better, worse, or neither for sure.

    Each is a path or a table in memory, as for ``errata.analyze``, with the same roles. Samples are paired by id, or by
    the column ``pair_by`` that names the sample where rows of one side repeat it. Raises errata.InputError for what
    cannot be used.
    """
    roles = roles_of(role_arguments(locals()))
    from errata.verbs.compare import CompareOptions, compare_sources

    options = CompareOptions(
        metric=metric,
        depth=depth,
        min_support=min_support,
        top=top,
        seed=seed,
        bootstraps=bootstraps,
        pair_by=pair_by,
        allow_different_truth=allow_different_truth,
        allow_unknown=allow_unknown,
    )
    old, new = (source_of(data, quarantine=quarantine, tz=tz) for data in (a, b))
    return Comparison.of(compare_sources(old, new, roles, options))
