"""Pages: whoever follows the cursors meets every row that was there once, whatever is written meanwhile."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from errata.client.catalog import Catalog
from errata.core.errors import UsageError
from errata.nouns.page import Page
from errata.nouns.roles import Roles
from errata.store.catalog import Store
from errata.verbs.comment import add_comment, list_comments
from errata.verbs.job import submit_job
from errata.verbs.log import LogOptions, log_run
from errata.verbs.run import list_runs
from errata.verbs.search import listed
from tests.catalogs import log, predictions

Lists = Callable[..., Page[Any]]


_told = itertools.count(1)


def failed_run(store: Store, model: str = "pets@1") -> None:
    options = LogOptions(model=model, dataset=None, state="failed", error=f"MemoryError {next(_told)}")
    log_run(store, None, Roles(), options)


def refs(rows: Page[Any]) -> list[str]:
    return [getattr(one, "key", None) or getattr(one, "ref", None) or one.id for one in rows]


def walked(ask: Lists, limits: list[int], between: Callable[[], object] = lambda: None) -> list[str]:
    """Every row by following the cursors; ``between`` is done after each page for as long as there are ``limits``."""
    found: list[str] = []
    waiting, cursor = list(limits), None
    while True:
        limit = waiting.pop(0) if waiting else 200
        page = ask(limit=limit, cursor=cursor)
        assert len(page) <= limit
        found += refs(page)
        if page.cursor is None:
            return found
        cursor = page.cursor
        if waiting:
            between()


@pytest.mark.homes("folder", "postgresql")
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(["runs", "cases", "comments"]),
    there=st.integers(1, 4),
    limits=st.lists(st.integers(1, 3), min_size=1, max_size=4),
    answered=st.lists(st.integers(0, 99), min_size=8, max_size=8),
)
def test_what_was_there_at_the_start_is_met_once_and_in_order_while_another_appends(
    store: Store, name: str, there: int, limits: list[int], answered: list[int]
) -> None:
    other, answers = store.acting("grace"), list(answered)
    if not listed(store, "case"):
        Catalog(store).cases.open(title="Night")

    def answer() -> object:
        said = [None, *(one.number for one in list_comments(other, "PET-1"))]
        return add_comment(other, "PET-1", "No.", answers=said[answers.pop() % len(said)])

    lists: dict[str, tuple[Lists, Callable[[], object]]] = {
        "runs": (lambda **page: list_runs(store, **page), lambda: failed_run(other)),
        "cases": (lambda **page: listed(store, "case", **page), lambda: Catalog(other).cases.open(title="Lamp")),
        "comments": (lambda **page: list_comments(store, "PET-1", **page), answer),
    }
    ask, write = lists[name]
    for _ in range(there):
        write()
    started = refs(ask())
    met = walked(ask, limits, write)
    assert len(met) == len(set(met))
    assert [one for one in met if one in set(started)] == started


@pytest.mark.parametrize("limits", [[1] * 9, [2, 3], [200]])
def test_a_page_is_filled_with_what_may_be_seen_and_its_cursor_tells_of_nothing_else(
    store: Store, limits: list[int]
) -> None:
    ada = Catalog(store)
    log(store, predictions(300))
    shown: set[str] = set()
    secret: set[str] = set()
    for at in range(6):
        level = "restricted" if at % 2 else "internal"
        key = ada.cases.open(title=f"Case {at}", sensitivity=level, slice=f"contrast < 0.{at + 2}", run=1).key
        (secret if at % 2 else shown).add(key)
        ada.checks.add(case=key, criterion="<= 0.99")
        ada.comments.add(key, "Seen.")
        ada.cases.link(ada.cases.list()[0].key, "wasInfluencedBy", key)
    ada.gates.run(1)
    bob = Catalog(store.acting("bob", clearance="internal"))
    first = ada.cases.list()[0].key
    lists: list[tuple[Lists, int]] = [
        (bob.cases.list, 3), (bob.checks.list, 3), (bob.gates.list, 1), (bob.runs.list, 1),
    ]  # fmt: skip
    for ask, many in lists:
        assert walked(ask, limits) == refs(ask())
        assert len(ask()) == many
        assert all(page.cursor is None for page in (ask(limit=many), ask()))
    linked = bob.cases.links(first, limit=2)
    while linked.cursor is not None:
        page = bob.cases.links(first, limit=2, cursor=linked.cursor)
        linked = Page([*linked, *page], page.cursor)
    assert linked == bob.cases.links(first)
    assert {one.object for one in linked} >= shown
    assert not {one.object for one in linked} & secret
    seqs: list[int] = []
    page = bob.events(limit=2)
    while page.cursor is not None:
        seqs += [one.seq for one in page]
        page = bob.events(limit=2, cursor=page.cursor)
    assert seqs + [one.seq for one in page] == [one.seq for one in bob.events(limit=None)]


def test_findings_stand_by_run_and_go_on_in_the_middle_of_one(store: Store) -> None:
    catalog = Catalog(store)
    for seed in (1, 2):
        log(store, predictions(2000, seed=seed), f"pets@{seed}")
        catalog.runs.analyze(seed)
    every = catalog.findings.list()
    assert {one.run for one in every} == {1, 2}
    assert [one.run for one in every] == sorted((one.run for one in every), reverse=True)
    assert walked(catalog.findings.list, [1] * len(every)) == refs(every)
    last = catalog.findings.list(1, limit=1)
    assert [one.run for one in last] == [1]


def test_runs_are_listed_of_a_model_or_a_version_and_pages_keep_to_it(store: Store) -> None:
    for model in ("pets@1", "pets@2", "cats@1", "pets@1"):
        failed_run(store, model)
    pages = [list_runs(store, model, limit=1) for model in ("pets", "pets@1", "cats", "pet")]
    assert [refs(page) for page in pages] == [["run:4"], ["run:4"], ["run:3"], []]
    assert refs(list_runs(store, "pets", limit=2, cursor=pages[0].cursor)) == ["run:2", "run:1"]
    assert refs(list_runs(store, "pets@1", cursor=pages[1].cursor)) == ["run:1"]


def test_a_cursor_belongs_to_its_list_and_to_what_was_asked(store: Store) -> None:
    for model in ("pets@1", "pets@2"):
        failed_run(store, model)
    for number in (1, 2):
        submit_job(store, "doctor", {"remove": number == 1})
    cursor = list_runs(store, limit=1).cursor
    catalog = Catalog(store)
    asks: list[Callable[[], object]] = [
        lambda: list_runs(store, "pets", cursor=cursor),
        lambda: catalog.jobs.list(cursor=cursor),
        lambda: catalog.gates.list(cursor=cursor),
        lambda: catalog.subscriptions.list(cursor=cursor),
    ]
    for ask in asks:
        with pytest.raises(UsageError, match="belongs to another list") as failure:
            ask()
        assert failure.value.code == "bad-cursor"


def forged(cursor: str, *place: Any) -> str:
    mark = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))[0]
    return base64.urlsafe_b64encode(json.dumps([mark, *place]).encode()).decode().rstrip("=")


@pytest.mark.homes("folder", "postgresql")
def test_a_forged_place_is_refused(store: Store) -> None:
    for _ in range(2):
        failed_run(store)
    forgeries: list[tuple[str, tuple[Any, ...]]] = [
        ("-run", place) for place in ((), (None,), ("1",), (True,), (1.5,), (2**63,), (-(2**64),), ([],), ({},), (1, 2))
    ]
    forgeries += [("model", ("\0", "1", 1)), ("logged", ("0001-01-01T00:00:00+23:59", 1)), ("logged", ("today", 1))]
    forgeries += [("rate", (float("nan"), 1)), ("rate", ("1", 1)), ("state", (None, 1))]
    for sort, place in forgeries:
        cursor = list_runs(store, sort=sort, limit=1).cursor
        assert cursor is not None
        with pytest.raises(UsageError) as failure:
            list_runs(store, sort=sort, cursor=forged(cursor, *place))
        assert failure.value.code == "bad-cursor"


@pytest.mark.homes("folder", "postgresql")
@pytest.mark.parametrize("sort", ["run", "model", "dataset", "rate", "state", "logged"])
def test_runs_are_sorted_where_they_lie_and_what_is_unknown_stands_last(store: Store, sort: str) -> None:
    for at, model in enumerate(("pets@2", "cats@1", "pets@10", "pets@1")):
        log(store, predictions(100, seed=at, night=0.2 * at), model, f"field{at % 2}@1") if at else None
        failed_run(store, model)
    values: dict[str, Callable[[Any], Any]] = {
        "run": lambda run: run.number,
        "model": lambda run: run.model.split("@"),
        "dataset": lambda run: run.dataset,
        "rate": lambda run: run.error_rate,
        "state": lambda run: run.state,
        "logged": lambda run: run.logged_at,
    }
    value = values[sort]
    for down in (False, True):
        asked = f"-{sort}" if down else sort
        every = list_runs(store, sort=asked)
        known = [run for run in every if value(run) is not None]
        assert [value(run) for run in known] == sorted((value(run) for run in known), reverse=down)
        assert every[: len(known)] == known
        assert len(every) == 7
        assert walked(partial(list_runs, store, sort=asked), [1, 2, 1, 1, 1, 1]) == refs(every)
    with pytest.raises(UsageError) as failure:
        list_runs(store, sort="colour")
    assert failure.value.code == "bad-sort"


@pytest.mark.parametrize("values", [(), (1,), (1, "x"), ({}, "x"), (None, None)])
def test_a_forged_place_in_a_list_that_is_read_whole_is_refused_or_is_a_place(store: Store, values: Any) -> None:
    catalog = Catalog(store)
    for number in (1, 2):
        catalog.cases.open(title=f"Night {number}")
        catalog.subscriptions.watch(f"PET-{number}")
    cursor = catalog.subscriptions.list(limit=1).cursor
    assert cursor is not None
    if values:
        with pytest.raises(UsageError) as failure:
            catalog.subscriptions.list(cursor=forged(cursor, *values))
        assert failure.value.code == "bad-cursor"
    else:
        assert len(catalog.subscriptions.list(cursor=forged(cursor))) == 2


@pytest.mark.parametrize("limit", [0, -1, 201, 2**62])
def test_a_page_has_one_to_two_hundred_rows(store: Store, limit: int) -> None:
    with pytest.raises(UsageError) as failure:
        list_runs(store, limit=limit)
    assert failure.value.code == "bad-limit"
