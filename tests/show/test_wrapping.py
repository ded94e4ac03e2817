"""Where lines of words break, and where they do not."""

from __future__ import annotations

import pytest

from errata.show.paint import Paint
from errata.show.section import signed_line
from errata.show.wrapping import wrap


@pytest.mark.parametrize(
    "kept",
    [
        "81.0 %",
        "8.10 % [7.40, 8.60]",
        "+2.9 pp [+1.4, +4.3]",
        "0.42 [0.21, 0.60]",
        "pass@4 75.0 %",
        "p = 0.03",
        "x >= 3",
    ],
)
def test_what_belongs_together_stays_on_one_line(kept: str) -> None:
    for lead in range(40):
        text = f"{'x' * lead} {kept} and more of it"
        assert any(kept in line for line in wrap(text, 40))


def test_lines_after_the_first_stand_further_in() -> None:
    words = "one two three four"
    assert wrap(words, 11) == ["  one two", "    three", "    four"]
    assert wrap(words, 9, "") == ["one two", "three", "four"]
    assert wrap(words, 9, "", "  ") == ["one two", "  three", "  four"]
    assert wrap(words, 11, "  ", "  ") == ["  one two", "  three", "  four"]


def test_a_sign_has_its_tone_and_takes_no_width() -> None:
    plain, coloured = (signed_line("dim", "one two three", 11, Paint(on), "·") for on in (False, True))
    assert plain == ["  · one two", "    three"]
    assert coloured == ["  \x1b[2m·\x1b[0m one two", "    three"]
    assert signed_line("fail", "one", 11, Paint(False)) == ["  ● one"]
