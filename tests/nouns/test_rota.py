"""A rota: equal turns in order, and what becomes of the turn of who is passed over."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errata.core.errors import ValueFault
from errata.nouns.rota import KIND, RotaBody

NAMES = ["ada", "bob", "cy", "dee", "eve"]
owners_of = st.lists(st.sampled_from(NAMES), min_size=1, max_size=5, unique=True)
starts_on = st.dates(date(2020, 1, 1), date(2030, 1, 1))


def rota(**changes: object) -> RotaBody:
    values = {"title": "Reviews", "owners": ("ada", "bob", "cy"), "starts": "2026-01-05", "days": 7}
    body = KIND.make({**values, **changes})
    assert isinstance(body, RotaBody)
    return body


def test_each_has_a_week_in_turn() -> None:
    found = rota()
    days = [
        date(2026, 1, 4),
        date(2026, 1, 5),
        date(2026, 1, 11),
        date(2026, 1, 12),
        date(2026, 1, 19),
        date(2026, 1, 26),
    ]
    assert [found.on_duty(day) for day in days] == [None, "ada", "ada", "bob", "cy", "ada"]
    assert (found.last_day(date(2026, 1, 12)), found.last_day(date(2026, 1, 4))) == (date(2026, 1, 18), None)


def test_the_turn_of_who_is_passed_over_goes_to_the_next() -> None:
    assert rota().on_duty(date(2026, 1, 5), {"ada"}) == "bob"
    assert rota().on_duty(date(2026, 1, 19), {"cy", "ada"}) == "bob"
    assert rota().on_duty(date(2026, 1, 5), {"ada", "bob", "cy"}) is None


def test_the_end_of_the_calendar_is_no_fault() -> None:
    assert rota(starts="9999-12-30").on_duty(date(9999, 12, 31)) == "ada"
    assert rota(starts="9999-12-30").last_day(date(9999, 12, 31)) is None


@given(owners_of, starts_on, st.integers(1, 30), st.integers(1, 4))
def test_everybody_gets_equal_turns(owners: list[str], starts: date, days: int, rounds: int) -> None:
    found = rota(owners=owners, starts=starts.isoformat(), days=days)
    span = days * len(owners) * rounds
    served = Counter(found.on_duty(starts + timedelta(days=at)) for at in range(span))
    assert served == {name: days * rounds for name in owners}


@given(owners_of, starts_on, st.integers(1, 30), st.integers(0, 1000), st.sets(st.sampled_from(NAMES)))
def test_nobody_who_is_passed_over_is_on_duty_and_others_keep_their_turns(
    owners: list[str], starts: date, days: int, after: int, without: set[str]
) -> None:
    found = rota(owners=owners, starts=starts.isoformat(), days=days)
    day = starts + timedelta(days=after)
    usual, now = found.on_duty(day), found.on_duty(day, without)
    assert usual is not None
    if usual not in without:
        assert now == usual
    elif set(owners) <= without:
        assert now is None
    else:
        assert now is not None
        between = owners[owners.index(usual) :] + owners[: owners.index(usual)]
        assert set(between[: between.index(now)]) <= without
        assert now not in without


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"owners": ()}, "owners: it is empty"),
        ({"owners": ("ada", " ")}, "owners: an owner has no name"),
        ({"owners": ("ada", "bob", "ada ")}, "owners: ada stands in it twice"),
        ({"starts": "2026-01"}, "starts: '2026-01' is no day: 2026-01-05 is meant"),
        ({"starts": "2026-02-30"}, "starts: '2026-02-30' is no day: 2026-01-05 is meant"),
        ({"title": ""}, "title: it is empty"),
    ],
)
def test_what_is_no_rota_is_refused_with_the_reason(changes: dict[str, object], said: str) -> None:
    with pytest.raises(ValueFault) as refused:
        rota(**changes)
    assert list(refused.value.details) == [said]
