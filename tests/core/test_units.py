"""How numbers are written, everywhere."""

from __future__ import annotations

import math

import pytest

from errata.core import units


@pytest.mark.parametrize(
    ("value", "written"),
    [(0, "0"), (7.4, "7"), (12_408, "12,408"), (1e9, "1,000,000,000"), (-1_234, "-1,234")],
)
def test_counts(value: float, written: str) -> None:
    assert units.count(value) == written


@pytest.mark.parametrize(
    ("rate", "written"),
    [
        (0.4898, "49.0 %"), (0.056, "5.60 %"), (0.0012, "0.12 %"), (0.00001, "0.00 %"), (0, "0.0 %"), (1, "100.0 %"),
        (0.9996, "100.0 %"), (0.0999, "9.99 %"), (None, "–"), (math.nan, "–"),
    ],
)  # fmt: skip
def test_rates(rate: float | None, written: str) -> None:
    assert units.percent(rate) == written


def test_intervals_and_differences() -> None:
    assert units.interval(0.458, 0.521) == "[45.8, 52.1]"
    assert units.interval(None, 0.5) == ""
    assert (units.points(0.021), units.points(-0.1)) == ("+2.1 pp", "-10.0 pp")


@pytest.mark.parametrize(
    ("value", "written"),
    [(0.04312, "0.0431"), (3.14159, "3.14"), (12.345, "12.3"), (123.4, "123"), (45_678.9, "45,679"), (0, "0"),
     (None, "–"), (math.nan, "–"), (math.inf, "inf")],
)  # fmt: skip
def test_other_quantities_have_three_digits(value: float | None, written: str) -> None:
    assert units.number(value) == written


def test_plurals() -> None:
    assert [units.plural(n, "row") for n in (0, 1, 2_000)] == ["0 rows", "1 row", "2,000 rows"]
    assert units.plural(2, "loss", "losses") == "2 losses"
