"""What records are found by: facets and words, projected from their heads, labels and comments, when those are written.

Nothing here is a source: ``errata reindex`` makes all of it anew.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from errata.core.words import coded_text
from errata.nouns.record import Record, kind_named
from errata.store import events, labels, tables
from errata.store.inserting import insert_all

if TYPE_CHECKING:
    from errata.store.catalog import Store, Transaction

LONGEST = 200
SAME_FOR_ALL = ("record", "state", "author")
"""Facets that every record has: its kind, its state, and who made it. All are counted."""
_SEARCH, _FACET, _VALUE, _COMMENT = tables.search, tables.facet, tables.facet_value, tables.comment
_AT_ONCE = 500


def first_id(project: int) -> int:
    """What the ids of a project's rows in ``search`` and ``search_text`` begin after: an id is this and the number.

    So a number is known from an id without asking the database again, for all hits of a word.
    """
    return project << 40


def facet_text(value: str) -> str:
    """A facet's value as it is kept and asked for: a long one is cut, and its digest keeps it apart from others."""
    if len(value) <= LONGEST:
        return value
    return f"{value[:LONGEST]}…{hashlib.sha256(value.encode()).hexdigest()[:32]}"


def with_facet(store: Store, name: str, values: Iterable[str]) -> sa.Select[Any]:
    """The numbers of the records that have one of these values."""
    return (
        sa.select(_FACET.c.number)
        .join(_VALUE, _VALUE.c.id == _FACET.c.value)
        .where(
            _VALUE.c.project == store.project.id,
            _VALUE.c.name == name,
            _VALUE.c.value.in_([facet_text(value) for value in values]),
        )
    )


def project(transaction: Transaction, records: Sequence[Record], *, new: bool = False, labelled: bool = False) -> None:
    """Make the facets and words of ``records`` those of what they say now.

    ``new`` ones have none to be replaced, and no labels unless ``labelled``.
    """
    for first in range(0, len(records), _AT_ONCE):
        some = records[first : first + _AT_ONCE]
        if not new:
            _forget(transaction, [record.number for record in some])
        given = {} if new and not labelled else labels.facets_of(transaction, some)
        _project(transaction, some, given, {} if new else _comments(transaction, some))
    if new:
        transaction.store.home.projected(transaction.connection, anew=False)


def _project(
    transaction: Transaction,
    records: Sequence[Record],
    labelled: Mapping[int, list[tuple[str, str]]],
    discussed: Mapping[int, list[str]],
) -> None:
    facets = {record.number: _facets(record, labelled.get(record.number, [])) for record in records}
    ids = _ids(transaction, {pair for found in facets.values() for pair, _ in found})
    event = events.last(transaction.connection) + 1
    rows: list[dict[str, Any]] = []
    texts: list[tuple[str, str]] = []
    for record in records:
        kind, body = kind_named(record.kind), record.body
        sorts = kind.sorts(body)
        counted = (ids[pair] for pair, is_counted in facets[record.number] if is_counted)
        rows.append(
            {
                "id": first_id(transaction.project) + record.number,
                "project": transaction.project,
                "number": record.number,
                "kind": record.kind,
                "event": event,
                "date": sorts.get("date") or record.created_at.date().isoformat(),
                "created_at": record.created_at,
                "changed_at": record.changed_at,
                "severity": sorts.get("severity"),
                "excess": sorts.get("excess"),
                "counted": "".join(f"{one:08x}" for one in counted),
            }
        )
        told = [*kind.words(body), *discussed.get(record.number, ())]
        texts.append((coded_text(f"{record.key} {body.title}"), coded_text("\n".join(told))))
    transaction.insert(
        _FACET, [{"number": number, "value": ids[pair]} for number, found in facets.items() for pair, _ in found]
    )
    if rows:
        home = transaction.store.home
        insert_all(home, transaction.connection, _SEARCH, rows)
        home.words.insert(transaction.connection, [(row["id"], *text) for row, text in zip(rows, texts, strict=True)])


def rebuild(transaction: Transaction, records: Sequence[Record]) -> int:
    """Make all projections of the project anew from these heads, which are all of its records; how many they are."""
    connection = transaction.connection
    _forget(transaction, None)
    connection.execute(sa.delete(_VALUE).where(_VALUE.c.project == transaction.project))
    transaction.facet_ids.clear()
    for first in range(0, len(records), _AT_ONCE):
        some = records[first : first + _AT_ONCE]
        _project(transaction, some, labels.facets_of(transaction, some), _comments(transaction, some))
    transaction.store.home.projected(connection, anew=True)
    return len(records)


