"""Records by revision: the one mechanism that every kind shares. Bodies are added, never rewritten."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from errata.core.errors import Conflict, NotFound
from errata.core.names import is_key
from errata.nouns.page import Page
from errata.nouns.record import ABOUT, Body, Kind, Record, Revision, body_digest, differences, kind_named
from errata.nouns.sensitivity import USUAL, highest
from errata.store import events, projections, sight, tables
from errata.store.catalog import Store, Transaction
from errata.store.faults import instant
from errata.store.paging import ALL, Asked, paged

_REC, _REV = tables.record, tables.revision


def create(
    transaction: Transaction, kind: Kind, body: Body, *, state: str | None = None, reason: str = "", number: int = 0
) -> Record:
    """A new record at revision 1, with its facets and its event. ``number`` is one taken from the series already."""
    return create_all(transaction, kind, [(body, reason)], state=state, numbers=[number] if number else None)[0]


def create_all(
    transaction: Transaction,
    kind: Kind,
    bodies: Sequence[tuple[Body, str]],
    *,
    state: str | None = None,
    numbers: Sequence[int] | None = None,
    also: Callable[[list[Record]], None] | None = None,
) -> list[Record]:
    """New records at revision 1 of (body, reason), in few statements however many they are.

    ``also`` is said of them before what they are found by is written: their labels.
    """
    state = state or kind.first
    store, actor, at = transaction.store, transaction.actor, transaction.at
    made = [
        Record(
            key=store.key(number),
            number=number,
            kind=kind.name,
            state=state,
            revision=1,
            body=body,
            created_by=actor,
            created_at=at,
            changed_by=actor,
            changed_at=at,
        )
        for number, (body, _) in zip(numbers or transaction.take("records", len(bodies)), bodies, strict=True)
    ]
    rows = [
        {
            "number": record.number,
            "kind": kind.name,
            "head": 1,
            "state": state,
            "title": record.body.title,
            "sensitivity": _sensitivity(transaction, kind, record.body, record.number),
            "created_by": actor,
            "created_at": at,
            "changed_by": actor,
            "changed_at": at,
        }
        for record in made
    ]
    transaction.insert(_REC, rows)
    digests = _write_revisions(transaction, kind, made, [reason for _, reason in bodies])
    events.append(
        transaction,
        [(record.key, None, digest, reason) for record, digest, (_, reason) in zip(made, digests, bodies, strict=True)],
    )
    if also is not None:
        also(made)
    projections.project(transaction, made, new=True, labelled=also is not None)
    instant("records-made")
    return made


def revise(
    transaction: Transaction,
    record: Record,
    body: Body | None = None,
    *,
    state: str | None = None,
    reason: str = "",
) -> Record:
    """The next revision of ``record``, with a new body, a new state, or both.

    Raises Conflict ``edit-conflict`` when somebody revised it since ``record`` was read, ``bad-move`` when its kind
    does not allow the state.
    """
    kind = kind_named(record.kind)
    body = record.body if body is None else body
    if state is not None and state != record.state:
        kind.check_move(record.key, record.state, state)
    state = state or record.state
    mine = (_REC.c.project == transaction.project, _REC.c.number == record.number)
    known = transaction.connection.execute(sa.select(_REC.c.sensitivity).where(*mine)).scalar()
    sensitivity = _sensitivity(transaction, kind, body, record.number)
    head = sa.update(_REC).where(*mine, _REC.c.head == record.revision)
    values = {"sensitivity": sensitivity, "changed_by": transaction.actor, "changed_at": transaction.at}
    result = transaction.connection.execute(
        head.values(head=record.revision + 1, state=state, title=body.title, **values)
    )
    if result.rowcount != 1:
        raise Conflict(
            "edit-conflict",
            f"{record.key} was changed by somebody else in the meantime",
            expected=f"revision {record.revision} to be the newest",
            next=f"errata {record.kind} show {record.key}",
        )
    instant("head-moved")
    before = sa.select(_REV.c.digest).where(
        _REV.c.project == transaction.project, _REV.c.number == record.number, _REV.c.revision == record.revision
    )
    old = transaction.connection.execute(before).scalar_one()
    revised = replace(
        record,
        revision=record.revision + 1,
        state=state,
        body=body,
        changed_by=transaction.actor,
        changed_at=transaction.at,
    )
    [new] = _write_revisions(transaction, kind, [revised], [reason])
    projections.project(transaction, [revised])
    if sensitivity != known:
        _spread(transaction, record.key)
    transaction.event(record.key, before=old, after=new, reason=reason)
    return revised


def get(connection: sa.Connection, store: Store, key: str, kind: str | None = None) -> Record:
    """The record of this key at its head. Raises NotFound ``no-such-record``."""
    prefix, _, number = key.rpartition("-")
    if is_key(key) and prefix == store.project.prefix:
        found = list(_records(connection, store, [_REC.c.number == int(number)]))
        if found and kind in (None, found[0].kind):
            return found[0]
        if found:
            raise NotFound(
                "wrong-kind",
                f"{key} is a {found[0].kind}, not a {kind}",
                expected=f"the key of a {kind}",
                next=f"errata {found[0].kind} show {key}",
            )
    raise NotFound(
        "no-such-record",
        f"there is no {kind or 'record'} {key!r} in project {store.project.name}",
        expected=f"a key such as {store.project.prefix}-1",
        next=f"errata {kind or 'case'} list",
    )


def records(
    connection: sa.Connection,
    store: Store,
    kind: str,
    *,
    states: Iterable[str] | None = None,
    facet: tuple[str, str] | None = None,
    facets: tuple[str, Iterable[str]] | None = None,
    asked: Asked = ALL,
) -> Page[Record]:
    """The records of one kind at their heads, oldest first; of some states, or with one facet, when given.

    ``facets`` are several values of one facet, any of which will do.
    """
    where = [_REC.c.kind == kind, sight.shown(store, _REC.c.number)]
    of_states = None if states is None else sorted(states)
    if of_states is not None:
        where.append(_REC.c.state.in_(of_states))
    if facet is not None:
        where.append(_REC.c.number.in_(projections.with_facet(store, facet[0], [facet[1]])))
    if facets is not None:
        where.append(_REC.c.number.in_(projections.with_facet(store, *facets)))
    return paged(
        connection,
        store,
        _heads(store, where),
        [(_REC.c.number, False)],
        lambda rows: [_record(store, row._mapping) for row in rows],
        lambda record: [record.number],
        asked,
        {"list": kind, "states": of_states, "facet": facet},
    )


def of_kind(connection: sa.Connection, store: Store, numbers: Sequence[int], kind: str) -> list[Record]:
    """Those of these numbers that are records of a kind, in this order."""
    where = [_REC.c.number.in_(numbers), _REC.c.kind == kind]
    found = {record.number: record for record in _records(connection, store, where)}
    return [found[number] for number in numbers if number in found]


def how_many(connection: sa.Connection, store: Store, kind: str) -> int:
    """How many records of a kind there are."""
    mine = (_REC.c.project == store.project.id, _REC.c.kind == kind, sight.shown(store, _REC.c.number))
    query = sa.select(sa.func.count()).where(*mine)
    return int(connection.execute(query).scalar_one())


def history(connection: sa.Connection, store: Store, key: str, kind: str | None = None) -> list[Revision]:
    """Every revision, oldest first, each with what it changed. Raises NotFound."""
    return histories(connection, store, [get(connection, store, key, kind)])[key]


def histories(connection: sa.Connection, store: Store, of: Iterable[Record]) -> dict[str, list[Revision]]:
    """The history of each of these records by key, in one query."""
    keys = {record.number: record.key for record in of}
    found: dict[str, list[Revision]] = {key: [] for key in keys.values()}
    query = (
        sa.select(_REV)
        .where(_REV.c.project == store.project.id, _REV.c.number.in_(list(keys)))
        .order_by(_REV.c.number, _REV.c.revision)
    )
    before: dict[str, Any] = {}
    for row in connection.execute(query):
        so_far = found[keys[row.number]]
        after = {"state": row.state, **row.body}
        so_far.append(
            Revision(
                key=keys[row.number],
                revision=row.revision,
                schema=row.schema,
                state=row.state,
                body=row.body,
                digest=row.digest,
                actor=row.actor,
                at=row.at,
                reason=row.reason,
                changes=differences(before, after) if so_far else (),
            )
        )
        before = after
    return found


def faults(connection: sa.Connection, store: Store) -> list[str]:
    """What is wrong with the project's records: a head without its revision, or a body that was altered."""
    found = []
    revisions: dict[int, int] = {}
    for row in connection.execute(sa.select(_REV).where(_REV.c.project == store.project.id)):
        revisions[row.number] = max(revisions.get(row.number, 0), row.revision)
        if body_digest(row.schema, row.state, row.body) != row.digest:
            found.append(f"{store.key(row.number)} revision {row.revision} is not what was written")
    heads = sa.select(_REC.c.number, _REC.c.head).where(_REC.c.project == store.project.id)
    for row in connection.execute(heads):
        if revisions.get(row.number) != row.head:
            found.append(f"{store.key(row.number)} has no revision {row.head}")
    return found


