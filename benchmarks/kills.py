"""kill -9 of a server, of workers and of the command line at seeded instants, under load, over and over.

    python -m benchmarks.kills [--kills 100] [--seed 0]

After each: the catalog opens and is sound, what was acknowledged is there once, and nothing is half there. A server's
clients send what was not answered again under the same key when a new server is there: it is done once. A worker's job
is taken up by the next one, and done once.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.endurance import Ledger, Step, faults_of, marks_in, prepared, steps
from errata.client.operation import in_path
from errata.client.operations import OPERATIONS
from errata.store.catalog import Store
from errata.store.events import events
from errata.store.making import init_store
from errata.store.places import DATABASE
from errata.verbs.check import add_check
from errata.verbs.job import list_jobs, submit_job
from errata.verbs.token import add_token
from tests.catalogs import NIGHT, log, predictions

CLIENTS = 4
ATTEMPTS = 3


@dataclass(slots=True)
class Found:
    """What came of the kills of one program."""

    kills: int = 0
    operations: int = 0
    again: int = 0
    """Operations that were not answered, and were sent or taken up again."""
    again_done: int = 0
    """Those of them that had been done before the kill."""
    faults: list[str] = field(default_factory=list)


def errata(store: Store, *words: str) -> subprocess.Popen[str]:
    line = [sys.executable, "-m", "errata.cli", *words, "--catalog", str(store.root)]
    environment = {**os.environ, "ERRATA_LOCK_TIMEOUT": "60", "ERRATA_ACTOR": "ada"}
    return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment)


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def wait_open(process: subprocess.Popen[str], store: Store) -> None:
    """Until it has the database open, or is gone. Linux tells what a process has open."""
    held, database = Path(f"/proc/{process.pid}/fd"), str((store.root / DATABASE).resolve())
    while process.poll() is None:
        with contextlib.suppress(OSError):
            if any(os.readlink(one) == database for one in held.iterdir()):
                return
        time.sleep(0.001)


class Client:
    """Somebody who writes over HTTP, and sends again under the same key what was not answered."""

    def __init__(self, name: str, token: str, ledger: Ledger) -> None:
        self.token = token
        self.ledger = ledger
        self.found = Found()
        self.todo = steps(name)
        self.step: Step = next(self.todo)
        self.sent = False
        self.answered = threading.Event()

    def write(self, address: str, most: int | None = None) -> None:
        """Operation after operation until the server is gone; or so many."""
        import httpx

        done = 0
        with httpx.Client(headers={"authorization": f"Bearer {self.token}"}, timeout=120) as client:
            while most is None or done < most:
                self.ledger.unsure.add(self.step.mark)
                self.found.again += self.sent
                self.sent = True
                try:
                    answer = self._ask(client, address)
                except httpx.TransportError:
                    return
                if answer.status_code >= 400:
                    self.found.faults.append(f"{self.step.mark}: {answer.status_code} {answer.text}")
                    return
                self.answered.set()
                self.ledger.settle(self.step.mark)
                self.found.operations += 1
                self.step = self.todo.send(answer.json()["key"] if self.step.name == "case open" else None)
                self.sent = False
                done += 1

    def _ask(self, client: Any, address: str) -> Any:
        operation = OPERATIONS[self.step.name]
        given, path = dict(self.step.arguments), operation.path
        for part in in_path(operation):
            path = path.replace(f"{{{part}}}", given.pop(part))
        headers = {"idempotency-key": self.step.mark}
        return client.request(operation.method, f"{address}api{path}", json=given, headers=headers)


def kill_servers(store: Store, kills: int, rng: random.Random) -> Found:
    """``errata serve``, with clients that write."""
    ledger, found = Ledger(), Found()
    token = add_token(store, "clients", "grace")
    clients = [Client(f"http{number}", token, ledger) for number in range(CLIENTS)]
    for kill in range(kills + 1):
        process = errata(store, "serve", "--port", "0", "--no-work", "--json")
        address = json.loads(first_line(process))["url"]
        most = CLIENTS if kill == kills else None  # the last one lives: whatever is unsure is sent again
        threads = [threading.Thread(target=client.write, args=(address, most)) for client in clients]
        for client, thread in zip(clients, threads, strict=True):
            client.answered.clear()
            thread.start()
        if most is None:
            if rng.random() < 0.75:  # otherwise it dies while it wakes, or what was left is sent again
                clients[0].answered.wait(60)
            time.sleep(rng.uniform(0.0, 0.7))
            process.kill()
            found.kills += 1
        for thread in threads:
            thread.join()
        process.kill()
        process.communicate()
        found.faults += faults_of(store, ledger)
        there = marks_in(store)
        found.again_done += sum(there[mark] for mark in ledger.unsure)
    found.faults += [f"{mark} was never answered" for mark in sorted(ledger.unsure)]
    for client in clients:
        found.operations += client.found.operations
        found.again += client.found.again
        found.faults += client.found.faults
    return found


def kill_commands(store: Store, kills: int, rng: random.Random) -> Found:
    """``errata case open``, two at a time, of which one is killed: most often once it has opened the catalog."""
    ledger, found = Ledger(), Found()
    process = errata(store, "case", "open", "--title", "the first")
    start = time.perf_counter()
    wait_open(process, store)
    waking = time.perf_counter() - start
    process.communicate()
    writing = time.perf_counter() - start - waking
    for attempt in range(kills * 20):  # one that ends before its kill is no kill
        if found.kills == kills:
            break
        mark, other = f"op-cli-{attempt}", f"op-beside-{attempt}"
        ledger.unsure |= {mark, other}
        beside = errata(store, "case", "open", "--title", other)
        process = errata(store, "case", "open", "--title", mark)
        if rng.random() < 0.25:
            time.sleep(waking * rng.random())
        else:
            wait_open(process, store)
            time.sleep(writing * rng.random())
        process.kill()
        process.communicate()
        beside.communicate()
        found.kills += process.returncode == -signal.SIGKILL
        found.operations += 2
        if process.returncode == 0:
            ledger.settle(mark)
        if beside.returncode == 0:
            ledger.settle(other)
        else:
            found.faults.append(f"{other} ended with {beside.returncode}")
        found.faults += faults_of(store, ledger)
    found.again_done = len(ledger.unsure & marks_in(store).keys())
    return found


def kill_workers(store: Store, kills: int, rng: random.Random) -> Found:
    """``errata work`` with two threads and gates to do; a job whose worker died is done by a later one."""
    found = Found()
    told: Counter[int] = Counter()
    log(store, predictions(60))
    add_check(store, slice=NIGHT, criterion="<= 0.1")
    for _ in range(kills):
        for seed in range(found.operations + 1, found.operations + 5):
            submit_job(store, "gate", {"run": log(store, predictions(60, seed=seed)).number})
        found.operations += 4
        process = errata(store, "work", "--jobs", "2", "--lease", "1", "--json")
        said = first_line(process)
        time.sleep(rng.uniform(0.0, 0.3))
        process.kill()
        rest, _ = process.communicate()
        found.kills += 1
        told.update(_done((said + rest).splitlines(keepends=True)))
        found.faults += faults_of(store, Ledger())
        state = {job.number: job.state for job in list_jobs(store)}
        found.faults += [f"job {number} was done and is {state[number]}" for number in told if state[number] != "done"]
    time.sleep(1.1)
    rest, _ = errata(store, "work", "--once", "--lease", "1", "--json").communicate()
    told.update(_done(rest.splitlines(keepends=True)))
    found.faults += [f"job {number} was told done {times} times" for number, times in told.items() if times > 1]
    for job in list_jobs(store):
        found.again += job.attempts > 1
        ends = [one for one in events(store, job.ref) if one.reason == "done"]
        given_up = job.state == "failed" and job.attempts == ATTEMPTS and not ends
        if not given_up and (job.state, len(ends)) != ("done", 1):
            found.faults.append(f"{job.ref} is {job.state} and was done {len(ends)} times")
    return found


def _done(lines: list[str]) -> list[int]:
    """The jobs that a worker said it had done; its last line may be half."""
    whole = [json.loads(line) for line in lines if line.endswith("\n")]
    return [one["number"] for one in whole if one["state"] == "done"]


PROGRAMS: dict[str, Callable[[Store, int, random.Random], Found]] = {
    "server": kill_servers,
    "worker": kill_workers,
    "command": kill_commands,
}


def killed(folder: Path, program: str, kills: int, seed: int) -> Found:
    """A new catalog, and so many kills of one program."""
    store, _ = init_store(folder / program, "pets", actor="ada")
    prepared(store)
    try:
        return PROGRAMS[program](store, kills, random.Random(f"{program} {seed}"))
    finally:
        store.close()


def main() -> None:
    """Print a line of JSON for each program."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=100, help="of all three together (default: 100)")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    unsound = False
    for number, program in enumerate(PROGRAMS):
        kills = (given.kills + number) // len(PROGRAMS)
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            found = killed(Path(folder), program, kills, given.seed)
        unsound |= bool(found.faults)
        said = {name: getattr(found, name) for name in found.__slots__}
        print(json.dumps({"program": program, "seconds": round(time.perf_counter() - start), **said}), flush=True)
    sys.exit("something is lost, double or unsound" if unsound else 0)


if __name__ == "__main__":
    main()
