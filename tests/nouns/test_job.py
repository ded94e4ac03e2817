from __future__ import annotations

import shlex
from datetime import UTC, datetime, timedelta
from typing import Any

from errata.nouns.job import Job, Progress

AT = datetime(2026, 11, 25, 20, 0, tzinfo=UTC)


def job(kind: str = "analyze", **values: Any) -> Job:
    plain: dict[str, Any] = {name: None for name in Job.__slots__}
    plain |= {"number": 7, "kind": kind, "arguments": {}, "input": "0" * 64, "state": "queued", "priority": 0}
    plain |= {"attempts": 0, "progress": Progress(), "actor": "ada", "at": AT, "known": False}
    return Job(**{**plain, **values})


def test_it_says_what_it_does_in_a_line() -> None:
    assert job("reindex").title == "reindex"
    assert job("gate", arguments={"run": "run:3", "baseline": "run:2"}).title == "gate run:3 baseline=run:2"
    many = job(arguments={"runs": ["run:1", "run:2"], "factors": ["a", "b, c"]})
    assert many.title == 'analyze run:1 run:2 factors=a,"b, c"'


def test_its_command_asks_for_it_again() -> None:
    command = job(arguments={"runs": ["run:1"], "within": "source = 'night'"}).command
    assert shlex.split(command) == ["errata", "job", "submit", "analyze", "run:1", "within=source = 'night'"]


def test_it_has_been_done_since_it_was_taken_and_until_it_ended() -> None:
    later = AT + timedelta(seconds=90)
    assert job().seconds(later) is None
    assert job(state="running", started_at=AT).seconds(later) == 90
    assert job(state="done", started_at=AT, finished_at=AT + timedelta(seconds=5)).seconds(later) == 5


def test_as_plain_values_its_moments_are_text() -> None:
    values = job(state="running", lease_until=AT, progress=Progress("counting", 1, 3)).to_json()
    assert (values["job"], values["lease_until"], values["started_at"]) == (
        "job:7",
        "2026-11-25T20:00:00.000000Z",
        None,
    )
    assert values["progress"] == {"text": "counting", "done": 1, "total": 3}
    assert "known" not in values
