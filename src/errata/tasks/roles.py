"""Roles of columns, read from names and types where the user gave none, and the options that would set them.

Only truth and prediction may be ambiguous enough to be an error; all else stays unset when in doubt, and that is said.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from errata.core.columns import is_list, is_number
from errata.core.errors import ColumnError, UsageError
from errata.core.units import number
from errata.nouns.roles import COLUMN_ROLES, OF_GENERATION, TASKS, Roles
from errata.tasks.classification import class_text
from errata.tasks.columns import check_column, check_columns, is_binary, is_label, is_time, listed
from errata.tasks.left_out import looks_like_id, not_a_factor
from errata.tasks.lists import can_be_lists
from errata.tasks.role_names import names_of
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


_USUAL = {
    None: {"truth": "truth, y_true, label or target", "prediction": "prediction, pred or y_pred"},
    "retrieval": {"truth": "relevant or truth", "prediction": "retrieved or prediction"},
    "top-k": {"truth": "truth, y_true, label or target", "prediction": "top_k or prediction, --scores 'p_*'"},
}
_SCORE_HEADS = ("score_", "scores_", "p_", "prob_", "proba_", "probability_", "score.", "prob.")
_MOST_CLASSES = 10_000
_IN_ORDER = (
    *("task", "truth", "prediction", "score", "scores", "id", "loss", "failed", "time", "group", "image"),
    *(*OF_GENERATION, "k", "separator", "format", "factors", "exclude", "positive", "derive"),
)


def infer_roles(source: Source, given: Roles, *, truth_later: bool = False) -> tuple[Roles, tuple[str, ...]]:
    """The roles with what was not given filled in, and notes on what stays unset.

    ``group``, ``loss``, ``failed`` and ``positive`` are never read from names; an id only from ``id`` or
    ``sample_id``. Truth and prediction may stay unset when ``given.loss`` or ``given.failed`` is set, and the truth
    where it may come later. Raises ColumnError for a column that is not there and where truth or prediction is missing
    or ambiguous (``next`` is the line to paste), UsageError for one column in two roles.
    """
    _check_given(source, given)
    known, notes = with_task(source, given)
    roles, others = _with_others(source, _with_truth_and_prediction(source, known, truth_later))
    return roles, (*notes, *others)


def infer_known_roles(source: Source, given: Roles) -> tuple[Roles, tuple[str, ...]]:
    """As ``infer_roles``, but truth and prediction may each be missing or ambiguous: they then stay unset."""
    _check_given(source, given)
    roles, said = with_task(source, given)
    for role in ("truth", "prediction"):
        found = _candidates(source, roles, role, _fits(roles.task, role))
        if getattr(roles, role) is None and len(found) == 1:
            roles = _with(roles, role, found[0])
    roles, notes = _with_others(source, roles)
    return roles, (*said, *notes)


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
        scores = _scores(source, roles)
        if scores is not None and all(_is_zero(source, name) for name in score_columns(source, scores)):
            notes.append(f"scores is unset: {scores} is 0 in every row")
            scores = None
        roles = replace(roles, scores=scores)
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
    for role in COLUMN_ROLES:
        name = getattr(given, role)
        if name is not None:
            check_column(source, name, role)
    for role in ("factors", "exclude"):
        check_columns(source, getattr(given, role) or (), role)
    if isinstance(given.scores, tuple):
        check_columns(source, given.scores, "scores")
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


def with_task(source: Source, given: Roles) -> tuple[Roles, tuple[str, ...]]:
    """The roles with their task, where it is given or where nested columns say it, and with the columns that only that
    task has; and notes. Classification and regression are told apart by values, and stay unset here."""
    if given.task is not None and given.task not in TASKS:
        raise UsageError(
            "no-such-task", f"no task {given.task!r}", expected=", ".join(TASKS), next=f"--task {TASKS[0]}"
        )
    notes: list[str] = []
    roles = given
    if given.task is None:
        task, why = _task_in(source, given)
        if task is None:
            return given, _of_texts(source, given)
        roles = replace(given, task=task)
        notes.append(f"read as {task}: {why} (--task says another)")
    if roles.task == "generation":
        for role in OF_GENERATION:
            if role == "judge" and (roles.failed is not None or roles.loss is not None):
                continue  # what failed is said; who also says it has to be named
            if getattr(roles, role) is None:
                column, note = _one(source, roles, role, lambda kind: not is_binary(kind))
                roles = _with(roles, role, column)
                notes += [note] if note else []
    if roles.task == "top-k" and roles.scores is None and roles.truth is None:
        found = _candidates(source, roles, "truth", is_label)
        roles = replace(roles, truth=found[0] if len(found) == 1 else None)
    if roles.task == "top-k" and roles.scores is None and roles.truth is not None:
        said = _candidates(source, roles, "prediction", is_list) if roles.prediction is None else [roles.prediction]
        if not said or (roles.prediction is not None and not is_list(source.schema.field(roles.prediction).type)):
            roles = replace(roles, scores=_scores(source, roles))
    return roles, tuple(notes)


def _of_texts(source: Source, given: Roles) -> tuple[str, ...]:
    """That answers are taken as classes, where they look like a log's."""
    if given.truth is not None or given.prediction is not None:
        return ()
    generated = replace(given, task="generation")
    answers = _candidates(source, generated, "prediction", is_label)
    asked = _candidates(source, generated, "question", is_label)
    if not answers or not asked or _plain(answers[0]) not in names_of("prediction", "generation")[0]:
        return ()
    return (f"{answers[0]} is compared as a class (--task generation takes it as a text that answers {asked[0]})",)


