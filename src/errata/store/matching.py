"""The words of a query, asked of the database: FTS5 on SQLite, a ``tsvector`` on PostgreSQL. The same words, the same
set of hits; only how they are ranked differs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from errata.core.words import coded
from errata.store.catalog import Store
from errata.store.projections import first_id

Numbers = NDArray[np.int64]
Groups = Sequence[Sequence[str]]


def holding(connection: sa.Connection, store: Store, words: Sequence[str], without: Groups = ()) -> Numbers:
    """The numbers of the records that hold all of ``words``, and none of the groups ``without`` whole."""
    if _postgresql(connection):
        text = "SELECT string_agg(CAST(id - :first AS text), ',') FROM search_text"
        text += " WHERE words @@ CAST(:asked AS tsquery) AND id > :first AND id < :last"
    else:
        text = "SELECT group_concat(rowid - :first) FROM search_text"
        text += " WHERE search_text MATCH :asked AND rowid > :first AND rowid < :last"
    return numbers(connection.execute(sa.text(text), _asked(connection, store, words, without)).scalar())


def how_many(connection: sa.Connection, store: Store, word: str, most: int) -> int:
    """How many records hold a word; ``most`` when there are more."""
    where = "words @@ CAST(:asked AS tsquery) AND id > :first AND id < :last"
    if not _postgresql(connection):
        where = "search_text MATCH :asked AND rowid > :first AND rowid < :last"
    text = f"SELECT count(*) FROM (SELECT 1 FROM search_text WHERE {where} LIMIT {int(most)}) AS found"
    return int(connection.execute(sa.text(text), _asked(connection, store, [word], ())).scalar_one())


def ranked(connection: sa.Connection, store: Store, words: Sequence[str], without: Groups = ()) -> Numbers:
    """The same numbers, best first: a word in the title weighs four times one of the text."""
    if _postgresql(connection):
        text = "SELECT id - :first FROM search_text WHERE words @@ CAST(:asked AS tsquery) AND id > :first"
        text += " AND id < :last ORDER BY ts_rank('{0.25, 0.5, 0.75, 1.0}', words, CAST(:asked AS tsquery)) DESC,"
        text += " id DESC"
    else:
        text = "SELECT rowid - :first FROM search_text WHERE search_text MATCH :asked AND rowid > :first"
        text += " AND rowid < :last ORDER BY bm25(search_text, 4.0, 1.0), rowid DESC"
    rows = connection.execute(sa.text(text), _asked(connection, store, words, without))
    return np.array([row[0] for row in rows], np.int64)


def numbers(text: str | None) -> Numbers:
    """Numbers that the database wrote with commas between them: one value is read far quicker than as many rows."""
    return np.fromstring(text, np.int64, sep=",") if text else np.zeros(0, np.int64)


def _asked(connection: sa.Connection, store: Store, words: Sequence[str], without: Groups) -> dict[str, str | int]:
    both, either, but, quote = ("&", "|", "&!", "'") if _postgresql(connection) else (" AND ", " OR ", " NOT ", '"')

    def all_of(group: Sequence[str]) -> str:
        return f"({both.join(f'{quote}{coded(word)}{quote}' for word in group)})"

    asked = all_of(words)
    if without:
        asked += f"{but}({either.join(map(all_of, without))})"
    return {"asked": asked, "first": first_id(store.project.id), "last": first_id(store.project.id + 1)}


def _postgresql(connection: sa.Connection) -> bool:
    return connection.dialect.name == "postgresql"