def _records(connection: sa.Connection, store: Store, where: list[sa.ColumnElement[bool]]) -> Iterable[Record]:
    return _every(connection, store, [*where, sight.shown(store, _REC.c.number)])


def _every(connection: sa.Connection, store: Store, where: list[sa.ColumnElement[bool]]) -> Iterable[Record]:
    """Also what the actor may not see: for what is made of records, whoever writes."""
    for row in connection.execute(_heads(store, where).order_by(_REC.c.number)).mappings():
        yield _record(store, row)


def _heads(store: Store, where: list[sa.ColumnElement[bool]]) -> sa.Select[Any]:
    joined = _REC.join(
        _REV,
        sa.and_(_REV.c.project == _REC.c.project, _REV.c.number == _REC.c.number, _REV.c.revision == _REC.c.head),
    )
    mine = (_REC.c.project == store.project.id, *where)
    return sa.select(_REC, _REV.c.schema, _REV.c.body).select_from(joined).where(*mine)


def _record(store: Store, row: sa.RowMapping) -> Record:
    return Record(
        key=store.key(row["number"]),
        number=row["number"],
        kind=row["kind"],
        state=row["state"],
        revision=row["head"],
        body=kind_named(row["kind"]).read(row["schema"], row["body"]),
        created_by=row["created_by"],
        created_at=row["created_at"],
        changed_by=row["changed_by"],
        changed_at=row["changed_at"],
    )


