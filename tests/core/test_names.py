from __future__ import annotations

import pytest

from errata.core.errors import GrammarError
from errata.core.names import parse_fact


@pytest.mark.parametrize(
    ("text", "kind", "next"),
    [
        ("12", "run", "run:12"),
        ("finding:4", "run", "errata run list"),
        ("run:0", "run", "errata run list"),
        ("x", "finding", "errata finding list"),
    ],
)
def test_what_names_no_fact_is_refused_with_what_to_type(text: str, kind: str, next: str):
    with pytest.raises(GrammarError) as caught:
        parse_fact(text, kind)
    assert (caught.value.code, caught.value.next) == ("bad-reference", next)


def test_a_fact_is_named_by_its_kind_and_number():
    assert parse_fact("run:12", "run") == 12
