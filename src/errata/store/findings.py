"""Stored analyses and their findings, and how each finding stands to the cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from errata.core.clock import stamp
from errata.core.errors import NotFound
from errata.nouns.analyses import NotDone, read_analyses
from errata.nouns.finding import Figures, Finding
from errata.nouns.gone import Gone
from errata.nouns.late_truth import TRUTH_SINCE
from errata.nouns.lifecycle import LIVE
from errata.nouns.page import Page
from errata.nouns.part import TRUTH
from errata.nouns.report import Estimate, LeftOut, ReliabilityBin, Report, RunSummary, Searched
from errata.store import sight, tables
from errata.store.catalog import Store, Transaction
from errata.store.paging import ALL, Asked, paged

_FINDING, _ANALYSIS, _PART = tables.finding, tables.analysis, tables.part
_FACET, _VALUE, _RECORD = tables.facet, tables.facet_value, tables.record
_COLUMNS = (
    "kind", "metric", "fingerprint", "slice", "rows", "failed", "error_rate", "low", "high", "rest_error_rate", "lift",
    "excess_errors", "excess_errors_low", "p_adjusted",
)  # fmt: skip
OVERLAPS, CAME_BACK = "overlaps", "came back"
WITHIN = "analyze within"
"""The name of an analysis of some of a run's rows: its findings are kept, and never stand for those of the run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFinding(Finding):
    """A finding with its number, the run that it is about, and the class that its fpr or fnr is about.

    Its ``status`` is of the moment it is read.
    """

    number: int
    run: int
    positive: str | None
    at: datetime

    def to_json(self) -> dict[str, Any]:
        """Plain values of the schema ``errata.finding/1``: those of a finding in a report, and its run."""
        values = {"schema": "errata.finding/1", **Finding.to_json(self)}
        about = {"number": self.number, "run": f"run:{self.run}", "positive": self.positive}
        return {**values, **about, "at": stamp(self.at)}


@dataclass(frozen=True, slots=True)
class Relation:
    """To which case a finding stands how: ``overlaps`` or ``came back``."""

    case: int
    how: str


def stored_report(connection: sa.Connection, store: Store, identity: str) -> Report | None:
    """The report of an analysis that was made before, with its findings as they stand now."""
    query = sa.select(_ANALYSIS.c.report).where(
        _ANALYSIS.c.project == store.project.id, _ANALYSIS.c.identity == identity
    )
    values = connection.execute(query).scalar()
    if values is None:
        return None
    of_it = _select(store).where(_FINDING.c.identity == identity).order_by(_FINDING.c.position)
    findings = _findings(connection, store, connection.execute(of_it).all())
    report = read_report(values, tuple(findings))
    return replace(report, gone=without_hidden(connection, store, report.gone))


def without_hidden(connection: sa.Connection, store: Store, gone: Sequence[Gone]) -> tuple[Gone, ...]:
    """What is gone, but for what was known as cases that the actor may not see."""
    secret = sight.hidden_named(connection, store, [one.known for one in gone])
    return tuple(one for one in gone if one.known not in secret)


def latest_report(connection: sa.Connection, store: Store, run: int) -> Report | None:
    """The newest stored report of all rows of a run; None when it was not analysed yet. It says when truth came after
    it."""
    query = (
        sa.select(_ANALYSIS.c.identity, _ANALYSIS.c.at)
        .where(_ANALYSIS.c.project == store.project.id, _ANALYSIS.c.run == run, _ANALYSIS.c.name != WITHIN)
        .order_by(_ANALYSIS.c.at.desc())
        .limit(1)
    )
    newest = connection.execute(query).first()
    report = stored_report(connection, store, newest.identity) if newest is not None else None
    if report is None or newest is None:
        return None
    later = sa.select(_PART.c.seq).where(
        _PART.c.project == store.project.id, _PART.c.run == run, _PART.c.kind == TRUTH, _PART.c.at > newest.at
    )
    if connection.execute(later).first() is None:
        return report
    return replace(report, notes=(TRUTH_SINCE.format(run=run), *report.notes))


def analysed_runs(connection: sa.Connection, store: Store) -> set[int]:
    """The numbers of the runs that have a stored report of all their rows."""
    whole = (_ANALYSIS.c.project == store.project.id, _ANALYSIS.c.name != WITHIN)
    query = sa.select(_ANALYSIS.c.run).where(*whole).distinct()
    return set(connection.execute(query).scalars())


def insert_analysis(
    transaction: Transaction,
    *,
    identity: str,
    run: int,
    name: str,
    options: Mapping[str, Any],
    report: Report,
    relations: Sequence[Relation | None],
    positive: str | None,
) -> None:
    """Store a report and number its findings; ``relations`` has one entry a finding."""
    values = report.to_json()
    values.pop("findings")
    head = {"identity": identity, "run": run, "name": name, "options": dict(options)}
    body = {"report": {**values, "source": report.source}, "actor": transaction.actor, "at": transaction.at}
    transaction.insert(_ANALYSIS, {**head, **body})
    rows = []
    for position, (finding, relation) in enumerate(zip(report.findings, relations, strict=True)):
        rows.append(
            {
                "number": transaction.next("findings"),
                "identity": identity,
                "position": position,
                "run": run,
                **{name: getattr(finding, name) for name in _COLUMNS},
                "positive": positive if finding.metric in ("fpr", "fnr") else None,
                "after_peeling": asdict(finding.after_peeling) if finding.after_peeling else None,
                "case": relation.case if relation else None,
                "relation": relation.how if relation else None,
                "at": transaction.at,
            }
        )
    transaction.insert(_FINDING, rows)
    transaction.event(f"run:{run}", before=None, after=identity, reason=f"{len(rows)} findings")


