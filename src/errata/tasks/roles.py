"""Roles of columns, read from names and types where the user gave none, and the options that would set them.

Only truth and prediction may be ambiguous enough to be an error; all else stays unset when in doubt, and that is said.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from errata.core.columns import is_number
from errata.core.errors import ColumnError, UsageError
from errata.core.units import number
from errata.nouns.roles import Roles
from errata.tasks.classification import label_text
from errata.tasks.columns import check_column, is_binary, is_label, is_time, listed
from errata.tasks.left_out import looks_like_id, not_a_factor
from errata.tasks.scores import score_columns

if TYPE_CHECKING:
    import pyarrow as pa

    from errata.nouns.source import Source

__all__ = [
    "check_column",
    "infer_known_roles",
    "infer_roles",
    "looks_like_id",
    "not_a_factor",
    "roles_line",
    "roles_words",
]


def _tiers(*lines: str) -> tuple[frozenset[str], ...]:
    """Names of a later tier count only where no column has a name of an earlier one."""
    return tuple(frozenset(line.split()) for line in lines)


_NAMES = {
    "truth": _tiers(
        "truth y_true ytrue ground_truth groundtruth gt true_label label_true true_class label labels target targets "
        "gold gold_label",
        "y actual expected true observed class outcome reference correct_answer",
    ),
    "prediction": _tiers(
        "prediction predictions pred preds predicted y_pred ypred yhat y_hat predicted_label pred_label label_pred "
        "predicted_class pred_class",
        "output predicted_value guess answer forecast estimate",
    ),
    "score": _tiers(
        "confidence conf pred_confidence prediction_confidence",
        "score prob probability max_prob max_probability pred_score pred_prob top_score",
    ),
    "id": _tiers("id sample_id"),
    "time": _tiers("time timestamp datetime event_time predicted_at created_at", "date ts when day logged_at"),
    "image": _tiers("image thumbnail", "img picture photo image_bytes"),
}
_USUAL = {"truth": "truth, y_true, label or target", "prediction": "prediction, pred or y_pred"}
_SCORE_HEADS = ("score_", "scores_", "p_", "prob_", "proba_", "probability_", "score.", "prob.")
_MOST_CLASSES = 10_000
_COLUMN_ROLES = ("truth", "prediction", "score", "id", "loss", "time", "group", "image")
_IN_ORDER = (
    *("truth", "prediction", "score", "scores", "id", "loss", "failed", "time", "group", "image"),
    *("factors", "exclude", "positive", "derive"),
)


def infer_roles(source: Source, given: Roles) -> tuple[Roles, tuple[str, ...]]:
    """The roles with what was not given filled in, and notes on what stays unset.

    ``group``, ``loss``, ``failed`` and ``positive`` are never read from names; an id only from ``id`` or
    ``sample_id``. Truth and prediction may stay unset when ``given.loss`` or ``given.failed`` is set. Raises
    ColumnError for a column that is not there and where truth or prediction is missing or ambiguous (``next`` is the
    line to paste), UsageError for one column in two roles.
    """
    _check_given(source, given)
    return _with_others(source, _with_truth_and_prediction(source, given))


def infer_known_roles(source: Source, given: Roles) -> tuple[Roles, tuple[str, ...]]:
    """As ``infer_roles``, but truth and prediction may each be missing or ambiguous: they then stay unset."""
    _check_given(source, given)
    roles = given
    for role in ("truth", "prediction"):
        found = _candidates(source, roles, role, is_label)
        if getattr(roles, role) is None and len(found) == 1:
            roles = _with(roles, role, found[0])
    return _with_others(source, roles)


def _with_others(source: Source, roles: Roles) -> tuple[Roles, tuple[str, ...]]:
    notes: list[str] = []
    others: tuple[tuple[str, Callable[[pa.DataType], bool]], ...] = (
        ("score", is_number),
        ("id", is_label),
        ("time", is_time),
        ("image", is_binary),
    )
    for role, fits in others:
        if getattr(roles, role) is None:
            column, note = _one(source, roles, role, fits)
            roles = _with(roles, role, column)
            notes += [note] if note else []
    if roles.scores is None:
        roles = replace(roles, scores=_scores(source, roles))
    if roles.id is None and not any(note.startswith("id ") for note in notes):
        notes.append("id is unset: no column is called id or sample_id")
    if roles.group is None:
        notes.append("group is unset: rows are taken as independent (--group COLUMN if they are not)")
    if roles.time is not None and _is_naive(source.schema.field(roles.time).type):
        notes.append(f"time {roles.time} has no zone and is read as UTC (--tz ZONE if it is of another)")
    return roles, tuple(notes)


def roles_line(roles: Roles) -> str:
    """The options that set these roles, quoted for a shell: ``--truth label --prediction pred --score conf``."""
    return " ".join(f"--{role} {text}" for role, text in _texts(roles))


def roles_words(roles: Roles) -> str:
    """The roles in words, ``truth=label prediction=pred score=conf``; odd names are quoted as in a shell."""
    return " ".join(f"{role}={text}" for role, text in _texts(roles))


def _check_given(source: Source, given: Roles) -> None:
    for role in _COLUMN_ROLES:
        name = getattr(given, role)
        if name is not None:
            check_column(source, name, role)
    for role in ("factors", "exclude"):
        for name in getattr(given, role) or ():
            check_column(source, name, role)
    if isinstance(given.scores, tuple):
        for name in given.scores:
            check_column(source, name, "scores")
    score_columns(source, given.scores)
    for one, two in (("truth", "prediction"), ("truth", "loss"), ("prediction", "loss"), ("id", "truth")):
        column = getattr(given, one)
        if column is not None and column == getattr(given, two):
            raise UsageError(
                "one-column-two-roles",
                f"column {column!r} is given as {one} and as {two}",
                expected="another column for each of the two",
                where=source.name,
                next=f"--{one} {shlex.quote(column)} --{two} COLUMN",
            )
    for name in given.factors or ():
        if name in given.exclude:
            raise UsageError(
                "one-column-two-roles",
                f"column {name!r} is named by --factors and by --exclude",
                expected="a column in one of the two",
                where=source.name,
                next=f"drop {shlex.quote(name)} from one of them",
            )


def _with_truth_and_prediction(source: Source, given: Roles) -> Roles:
    found = {
        role: [column] if (column := getattr(given, role)) is not None else _candidates(source, given, role, is_label)
        for role in ("truth", "prediction")
    }
    truth, prediction = (columns[0] if columns else role.upper() for role, columns in found.items())
    line = f"errata analyze {shlex.quote(source.name)} {roles_line(Roles(truth=truth, prediction=prediction))}"
    for role, columns in found.items():
        if len(columns) > 1:
            raise ColumnError(
                f"ambiguous-{role}",
                f"{len(columns)} columns of {source.name} could be the {role}: {listed(columns)}",
                expected=f"one of them, said by --{role}",
                found=listed(columns),
                where=source.name,
                next=line,
            )
    if given.loss is None and given.failed is None:
        for role, columns in found.items():
            if not columns:
                unfit = _candidates(source, given, role, lambda kind: not is_label(kind))
                raise ColumnError(
                    f"no-{role}",
                    f"column {unfit[0]!r} cannot be the {role}: {_unfit(source.schema.field(unfit[0]).type)}"
                    if unfit
                    else f"no column of {source.name} is called like a {role}",
                    expected=f"a column called {_USUAL[role]}, or --{role} COLUMN",
                    found=listed(source.schema.names),
                    where=source.name,
                    next=line,
                )
    if not all(found.values()):  # with a loss or an expression, half a pair of truth and prediction is of no use
        return given
    return replace(given, truth=found["truth"][0], prediction=found["prediction"][0])


def _unfit(kind: pa.DataType) -> str:
    from pyarrow import types

    return "all its values are missing" if types.is_null(kind) else f"its values are of type {kind}"


def _one(source: Source, roles: Roles, role: str, fits: Callable[[pa.DataType], bool]) -> tuple[str | None, str | None]:
    """The one column that can play ``role``, or None and, where it is worth saying, why."""
    found = _candidates(source, roles, role, fits)
    if role == "time" and not found:
        found = [field.name for field in source.schema if fits(field.type) and field.name not in _taken(roles)]
    if len(found) > 1:
        return None, f"{role} is unset: {listed(found)} could be it (--{role} {shlex.quote(found[0])})"
    if found and role == "score":
        return _confidence(source, found[0])
    return (found[0], None) if found else (None, None)


def _with(roles: Roles, role: str, column: str | None) -> Roles:
    changes: dict[str, Any] = {role: column}
    return replace(roles, **changes)


def _candidates(source: Source, roles: Roles, role: str, fits: Callable[[pa.DataType], bool]) -> list[str]:
    taken = _taken(roles)
    free = [field.name for field in source.schema if fits(field.type) and field.name not in taken]
    for tier in _NAMES[role]:
        if found := [name for name in free if _plain(name) in tier]:
            return found
    return []


def _taken(roles: Roles) -> set[str]:
    scores = roles.scores if isinstance(roles.scores, tuple) else ()
    return {*(getattr(roles, role) for role in _COLUMN_ROLES), *scores, *roles.exclude}


MOSTLY = 0.5
"""From this share in [0, 1] on, a score outside is a fault and not another kind of score."""


def _confidence(source: Source, column: str) -> tuple[str | None, str | None]:
    """A column called by a word as vague as ``score`` is no confidence if most of it lies outside [0, 1].

    Where most of it lies inside, the rest is a fault; and what is called a confidence or a probability is one. That all
    of it lies in [0, 1] is then for the task to insist on.
    """
    import pyarrow.compute as pc

    if "score" not in _plain(column):
        return column, None

    extremes = pc.min_max(source.column(column)).as_py()
    low, high = extremes["min"], extremes["max"]
    if low is None:
        return None, f"score is unset: {column} is empty"
    values = source.column(column)
    inside = pc.mean(pc.and_(pc.greater_equal(values, 0), pc.less_equal(values, 1)).cast("float64")).as_py()
    if inside < MOSTLY:
        return None, f"score is unset: {column} runs from {number(low)} to {number(high)}, not within [0, 1]"
    return column, None


def _scores(source: Source, roles: Roles) -> str | None:
    """A pattern whose star stands for the classes, if there is one; regressions have none."""
    from pyarrow import types

    if roles.prediction is None:
        return None
    taken = _taken(roles)
    floats = [f.name for f in source.schema if types.is_floating(f.type) and f.name not in taken]
    fields = {name: _plain(name) for name in floats}
    for head in _SCORE_HEADS:
        starts = {name[: len(head)] for name, plain in fields.items() if plain.startswith(head)}
        for start in sorted(starts):
            classes = {name[len(start) :] for name in floats if name.startswith(start)}
            if len(classes) >= 2 and _classes(source, roles) <= classes:
                every = [name for name in source.schema.names if name.startswith(start) and name != start]
                if set(every) <= set(floats):  # the pattern must not catch more than them
                    return f"{start}*"
    return None


def _classes(source: Source, roles: Roles) -> set[str]:
    import pyarrow.compute as pc

    columns = [column for column in (roles.truth, roles.prediction) if column is not None]
    values = [value.as_py() for column in columns for value in pc.unique(source.column(column))[:_MOST_CLASSES]]
    return {_class_text(value) for value in values if value is not None}


def _class_text(value: Any) -> str:
    return label_text(int(value) if isinstance(value, float) and value.is_integer() else value)


def _is_naive(kind: pa.DataType) -> bool:
    from pyarrow import types

    return bool(types.is_timestamp(kind)) and kind.tz is None


def _plain(name: str) -> str:
    """``Y True`` → ``y_true``, ``yTrue`` → ``y_true``: names are compared in this form."""
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.strip())
    return re.sub(r"[\s\-/]+", "_", snake).casefold()


def _texts(roles: Roles) -> list[tuple[str, str]]:
    texts = []
    for role in _IN_ORDER:
        value = getattr(roles, role)
        if value not in (None, ()):
            texts.append((role, shlex.quote(",".join(value) if isinstance(value, tuple) else value)))
    return texts
