"""Outcomes batch by batch, for counts over more rows than are held at once.

They are those of ``read_outcomes`` with unknown truth allowed; what that asks of whole columns (whether floats are
classes) is read from some of the rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from errata.core.columns import floats, is_number, is_text, value_type
from errata.core.errors import ErrataError
from errata.nouns.outcome import UNKNOWN
from errata.nouns.roles import Roles
from errata.tasks.choose import RULED, ruling_of
from errata.tasks.outcomes import FEW_CLASSES, LARGEST
from errata.tasks.rule import Ruling, either, lean

if TYPE_CHECKING:
    import pyarrow as pa

    from errata.nouns.criterion import Expression


@dataclass(frozen=True, slots=True)
class Judge:
    """What failed in a batch. ``task`` as of ``read_outcomes``; ``columns`` are those that it looks at."""

    roles: Roles
    task: str
    columns: tuple[str, ...]
    criterion: Expression | None = None
    ruling: Ruling | None = None

    def failed(self, batch: pa.RecordBatch) -> NDArray[np.int8]:
        """1 failed, 0 passed, −1 unknown, one a row."""
        if self.ruling is not None:
            return self.ruling.tell(batch).failed
        rows = batch.num_rows
        outcome = np.full(rows, UNKNOWN, np.int8)
        if self.task == "classification":
            truth, prediction = (batch.column(name) for name in (self.roles.truth, self.roles.prediction))
            outcome = differ(truth, prediction)
        if self.criterion is None:
            return outcome
        import pyarrow as pa

        held = self.criterion.evaluate(lambda name: pa.chunked_array([batch.column(name)]))
        if self.task != "classification":
            return held
        return either(outcome, held)


def judge_of(sample: pa.Table, roles: Roles) -> Judge | str:
    """The judge of rows like those in ``sample`` with these roles, or why nothing says what failed."""
    from errata.nouns.criterion import parse_expression

    if roles.task in RULED:
        return _ruled(sample, roles)
    criterion = None if roles.failed is None else parse_expression(roles.failed)
    columns = () if criterion is None else tuple(criterion.columns)
    if roles.truth is not None and roles.prediction is not None:
        task = _task(sample.column(roles.truth), sample.column(roles.prediction), roles.task)
        if task == "classification" or criterion is not None:
            used = (roles.truth, roles.prediction) if task == "classification" else ()
            return Judge(roles, task or "criterion", tuple(dict.fromkeys([*used, *columns])), criterion)
        if task == "regression":
            return "of a regression, --failed has to say what counts as failed"
        return f"truth {roles.truth} and prediction {roles.prediction} are of different types"
    if criterion is not None:
        return Judge(roles, "criterion", columns, criterion)
    named = [role for role in ("truth", "prediction") if getattr(roles, role) is None]
    return f"no {' and no '.join(named)}"


def _ruled(sample: pa.Table, roles: Roles) -> Judge | str:
    try:
        ruling = lean(ruling_of("these rows", sample.schema, sample, roles))
    except ErrataError as error:
        return f"no {error.code[3:]}" if error.code in ("no-truth", "no-prediction") else str(error)
    if ruling.criterion is None and not ruling.rule.judges:
        return f"of a {ruling.rule.task}, a judge, --format or --failed has to say what failed"
    return Judge(roles, ruling.rule.task, ruling.columns, ruling.criterion, ruling)


def _task(truth: pa.ChunkedArray, prediction: pa.ChunkedArray, named: str | None = None) -> str | None:
    import pyarrow as pa

    kinds = [value_type(column.type) for column in (truth, prediction)]
    if any(pa.types.is_null(kind) for kind in kinds):
        return "classification"  # nothing is known, so nothing failed; which task it is does not matter
    if all(is_text(kind) for kind in kinds) or all(pa.types.is_boolean(kind) for kind in kinds):
        return "classification"
    if not all(is_number(kind) for kind in kinds):
        return None
    if all(pa.types.is_integer(kind) for kind in kinds):
        return named or "classification"
    values = [floats(column) for column in (truth, prediction)]
    known = [one[~np.isnan(one)] for one in values]
    whole = all(bool(((one == np.floor(one)) & (np.abs(one) < min(2**53, LARGEST))).all()) for one in known)
    if named is not None:
        return named
    return "classification" if whole and len(np.unique(known[0])) <= FEW_CLASSES else "regression"


def differ(truth: pa.Array, prediction: pa.Array) -> NDArray[np.int8]:
    """1 where the classes differ, 0 where they agree, −1 where either is missing."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_null(truth.type) or pa.types.is_null(prediction.type):
        return np.full(len(truth), UNKNOWN, np.int8)
    if pa.types.is_dictionary(truth.type) and pa.types.is_dictionary(prediction.type):
        # Each dictionary is its own, and may hold a value twice.
        mine = pc.index_in(truth.dictionary, value_set=truth.dictionary)
        theirs = pc.fill_null(pc.index_in(prediction.dictionary, value_set=truth.dictionary), -1)
        differ = pc.not_equal(mine.take(truth.indices), theirs.take(prediction.indices))
    else:
        differ = pc.not_equal(truth, prediction)
    outcome: NDArray[Any] = np.asarray(pc.fill_null(differ.cast(pa.int8()), UNKNOWN))
    for column in (truth, prediction):
        if pa.types.is_floating(column.type):
            outcome = np.where(np.isnan(column.to_numpy(zero_copy_only=False)), UNKNOWN, outcome)
    return outcome.astype(np.int8)