def get_finding(connection: sa.Connection, store: Store, number: int) -> StoredFinding:
    """One finding. Raises NotFound ``no-such-finding``."""
    rows = connection.execute(_select(store).where(_FINDING.c.number == number)).all()
    found = _findings(connection, store, rows)
    if not found:
        raise NotFound(
            "no-such-finding",
            f"there is no finding:{number} in project {store.project.name}",
            next="errata finding list, or errata analyze run:N",
        )
    return found[0]


def list_findings(
    connection: sa.Connection, store: Store, run: int | None = None, asked: Asked = ALL
) -> Page[StoredFinding]:
    """The findings, newest run first, in order of excess errors; of one run when it is given.

    A run that was analysed with several options has the findings of its newest analysis of all rows only.
    """
    later = _ANALYSIS.alias()
    newer = sa.exists().where(
        later.c.project == _ANALYSIS.c.project,
        later.c.run == _ANALYSIS.c.run,
        later.c.name != WITHIN,
        later.c.at > _ANALYSIS.c.at,
    )
    newest = sa.exists().where(
        _ANALYSIS.c.project == _FINDING.c.project,
        _ANALYSIS.c.identity == _FINDING.c.identity,
        _ANALYSIS.c.name != WITHIN,
        ~newer.correlate(_ANALYSIS),
    )
    query = _select(store).where(newest.correlate(_FINDING))
    if run is not None:
        query = query.where(_FINDING.c.run == run)
    return paged(
        connection,
        store,
        query,
        [(_FINDING.c.run, True), (_FINDING.c.number, False)],  # numbered in order of excess errors
        lambda rows: _findings(connection, store, rows),
        lambda one: [one.run, one.number],
        asked,
        {"list": "findings", "run": run},
    )


def _select(store: Store) -> sa.Select[Any]:
    return sa.select(_FINDING).where(_FINDING.c.project == store.project.id)


def _findings(connection: sa.Connection, store: Store, found: Sequence[sa.Row[Any]]) -> list[StoredFinding]:
    rows = [row._mapping for row in found]
    known = _known_prints(connection, store, {row["fingerprint"] for row in rows})
    secret = sight.hidden_of(connection, store, [row["case"] for row in rows])
    return [_finding(store, row, known, None if row["case"] in secret else row["relation"]) for row in rows]


def _known_prints(connection: sa.Connection, store: Store, prints: set[str]) -> dict[str, int]:
    """Fingerprint → the newest case that has it."""
    mine = (_RECORD.c.project == store.project.id, sight.shown(store, _RECORD.c.number))
    live = sa.select(_RECORD.c.number).where(*mine, _RECORD.c.state.in_(LIVE))
    query = (
        sa.select(_VALUE.c.value, sa.func.max(_FACET.c.number).label("case"))
        .join(_FACET, _FACET.c.value == _VALUE.c.id)
        .where(_FACET.c.number.in_(live))
        .where(_VALUE.c.project == store.project.id, _VALUE.c.name == "fingerprint", _VALUE.c.value.in_(prints))
    )
    return {row.value: row.case for row in connection.execute(query.group_by(_VALUE.c.value))}


def _finding(store: Store, row: sa.RowMapping, known: Mapping[str, int], relation: str | None) -> StoredFinding:
    if relation == CAME_BACK:
        status = f"came back ({store.key(row['case'])})"
    elif row["fingerprint"] in known:
        status = f"known ({store.key(known[row['fingerprint']])})"
    elif relation == OVERLAPS:
        status = f"known ({store.key(row['case'])}, overlaps)"
    else:
        status = "new"
    peeled = row["after_peeling"]
    return StoredFinding(
        number=row["number"],
        run=row["run"],
        positive=row["positive"],
        at=row["at"],
        id=f"finding:{row['number']}",
        status=status,
        after_peeling=Figures(**peeled) if peeled else None,
        **{name: row[name] for name in _COLUMNS},
    )


def read_report(values: dict[str, Any], findings: tuple[Finding, ...]) -> Report:
    """A report from its JSON, with its findings as they stand now."""
    report = Report(
        source=values["source"],
        run=RunSummary(**values["run"]),
        roles=values["roles"],
        metrics={name: Estimate(**value) for name, value in values["metrics"].items()},
        findings=findings,
        searched=Searched(**values["searched"]),
        left_out=tuple(LeftOut(**one) for one in values["left_out"]),
    )
    return replace(
        report,
        binned=values["binned"],
        reliability=tuple(ReliabilityBin(**one) for one in values["reliability"]),
        notes=tuple(values["notes"]),
        quarantined=values["quarantined"],
        analyses=read_analyses(values.get("analyses", {})),
        not_done=tuple(NotDone(**one) for one in values.get("not_done", ())),
        gone=tuple(Gone(**one) for one in values.get("gone", ())),
        within=values.get("within"),
        weight=values.get("weight"),
    )
