"""From a source and its roles to outcomes: choose the task, check that the columns agree with it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from errata.core.columns import floats, is_number, is_text, value_type
from errata.core.errors import UsageError, ValueFault
from errata.core.units import count, plural
from errata.nouns.outcome import PASSED, UNKNOWN, Outcomes
from errata.nouns.roles import Roles
from errata.nouns.source import Source
from errata.tasks.choose import RULED, columns_of_task, ruling_of
from errata.tasks.classification import label_text, labelled, misclassified
from errata.tasks.columns import check_column
from errata.tasks.roles import infer_roles
from errata.tasks.rule import either, joined

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

FEW_CLASSES = 100
GLANCE = 1 << 17
"""So many rows say how a task's columns are written."""
NO_TRUTH_YET = "no row has a truth yet, so nothing says what failed"
LARGEST = 1e100
"""The square of a larger number, summed over rows, may be more than a float holds."""


def read_outcomes(source: Source, roles: Roles, *, allow_unknown: bool = False) -> Outcomes:
    """The outcomes of every row, with the roles completed from names and types.

    With unknown truth allowed there may be none at all: then no outcome is known until it comes.

    Raises ColumnError for roles that cannot be read and for a column of the criterion that is not there, ValueFault
    for values that contradict them.
    """
    completed, notes = infer_roles(source, roles, truth_later=allow_unknown)
    if completed.time is not None and is_text(source.schema.field(completed.time).type):
        _refuse_words(source, completed.time)
    if completed.task in RULED:
        return _ruled(source, completed, notes, allow_unknown)
    for option, usual in (("k", "top-k"), ("separator", "multilabel"), ("format", "generation")):
        if getattr(completed, option) is not None:
            raise UsageError(
                "bad-option",
                f"--{option} says nothing of a task that is not named",
                expected="--task with top-k, retrieval, multilabel or generation",
                next=f"--task {usual}",
            )
    if allow_unknown and _has_no_truth(source, completed):
        outcomes = _without_truth(source, completed)
    elif completed.truth is not None and completed.prediction is not None:
        outcomes = _judged(source, completed, allow_unknown)
    else:
        outcomes = _unjudged(source, completed)
    outcomes = replace(outcomes, notes=(*notes, *outcomes.notes))
    if completed.loss is not None:
        outcomes = replace(outcomes, loss=_given_loss(source, completed.loss))
    if completed.failed is not None:
        outcomes = replace(outcomes, failed=_or_failed(source, completed.failed, outcomes))
    return outcomes


def _ruled(source: Source, roles: Roles, notes: tuple[str, ...], allow_unknown: bool) -> Outcomes:
    """The outcomes as the task's rule tells them, batch by batch."""
    sample = source.glance(columns_of_task(roles) or source.schema.names[:1], GLANCE)
    ruling = ruling_of(source.name, source.schema, sample, roles)
    if not allow_unknown and roles.task != "generation":
        for name, role in ((roles.truth, "truth"), (roles.prediction, "prediction")):
            if name is not None and name in ruling.rule.columns:
                _refuse_missing(source, name, source.column(name), role)
    if ruling.criterion is not None:
        for name in ruling.criterion.columns:
            if name not in ruling.computed:
                check_column(source, name, "failed")
    told = joined([ruling.tell(batch) for batch in source.batches(list(ruling.columns) or source.schema.names[:1])])
    loss = told.loss if roles.loss is None else _given_loss(source, roles.loss)
    if ruling.criterion is None and not ruling.rule.judges and loss is None:
        raise UsageError(
            "no-outcome",
            f"nothing in {source.name} says what failed",
            expected="a judge, a reference, --format, --loss COLUMN or --failed EXPRESSION",
            found="; ".join(ruling.rule.notes),
            next=f"errata analyze {source.name} --task generation --judge COLUMN"
            if roles.judge is None
            else f"--failed '{roles.judge} < …'",
        )
    said = list(ruling.rule.notes)
    if ruling.criterion is not None and ruling.alone and ruling.rule.judges:
        said = [note for note in said if not note.startswith("a row failed")]
        said.append("--failed reads what the task computes or its judge says, so it alone says what failed")
    return Outcomes(
        task=ruling.rule.task,
        roles=replace(roles, k=getattr(ruling.rule, "k", None), separator=getattr(ruling.rule, "separator", None)),
        failed=told.failed,
        loss=loss,
        notes=(*notes, *said),
        kinds=ruling.rule.kinds,
        kind=told.kind,
        measures=told.measures,
        criterion_alone=ruling.alone,
    )