def _task_in(source: Source, given: Roles) -> tuple[str | None, str]:
    """The task that nested columns say there is, and by which."""
    kinds = {field.name: field.type for field in source.schema}
    lists: dict[str, str] = {}
    plain: dict[str, str] = {}
    for role in ("truth", "prediction"):
        column = getattr(given, role)
        named = [column] if column is not None else _candidates(source, given, role, is_label)
        if named and not is_list(kinds[named[0]]):
            plain[role] = named[0]
            continue
        retrieved = replace(given, task="retrieval")
        found = named or (_candidates(source, given, role, is_list) or _candidates(source, retrieved, role, is_list))
        if len(found) == 1:
            lists[role] = found[0]
    if len(lists) == 2:
        tiers = names_of("prediction", "retrieval")[0], names_of("truth", "retrieval")[0]
        if _plain(lists["prediction"]) in tiers[0] or _plain(lists["truth"]) in tiers[1]:
            return "retrieval", f"{lists['truth']} and {lists['prediction']} are lists"
        return "multilabel", f"{lists['truth']} and {lists['prediction']} are lists"
    if "truth" in plain and "prediction" in lists:
        return "top-k", f"{lists['prediction']} is a list and {plain['truth']} is not"
    named = [f"--{role}" for role in (*OF_GENERATION, "format") if getattr(given, role) is not None]
    if named:
        return "generation", f"{named[0]} is given"
    if given.truth is not None or given.prediction is not None:
        return None, ""
    generated = replace(given, task="generation")
    usual = {role: column for role, column in plain.items() if _plain(column) in names_of(role, None)[0]}
    if len(usual) == 2:
        return None, ""
    for role in ("contexts", "tools"):
        found = _candidates(source, generated, role, is_list)
        answer = _candidates(source, generated, "prediction", lambda kind: not is_list(kind))
        if len(found) == 1 and (answer or role == "tools"):
            return "generation", f"it has {found[0]}"
    return None, ""


def _fits(task: str | None, role: str) -> Callable[[pa.DataType], bool]:
    """What types a truth or a prediction may be of."""
    if task in ("multilabel", "retrieval") or (task == "top-k" and role == "prediction"):
        return can_be_lists
    if task == "generation":
        return lambda kind: can_be_lists(kind) or is_label(kind)
    return is_label


def _with_truth_and_prediction(source: Source, given: Roles, truth_later: bool) -> Roles:
    found = {
        role: [column]
        if (column := getattr(given, role)) is not None
        else _candidates(source, given, role, _fits(given.task, role))
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
    if given.task == "generation":  # each of them may be missing: what is there says what can be told
        for role, columns in found.items():
            given = _with(given, role, next(iter(columns), None))
        return given
    if given.task == "top-k" and given.scores is not None and found["truth"]:
        return replace(given, truth=found["truth"][0], prediction=next(iter(found["prediction"]), None))
    if given.loss is None and given.failed is None:
        if truth_later and not found["truth"] and found["prediction"]:
            return replace(given, prediction=found["prediction"][0])
        for role, columns in found.items():
            if not columns:
                fits = _fits(given.task, role)
                unfit = _candidates(source, given, role, lambda kind, fits=fits: not fits(kind))  # type: ignore[misc]
                raise ColumnError(
                    f"no-{role}",
                    f"column {unfit[0]!r} cannot be the {role}: {_unfit(source.schema.field(unfit[0]).type)}"
                    if unfit
                    else f"no column of {source.name} is called like a {role}",
                    expected=f"a column called {_USUAL.get(given.task, _USUAL[None])[role]}, or --{role} COLUMN"
                    + ("; or --allow-unknown, if the truth comes later" if role == "truth" else ""),
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
    for tier in names_of(role, roles.task):
        if found := [name for name in free if _plain(name) in tier]:
            return found
    return []


def _taken(roles: Roles) -> set[str]:
    scores = roles.scores if isinstance(roles.scores, tuple) else ()
    return {*(getattr(roles, role) for role in COLUMN_ROLES), *scores, *roles.exclude}


MOSTLY = 0.5
"""From this share in [0, 1] on, a score outside is a fault and not another kind of score."""


def _confidence(source: Source, column: str) -> tuple[str | None, str | None]:
    """A column called by a word as vague as ``score`` is no confidence if most of it lies outside [0, 1].

    Where most of it lies inside, the rest is a fault; and what is called a confidence or a probability is one. That all
    of it lies in [0, 1] is then for the task to insist on.
    """
    import pyarrow.compute as pc

    if _is_zero(source, column):
        return None, f"score is unset: {column} is 0 in every row"
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


def _is_zero(source: Source, column: str) -> bool:
    """Whether a column of numbers is 0 wherever it is known: as a score it would say nothing."""
    import pyarrow.compute as pc

    extremes = pc.min_max(source.column(column)).as_py()
    return bool(extremes["min"] == 0 and extremes["max"] == 0)


def _scores(source: Source, roles: Roles) -> str | None:
    """A pattern whose star stands for the classes, if there is one; regressions have none."""
    from pyarrow import types

    if roles.task in ("multilabel", "retrieval", "generation"):
        return None
    if roles.prediction is None and roles.task != "top-k":
        return None
    if roles.prediction is not None and is_list(source.schema.field(roles.prediction).type):
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
    return {class_text(value) for value in values if value is not None}


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
            texts.append((role, shlex.quote(",".join(value) if isinstance(value, tuple) else str(value))))
    return texts
