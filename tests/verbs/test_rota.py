"""Who is on duty: by each active rota, and for a case by nobody who wrote or labelled it."""

from __future__ import annotations

import pytest

from errata.core.errors import ErrataError
from errata.store.catalog import Store
from errata.verbs.case import open_case
from errata.verbs.label import add_label
from errata.verbs.rota import add_rota, duty, retire_rota
from errata.verbs.vocabulary import add_vocabulary


@pytest.mark.homes("folder", "postgresql")
def test_of_a_case_its_authors_and_labellers_are_passed_over(store: Store) -> None:
    open_case(store, title="Night")
    add_vocabulary(store, "failure-mode")
    add_label(store.acting("bob"), "PET-1", "failure-mode:shift")
    add_rota(store, title="Reviews", owners=["ada", "bob", "cy"], starts="2026-01-05", days=7)
    [usual], [of_case] = duty(store, day="2026-01-06"), duty(store, "PET-1", "2026-01-06")
    assert usual == {
        "rota": "PET-3", "title": "Reviews", "day": "2026-01-06", "on_duty": "ada", "until": "2026-01-11",
    }  # fmt: skip
    assert of_case["on_duty"] == "cy"
    assert duty(store, day="2026-01-04")[0]["on_duty"] is None


def test_a_retired_rota_puts_nobody_on_duty(store: Store) -> None:
    add_rota(store, title="Reviews", owners=["ada"])
    assert duty(store)[0]["on_duty"] == "ada"
    retire_rota(store, "PET-1", "we are one team now")
    assert duty(store) == []
    with pytest.raises(ErrataError) as again:
        retire_rota(store, "PET-1")
    assert again.value.code == "bad-move"


def test_what_is_no_day_or_no_case_is_refused(store: Store) -> None:
    with pytest.raises(ErrataError) as no_day:
        duty(store, day="Monday")
    with pytest.raises(ErrataError) as no_case:
        duty(store, "PET-9")
    assert (no_day.value.code, no_case.value.code) == ("bad-day", "no-such-record")
