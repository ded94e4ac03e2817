from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errata.core.errors import GrammarError
from errata.nouns.query import Query
from errata.nouns.query_fields import FIELDS, days, holds, like, period, version_order
from errata.nouns.record import KINDS, kind_named


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        ("", ""),
        ("  Night   rain night ", "night rain"),
        ("near-miss", "near miss"),
        ('"wet road" -snow -"dry sand" -a-b', 'wet road -snow -"dry sand" -"a b"'),
        ("Zürich ŁÓDŹ 歩行者", "zurich lodz 歩行者"),
        ("DIG-4", "dig 4"),
        ("12:30 C++ & co", "12 30 c co"),
        ("severity>=HIGH", "severity>=high"),
        ("Failure_Mode:localization/*", "failure-mode:localization/*"),
        ("state:planned,draft,planned", "state:draft,planned"),
        ("state=open", "state:open"),
        ("-label:a,b", "-label:a,b"),
        ('label:"a, b","say ""no"""', 'label:"a, b","say ""no"""'),
        ('slice:"contrast<0.4"', 'slice:"contrast < 0.4"'),
        ("model:resnet50@>=3", "model:resnet50@>=3"),
        ("run:012 finding:finding:7", "run:12 finding:7"),
        ("sort:-changed owner:ada night state:open", "night state:open owner:ada sort:-changed"),
    ],
)
def test_a_query_has_one_canonical_text(typed: str, canonical: str) -> None:
    assert Query.parse(typed).text == canonical
    assert Query.parse(canonical) == Query.parse(typed)


@pytest.mark.parametrize(
    ("typed", "code", "where", "next"),
    [
        ("night sevrity>=high", "no-such-field", "character 7", "severity>=high"),
        ("error: zzzz", "no-such-field", "character 1", '"error:"'),
        ("state:opne", "bad-query", "character 7", "state:open"),
        ("severity>=hgih", "bad-query", "character 11", "severity:high"),
        ("model>=3", "bad-query", "character 6", "model:3"),
        ("since>=2026", "bad-query", "character 6", "since:2026"),
        ("since:2026-02-30", "bad-query", "character 7", "since:2026-03-05"),
        ("created:today", "bad-query", "character 9", "created:2026-03-05"),
        ("run:seven", "bad-query", "character 5", ""),
        ("sort:size", "bad-query", "character 6", ""),
        ("sort:key sort:date", "bad-query", "character 10", ""),
        ("-sort:key", "bad-query", "character 1", ""),
        ("label:", "bad-query", "character 7", ""),
        ("label:a,", "bad-query", "character 9", ""),
        ("severity>=low,high", "bad-query", "character 14", ""),
        ('label:a"b"', "bad-query", "character 8", ""),
        ('night "rain', "bad-query", "character 7", ""),
        ("nig*t", "bad-query", "character 4", "nigt"),
        ("night*", "bad-query", "character 6", "night"),
        ("!!", "bad-query", "character 1", ""),
        ("a\x00b", "bad-query", "character 2", ""),
        ("x" * 1001, "bad-query", "character 1001", ""),
        (" ".join(f"w{n}" for n in range(51)), "bad-query", "character 191", ""),
    ],
)
def test_what_is_no_query_is_refused_with_its_place(typed: str, code: str, where: str, next: str) -> None:
    with pytest.raises(GrammarError) as failure:
        Query.parse(typed)
    assert (failure.value.code, failure.value.where, failure.value.next) == (code, where, next)
    assert failure.value.expected


def test_a_slice_that_is_none_is_refused_as_one() -> None:
    with pytest.raises(GrammarError) as failure:
        Query.parse("slice:contrast<")
    assert failure.value.code == "bad-slice"


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)


