"""Derivations: one canonical name each, read against a list, and answered with the place where they are not on it."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from errata.core.errors import ColumnError, GrammarError
from errata.factors.derivation import Derivation, derivation_of, functions, parse_all
from errata.nouns.slice import Slice

SCHEMA = pa.schema(
    [
        ("time", pa.timestamp("us", "UTC")),
        ("date", pa.date32()),
        ("question", pa.dictionary(pa.int32(), pa.string())),
        ("contexts", pa.list_(pa.string())),
        ("price", pa.float32()),
        ("list price", pa.int64()),
        ("ok", pa.bool_()),
        ("nothing", pa.null()),
    ]
)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("hour(time)", "hour(time)"),
        ("  Hour ( time ) ", "hour(time)"),
        ('ratio(price,"list price")', 'ratio(price, "list price")'),
        ('length("a ""b""")', 'length("a ""b""")'),
        ("since_deploy(time,'2026-01-01')", "since_deploy(time, '2026-01-01')"),
        ("since_deploy(time,'2026-01-01','days')", "since_deploy(time, '2026-01-01')"),
        ("since_deploy(time,'2026-01-01', 'hours')", "since_deploy(time, '2026-01-01', 'hours')"),
        ("since_deploy(time,'2026-01-01T01:30:00+02:00')", "since_deploy(time, '2025-12-31T23:30:00Z')"),
        ("since_deploy(time,'2026-01-01 02:00+02:00')", "since_deploy(time, '2026-01-01')"),
        ("since_deploy(time, deployed)", "since_deploy(time, deployed)"),
        ('abs("all")', 'abs("all")'),
    ],
)
def test_a_derivation_has_one_canonical_name(text: str, canonical: str) -> None:
    assert Derivation.parse(text).text == canonical
    assert Derivation.parse(canonical).text == canonical


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("", 1, "a function was expected, not the end of the text"),
        ("hours(time)", 1, "there is no function 'hours'"),
        ("__import__(os)", 1, "there is no function '__import__'"),
        ("hour", 1, "'hour' is no function of columns"),
        ('"hour"(time)', 1, "there is no function 'hour'"),
        ("hour(time", 10, ") was expected, not the end of the text"),
        ("hour()", 6, "a column of times of day was expected, not ')'"),
        ("hour(3)", 6, "a column of times of day was expected, not the number 3"),
        ("hour('time')", 6, "single quotes hold values"),
        ("hour(time, zone)", 10, "hour takes no more than this"),
        ("ratio(x)", 8, "a comma and a column of numbers was expected"),
        ("hour(hour(time))", 10, ") was expected, not '('"),
        ("hour(time) + 1", 12, "the end of the text was expected, not '+'"),
        ("hour(time); drop", 11, "comments and several statements"),
        ("since_deploy(time, 'soon')", 20, "'soon' is no moment"),
        ("since_deploy(time, '2026-01-01', 'weeks')", 34, "the unit cannot be 'weeks'"),
        ("since_deploy(time, '0001-01-01T00:00:00+14:00')", 20, "is no moment"),
        ("hour(null)", 6, "a column of times of day was expected, not 'null'"),
    ],
)
def test_what_is_no_derivation_is_answered_with_its_place(text: str, place: int, says: str) -> None:
    with pytest.raises(GrammarError) as caught:
        Derivation.parse(text)
    assert caught.value.code == "bad-derivation"
    assert says in str(caught.value)
    assert f"character {place}\n" in caught.value.where
    assert derivation_of(text) is None


def test_several_stand_in_one_text_and_each_counts_once() -> None:
    texts = ["hour(time), ratio(a, b)", "since_deploy(time, '2026-01-01')", "hour( time )"]
    assert parse_all(texts) == ("hour(time)", "ratio(a, b)", "since_deploy(time, '2026-01-01')")
    assert parse_all([]) == ()
    with pytest.raises(GrammarError, match="a comma"):
        parse_all(["hour(time) weekday(time)"])
    with pytest.raises(GrammarError, match="a function was expected"):
        parse_all(["hour(time),"])


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("hour(tme)", "no-such-column", "has no column 'tme', which hour(tme) is derived from"),
        ("hour(price)", "derive-type", "price does not hold times of day"),
        ("hour(date)", "derive-type", "date does not hold times of day"),
        ("log(question)", "derive-type", "question does not hold numbers"),
        ("log(ok)", "derive-type", "ok does not hold numbers"),
        ("words(contexts)", "derive-type", "contexts does not hold text"),
        ("length(price)", "derive-type", "price does not hold text or lists"),
        ("since_deploy(time, price)", "derive-type", "price does not hold times"),
    ],
)
def test_columns_that_do_not_fit_are_said(text: str, code: str, says: str) -> None:
    with pytest.raises(ColumnError) as caught:
        Derivation.parse(text).check(SCHEMA, "preds.csv")
    assert caught.value.code == code
    assert says in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        *("hour(time)", "weekday(date)", "length(contexts)", "length(question)", 'ratio(price, "list price")'),
        *("since_deploy(date, time)", "words(nothing)", "log(nothing)", "hour(nothing)"),
    ],
)
def test_columns_that_fit_do(text: str) -> None:
    one = Derivation.parse(text)
    one.check(SCHEMA, "preds.csv")
    columns = {name: pa.nulls(3, SCHEMA.field(name).type) for name in one.columns}
    made = one.of(columns)
    assert (made.type, made.null_count) == (one.kind, 3)


NAMES = st.text(st.characters(exclude_categories=("Cc", "Cs", "Cf", "Zl", "Zp")), min_size=1, max_size=12)


@given(st.sampled_from(sorted(functions())), NAMES, NAMES)
def test_any_name_survives_being_written_and_read(function: str, first: str, second: str) -> None:
    from errata.nouns.tokens import write_name

    columns = [one for one in functions()[function].parameters if one.column is not None]
    given_names = [first, second][: len(columns)]
    text = f"{function}({','.join(write_name(name) for name in given_names)})"
    one = Derivation.parse(text)
    assert Derivation.parse(one.text) == one
    assert one.columns == tuple(dict.fromkeys(given_names))
    slice_ = Slice.parse(f"{write_name(one.text)} is null")
    assert slice_.columns == (one.text,)
    assert Slice.parse(slice_.text) == slice_
