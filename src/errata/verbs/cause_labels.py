"""Of the audit ``causes``: are labels wrong, as far as the scores can say?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from errata.analysis.figures import grouped_effect
from errata.analysis.label_noise import SHARES, label_noise
from errata.core.units import count, plural
from errata.nouns.causes import NO_NOISE, NOISE, LabelNoise, LabelPair, Suspect
from errata.tasks.classification import label_text
from errata.tasks.scores import by_label, in_unit_interval
from errata.verbs.audits import Impossible
from errata.verbs.subject import Subject

MOST_SCORES = 20_000_000
"""So many scores (rows × classes) are looked at; of more rows a sample is drawn."""
MOST_SUSPECTS = 200
LEAST_ROWS = 100


def label_causes(subject: Subject, held: NDArray[np.bool_] | None) -> LabelNoise:
    """Confident disagreement of scores and labels. ``held``: the rows held out of training, if that is known.

    Raises Impossible without P(class) for every class, ErrataError for scores that are none.
    """
    outcomes = subject.outcomes
    if outcomes.truth is None or outcomes.prediction is None:
        raise Impossible("it needs classes, with --truth and --prediction")
    columns = by_label(subject.source, outcomes)
    classes = len(outcomes.classes)
    binary = columns is None and classes == len(outcomes.labels) == 2 and subject.confidence is not None
    if columns is None and not binary:
        raise Impossible("no score for each class: --scores 'p_*'")
    if classes < 2:
        raise Impossible("the truth has one class only")
    notes = []
    known = (outcomes.truth >= 0) & (outcomes.prediction >= 0)
    if held is not None:
        known &= held
        notes.append("rows of training are left out: a model has learned their labels, right or wrong")
    rows = np.flatnonzero(known)
    most = max(MOST_SCORES // classes, 1)
    if len(rows) > most:
        generator = np.random.default_rng([subject.options.seed, 40])
        notes.append(f"a sample of {count(most)} of {plural(len(rows), 'row')} is looked at")
        rows = np.sort(generator.choice(rows, most, replace=False))
    if columns is not None:
        scores = np.column_stack([in_unit_interval(subject.source, name)[rows] for name in columns])
    else:
        assert subject.confidence is not None
        sure = np.minimum(subject.confidence[rows], 1.0)
        first = outcomes.prediction[rows] == 0
        scores = np.column_stack([np.where(first, sure, 1 - sure), np.where(first, 1 - sure, sure)])
    whole = ~np.isnan(scores).any(axis=1) & (scores.sum(axis=1) > 0)
    if not whole.all():
        notes.append(f"{plural(int((~whole).sum()), 'row')} without scores, or with none above 0, left out")
    rows, scores = rows[whole], scores[whole]
    if len(rows) < LEAST_ROWS:
        raise Impossible(f"{plural(len(rows), 'row')} with scores and a truth: too few (at least {LEAST_ROWS})")
    labels = outcomes.truth[rows].astype(np.int64)
    if len(np.unique(labels)) < 2:
        raise Impossible("the truth has one class only")
    groups = None if subject.groups is None else np.unique(subject.groups[rows], return_inverse=True)[1]
    if held is None:
        notes.append("scores must be of rows that the model did not learn from (held out, or cross-validated)")
    failed = (outcomes.failed[rows] == 1).astype(np.float64)
    effect = 1.0 if groups is None else grouped_effect(failed, groups, np.ones(len(rows), bool))
    found = label_noise(scores, labels, groups, effect=effect, seed=subject.options.seed)
    names = [label_text(one) for one in outcomes.classes]
    ids = _ids(subject, rows[found.suspects[:MOST_SUSPECTS]])
    return LabelNoise(
        rows=len(rows),
        noise=found.share,
        verdict=NOISE if found.sure >= SHARES[1] else NO_NOISE,
        temperature=found.temperature,
        disagreements=found.disagreements,
        expected=found.expected,
        expected_raw=found.expected_raw,
        confident_share=found.confident_share,
        suspected=len(found.suspects),
        likely=float(found.chances.sum()),
        suspects=tuple(
            Suspect(
                int(rows[row]) + 1, ids[at], names[labels[row]], names[found.suggested[at]], float(found.margins[at]),
                float(found.chances[at]),
            )
            for at, row in enumerate(found.suspects[:MOST_SUSPECTS].tolist())
        ),
        pairs=tuple(
            LabelPair(names[one.label], names[one.other], one.rows, one.expected, one.p, one.p_adjusted)
            for one in found.pairs
        ),
        tried=found.tried,
        notes=tuple(notes),
    )  # fmt: skip


def _ids(subject: Subject, rows: NDArray[np.int64]) -> list[str | None]:
    import pyarrow as pa

    name = subject.outcomes.roles.id
    if name is None:
        return [None] * len(rows)
    return [str(value) for value in subject.source.column(name).take(pa.array(rows)).to_pylist()]
