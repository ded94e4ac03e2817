"""Tool calls in a log: whether one of a row's calls has a result that was recorded as an error.

A column of errors says it by holding any. A column of calls, or a trace, says it by a call's own field: an error text,
a flag, a status, or a result that begins with the word error.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from errata.core.columns import is_list, is_number, is_text

if TYPE_CHECKING:
    import pyarrow as pa

_OF_ERRORS = re.compile(r"err|fail|exception", re.IGNORECASE)
_TEXTS = ("error", "error_message", "exception")
_FLAGS = ("is_error", "isError", "failed", "errored")
_SUCCESS = ("ok", "success", "succeeded")
_STATUS = ("status",)
_RESULTS = ("result", "output", "content", "response", "observation", "text")
_BAD_STATUS = frozenset({"error", "failed", "failure", "exception", "timeout"})
_ERROR_TEXT = re.compile(r"\s*[\[(\"']?(error|exception|traceback \(most recent call last\))\b", re.IGNORECASE)
_TOOL_ROLES = frozenset({"tool", "function", "tool_result", "ipython"})


def of_errors(name: str) -> bool:
    """Whether a column of this name holds errors, and not calls."""
    return bool(_OF_ERRORS.search(name))


def unreadable(name: str, kind: pa.DataType) -> str | None:
    """Why a column tells no errors of tools, or None."""
    from pyarrow import types

    if of_errors(name):
        fits = is_list(kind) or is_number(kind) or is_text(kind) or types.is_boolean(kind) or types.is_null(kind)
        return None if fits else f"{name} is {kind}, no list, number or text of errors"
    if is_text(kind):
        return None
    if not is_list(kind):
        return f"{name} is {kind}, no list of calls"
    inner = kind.value_type
    if is_text(inner) or types.is_null(inner):
        return f"{name} names tools, and no results of theirs"
    if not types.is_struct(inner):
        return f"{name} holds {inner}, no calls with results"
    fields = {inner.field(at).name for at in range(inner.num_fields)}
    if not fields & {*_TEXTS, *_FLAGS, *_SUCCESS, *_STATUS, *_RESULTS}:
        return f"the calls in {name} have no result (fields: {', '.join(sorted(fields))})"
    return None


def erred(value: Any, name: str) -> bool | None:
    """Whether the calls in one cell had an error; None where nothing is recorded."""
    if value is None:
        return None
    if isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return bool(value.strip()) if of_errors(name) else None
    if of_errors(name):
        return bool(value.strip()) if isinstance(value, str) else value == value and bool(value)
    calls = value if isinstance(value, list) else [value]
    return any(_call_erred(_unpacked(one)) for one in calls)


def _unpacked(value: Any) -> Any:
    if not isinstance(value, str) or value.lstrip()[:1] != "{":
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def _call_erred(call: Any) -> bool:
    if not isinstance(call, dict):
        return isinstance(call, str) and bool(_ERROR_TEXT.match(call))
    if _flagged(call):
        return True
    if "role" in call and call["role"] not in _TOOL_ROLES:
        return False  # what a person or the model says of an error is none
    found = [call.get(one) for one in _RESULTS]
    return any(_flagged(one) if isinstance(one, dict) else _is_error(one) for one in found)


def _flagged(call: dict[str, Any]) -> bool:
    if any(call.get(one) for one in (*_TEXTS, *_FLAGS)) or any(call.get(one) is False for one in _SUCCESS):
        return True
    return any(str(call.get(one) or "").lower() in _BAD_STATUS for one in _STATUS)


def _is_error(text: Any) -> bool:
    return isinstance(text, str) and bool(_ERROR_TEXT.match(text))
