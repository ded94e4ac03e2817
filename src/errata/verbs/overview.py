"""What the front page says: what fails most, what came back, which cases wait, what changed since the last run."""

from __future__ import annotations

from typing import Any

from errata.nouns.lifecycle import OPEN, REOPENED
from errata.nouns.run import Run
from errata.store import findings, gates, records, runs
from errata.store.catalog import Store, all_projects
from errata.store.findings import StoredFinding

TOP = 5


def about(store: Store) -> dict[str, Any]:
    """Which catalog this is, and as whom it is asked: plain values of the schema ``errata.catalog/1``."""
    project = {"name": store.project.name, "key": store.project.prefix}
    return {"schema": "errata.catalog/1", "project": project, "actor": store.actor}


def projects(store: Store) -> list[str]:
    """The names of all projects of the catalog, oldest first."""
    return [one.project.name for one in all_projects(store)]


def overview(store: Store) -> dict[str, Any]:
    """Plain values of the schema ``errata.overview/1``, in the order of the page.

    ``models`` has one entry a model: its latest analysed run, the ``TOP`` findings of it by excess errors, and what
    changed since the run before it on the same dataset name: the error rate, findings that are new and those that are
    gone. ``waiting`` are the open cases, those that came back first.
    """
    with store.read() as connection:
        every = [run for run in runs.list_runs(connection, store) if run.rows is not None]
        found = findings.list_findings(connection, store)
        cases = records.records(connection, store, "case", states=OPEN)
        latest_gate = next((one for one in gates.list_gates(connection, store) if one.purpose == "gate"), None)
        reports = {run.number: findings.latest_report(connection, store, run.number) for run in every}
    analysed = {number for number, report in reports.items() if report is not None}
    by_run: dict[int, list[StoredFinding]] = {}
    for one in found:
        by_run.setdefault(one.run, []).append(one)
    models = [_model(name, every, analysed, by_run) for name in dict.fromkeys(run.model_name for run in every)]
    back = [case for case in cases if case.state == REOPENED]
    return {
        "schema": "errata.overview/1",
        "project": {"name": store.project.name, "key": store.project.prefix},
        "counts": {"runs": len(every), "findings": len(found), "open_cases": len(cases)},
        "models": models,
        "came_back": [case.to_json() for case in back],
        "waiting": [case.to_json() for case in [*back, *(case for case in cases if case.state != REOPENED)]],
        "gate": latest_gate.to_json() if latest_gate else None,
    }


def _model(name: str, every: list[Run], analysed: set[int], by_run: dict[int, list[StoredFinding]]) -> dict[str, Any]:
    mine = [run for run in every if run.model_name == name]
    latest = next((run for run in mine if run.number in analysed), mine[0])
    before = next((r for r in mine if r.number < latest.number and r.dataset_name == latest.dataset_name), None)
    slices = [one for one in by_run.get(latest.number, []) if one.kind == "slice"]
    return {
        "model": name,
        "run": latest.to_json(),
        "analysed": latest.number in analysed,
        "findings": [one.to_json() for one in sorted(slices, key=lambda one: -one.excess_errors)[:TOP]],
        "changes": _changes(before, latest, analysed, by_run) if before else None,
    }


def _changes(before: Run, latest: Run, analysed: set[int], by_run: dict[int, list[StoredFinding]]) -> dict[str, Any]:
    old = {one.fingerprint: one for one in by_run.get(before.number, [])}
    new = {one.fingerprint: one for one in by_run.get(latest.number, [])}
    rates = (before.error_rate, latest.error_rate)
    both = before.number in analysed and latest.number in analysed
    return {
        "before": before.ref,
        "before_model": before.model,
        "error_rate": {"before": rates[0], "after": rates[1]},
        "difference": rates[1] - rates[0] if rates[0] is not None and rates[1] is not None else None,
        "appeared": [one.to_json() for mark, one in new.items() if mark not in old] if both else [],
        "gone": [one.to_json() for mark, one in old.items() if mark not in new] if both else [],
    }
