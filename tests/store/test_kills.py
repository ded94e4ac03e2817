"""kill -9 of servers, workers and commands under load, a few times each; ``benchmarks.kills`` does it at length."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.endurance import Ledger, faults_of, prepared, steps
from benchmarks.kills import killed
from errata.client.transport import Local
from errata.store.catalog import Store


@pytest.mark.slow
@pytest.mark.parametrize("program", ["server", "worker", "command"])
def test_what_was_acknowledged_is_there_once_whatever_is_killed(
    program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("uvicorn", reason="the extra serve is not installed")
    if not Path("/proc/self/fd").exists():
        pytest.skip("only Linux tells what a process has open")
    monkeypatch.setenv("ERRATA_ACTOR", "ada")
    found = killed(tmp_path, program, kills=2, seed=1)
    assert found.faults == []
    assert found.kills == 2
    assert found.operations >= {"server": 4, "worker": 8, "command": 2}[program]


def test_what_is_lost_double_or_unasked_is_seen(store: Store) -> None:
    prepared(store)
    local, todo = Local(store), steps("w")
    step = next(todo)
    for _ in range(6):
        value = local.ask(step.name, **step.arguments)
        step = todo.send(value.key if step.name == "case open" else None)
    marks = {f"op-w-{number}" for number in range(6)}
    assert faults_of(store, Ledger(acknowledged=marks)) == []
    assert faults_of(store, Ledger(acknowledged=marks - {"op-w-5"}, unsure={"op-w-5"})) == []
    assert faults_of(store, Ledger(acknowledged=(marks | {"op-w-6"}) - {"op-w-3"})) == [
        "op-w-6 is lost",
        "op-w-3 is there unasked",
    ]
    local.ask("case open", title="op-w-0")
    assert faults_of(store, Ledger(acknowledged=marks)) == ["op-w-0 is there twice"]