def faults(connection: sa.Connection, store: Store) -> list[str]:
    """What search would not find, or would find of nothing: the database itself checks few of these references."""
    mine, (_, of_words) = store.project.id, _words(store)
    known, rows, facets, values = (
        sa.select(column).where(column.table.c.project == mine)
        for column in (tables.record.c.number, _SEARCH.c.id, _FACET.c.number, _VALUE.c.id)
    )
    texts = sa.select(of_words).where(of_words.between(first_id(mine), first_id(mine + 1)))
    found = []
    for these, those, what in (
        (known, rows.with_only_columns(_SEARCH.c.number), "records that search does not know"),
        (rows, texts, "records whose words are not found"),
        (texts, rows, "records that are none, but have words"),
        (facets, known, "records that are none, but have facets"),
        (facets.with_only_columns(_FACET.c.value), values, "values that are none, but are facets of records"),
    ):
        some = sa.except_(these, those).subquery()
        if many := connection.execute(sa.select(sa.func.count()).select_from(some)).scalar_one():
            anew = f"`errata reindex --project {store.project.prefix}` makes it anew"
            found.append(f"search of project {store.project.name}: {what}: {many}; {anew}")
    return found


def _words(store: Store) -> tuple[sa.TableClause, sa.ColumnElement[int]]:
    """The table ``search_text``, and its column with ids, which each kind of database names in its own way."""
    table = sa.table("search_text", sa.column(store.home.words.id, sa.BigInteger))
    return table, table.c[store.home.words.id]


def _comments(transaction: Transaction, records: Sequence[Record]) -> dict[int, list[str]]:
    """What was said in comments about each of these records, and not taken back."""
    numbers = {record.key: record.number for record in records}
    query = sa.select(_COMMENT.c.subject, _COMMENT.c.text).where(
        _COMMENT.c.project == transaction.project,
        _COMMENT.c.subject.in_(list(numbers)),
        _COMMENT.c.retracted_at.is_(None),
    )
    found: dict[int, list[str]] = defaultdict(list)
    for row in transaction.connection.execute(query.order_by(_COMMENT.c.number)):
        found[numbers[row.subject]].append(row.text)
    return found


def _forget(transaction: Transaction, numbers: Sequence[int] | None) -> None:
    """Remove the projections of these records; of all of the project without ``numbers``."""
    connection, first = transaction.connection, first_id(transaction.project)
    table, id_ = _words(transaction.store)
    # By the ids themselves: search need not know what has words.
    all_ = id_.between(first, first_id(transaction.project + 1))
    mine = all_ if numbers is None else id_.in_([first + number for number in numbers])
    connection.execute(sa.delete(table).where(mine))
    for one in (_SEARCH, _FACET):
        some = [] if numbers is None else [one.c.number.in_(numbers)]
        connection.execute(sa.delete(one).where(one.c.project == transaction.project, *some))


def _facets(record: Record, labelled: list[tuple[str, str]]) -> list[tuple[tuple[str, str], bool]]:
    """Every (name, value) of a record and of its labels once, and whether it is counted."""
    kind = kind_named(record.kind)
    same = zip(SAME_FOR_ALL, (record.kind, record.state, record.created_by), strict=True)
    given = [*same, *kind.facets(record.body), *labelled]
    pairs = dict.fromkeys((name, facet_text(value)) for name, value in given if value)
    # What is a label of any vocabulary is counted under the vocabulary that it is of.
    counted = {*SAME_FOR_ALL, *kind.counted, *(name for name, _ in labelled)} - {"label"}
    return [(pair, pair[0] in counted) for pair in pairs]


def _ids(transaction: Transaction, pairs: set[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """The numbers of facet values; those that are not there yet are entered."""
    known = transaction.facet_ids
    missing = sorted(pair for pair in pairs if pair not in known)
    for found in (True, False):
        asked = defaultdict(list)
        for name, value in missing:
            asked[name].append(value)
        for name, values in asked.items():
            for first in range(0, len(values), _AT_ONCE):
                query = sa.select(_VALUE.c.value, _VALUE.c.id).where(
                    _VALUE.c.project == transaction.project,
                    _VALUE.c.name == name,
                    _VALUE.c.value.in_(values[first : first + _AT_ONCE]),
                )
                known.update({(name, row.value): row.id for row in transaction.connection.execute(query)})
        missing = [pair for pair in missing if pair not in known]
        if found:
            transaction.insert(_VALUE, [{"name": name, "value": value} for name, value in missing])
    return known