def quoted(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'


TERMS = st.one_of(
    st.tuples(st.sampled_from(["label:", "-owner:", "model:", "failure-mode:"]), TEXTS.map(quoted)).map("".join),
    st.sampled_from(["severity>=low", "-state:open", "state:draft,closed", "since:2026-01", "created<2026-02-03"]),
    TEXTS.map(quoted),
    TEXTS.map(quoted).map("-".__add__),
)


@given(st.lists(TERMS, max_size=5))
def test_the_canonical_text_reads_as_the_same_query(parts: list[str]) -> None:
    try:
        query = Query.parse(" ".join(parts))
    except GrammarError as refused:
        assert "neither word nor field" in refused.message
        return
    assert Query.parse(query.text) == query
    assert Query.parse(query.text).text == query.text


@given(st.text(max_size=40))
def test_any_text_is_a_query_or_is_refused(text: str) -> None:
    try:
        query = Query.parse(text)
    except GrammarError:
        return
    assert Query.parse(query.text) == query


def test_what_a_shell_took_apart_is_put_together() -> None:
    assert Query.joined(["night rain"]) == "night rain"
    assert Query.joined(["night", "-snow"]) == "night -snow"
    assert Query.joined(["night", "slice:contrast < 0.4", "-wet road"]) == 'night slice:"contrast < 0.4" -"wet road"'


def test_a_value_is_asked_for_and_no_longer() -> None:
    query = Query.parse("night state:open").toggled("model", "pets@1")
    assert query.text == "night state:open model:pets@1"
    assert query.has("model", "pets@1")
    assert query.toggled("model", "pets@1") == Query.parse("night state:open")


@pytest.mark.parametrize(
    ("field", "sign", "asked", "has", "has_not"),
    [
        ("severity", ">=", "high", ["high", "critical"], ["none", "low", "medium", "odd"]),
        ("severity", "<", "medium", ["none", "low"], ["medium", "high"]),
        ("severity", ":", "low", ["low"], ["none"]),
        ("state", ":", "open", ["draft", "reopened"], ["closed", "withdrawn", "merged"]),
        ("model", ":", "resnet50", ["resnet50@3", "ResNet50@x", "resnet50"], ["resnet5@3", "resnet50-v2@1"]),
        ("model", ":", "resnet50@3", ["resnet50@3"], ["resnet50@30", "resnet50"]),
        ("model", ":", "resnet50*", ["resnet50@3", "resnet50-v2@1"], ["vgg@1"]),
        ("model", ":", "resnet50@>=3", ["resnet50@3", "resnet50@10", "resnet50@3.1"], ["resnet50@2.9", "vgg@4"]),
        ("model", ":", "r*@<1.10", ["r1@1.9", "r2@1.10-rc1"], ["r1@1.10", "r1@1.10.1", "x@1"]),
        ("model", ":", "a@>v2026-01", ["a@2026-02", "a@v2026-01-02"], ["a@2026-01", "a"]),
        ("failure-mode", ":", "localization/*", ["localization/shifted", "Localization/x"], ["localization", "x"]),
        ("owner", ":", "josé", ["José", "jose"], ["joseph"]),
        ("slice", ":", "contrast < 0.4", ["contrast < 0.4", "contrast < 0.4 and source = 'night'"],
         ["contrast < 0.41", "my_contrast < 0.4", "all"]),
        ("slice", ":", "a = 1 and b = 2", ["a = 1 and b = 2", "a = 1 and b = 2 and c = 3"], ["a = 1", "b = 2"]),
        ("slice", ":", "*night*", ["source = 'night'"], ["source = 'day'"]),
        ("run", ">", "9", ["10"], ["9", "2"]),
        ("fingerprint", ":", "ab*", ["abc"], ["ABC", "b"]),
    ],
)  # fmt: skip
def test_how_fields_compare(field: str, sign: str, asked: str, has: list[str], has_not: list[str]) -> None:
    assert [value for value in [*has, *has_not] if holds(FIELDS[field], sign, asked, value)] == has


def test_a_period_is_all_its_days() -> None:
    assert period("2026") == ("2026-01-01", "2027-01-01")
    assert period("2026-12") == ("2026-12-01", "2027-01-01")
    assert period("2024-02-29") == ("2024-02-29", "2024-03-01")
    assert [period(text) for text in ("2026-2", "2025-02-29", "0000", "9999", "２０２６", "2026-01-01T00")] == [
        None
    ] * 6
    assert days("until", ":", "2026-03") == (None, "2026-04-01")
    assert days("created", ">", "2026-03") == ("2026-04-01", None)


@given(st.lists(st.text("ab*", max_size=4), max_size=4).map("".join), st.text("ab", max_size=8))
def test_a_star_is_anything(pattern: str, value: str) -> None:
    import re

    assert like(pattern, value) == bool(re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), value))


@given(st.integers(0, 10**30), st.integers(0, 10**30))
def test_versions_that_are_numbers_are_ordered_as_numbers(one: int, other: int) -> None:
    assert (version_order(str(one)) < version_order(str(other))) == (one < other)


def test_every_counted_facet_is_a_field() -> None:
    counted = {name for kind in KINDS for name in kind_named(kind).counted}
    assert counted - set(FIELDS) == set()
