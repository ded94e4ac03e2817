"""From evidence to verdicts: pass, fail, or how much is missing.

``pass`` when the whole interval (each bound one-sided 95 %) lies within the criterion; ``fail`` when it lies outside
and Holm's adjusted p-value over all checks of the gate (Holm 1979) is at most 0.05 as well, so that a gate of many
checks does not fail a good model more often than one check would; else ``inconclusive``. A gate passes only when every
check does, which needs no adjustment.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from errata.analysis.differences import ALPHA, Evidence
from errata.core.units import count, plural
from errata.nouns.verdict import FAIL, INCONCLUSIVE, PASS, Criterion

MOST_NEEDED = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One check as numbers: ``n`` samples gave ``evidence`` (None when there is none, and ``how`` says why)."""

    criterion: Criterion
    n: int
    evidence: Evidence | None
    how: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The verdict on one question; bounds are None where nothing bounds the number."""

    verdict: str
    estimate: float | None
    low: float | None
    high: float | None
    p: float | None
    p_adjusted: float | None
    more_needed: int | None
    reason: str


def answers(questions: Sequence[Question]) -> list[Answer]:
    """The verdicts on all questions of one gate, in their order."""
    ps = [_p_broken(question) for question in questions]
    adjusted = holm(ps)
    return [_answer(question, p, q, len(questions)) for question, p, q in zip(questions, ps, adjusted, strict=True)]


def holm(ps: Sequence[float]) -> list[float]:
    """Holm's step-down adjusted p-values, in the order given."""
    adjusted = [1.0] * len(ps)
    largest = 0.0
    for place, index in enumerate(sorted(range(len(ps)), key=lambda i: ps[i])):
        largest = max(largest, min(1.0, (len(ps) - place) * ps[index]))
        adjusted[index] = largest
    return adjusted


def _p_broken(question: Question) -> float:
    if question.evidence is None:
        return 1.0
    edge = question.criterion.edge
    return question.evidence.p_above(edge) if question.criterion.sign == "<=" else question.evidence.p_below(edge)


def _answer(question: Question, p: float, adjusted: float, checks: int) -> Answer:
    evidence, criterion = question.evidence, question.criterion
    if evidence is None:
        return Answer(
            verdict=INCONCLUSIVE, estimate=None, low=None, high=None, p=None, p_adjusted=None, more_needed=None,
            reason=question.how,
        )  # fmt: skip
    low, high = evidence.low(), evidence.high()
    upper = criterion.sign == "<="
    inside = high <= criterion.edge if upper else low >= criterion.edge
    outside = low > criterion.edge if upper else high < criterion.edge
    needed = None
    if inside:
        verdict, reason = PASS, "the whole interval lies within the criterion"
    elif outside and adjusted <= ALPHA:
        verdict, reason = FAIL, "the whole interval lies outside the criterion"
    else:
        verdict = INCONCLUSIVE
        strictness = adjusted / p if p > 0 else 1.0
        needed = more_needed(evidence, criterion, question.n, max(strictness, 1.0))
        reason = _undecided(evidence, outside, adjusted, checks, needed)
    return Answer(
        verdict=verdict,
        estimate=evidence.estimate,
        low=_finite(low),
        high=_finite(high),
        p=p,
        p_adjusted=adjusted,
        more_needed=needed,
        reason=f"{reason}; {question.how}" if question.how else reason,
    )


def _undecided(evidence: Evidence, outside: bool, adjusted: float, checks: int, needed: int | None) -> str:
    if math.isinf(evidence.high()) and math.isinf(evidence.low()):
        return "too few samples that differ to say how sure the mean is"
    why = "the interval reaches across the edge of the criterion"
    if outside:
        why = f"the interval lies outside the criterion, but not after Holm's adjustment (p = {adjusted:.2g}, "
        why += f"{plural(checks, 'check')})"
    if needed is None:
        return f"{why}, and no number of samples would settle it at these rates"
    return f"{why}; about {count(needed)} more samples would settle it at these rates"


def more_needed(evidence: Evidence, criterion: Criterion, n: int, strictness: float = 1.0) -> int | None:
    """How many more samples, at the rates seen, would settle the check; None past 10⁹ or when it sits on the edge.

    A failure has to reach 0.05 / ``strictness``, which is what Holm's adjustment asks of it now.
    """
    edge, upper = criterion.edge, criterion.sign == "<="
    if evidence.estimate == edge or n <= 0:
        return None
    settles: Callable[[Evidence], bool]
    if (evidence.estimate < edge) == upper:
        settles = (lambda e: e.high() <= edge) if upper else (lambda e: e.low() >= edge)
    else:
        settles = lambda e: (e.p_above(edge) if upper else e.p_below(edge)) <= ALPHA / strictness  # noqa: E731

    def enough(more: int) -> bool:
        return settles(evidence.scaled((n + more) / n))

    high = 1
    while not enough(high):
        high *= 2
        if high > MOST_NEEDED:
            return None
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
