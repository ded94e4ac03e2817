"""The words of records in PostgreSQL: a ``tsvector`` under an index."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR

from errata.store.postgresql_copy import copy_rows

LONGEST = 500_000
"""Characters of words that are found: a ``tsvector`` holds a megabyte, and takes up to twice as much as short words."""
_WORDS: sa.ColumnElement[str] = sa.literal_column("words", TSVECTOR)


class FullText:
    """The table with one vector a record; words of the title weigh more."""

    id = "id"

    def asked(self, words: Sequence[str], without: Sequence[Sequence[str]]) -> str:
        """All of the words, and none of the groups whole."""
        all_of = _all_of(words)
        return f"{all_of}&!({'|'.join(map(_all_of, without))})" if without else all_of

    def matches(self, asked: str) -> sa.ColumnElement[bool]:
        """Whether a row is what is asked for."""
        return _WORDS.op("@@", is_comparison=True)(sa.cast(asked, TSQUERY))

    def best(self, asked: str) -> sa.ColumnElement[float]:
        """By the database's own rank; the title weighs four times the text."""
        weights: sa.ColumnElement[str] = sa.literal_column("'{0.25, 0.5, 0.75, 1.0}'", sa.Text)
        return sa.func.ts_rank(weights, _WORDS, sa.cast(asked, TSQUERY), type_=sa.Double).desc()

    def insert(self, connection: sa.Connection, texts: Sequence[tuple[int, str, str]]) -> None:
        """Enter the title and the words of these ids."""
        rows = [(id_, _vector(title, words)) for id_, title, words in texts]
        copy_rows(connection, "search_text", ["id", "words"], rows)


def _all_of(words: Sequence[str]) -> str:
    quoted = [f"'{word}'" for word in words]
    return f"({'&'.join(quoted)})"


def _vector(title: str, text: str) -> str:
    """Both texts as a ``tsvector``, of whose positions the database takes as many, and as far, as it can."""
    places: dict[str, str] = {}
    for at, word in enumerate(title.split(), 1):
        places[word] = f"{places[word]},{at}A" if word in places else f"{at}A"
    if len(text) > LONGEST:
        text = text[:LONGEST].rpartition(" ")[0]
    for at, word in enumerate(text.split(), 101):
        places[word] = f"{places[word]},{at}" if word in places else f"{at}"
    return " ".join([f"{word}:{at}" for word, at in places.items()])
