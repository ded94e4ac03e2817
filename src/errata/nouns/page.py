"""A page of a list: its rows, and how to ask for those after them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")

MOST = 200
"""Rows of the longest page."""
USUAL = 50
"""Rows of a page where nobody says how many."""


class Page(list[T]):
    """Rows in order. ``cursor`` asks for the next page; None on the last, and where everything was asked for."""

    def __init__(self, rows: Iterable[T] = (), cursor: str | None = None) -> None:
        super().__init__(rows)
        self.cursor = cursor
