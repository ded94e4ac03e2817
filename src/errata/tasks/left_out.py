"""Columns that are no factors, by their role, their name or their type, each with the reason in a plain sentence."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from errata.core.errors import ColumnError
from errata.nouns.roles import Roles
from errata.tasks.columns import is_binary, is_nested, is_time
from errata.tasks.scores import score_columns

if TYPE_CHECKING:
    import pyarrow as pa

    from errata.nouns.source import Source

_LATENCY = re.compile(r"latency|duration|elapsed|runtime|response_?time|_ms$", re.IGNORECASE)
_LIKE_ID = re.compile(
    r"(^|[_. -])(id|uuid|guid|key|index|idx|row|filename|file|path|ur[li]|hash|digest)$", re.IGNORECASE
)
_ROLES = {
    "truth": "it is the truth (--factors names it if it is to be one)",
    "prediction": "it is the prediction",
    "score": "it is the score of the prediction",
    "id": "it is the id",
    "loss": "it is the loss",
    "time": "it is the time",
    "group": "it says which rows depend on each other",
    "image": "it is the image",
    "question": "it is the question",
    "contexts": "it holds the contexts",
    "judge": "it is the judge's",
    "faithfulness": "it is a score of the answer",
    "tools": "it holds tool calls",
}


def not_a_factor(source: Source, roles: Roles) -> dict[str, str]:
    """Columns that cannot be factors by role, name or type, with reasons; ``roles`` as completed by ``infer_roles``.

    What ``roles.factors`` names is a factor whatever its role or name; when it is set, all other columns are left out.
    Raises ColumnError if it names a column of a type that cannot be one.
    """
    reasons = {column: text for role, text in _ROLES.items() if (column := getattr(roles, role)) is not None}
    reasons |= dict.fromkeys(score_columns(source, roles.scores), "it is the score of a class")
    reasons |= dict.fromkeys(_failing(roles), "the failure expression is about it")
    out: dict[str, str] = {}
    for field in source.schema:
        wrong_type = _impossible(field.type)
        if roles.factors is not None:
            if field.name not in roles.factors:
                out[field.name] = reasons.get(field.name, "--factors does not name it")
            elif wrong_type:
                raise _cannot_be(source, field.name, wrong_type, field.type)
        elif field.name in roles.exclude:
            out[field.name] = "--exclude names it"
        elif field.name in roles.derive:
            continue  # who asks for it by name wants it, whatever its name looks like
        elif reason := reasons.get(field.name) or wrong_type or _by_name(source, field.name):
            out[field.name] = reason
    return out


def measures_latency(name: str) -> bool:
    """Whether a column of this name says how long the model took."""
    return bool(_LATENCY.search(name))


def looks_like_id(column: pa.ChunkedArray) -> bool:
    """Whether every value differs (of text or integers, at least two, none missing): no two rows share a slice."""
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import types

    kind = column.type
    if not (types.is_dictionary(kind) or types.is_string(kind) or types.is_integer(kind)) or len(column) < 2:
        return False
    if types.is_dictionary(kind):
        column = column.unify_dictionaries()
        if len(column.chunk(0).dictionary) < len(column):
            return False
        column = pa.chunked_array([chunk.indices for chunk in column.chunks])
    return column.null_count == 0 and bool(pc.count_distinct(column).as_py() == len(column))


def _by_name(source: Source, name: str) -> str | None:
    if measures_latency(name):
        return "it measures latency, which the model does not see"
    if re.fullmatch(r"__index_level_\d+__|Unnamed: 0", name):
        return "it is the index of a data frame"
    if _LIKE_ID.search(name) and looks_like_id(source.column(name)):
        return "it looks like an id: every value differs"
    return None


def _impossible(kind: pa.DataType) -> str | None:
    from pyarrow import types

    if is_nested(kind):
        return "its values are nested"
    if is_binary(kind):
        return "its values are bytes"
    if is_time(kind) or types.is_time(kind):
        return "it is a time"
    if types.is_duration(kind) or types.is_interval(kind):
        return "it is a length of time"
    if types.is_null(kind):
        return "all its values are missing"
    return None


def _failing(roles: Roles) -> tuple[str, ...]:
    if roles.failed is None:
        return ()
    from errata.nouns.criterion import parse_expression

    return tuple(parse_expression(roles.failed).columns)


def _cannot_be(source: Source, name: str, reason: str, kind: pa.DataType) -> ColumnError:
    return ColumnError(
        "not-a-factor",
        f"column {name!r} cannot be a factor: {reason}",
        expected="text, numbers or booleans",
        found=str(kind),
        where=source.name,
        next="name another column, or derive one from it: --derive 'hour(time)', --derive 'length(contexts)'",
    )
