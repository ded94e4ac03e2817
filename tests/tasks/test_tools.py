from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pytest

from errata.tasks.tools import erred, unreadable


@pytest.mark.parametrize(
    ("name", "value", "holds"),
    [
        ("tool_errors", [], False),
        ("tool_errors", [{"tool": "book", "text": "Error: no"}], True),
        ("tool_errors", 2, True),
        ("tool_errors", 0, False),
        ("tool_errors", "", False),
        ("tool_errors", None, None),
        ("tool_calls", [{"name": "search", "result": "3 flights"}], False),
        ("tool_calls", [{"name": "search", "result": "Error: timeout"}], True),
        ("tool_calls", [{"name": "search", "result": "no errors found"}], False),
        ("tool_calls", [{"name": "search", "error": "timeout"}], True),
        ("tool_calls", [{"name": "search", "error": None}], False),
        ("tool_calls", [{"name": "search", "is_error": True}], True),
        ("tool_calls", [{"name": "search", "success": False}], True),
        ("tool_calls", [{"name": "search", "status": "ERROR"}], True),
        ("tool_calls", json.dumps([{"name": "search", "status": "error"}]), True),
        ("tool_calls", [json.dumps({"name": "search", "status": "error"})], True),
        ("tool_calls", [{"name": "search", "result": {"error": "boom", "rows": None}}], True),
        ("tool_calls", "[" * 100_000, None),
        ("tool_calls", ['{"a":' * 100_000], False),
        ("tool_calls", [{"name": "search", "result": {"error": None, "rows": 3}}], False),
        ("messages", [{"role": "user", "content": "Error 404, what now?"}], False),
        ("messages", [{"role": "tool", "content": "Error: not found"}], True),
        ("messages", [{"role": "assistant", "content": "Error: I was wrong"}], False),
    ],
)
def test_an_error_is_what_is_recorded_as_one(name: str, value: Any, holds: bool | None) -> None:
    assert erred(value, name) is holds


def test_why_a_column_tells_no_errors() -> None:
    assert unreadable("tool_errors", pa.list_(pa.string())) is None
    assert unreadable("tools_called", pa.list_(pa.string())) == "tools_called names tools, and no results of theirs"
    calls = pa.list_(pa.struct({"name": pa.string(), "arguments": pa.string()}))
    assert unreadable("calls", calls) == "the calls in calls have no result (fields: arguments, name)"
    assert unreadable("calls", pa.int64()) == "calls is int64, no list of calls"
    assert unreadable("messages", pa.list_(pa.struct({"role": pa.string(), "content": pa.string()}))) is None
