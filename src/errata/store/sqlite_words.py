"""The words of records in SQLite: FTS5."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa


class FullText:
    """The virtual table of FTS5, whose rows have a title and words."""

    id = "rowid"

    def asked(self, words: Sequence[str], without: Sequence[Sequence[str]]) -> str:
        """All of the words, and none of the groups whole."""
        all_of = _all_of(words)
        return f"{all_of} NOT ({' OR '.join(map(_all_of, without))})" if without else all_of

    def matches(self, asked: str) -> sa.ColumnElement[bool]:
        """Whether a row is what is asked for."""
        return sa.literal_column("search_text", sa.Text).op("MATCH", is_comparison=True)(asked)

    def best(self, asked: str) -> sa.ColumnElement[float]:
        """By BM25, which is lowest of the best; the title weighs four times the text."""
        return sa.literal_column("bm25(search_text, 4.0, 1.0)", sa.Double)

    def insert(self, connection: sa.Connection, texts: Sequence[tuple[int, str, str]]) -> None:
        """Enter the title and the words of these ids."""
        connection.exec_driver_sql("INSERT INTO search_text (rowid, title, words) VALUES (?, ?, ?)", list(texts))


def _all_of(words: Sequence[str]) -> str:
    quoted = [f'"{word}"' for word in words]
    return f"({' AND '.join(quoted)})"
