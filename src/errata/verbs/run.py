"""Reading runs, their reports and their gates."""

from __future__ import annotations

from typing import Any

from errata.nouns.page import Page
from errata.nouns.report import Report
from errata.nouns.run import Run
from errata.store import findings, gates, run_lists, runs
from errata.store.catalog import Store
from errata.store.gates import Gate
from errata.store.paging import Asked
from errata.store.run_lists import Which


def get_run(store: Store, number: int) -> Run:
    """One run, with its environment. Raises NotFound."""
    with store.read() as connection:
        return runs.get_run(connection, store, number)


def list_runs(
    store: Store,
    model: str | None = None,
    dataset: str | None = None,
    state: str | None = None,
    words: str | None = None,
    sort: str = "-run",
    *,
    limit: int | None = None,
    cursor: str | None = None,
) -> Page[Run]:
    """Runs, newest first, without environments; of one model or on one dataset (``NAME`` or ``NAME@V``), in one state,
    with some words.

    Raises UsageError ``bad-sort``, ``bad-limit``, ``bad-cursor``.
    """
    which = Which(model=model, dataset=dataset, state=state, words=words)
    with store.read() as connection:
        return run_lists.page(connection, store, which, sort, Asked(limit, cursor))


def count_runs(
    store: Store,
    model: str | None = None,
    dataset: str | None = None,
    state: str | None = None,
    words: str | None = None,
) -> dict[str, Any]:
    """How many runs there are, how many of them are asked for, and how those with the words are spread over models,
    datasets and states.
    """
    which = Which(model=model, dataset=dataset, state=state, words=words)
    with store.read() as connection:
        return run_lists.counts(connection, store, which)


def stored_report(store: Store, number: int) -> Report | None:
    """The newest stored report of a run; None when it was not analysed. Raises NotFound for no such run."""
    with store.read() as connection:
        runs.get_run(connection, store, number)
        return findings.latest_report(connection, store, number)


def get_gate(store: Store, number: int) -> Gate:
    """One stored gate. Raises NotFound."""
    with store.read() as connection:
        return gates.get_gate(connection, store, number)


def list_gates(
    store: Store, run: int | None = None, *, limit: int | None = None, cursor: str | None = None
) -> Page[Gate]:
    """Every gate, newest first; of one run when given. Raises UsageError ``bad-limit``, ``bad-cursor``."""
    with store.read() as connection:
        return gates.list_gates(connection, store, run, Asked(limit, cursor))
