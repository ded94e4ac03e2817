"""The audit ``residuals``: the kinds of error of a regression: bias, uneven spread, tails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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
from errata.tasks.reserved import Reserved
from errata.verbs.audits import Asking, Audit, Impossible
from errata.verbs.folds import fold_column
from errata.verbs.subject import Subject
from errata.verbs.view import FACTOR

if TYPE_CHECKING:
    import pyarrow as pa

    from errata.factors.encode import Factor

GLANCE = 1 << 16
Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class OfError:
    """The error (prediction − truth), its size, the prediction, or a product of powers of the standardised two; missing
    where truth or prediction is, or is not finite."""

    truth: str
    prediction: str
    what: str
    scale: Scale | None = None
    powers: tuple[int, int] = (0, 0)

    @property
    def needs(self) -> tuple[str, ...]:
        """Both columns."""
        return (self.truth, self.prediction)

    def of(self, batch: pa.RecordBatch) -> pa.Array:
        """Floats."""
        import pyarrow as pa

        error, said = pair(batch.column(self.truth), batch.column(self.prediction))
        if self.what == ERROR:
            found = error
        elif self.what == ABSOLUTE:
            found = np.abs(error)
        elif self.what == SAID:
            found = said
        else:
            assert self.scale is not None
            (e, unit), (p, said_unit) = self.scale.error, self.scale.said
            found = ((error - e) / unit) ** self.powers[0] * ((said - p) / said_unit) ** self.powers[1] + 0 * error
        return pa.array(found, mask=np.isnan(found))

    def to_json(self) -> dict[str, Any]:
        """The columns, what of them, and the scale."""
        scale = None if self.scale is None else [list(self.scale.error), list(self.scale.said)]
        return {"error of": [self.truth, self.prediction], "what": self.what, "scale": scale, "by": list(self.powers)}


def _missing(subject: Subject) -> str | None:
    roles = subject.roles
    if subject.task != "regression" or roles.truth is None or roles.prediction is None:
        return "it needs numbers as truth and prediction (a regression)"
    kinds = [subject.source.schema.field(name).type for name in (roles.truth, roles.prediction)]
    return None if all(is_number(kind) for kind in kinds) else "it needs numbers as truth and prediction"


def pair(true: pa.Array | pa.ChunkedArray, predicted: pa.Array | pa.ChunkedArray) -> tuple[Numbers, Numbers]:
    """Errors and predictions of some rows, NaN in both where either is missing or not finite."""
    truth, said = floats(true), floats(predicted)
    with np.errstate(invalid="ignore"):
        error = said - truth
    unknown = ~np.isfinite(error)
    return np.where(unknown, np.nan, error), np.where(unknown, np.nan, said)


def _scale(subject: Subject) -> tuple[Scale, Numbers, Numbers]:
    """How to standardise, and the errors and predictions of some rows from all over."""
    roles = subject.roles
    seen = subject.source.glance([str(roles.truth), str(roles.prediction)], GLANCE)
    error, said = pair(seen.column(str(roles.truth)), seen.column(str(roles.prediction)))
    known = ~np.isnan(error)
    error, said = error[known], said[known]
    if not len(error):
        # What is seen here is from all over; should there be a few known rows, they are still counted.
        return Scale((0.0, 1.0), (0.0, 1.0)), error, said
    return Scale(scale_of(error), scale_of(said)), error, said


def _derived(subject: Subject) -> Mapping[str, Reserved]:
    scale, _, _ = subject.once(_scale)
    columns = str(subject.roles.truth), str(subject.roles.prediction)
    made: dict[str, Reserved] = {name: OfError(*columns, name) for name in (ERROR, ABSOLUTE, SAID)}
    made |= {column_of(one): OfError(*columns, "power", scale, one) for one in MONOMIALS}
    made |= {name: OfError(*columns, "power", scale, (at, 0)) for at, name in enumerate(POWERS)}
    return made | fold_column(subject)


def searched(factors: Sequence[Factor]) -> list[Searched]:
    """The factors as a search of means takes them."""
    return [
        Searched(
            factor.name,
            Axis(FACTOR + factor.name),
            tuple((Slice.of(one.condition).text, one.low, one.high) for one in factor.choices),
        )
        for factor in factors
    ]


def _run(subject: Subject) -> Asking:
    scale, error, said = subject.once(_scale)
    if not len(error):
        raise Impossible("no row has both a truth and a prediction")
    found = yield from residuals(
        Asked(
            scale=scale,
            curve=curve_edges(said),
            errors=fine_edges(error),
            sizes=fine_edges(np.abs(error)),
            factors=searched(subject.factors),
            grouped=subject.roles.group is not None,
            min_rows=subject.min_rows,
            seed=subject.options.seed,
        )
    )
    if isinstance(found, str):
        raise Impossible(found)
    return found


AUDIT = Audit("residuals", _missing, _run, _derived)
