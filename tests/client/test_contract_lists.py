"""Lists, whatever the catalog: whole unless a page is asked for, and page by page the same. On all three."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from errata.client.catalog import Catalog
from errata.core.errors import UsageError
from tests.catalogs import predictions


def paged(ask: Callable[..., Any], limit: int = 2) -> list[Any]:
    page = ask(limit=limit)
    found = list(page)
    while page.cursor is not None:
        page = ask(limit=limit, cursor=page.cursor)
        found += page
    return found


def test_every_list_is_the_same_whole_and_page_by_page(as_: Callable[[str], Catalog]) -> None:
    ada = as_("ada")
    for version in (1, 2, 3):
        ada.runs.log(predictions(400, seed=version), model=f"pets@{version}", dataset="field@1")
    keys = [ada.cases.open(title=f"Night {at}", slice="source = 'night'", run=at).key for at in (1, 2, 3)]
    for at, key in enumerate(keys):
        ada.checks.add(case=key, criterion=f"<= 0.9{at}")
        ada.subscriptions.watch(key)
        ada.cases.link(keys[0], "wasInfluencedBy", f"ticket:OPS-{at}")
        ada.cases.edit(keys[0], summary=f"Seen {at} times.")
    ada.vocabularies.add("failure-mode")
    for term in ("detection/duplicate", "localization/shift", "data/concept-drift"):
        ada.labels.add(keys[0], f"failure-mode:{term}")
    first = ada.comments.add(keys[0], "Why?")
    ada.comments.add(keys[0], "Lamps.")
    ada.comments.add(keys[0], "Rain.", answers=first.number)
    ada.rules.add(title="Failed", when="failed")
    for run in (1, 2, 3):
        ada.capture(run)
        ada.jobs.submit("analyze", runs=[run])
        ada.gates.run(run)
    lists: dict[str, tuple[Callable[..., Any], int]] = {
        "runs": (ada.runs.list, 3),
        "cases": (ada.cases.list, 3),
        "checks": (ada.checks.list, 3),
        "gates": (ada.gates.list, 3),
        "captures": (ada.candidates.list, 3),
        "labels": (ada.labels.list, 3),
        "subscriptions": (ada.subscriptions.list, 3),
        "comments": (lambda **page: ada.comments.list(keys[0], **page), 3),
        "links": (lambda **page: ada.cases.links(keys[0], **page), 6),
        "history": (lambda **page: ada.cases.history(keys[0], **page), 4),
    }
    for name, (ask, many) in lists.items():
        whole = ask()
        assert (name, len(whole), whole.cursor) == (name, many, None)
        assert paged(ask) == whole, name
        with pytest.raises(UsageError) as failure:
            ask(limit=0)
        assert (name, failure.value.code) == (name, "bad-limit")
    assert [one.ref for one in ada.runs.list(model="pets", limit=1)] == ["run:3"]
    assert [one.text for one in ada.comments.list(keys[0])] == ["Why?", "Rain.", "Lamps."]
    numbers = [job.number for job in ada.jobs.list()]
    assert numbers == sorted(numbers, reverse=True)
    assert [job.number for job in paged(ada.jobs.list)] == numbers
    assert [one.seq for one in paged(ada.events, 7)] == [one.seq for one in ada.events(limit=None)]


def test_a_list_of_more_than_a_page_comes_whole_over_the_network(
    as_: Callable[[str], Catalog], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("errata.client.http.MOST", 2)
    ada = as_("ada")
    for at in range(5):
        ada.runs.log(model="pets@1", state="failed", error=f"MemoryError {at}")
    assert [run.number for run in ada.runs.list()] == [5, 4, 3, 2, 1]
    page = ada.runs.list(limit=1)
    assert [run.number for run in ada.runs.list(cursor=page.cursor)] == [4, 3, 2, 1]
    assert ada.runs.list(cursor=page.cursor).cursor is None
    assert ada.runs.counts(words="MemoryError") == {
        "total": 5, "found": 0, "facets": {"model": [], "dataset": [], "state": []},
    }  # fmt: skip
    assert ada.runs.counts(model="pets")["found"] == 5
