"""Lists of runs: filtered, sorted and counted where they lie, however many there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from errata.core.errors import UsageError
from errata.core.names import nearest
from errata.nouns.page import Page
from errata.nouns.run import Run
from errata.store import tables
from errata.store.paging import Asked, paged
from errata.store.runs import run_of

if TYPE_CHECKING:
    from errata.store.catalog import Store

_RUN = tables.run
_KNOWN = sa.func.nullif(_RUN.c.rows - sa.func.coalesce(_RUN.c.unknown, 0), 0)
_RATE = (sa.cast(_RUN.c.failed, sa.Double) / sa.cast(_KNOWN, sa.Double)).label("rate")
_SORTS: dict[str, tuple[Sequence[sa.ColumnElement[Any]], Callable[[Run], list[Any]]]] = {
    "run": ((), lambda run: []),
    "model": ((_RUN.c.model, _RUN.c.model_version), lambda run: _halves(run.model)),
    "dataset": ((_RUN.c.dataset, _RUN.c.dataset_version), lambda run: _halves(run.dataset)),
    "rate": ((_RATE,), lambda run: [run.error_rate]),
    "state": ((_RUN.c.state,), lambda run: [run.state]),
    "logged": ((_RUN.c.at,), lambda run: [run.logged_at]),
}
"""By what a list of runs is sorted: the columns, and what a run has in them."""
_MOST_VALUES = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """Of which runs a list is: of a model or on a dataset (``NAME`` or ``NAME@V``), in a state, with some words."""

    model: str | None = None
    dataset: str | None = None
    state: str | None = None
    words: str | None = None


def page(connection: sa.Connection, store: Store, which: Which, sort: str, asked: Asked) -> Page[Run]:
    """A page of runs, without environments. ``sort`` names a column, with ``-`` before it from the largest.

    Raises UsageError ``bad-sort``, ``bad-cursor``.
    """
    name, down = sort.removeprefix("-"), sort.startswith("-")
    if name not in _SORTS:
        close = nearest(name, list(_SORTS)) or list(_SORTS)
        raise UsageError(
            "bad-sort", f"runs cannot be sorted by {name[:40]!r}", expected=f"one of {', '.join(_SORTS)}",
            next=f"sort={close[0]}",
        )  # fmt: skip
    columns, values = _SORTS[name]
    return paged(
        connection,
        store,
        sa.select(_RUN, *(one for one in columns if one is _RATE)).where(*_where(store, which)),
        [*((column, down) for column in columns), (_RUN.c.number, down)],
        lambda rows: [run_of(row._mapping, {}) for row in rows],
        lambda run: [*values(run), run.number],
        asked,
        {"list": "runs", "sort": sort, **asdict(which)},
    )


def counts(connection: sa.Connection, store: Store, which: Which) -> dict[str, Any]:
    """How many runs there are, how many of them are ``which``, and how those with its words are spread: of each model,
    dataset and state the most frequent (value, how many)."""
    asked = _where(store, which)
    with_words = _where(store, Which(words=which.words))
    spread: dict[str, list[tuple[str, int]]] = {}
    for name in ("model", "dataset", "state"):
        columns = [_RUN.c[name]] if name == "state" else [_RUN.c[name], _RUN.c[f"{name}_version"]]
        many = sa.func.count().label("many")
        query = sa.select(*columns, many).where(*with_words, columns[0].is_not(None)).group_by(*columns)
        rows = connection.execute(query.order_by(many.desc(), *columns).limit(_MOST_VALUES)).all()
        spread[name] = [("@".join(row[:-1]), row.many) for row in rows]
    return {"total": _many(connection, _where(store, Which())), "found": _many(connection, asked), "facets": spread}


def _many(connection: sa.Connection, where: Sequence[sa.ColumnElement[bool]]) -> int:
    return int(connection.execute(sa.select(sa.func.count()).select_from(_RUN).where(*where)).scalar_one())


def _where(store: Store, which: Which) -> list[sa.ColumnElement[bool]]:
    where = [_RUN.c.project == store.project.id]
    for name, text in (("model", which.model), ("dataset", which.dataset)):
        head, at, version = (text or "").partition("@")
        where += [_RUN.c[name] == head] if text else []
        where += [_RUN.c[f"{name}_version"] == version] if at else []
    if which.state is not None:
        where.append(_RUN.c.state == which.state)
    said = sa.literal("run:") + sa.cast(_RUN.c.number, sa.String)
    for name in ("model", "model_version", "dataset", "dataset_version", "task", "actor"):
        said += sa.literal("@" if name.endswith("version") else " ") + sa.func.coalesce(_RUN.c[name], "")
    for word in (which.words or "").split():
        where.append(said.icontains(word, autoescape=True))
    return where


def _halves(text: str | None) -> list[str | None]:
    name, _, version = (text or "").partition("@")
    return [name, version] if text else [None, None]
