"""Confused classes as findings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from errata.analysis.confusion import MOST_CLASSES, Pair, confused_pairs
from errata.analysis.figures import rate_figures
from errata.analysis.slices import Totals
from errata.core.errors import GrammarError
from errata.core.units import plural
from errata.nouns.finding import Finding, fingerprint
from errata.nouns.slice import Condition, Slice
from errata.verbs.metrics import dense_groups

if TYPE_CHECKING:
    from errata.nouns.outcome import Outcomes


def confusion_findings(
    outcomes: Outcomes, groups: NDArray[np.int64] | None, within: str | None = None
) -> tuple[list[Finding], tuple[str, ...]]:
    """The pairs of classes that are confused by more than chance, by excess errors, and notes on what is left out.

    ``within`` is the slice whose rows alone are looked at, which each pair's text then says too.
    """
    if outcomes.truth is None or outcomes.prediction is None or len(outcomes.labels) < 2:
        return [], ()
    if len(outcomes.labels) > MOST_CLASSES:
        return [], (f"confused pairs are left out: more than {MOST_CLASSES:,} classes",)
    known = (outcomes.truth >= 0) & (outcomes.prediction >= 0)
    truth, prediction = outcomes.truth, outcomes.prediction
    if not known.all():
        truth, prediction = truth[known], prediction[known]
        groups = dense_groups(groups, np.flatnonzero(known))
    return pair_findings(*confused_pairs(truth, prediction, len(outcomes.labels), groups), outcomes, within)


def pair_findings(
    pairs: Sequence[Pair], critical: float, outcomes: Outcomes, within: str | None = None
) -> tuple[list[Finding], tuple[str, ...]]:
    """Confused pairs as findings, and notes on what no slice can name. Of ``outcomes`` the classes are looked at."""
    findings: list[Finding] = []
    unwritable = 0
    arguments = {"within": within}
    for pair in pairs:
        try:
            text = _slice_of(pair, outcomes).within(Slice.parse(within or "all")).text
        except GrammarError:
            unwritable += 1
            continue
        totals = Totals(pair.rows, pair.failed, pair.rows + pair.rest_chances, pair.failed + pair.rest_failed)
        mark = fingerprint(
            task=outcomes.task, metric="error", arguments=arguments, analysis="confusion", slice_text=text
        )
        findings.append(
            Finding(
                **asdict(rate_figures(totals, critical, pair.effect, pair.rest_effect)),
                id=f"confusion-{len(findings) + 1}",
                kind="confusion",
                metric="error",
                fingerprint=mark,
                slice=text,
                p_adjusted=pair.p_adjusted,
                after_peeling=None,
            )
        )
    if not unwritable:
        return findings, ()
    return findings, (f"{plural(unwritable, 'confused pair')} left out: no slice can name a class or its column",)


def _slice_of(pair: Pair, outcomes: Outcomes) -> Slice:
    roles = outcomes.roles
    assert roles.truth is not None and roles.prediction is not None
    return Slice.of(
        Condition(roles.truth, "equals", value=outcomes.labels[pair.truth]),
        Condition(roles.prediction, "equals", value=outcomes.labels[pair.prediction]),
    )