def _refuse_words(source: Source, name: str) -> None:
    """Raise ValueFault for a time whose text mixes times with and without an offset, or holds none at all."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column = source.column(name)
    if not is_text(column.type):
        return
    values = pc.unique(column).drop_null().cast(pa.string())
    if len(values) and not pc.any(pc.match_substring_regex(values, r"\d{4}-\d{2}-\d{2}")).as_py():
        raise ValueFault(
            "not-a-time",
            f"column {name!r} is given as time and holds words, no times",
            expected="timestamps, dates, or text such as 2026-01-31T09:00:00Z",
            found=", ".join(repr(value) for value in values[:3].to_pylist()),
            where=f"{source.name}, column {name}",
            next="--time COLUMN",
        )


def _judged(source: Source, roles: Roles, allow_unknown: bool) -> Outcomes:
    assert roles.truth is not None and roles.prediction is not None
    truth, prediction = source.column(roles.truth), source.column(roles.prediction)
    truth, prediction = _same_kind(source, roles, truth, prediction)
    if not allow_unknown:
        for name, column, role in ((roles.truth, truth, "truth"), (roles.prediction, prediction, "prediction")):
            _refuse_missing(source, name, column, role)
    if is_number(truth.type):
        for name, column in ((roles.truth, truth), (roles.prediction, prediction)):
            _refuse_infinite(source, name, column)
    whole = is_number(truth.type) and roles.task != "regression" and _is_whole(truth, prediction)
    if roles.task == "regression" and not is_number(truth.type):
        raise _no_regression(source, roles, truth)
    if roles.task == "classification" and is_number(truth.type) and not whole:
        raise ValueFault(
            "not-classes",
            f"{roles.truth!r} or {roles.prediction!r} holds numbers that are no classes",
            where=source.name,
            expected=f"whole numbers, at most {FEW_CLASSES} different ones where they are written as floats",
            found=_shown(truth),
            next="--task regression",
        )
    if is_number(truth.type) and not whole:
        loss = np.abs(floats(truth) - floats(prediction))
        return Outcomes(
            task="regression",
            roles=roles,
            failed=np.full(source.rows, UNKNOWN, np.int8),
            loss=loss,
            notes=("the loss is the absolute error; what counts as failed is for --failed to say",),
        )
    if is_number(truth.type):
        truth, prediction = _as_whole(truth), _as_whole(prediction)
    labels, true_labels, true_codes, predicted_codes = labelled(truth, prediction)
    return Outcomes(
        task="classification",
        roles=roles,
        failed=misclassified(true_codes, predicted_codes),
        labels=labels,
        true_labels=true_labels,
        truth=true_codes,
        prediction=predicted_codes,
    )


def _has_no_truth(source: Source, roles: Roles) -> bool:
    """Whether there are predictions, nothing else says what failed, and no row has a truth."""
    import pyarrow as pa

    if roles.prediction is None or roles.loss is not None or roles.failed is not None:
        return False
    return roles.truth is None or bool(pa.types.is_null(source.schema.field(roles.truth).type))


def _without_truth(source: Source, roles: Roles) -> Outcomes:
    """No outcome is known; what kind of task it is, the predictions tell."""
    assert roles.prediction is not None
    prediction = source.column(roles.prediction)
    if is_number(prediction.type):
        _refuse_infinite(source, roles.prediction, prediction)
    classes = not is_number(prediction.type) or _is_whole(prediction, prediction)
    return Outcomes(
        task="classification" if classes else "regression",
        roles=replace(roles, truth=None),
        failed=np.full(source.rows, UNKNOWN, np.int8),
        notes=(NO_TRUTH_YET,),
    )


def _unjudged(source: Source, roles: Roles) -> Outcomes:
    if roles.failed is None and roles.loss is None:
        raise UsageError(
            "no-outcome",
            f"nothing in {source.name} says what failed",
            expected="--truth and --prediction, or --failed EXPRESSION, or --loss COLUMN",
            next=f"errata analyze {source.name} --truth COLUMN --prediction COLUMN",
        )
    task = "criterion" if roles.failed is not None else "loss"
    start = PASSED if roles.failed is not None else UNKNOWN
    return Outcomes(task=task, roles=roles, failed=np.full(source.rows, start, np.int8))


def _no_regression(source: Source, roles: Roles, truth: pa.ChunkedArray) -> ValueFault:
    return ValueFault(
        "type-mismatch",
        f"of a regression, truth {roles.truth!r} and prediction {roles.prediction!r} are numbers",
        where=source.name,
        expected="numbers",
        found=_shown(truth),
        next="--task classification",
    )


def _same_kind(
    source: Source, roles: Roles, truth: pa.ChunkedArray, prediction: pa.ChunkedArray
) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    kinds = [_kind(column.type) for column in (truth, prediction)]
    if kinds[0] == kinds[1] and kinds[0] is not None:
        return truth, prediction
    raise ValueFault(
        "type-mismatch",
        f"truth {roles.truth!r} and prediction {roles.prediction!r} are of different types"
        if None not in kinds
        else "truth and prediction must be text, numbers or booleans",
        where=source.name,
        expected="the same type in both, so that equal classes are equal values",
        found=f"{roles.truth}: {_shown(truth)}; {roles.prediction}: {_shown(prediction)}",
        next=f"write one in the other's type, or name another column: --truth {roles.truth} --prediction COLUMN",
    )


def _kind(column_type: pa.DataType) -> str | None:
    import pyarrow as pa

    if is_text(column_type):
        return "text"
    if is_number(column_type):
        return "number"
    return "boolean" if pa.types.is_boolean(value_type(column_type)) else None


def _shown(column: pa.ChunkedArray) -> str:
    import pyarrow.compute as pc

    known = pc.drop_null(column.slice(0, 1000))
    example = f", such as {label_text(known[0].as_py())!r}" if len(known) else ""
    return f"{value_type(column.type)}{example}"


def _refuse_missing(source: Source, name: str, column: pa.ChunkedArray, role: str) -> None:
    import pyarrow.compute as pc

    missing = column.is_null(nan_is_null=True)
    total = pc.sum(missing).as_py() or 0
    if not total:
        return
    row = pc.index(missing, True).as_py() + 1
    raise ValueFault(
        f"null-{role}",
        f"{plural(total, 'row')} of {count(source.rows)} {'has' if total == 1 else 'have'} no {role}",
        where=f"{source.name}, column {name}, first in row {count(row)}",
        expected=f"a {role} in every row",
        next=f"--allow-unknown leaves {'it' if total == 1 else 'them'} out of every rate and counts "
        f"{'it' if total == 1 else 'them'} as unknown",
    )


def _refuse_infinite(source: Source, name: str, column: pa.ChunkedArray) -> None:
    import pyarrow as pa

    if pa.types.is_integer(value_type(column.type)):
        return
    values = floats(column)
    wrong = np.flatnonzero(np.abs(values) > LARGEST)
    if len(wrong):
        raise ValueFault(
            "not-finite",
            f"{plural(len(wrong), 'value')} of {name!r} {'is' if len(wrong) == 1 else 'are'} infinite or beyond "
            f"{LARGEST:g}",
            where=f"{source.name}, column {name}, first in row {count(wrong[0] + 1)}",
            expected="finite numbers",
            found=str(values[wrong[0]]),
            next="replace them, or leave them empty and --allow-unknown",
        )


def _is_whole(truth: pa.ChunkedArray, prediction: pa.ChunkedArray) -> bool:
    import pyarrow as pa

    columns = (truth, prediction)
    if all(pa.types.is_integer(value_type(column.type)) for column in columns):
        return True
    values = [floats(column) for column in columns]
    # Beyond 2⁵³ every float is whole, and none of them is a class.
    whole = all(bool((np.isnan(v) | ((v == np.floor(v)) & (np.abs(v) < 2**53))).all()) for v in values)
    return whole and len(np.unique(values[0][~np.isnan(values[0])])) <= FEW_CLASSES


def _as_whole(column: pa.ChunkedArray) -> pa.ChunkedArray:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_integer(value_type(column.type)):
        return column
    column = column.cast(pa.float64())
    return pc.if_else(pc.is_nan(column), None, column).cast(pa.int64())


def _given_loss(source: Source, name: str) -> NDArray[np.float64]:
    column = source.column(name)
    if not is_number(column.type):
        raise ValueFault(
            "loss-not-a-number",
            f"the loss {name!r} is not a number",
            where=f"{source.name}, column {name}",
            expected="numbers of at least 0",
            found=_shown(column),
            next="--loss COLUMN with a column of numbers",
        )
    loss = floats(column)
    wrong = np.flatnonzero((loss < 0) | (loss > LARGEST))
    if len(wrong):
        raise ValueFault(
            "loss-out-of-range",
            f"{plural(len(wrong), 'loss', 'losses')} of {count(len(loss))} below 0, infinite or beyond {LARGEST:g}",
            where=f"{source.name}, column {name}, first in row {count(wrong[0] + 1)}",
            expected="finite losses of at least 0, larger where the row went worse",
            found=str(loss[wrong[0]]),
            next="write a loss of at least 0 (the absolute error, the log loss), empty where it is not known",
        )
    return loss


def _or_failed(source: Source, text: str, outcomes: Outcomes) -> NDArray[np.int8]:
    """The task's outcome or the criterion: true if either is, unknown if neither is true and one is unknown."""
    from errata.nouns.criterion import parse_expression

    expression = parse_expression(text)
    for name in expression.columns:
        check_column(source, name, "failed")
    criterion = expression.evaluate(source.column)
    # A regression has no outcome of its own: the criterion alone decides.
    return criterion if outcomes.task == "regression" else either(outcomes.failed, criterion)
