"""The audit ``residuals``: the kinds of error of a regression: bias, uneven spread, tails."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from errata.analysis.folds import POWERS
from errata.analysis.heteroscedasticity import MONOMIALS, column_of
from errata.analysis.residuals import (
    ABSOLUTE,
    ERROR,
    SAID,
    Asked,
    Scale,
    Searched,
    curve_edges,
    fine_edges,
    residuals,
    scale_of,
)
from errata.analysis.tally import Axis
from errata.core.columns import floats, is_number
from errata.nouns.slice import Slice
from errata.verbs.audits import FACTOR, Asking, Audit, Derived, Impossible, Subject
from errata.verbs.folds import fold_column

if TYPE_CHECKING:
    import pyarrow as pa

    from errata.nouns.outcome import Outcomes
    from errata.nouns.source import Source

GLANCE = 1 << 16
Numbers = NDArray[np.float64]


def _missing(source: Source, outcomes: Outcomes) -> str | None:
    roles = outcomes.roles
    if outcomes.task != "regression" or roles.truth is None or roles.prediction is None:
        return "it needs numbers as truth and prediction (a regression)"
    kinds = [source.schema.field(name).type for name in (roles.truth, roles.prediction)]
    return None if all(is_number(kind) for kind in kinds) else "it needs numbers as truth and prediction"


def _pair(subject: Subject, table: pa.RecordBatch | pa.Table) -> tuple[Numbers, Numbers]:
    """Errors and predictions of some rows, NaN in both where either is missing or not finite."""
    import pyarrow as pa

    roles = subject.outcomes.roles
    assert roles.truth is not None and roles.prediction is not None
    truth, said = (
        floats(pa.chunked_array([column]) if isinstance(column, pa.Array) else column)
        for column in (table.column(roles.truth), table.column(roles.prediction))
    )
    with np.errstate(invalid="ignore"):
        error = said - truth
    unknown = ~np.isfinite(error)
    return np.where(unknown, np.nan, error), np.where(unknown, np.nan, said)


def _scale(subject: Subject) -> tuple[Scale, Numbers, Numbers]:
    """How to standardise, and the errors and predictions of some rows from all over."""
    roles = subject.outcomes.roles
    error, said = _pair(subject, subject.source.glance([str(roles.truth), str(roles.prediction)], GLANCE))
    known = ~np.isnan(error)
    error, said = error[known], said[known]
    if not len(error):
        # What is seen here is from all over; should there be a few known rows, they are still counted.
        return Scale((0.0, 1.0), (0.0, 1.0)), error, said
    return Scale(scale_of(error), scale_of(said)), error, said


def _derived(subject: Subject) -> Mapping[str, Derived]:
    import pyarrow as pa

    scale, _, _ = _scale(subject)
    roles = subject.outcomes.roles
    needs = (str(roles.truth), str(roles.prediction))

    def column(of: Callable[[Numbers, Numbers], Numbers]) -> Derived:
        def made(batch: pa.RecordBatch, _: slice) -> pa.Array:
            found = of(*_pair(subject, batch))
            return pa.array(found, mask=np.isnan(found))

        return Derived(made, needs)

    def power(i: int, j: int) -> Derived:
        (e, unit), (p, said_unit) = scale.error, scale.said
        return column(lambda error, said: ((error - e) / unit) ** i * ((said - p) / said_unit) ** j + 0 * error)

    made = {ERROR: column(lambda error, _: error), ABSOLUTE: column(lambda error, _: np.abs(error))}
    made |= {SAID: column(lambda _, said: said)}
    made |= {column_of(one): power(*one) for one in MONOMIALS}
    made |= {name: power(at, 0) for at, name in enumerate(POWERS)}
    return made | fold_column(subject)


def _run(subject: Subject) -> Asking:
    scale, error, said = _scale(subject)
    if not len(error):
        raise Impossible("no row has both a truth and a prediction")
    factors = [
        Searched(
            factor.name,
            Axis(FACTOR + factor.name),
            tuple((Slice.of(one.condition).text, one.low, one.high) for one in factor.choices),
        )
        for factor in subject.factors
    ]
    found = yield from residuals(
        Asked(
            scale=scale,
            curve=curve_edges(said),
            errors=fine_edges(error),
            sizes=fine_edges(np.abs(error)),
            factors=factors,
            grouped=subject.outcomes.roles.group is not None,
            min_rows=subject.min_rows,
            seed=subject.options.seed,
        )
    )
    if isinstance(found, str):
        raise Impossible(found)
    return found


AUDIT = Audit("residuals", _missing, _run, _derived)
