"""One text for one value."""

from __future__ import annotations

import pytest

from errata.core.canonical import canonical_json, digest_of


def test_keys_are_sorted_and_letters_stay() -> None:
    assert canonical_json({"b": [1, None], "a": "größe"}) == '{"a":"größe","b":[1,null]}'


def test_equal_values_have_equal_digests() -> None:
    assert digest_of({"a": 1, "b": 2}) == digest_of({"b": 2, "a": 1})
    assert digest_of({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"


def test_what_json_cannot_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="Out of range"):
        canonical_json(float("nan"))
