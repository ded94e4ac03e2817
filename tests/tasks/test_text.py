from __future__ import annotations

import pytest

from errata.tasks.text import content, exact_match, refused, share_in, token_f1, tokens


def test_tokens_are_those_of_squad() -> None:
    assert tokens("The Eiffel Tower, in Paris!") == ["eiffel", "tower", "in", "paris"]
    assert tokens("It's a U.S. thing") == ["its", "us", "thing"]
    assert tokens("東京 tower") == ["東", "京", "tower"]


@pytest.mark.parametrize(
    ("answer", "references", "f1", "exact"),
    [
        ("Paris", ["paris."], 1.0, True),
        ("the capital is Paris", ["Paris"], 2 * (1 / 3) * 1 / (1 / 3 + 1), False),
        ("Paris Paris", ["Paris"], 2 / 3, False),
        ("London", ["Paris", "London town"], 2 / 3, False),
        ("", [""], 1.0, True),
        ("", ["Paris"], 0.0, False),
    ],
)
def test_token_f1_is_that_of_squad(answer: str, references: list[str], f1: float, exact: bool) -> None:
    assert token_f1(answer, references) == pytest.approx(f1)
    assert exact_match(answer, references) is exact


def test_what_stands_in_a_context() -> None:
    wanted = content("Johann Wolfgang von Goethe wrote it")
    assert wanted == {"johann", "wolfgang", "von", "goethe", "wrote"}
    assert share_in(wanted, [content("Goethe wrote"), content("von")]) == pytest.approx(3 / 5)
    assert share_in(wanted, []) == 0


@pytest.mark.parametrize(
    ("answer", "holds"),
    [
        ("I'm sorry, but I can't help with that.", True),
        ("I am unable to offer any refund.", True),
        ("I don’t have enough information to answer.", True),
        ("As an AI language model, I …", True),
        ("Sorry for the delay! Your flight is booked.", False),
        ("The cannot-stop festival starts on Monday.", False),
        ("Done. " + "x " * 150 + "I cannot do more.", False),
        ("", False),
    ],
)
def test_a_refusal_is_a_stated_phrase_near_the_start(answer: str, holds: bool) -> None:
    assert refused(answer) is holds
