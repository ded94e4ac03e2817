"""Jobs in the database. Who changes one that is being done names the worker who has it, and else changes nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from errata.core.errors import NotFound
from errata.nouns.job import ANSWERING, DONE, FAILED, QUEUED, RUNNING, Job, Progress
from errata.nouns.page import Page
from errata.store import gates, sight, tables
from errata.store.catalog import Project, Store, Transaction
from errata.store.paging import ALL, Asked, paged
from errata.store.tables import job as _JOB


def insert_job(transaction: Transaction, *, kind: str, arguments: Mapping[str, Any], input: str, priority: int) -> Job:
    """A new job at the end of the queue of its priority."""
    number = transaction.next("jobs")
    values = {"number": number, "kind": kind, "arguments": dict(arguments), "input": input, "priority": priority}
    about = {"state": QUEUED, "attempts": 0, "actor": transaction.actor, "at": transaction.at}
    about["clearance"] = transaction.store.clearance
    transaction.insert(_JOB, {**values, **about})
    return get_job(transaction.connection, transaction.store, number)


def get_job(connection: sa.Connection, store: Store, number: int) -> Job:
    """One job. Raises NotFound ``no-such-job``."""
    found = _jobs(connection, store, connection.execute(_select(store).where(_JOB.c.number == number)).all())
    if not found:
        raise NotFound(
            "no-such-job", f"there is no job:{number} in project {store.project.name}", next="errata job list"
        )
    return found[0]


def list_jobs(
    connection: sa.Connection, store: Store, states: Sequence[str] | None = None, asked: Asked = ALL
) -> Page[Job]:
    """Every job, newest first; of some states when they are given. Results that hold all that was found stay out."""
    short = sa.case((_JOB.c.kind.in_(ANSWERING), sa.null()), else_=_JOB.c.result)
    columns = [one if one.name != "result" else sa.type_coerce(short, one.type).label("result") for one in _JOB.c]
    query = sa.select(*columns).where(_JOB.c.project == store.project.id)
    if states is not None:
        query = query.where(_JOB.c.state.in_(states))
    return paged(
        connection,
        store,
        query,
        [(_JOB.c.number, True)],
        lambda rows: _jobs(connection, store, rows),
        lambda job: [job.number],
        asked,
        {"list": "jobs", "states": None if states is None else list(states)},
    )


def failed_by(connection: sa.Connection, store: Store, actor: str, since: datetime) -> list[Job]:
    """The jobs that an actor asked for and that failed since, newest first, but those that were asked for again."""
    later = _JOB.alias()
    again = sa.exists().where(
        later.c.project == _JOB.c.project, later.c.input == _JOB.c.input, later.c.number > _JOB.c.number
    )
    query = _select(store).where(_JOB.c.actor == actor, _JOB.c.state == FAILED, _JOB.c.finished_at >= since, ~again)
    return _jobs(connection, store, connection.execute(query.order_by(_JOB.c.number.desc())).all())


def same_job(connection: sa.Connection, store: Store, input: str, *, lasting: bool) -> Job | None:
    """The newest job of this input that is queued or running, or done where its result is ``lasting``."""
    states = (QUEUED, RUNNING, DONE) if lasting else (QUEUED, RUNNING)
    query = _select(store).where(_JOB.c.input == input, _JOB.c.state.in_(states))
    found = _jobs(connection, store, connection.execute(query.order_by(_JOB.c.number.desc()).limit(1)).all())
    return found[0] if found else None


def next_job(connection: sa.Connection, store: Store, at: datetime) -> Job | None:
    """What is to be done next: queued, or running by a worker whose lease has run out; the urgent first, then the old.

    None when nothing waits.
    """
    query = _select(store).where(_to_do(at))
    row = connection.execute(query.order_by(_JOB.c.priority.desc(), _JOB.c.number).limit(1)).mappings().first()
    return None if row is None else _job(row)


def waiting(connection: sa.Connection, at: datetime) -> list[Project]:
    """The projects of the catalog in which a job is to be done, the most urgent first, then that of the oldest."""
    project = tables.project
    query = (
        sa.select(project.c.id, project.c.name, project.c.prefix)
        .join(_JOB, _JOB.c.project == project.c.id)
        .where(_to_do(at))
        .group_by(project.c.id, project.c.name, project.c.prefix)
        .order_by(sa.func.max(_JOB.c.priority).desc(), sa.func.min(_JOB.c.at))
    )
    return [Project(*row) for row in connection.execute(query)]


def ended_before(connection: sa.Connection, store: Store, at: datetime) -> bool:
    """Whether there is a job that ended before."""
    query = sa.select(_JOB.c.number).where(_JOB.c.project == store.project.id, _JOB.c.finished_at < at)
    return connection.execute(query.limit(1)).first() is not None


def remove_ended(transaction: Transaction, at: datetime) -> int:
    """Remove the jobs that ended before; how many there were."""
    ended = (_JOB.c.project == transaction.project, _JOB.c.finished_at < at)
    return transaction.connection.execute(sa.delete(_JOB).where(*ended)).rowcount


def uploads_wanted(connection: sa.Connection) -> set[str]:
    """The digests of uploads that jobs of the catalog still read."""
    alive = sa.select(_JOB.c.arguments).where(_JOB.c.state.in_((QUEUED, RUNNING)))
    texts = [str(value) for given in connection.execute(alive).scalars() for value in given.values()]
    return {text[7:71] for text in texts if text.startswith("upload:")}


def change_job(transaction: Transaction, number: int, values: Mapping[str, Any], *, worker: str | None = None) -> bool:
    """Change a job; with ``worker`` only while it is being done by that one. Whether it was changed."""
    where = [_JOB.c.project == transaction.project, _JOB.c.number == number]
    if worker is not None:
        where += [_JOB.c.state == RUNNING, _JOB.c.worker == worker]
    return transaction.connection.execute(sa.update(_JOB).where(*where).values(dict(values))).rowcount == 1


def _to_do(at: datetime) -> sa.ColumnElement[bool]:
    return sa.or_(_JOB.c.state == QUEUED, sa.and_(_JOB.c.state == RUNNING, _JOB.c.lease_until <= at))


def _select(store: Store) -> sa.Select[Any]:
    return sa.select(_JOB).where(_JOB.c.project == store.project.id)


def _jobs(connection: sa.Connection, store: Store, rows: Sequence[sa.Row[Any]]) -> list[Job]:
    """Jobs, but those that name a record which the actor may not see; a gate's result is as they see the gate, and
    an answer that names such a record is left out.
    """
    found = [_job(row._mapping) for row in rows]
    if sight.everything(store):
        return found
    said = [json.dumps([one.arguments, one.error, one.progress.text]) for one in found]
    secret = sight.hidden_said(connection, store, said)
    full = [json.dumps(one.result) if one.kind in ANSWERING else "" for one in found]
    told = sight.hidden_said(connection, store, full)
    results = [one.result for one in found if one.kind == "gate" and one.result is not None]
    verdicts = gates.verdicts(connection, store, [one["gate"] for one in results])
    back = sight.hidden_named(connection, store, [key for one in results for key in one["came_back"]])
    seen = []
    for one, names in ((job, names) for job, keys, names in zip(found, secret, told, strict=True) if not keys):
        if names:
            one = replace(one, result=None)
        elif one.kind == "gate" and one.result is not None:
            if one.result["gate"] not in verdicts:
                continue
            left = [key for key in one.result["came_back"] if key not in back]
            one = replace(one, result={**one.result, "verdict": verdicts[one.result["gate"]], "came_back": left})
        seen.append(one)
    return seen


def _job(row: sa.RowMapping) -> Job:
    values = {name: row[name] for name in Job.__slots__ if name in row}
    return Job(**{**values, "progress": Progress(**(row["progress"] or {}))})
