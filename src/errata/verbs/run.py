"""Reading runs, their reports and their gates."""

from __future__ import annotations

from errata.nouns.page import Page
from errata.nouns.report import Report
from errata.nouns.run import Run
from errata.store import findings, gates, runs
from errata.store.catalog import Store
from errata.store.gates import Gate
from errata.store.paging import Asked


def get_run(store: Store, number: int) -> Run:
    """One run, with its environment. Raises NotFound."""
    with store.read() as connection:
        return runs.get_run(connection, store, number)


def list_runs(
    store: Store,
    model: str | None = None,
    dataset: str | None = None,
    *,
    limit: int | None = None,
    cursor: str | None = None,
) -> Page[Run]:
    """Every run, newest first, without environments; of one model (``NAME`` or ``NAME@V``), or on one dataset.

    Raises UsageError ``bad-limit``, ``bad-cursor``.
    """
    with store.read() as connection:
        return runs.list_runs(connection, store, model=model, dataset=dataset, asked=Asked(limit, cursor))


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
