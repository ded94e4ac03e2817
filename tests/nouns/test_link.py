from __future__ import annotations

import pytest

from errata.core.errors import GrammarError, UsageError
from errata.nouns.link import check_object, check_predicate


@pytest.mark.parametrize(
    "text",
    ["DIG-4", "run:3", "finding:4", "gate:1", "https://example.org/a?b=c", "ticket:OPS-12", "configuration:t=0.4",
     "drift:contrast", "ab-test:spring rollout", f"blob:{'a' * 64}"],
)  # fmt: skip
def test_a_link_points_to_a_record_a_fact_an_address_or_a_thing_of_a_known_kind(text: str) -> None:
    assert check_object(text) == text


@pytest.mark.parametrize(
    "text", ["", "x", "run:0", "javascript:alert(1)", "ticket:", "file:///etc/passwd", "http://", "a b"]
)
def test_other_texts_name_nothing(text: str) -> None:
    with pytest.raises(GrammarError) as failure:
        check_object(text)
    assert failure.value.code == "bad-object"


def test_a_kind_that_is_nearly_known_is_offered() -> None:
    with pytest.raises(GrammarError) as failure:
        check_object("tickets:OPS-12")
    assert failure.value.next == "ticket:OPS-12"


def test_a_relation_is_a_term_of_prov() -> None:
    assert check_predicate("wasDerivedFrom") == "wasDerivedFrom"
    with pytest.raises(UsageError) as failure:
        check_predicate("derivedFrom")
    assert failure.value.next == "errata case link KEY wasDerivedFrom OBJECT"
