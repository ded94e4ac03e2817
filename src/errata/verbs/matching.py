"""Which rows of a run a rule matches: 1 it does, 0 it does not, −1 unknown, by three-valued logic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from errata.core.errors import ColumnError, Conflict
from errata.core.names import nearest
from errata.nouns.criterion import Expression, parse_expression
from errata.nouns.outcome import UNKNOWN
from errata.nouns.rule import EVERYTHING, RuleBody
from errata.store.catalog import Store
from errata.tasks.rule import spoken
from errata.verbs.parts import Judged, read_run

if TYPE_CHECKING:
    import pyarrow as pa

Truth = NDArray[np.int8]
ROBUST = 3.5
"""The robust z beyond which a value is an anomaly (Iglewicz and Hoaglin 1993)."""
TAIL = 0.005
_ROLES = ("truth", "prediction", "id", "group", "time")


def matches(store: Store, judged: Judged, rule: RuleBody) -> Truth:
    """What the whole rule says of each row. Raises ColumnError, Conflict, NotFound."""
    parts: list[Truth] = []
    if rule.when and rule.when != EVERYTHING:
        parts.append(holds(judged, parse_expression(rule.when)))
    if rule.disagree is not None:
        parts.append(_disagrees(judged, read_run(store, rule.disagree)))
    if rule.anomaly:
        parts.append(_anomalous(store, judged, rule.anomaly, rule.reference))
    # Of false, unknown and true the least counts: false and unknown is false.
    order = np.array([0, 2, 1], np.int8)
    ranked = [order[part] for part in parts] or [np.full(judged.source.rows, 2, np.int8)]
    found: Truth = np.array([0, -1, 1], np.int8)[np.minimum.reduce(ranked)]
    return found


def holds(judged: Judged, expression: Expression) -> Truth:
    """What an expression says of each row of a run; beside its columns it may name what is said of outcomes."""
    from errata.verbs.derived import with_columns

    source = with_columns(judged.source, [name for name in expression.columns if "(" in name])
    return expression.evaluate(lambda name: _column(judged, source, name))


def numbers(judged: Judged, name: str) -> NDArray[np.float64]:
    """The numbers of a column, or of what is said of outcomes; missing is NaN. Raises ColumnError."""
    from errata.core.columns import floats, is_number
    from errata.nouns.slice import type_words

    column = _column(judged, judged.source, name)
    if not is_number(column.type):
        raise ColumnError(
            "not-numbers",
            f"{name} holds {type_words(column.type)}",
            expected="a column of numbers",
            where=judged.run.ref,
        )
    return np.asarray(floats(column), np.float64)


def _column(judged: Judged, source: Any, name: str) -> pa.ChunkedArray:
    import pyarrow as pa

    if name in source.schema.names:
        column: pa.ChunkedArray = source.column(name)
        return column
    made = _said(judged, name)
    if made is None:
        known = list(dict.fromkeys([*source.schema.names, *_names(judged)]))
        near = nearest(name, known)
        raise ColumnError(
            "no-such-column",
            f"{judged.run.ref} has no column {name!r}, and nothing of its outcomes is called so",
            expected=f"one like it: {', '.join(near)}" if near else "a column, failed, loss or confidence",
            found=", ".join(known[:40]),
            where=judged.run.ref,
            next=f"write {near[0]} instead" if near else f"errata run show {judged.run.ref}",
        )
    return made if isinstance(made, pa.ChunkedArray) else pa.chunked_array([made])


def _names(judged: Judged) -> list[str]:
    outcomes = judged.outcomes
    kinds = [spoken(name) for name in outcomes.kinds.names] if outcomes.kinds else []
    return ["failed", "loss", "confidence", *(name for name in _ROLES if judged.run.roles.get(name)), *kinds]


def _said(judged: Judged, name: str) -> Any:
    """What outcomes and roles say under this name; None when they say nothing."""
    import pyarrow as pa

    outcomes, roles = judged.outcomes, outcomes_roles(judged)
    if name == "failed":
        return pa.array(outcomes.failed == 1, mask=outcomes.failed == UNKNOWN)
    if name == "loss" and outcomes.loss is not None:
        return pa.array(outcomes.loss, mask=np.isnan(outcomes.loss))
    if name == "confidence" and roles.get("score"):
        return judged.source.column(roles["score"])
    if name in _ROLES and roles.get(name) in judged.source.schema.names:
        return judged.source.column(roles[name])
    if name in outcomes.measures:
        return pa.array(outcomes.measures[name], mask=np.isnan(outcomes.measures[name]))
    if outcomes.kinds is not None and outcomes.kind is not None:
        spoken_names = [spoken(one) for one in outcomes.kinds.names]
        if name in spoken_names:
            bit = np.int64(1) << spoken_names.index(name)
            return pa.array((outcomes.kind.of & bit) != 0, mask=(outcomes.kind.known & bit) == 0)
    return None


def outcomes_roles(judged: Judged) -> dict[str, Any]:
    """The roles that outcomes were told by, those read from names among them."""
    return judged.outcomes.roles.to_json()


def _disagrees(judged: Judged, other: Judged) -> Truth:
    """Whether the other run's prediction for the same sample is another one; unknown where it has no such sample."""
    from errata.core.columns import floats, is_number
    from errata.tasks.pairing import pair, texts_of

    names = [outcomes_roles(one).get("prediction") for one in (judged, other)]
    ids = [outcomes_roles(one).get("id") for one in (judged, other)]
    for one, name, what in ((judged, names[0], "prediction"), (other, names[1], "prediction"),
                            (judged, ids[0], "id"), (other, ids[1], "id")):  # fmt: skip
        if name is None:
            raise Conflict(
                f"no-{what}s",
                f"{one.run.ref} has no {what}s, so its samples cannot be held against another model's",
                expected=f"a run logged with --{what} COLUMN",
                next=f"errata log FILE --model … --dataset … --{what} COLUMN",
            )
    pairs = pair(judged.source, str(ids[0]), other.source, str(ids[1]))
    mine, theirs = judged.source.column(str(names[0])), other.source.column(str(names[1]))
    found = np.full(judged.source.rows, -1, np.int8)
    if is_number(mine.type) and is_number(theirs.type):
        # A copy in single precision is no other prediction.
        here, there = (floats(of)[at].astype(np.float32) for of, at in ((mine, pairs.first), (theirs, pairs.second)))
        known, differ = ~(np.isnan(here) | np.isnan(there)), here != there
    else:
        said, other_said = texts_of(mine), texts_of(theirs)
        both = [(said[a], other_said[b]) for a, b in zip(pairs.first, pairs.second, strict=True)]
        known = np.array([None not in pair for pair in both], bool)
        differ = np.array([a != b for a, b in both], bool)
    found[pairs.first] = np.where(known, differ, -1)
    return found


def _anomalous(store: Store, judged: Judged, name: str, reference: int | None) -> Truth:
    """Whether a value lies outside the middle 99 % of the reference's, or beyond a robust z of 3.5 in its own run."""
    values = numbers(judged, name)
    known = ~np.isnan(values)
    if reference is not None:
        usual = _reference(store, reference, name)
        low, high = np.quantile(usual, [TAIL, 1 - TAIL])
        far = (values < low) | (values > high)
    else:
        usual = values[known]
        centre = float(np.median(usual)) if len(usual) else 0.0
        away = np.abs(usual - centre)
        # Where more than half of the values are one, their mean distance takes the median's place.
        scale = float(np.median(away)) * 1.4826 if len(usual) else 0.0
        scale = scale or (float(away.mean()) * 1.2533 if len(usual) else 0.0)
        far = np.abs(values - centre) > ROBUST * scale
    return np.where(known, far, -1).astype(np.int8)


def _reference(store: Store, reference: int, name: str) -> NDArray[np.float64]:
    usual = numbers(read_run(store, reference), name)
    usual = usual[~np.isnan(usual)]
    if not len(usual):
        raise ColumnError("no-values", f"{name} of run:{reference} has no values to hold others against")
    return usual
