"""``errata profile``: a model's failures over versions and time, from what the catalog holds of its runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from errata.core.clock import stamp
from errata.core.errors import NotFound
from errata.core.names import nearest
from errata.core.units import plural
from errata.nouns.lifecycle import LIVE, OPEN
from errata.nouns.profile import (
    Profile,
    ProfileCase,
    ProfileGate,
    ProfileMove,
    ProfileRun,
)
from errata.nouns.record import Record
from errata.nouns.report import Report
from errata.nouns.run import Run
from errata.store import findings, gates, records, runs
from errata.store.catalog import Store
from errata.store.findings import StoredFinding
from errata.store.gates import Gate
from errata.verbs.profile_rows import Counted, Known

MOST_RUNS = 12
MOST_FINDINGS = 25


def profile(store: Store, model: str | None = None) -> Profile:
    """The profile of every run of the model of this name (without version), or of the whole project.

    Raises NotFound ``no-such-model`` for a model that has no run, ``no-runs`` for a project without any.
    """
    with store.read() as connection:
        every = sorted(runs.list_runs(connection, store), key=lambda run: run.number)
        mine = [run for run in every if model in (None, run.model_name)]
        if not mine:
            raise _nothing(store, model, every)
        columns = _newest_repeats(mine)
        found = findings.list_findings(connection, store)
        numbered = {run.number: run for run in mine}
        of_gates = [one for one in gates.list_gates(connection, store) if one.run in numbered]
        live = records.records(connection, store, "case", states=LIVE)
        cases = [one for one in live if model is None or model in _names(one)]
        histories = records.histories(connection, store, cases)
        shown = columns[-MOST_RUNS:]
        reports = {run.number: findings.latest_report(connection, store, run.number) for run in shown}
    counted = Counted(store, [Known(run, reports[run.number]) for run in shown])
    by_run = _by_run(found, shown)
    rows, more = counted.findings(by_run, {case.key: case.state for case in cases}, MOST_FINDINGS)
    return Profile(
        project=store.project.name,
        model=model,
        versions=tuple(dict.fromkeys(run.model for run in mine)),
        runs=tuple(_run(run, mine, reports[run.number], of_gates) for run in shown),
        findings=rows,
        cases=tuple(_case(case, histories[case.key]) for case in cases),
        kinds=counted.kinds(),
        changes=counted.changes(),
        gates=tuple(_gate(one, numbered) for one in reversed(of_gates)),
        more_runs=len(columns) - len(shown),
        more_findings=more,
        notes=(*_notes(shown, reports), *counted.notes),
    )


def models(store: Store) -> list[dict[str, Any]]:
    """Every model by name, that of the newest run first: its versions, runs, newest run with an error rate, open cases
    and last gate, as plain values."""
    with store.read() as connection:
        every = runs.list_runs(connection, store)
        cases = records.records(connection, store, "case", states=LIVE)
        of_gates = gates.list_gates(connection, store)
    found = []
    for name in dict.fromkeys(run.model_name for run in every):
        mine = [run for run in every if run.model_name == name]
        latest = next((run for run in mine if run.error_rate is not None), mine[0])
        numbers = {run.number for run in mine}
        gate = next((one for one in of_gates if one.run in numbers and one.purpose == "gate"), None)
        about = [case for case in cases if name in _names(case)]
        found.append(
            {
                "model": name,
                "versions": list(dict.fromkeys(run.model for run in reversed(mine))),
                "runs": len(mine),
                "latest": latest.to_json(),
                "open_cases": sum(case.state in OPEN for case in about),
                "cases": len(about),
                "gate": None if gate is None else {"gate": gate.ref, "verdict": gate.verdict},
            }
        )
    return found


def _nothing(store: Store, model: str | None, every: Sequence[Run]) -> NotFound:
    if not every or model is None:
        return NotFound(
            "no-runs",
            f"no run is logged in project {store.project.name}",
            expected="predictions of a model version",
            next="errata log FILE --model NAME@V --dataset NAME@V",
        )
    names = list(dict.fromkeys(run.model_name for run in every))
    name = model.partition("@")[0]
    if name in names:
        return NotFound(
            "no-such-model",
            f"a profile is of all versions of a model, and {model!r} names one",
            expected="the name of a model, without a version",
            next=f"errata profile {name}",
        )
    near = nearest(model, names) or names
    return NotFound(
        "no-such-model",
        f"project {store.project.name} has no run of a model {model!r}",
        expected=", ".join(names[:8]),
        next=f"errata profile {near[0]}",
    )


def _newest_repeats(mine: Sequence[Run]) -> list[Run]:
    """One run for each version on each dataset version, the newest that has predictions; in the order of being
    logged. Versions go by their first run, so that a late repeat of an old one stays where it was."""
    first = {model: at for at, model in enumerate(dict.fromkeys(run.model for run in mine))}
    newest: dict[tuple[str, str | None], Run] = {}
    for run in mine:
        before = newest.get((run.model, run.dataset))
        if before is None or run.rows is not None or before.rows is None:
            newest[run.model, run.dataset] = run
    return sorted(newest.values(), key=lambda run: (first[run.model], run.number))


def _by_run(found: Sequence[StoredFinding], shown: Sequence[Run]) -> dict[int, list[StoredFinding]]:
    by_run: dict[int, list[StoredFinding]] = {run.number: [] for run in shown}
    for one in found:
        if one.run in by_run:
            by_run[one.run].append(one)
    return by_run


def _run(run: Run, mine: Sequence[Run], report: Report | None, of_gates: Sequence[Gate]) -> ProfileRun:
    gate = next((one for one in of_gates if one.run == run.number and one.purpose == "gate"), None)
    return ProfileRun(
        run=run.ref,
        model=run.model,
        dataset=run.dataset,
        repeats=sum((other.model, other.dataset) == (run.model, run.dataset) for other in mine),
        state=run.state,
        error=run.error,
        logged_at=stamp(run.logged_at),
        rows=run.rows,
        known=None if run.rows is None else run.rows - (run.unknown or 0),
        failed=run.failed,
        error_rate=run.error_rate,
        low=run.low,
        high=run.high,
        analysed=report is not None,
        gate=None if gate is None else gate.ref,
        verdict=None if gate is None else gate.verdict,
    )


def _case(case: Record, history: Sequence[Any]) -> ProfileCase:
    """A case with the revisions at which its state changed."""
    moves: list[ProfileMove] = []
    state = None
    for revision in history:
        if revision.state == state:
            continue
        state = revision.state
        said = {"closed": revision.body.get("closed_by"), "reopened": revision.body.get("came_back")}.get(state)
        run = said["run"] if said else revision.body.get("run") if not moves else None
        moves.append(
            ProfileMove(
                at=stamp(revision.at),
                state=state,
                actor=revision.actor,
                reason=revision.reason,
                run=f"run:{run}" if run else None,
                gate=f"gate:{said['gate']}" if said else None,
            )
        )
    body = case.body
    return ProfileCase(
        case=case.key,
        title=body.title,
        slice=body.slice or "",
        state=case.state,
        model=body.model or ", ".join(body.models),
        moves=tuple(moves),
    )


def _gate(one: Gate, of: dict[int, Run]) -> ProfileGate:
    verdicts = [check["verdict"] for check in one.checks]
    return ProfileGate(
        gate=one.ref,
        run=f"run:{one.run}",
        model=of[one.run].model,
        purpose=one.purpose,
        verdict=one.verdict,
        passed=verdicts.count("pass"),
        failed=verdicts.count("fail"),
        inconclusive=verdicts.count("inconclusive"),
        at=stamp(one.at),
    )


def _names(case: Record) -> set[str]:
    """The names of the models that a case is about, without their versions."""
    return {model.partition("@")[0] for model in (case.body.model, *case.body.models) if model}


def _notes(shown: Sequence[Run], reports: dict[int, Report | None]) -> list[str]:
    silent = [run.ref for run in shown if run.rows is not None and reports[run.number] is None]
    if not silent:
        return []
    return [f"{plural(len(silent), 'run')} not analysed yet: {', '.join(silent)} (errata analyze {silent[-1]})"]