def _write_revisions(
    transaction: Transaction, kind: Kind, records: Sequence[Record], reasons: Sequence[str]
) -> list[str]:
    digests, rows = [], []
    for record, reason in zip(records, reasons, strict=True):
        values = record.body.model_dump(mode="json")
        digests.append(body_digest(kind.schema, record.state, values))
        rows.append(
            {
                "number": record.number,
                "revision": record.revision,
                "schema": kind.schema,
                "state": record.state,
                "body": values,
                "digest": digests[-1],
                "actor": transaction.actor,
                "at": transaction.at,
                "reason": reason,
            }
        )
    transaction.insert(_REV, rows)
    return digests


def project_again(transaction: Transaction, keys: Iterable[str]) -> None:
    """Make the facets and words of some records anew, for what is said beside them; other subjects have none."""
    numbers = list(_numbers(keys))
    some = list(_every(transaction.connection, transaction.store, [_REC.c.number.in_(numbers)])) if numbers else []
    projections.project(transaction, some)


def _sensitivity(transaction: Transaction, kind: Kind, body: Body, number: int) -> str:
    """How sensitive a record is: as its body says, and as what it is about, and what that is about."""
    levels = _own_level(body)
    wanted, met = _numbers(kind.about(body)) - {number}, {number}
    while wanted:
        found = list(_every(transaction.connection, transaction.store, [_REC.c.number.in_(wanted)]))
        for one in found:
            levels += _own_level(one.body) or ([] if _about(one) else [USUAL])
        met |= wanted
        wanted = {other for one in found for other in _about(one)} - met
    return highest(levels)


def _own_level(body: Body) -> list[str]:
    own = getattr(body, "sensitivity", None)
    return [] if own is None else [str(own)]


def _about(record: Record) -> set[int]:
    return _numbers(kind_named(record.kind).about(record.body))


def _numbers(keys: Iterable[str]) -> set[int]:
    return {int(key.rpartition("-")[2]) for key in keys if is_key(key)}


def _spread(transaction: Transaction, key: str) -> None:
    """Make what is about this record as sensitive as it is now, and what is about that."""
    connection, store = transaction.connection, transaction.store
    wanted, met = {key}, {key}
    while wanted:
        facets = [_REC.c.number.in_(projections.with_facet(store, name, sorted(wanted))) for name in ABOUT]
        found = [one for one in _every(connection, store, [sa.or_(*facets)]) if one.key not in met]
        for one in found:
            _settle(transaction, one)
        wanted = {one.key for one in found}
        met |= wanted


def _settle(transaction: Transaction, record: Record) -> None:
    level = _sensitivity(transaction, kind_named(record.kind), record.body, record.number)
    mine = (_REC.c.project == transaction.project, _REC.c.number == record.number)
    transaction.connection.execute(sa.update(_REC).where(*mine).values(sensitivity=level))


def reindex(transaction: Transaction) -> int:
    """Make facets and words of every record of the project anew, and what is about another as sensitive as that; how
    many records there are."""
    every = list(_every(transaction.connection, transaction.store, []))
    total = projections.rebuild(transaction, every)
    for record in every:
        if _about(record):
            _settle(transaction, record)
    return total
