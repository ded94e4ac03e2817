from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from errata.core.errors import GrammarError, UsageError
from errata.core.words import asked_words, words
from errata.nouns import search as searching
from errata.nouns.case import KIND, CaseFigures
from errata.nouns.query import Query, Term
from errata.nouns.query_fields import FIELDS, days, holds
from errata.nouns.record import Record
from errata.store import records, search, tables
from errata.store.catalog import Store
from errata.store.making import init_store
from errata.store.places import Server
from errata.verbs.record import edit_record, list_records
from errata.verbs.reindex import reindex
from errata.verbs.search import search as search_records
from tests.conftest import empty_database

WORDS = ["night", "rain", "Zürich", "straße", "łódź", "歩行者", "夜", "失败分析", "near-miss", "l'été", "x9"]
QUERIES = [
    "", "night", "zurich", "STRASSE", "lodz", "night rain", "-night", "night -rain", '-"night rain"', "near miss",
    "歩行", "者", "行者 night", "失败", "败析", "ete", "nothing", "night -x9 -夜", "state:open",
    "-state:open", "state:draft,closed",
    "model:pets", "model:pets@2", "model:pets@>=2 rain", "model:*@<10", "-model:pets@>=10", "model:p*",
    "dataset:d1,d2@1",
    'slice:"light < 0.2"', "slice:*night*", "metric:fnr night", "metric:ERROR", "run:3", "run>=5", "-run<5 -metric:fpr",
    "created:2026-01", "created>=2026-02 created<2026-04", "changed<2026-02-15", "until:2026-03-05", "since:2026-02 夜",
    "author:ada", "author:a*", "fingerprint:ab1,ab2", "severity>=high", "label:x", "night sort:key",
    "state:open sort:-date",
]  # fmt: skip


def body(title: str, **values: object) -> object:
    figures = {"rows": 100, "failed": 10, "error_rate": 0.1, "low": 0.05, "high": 0.2}
    usual = {"slice": "all", "metric": "error", "task": "classification", "run": 1, "fingerprint": "ab1", "samples": 10}
    names = {"model": "pets@1", "dataset": "d1@1", "evidence": "0" * 64}
    excess = values.pop("excess", None)
    return KIND.make(
        {**usual, **names, "figures": CaseFigures(**figures, excess_errors=excess), "title": title, **values}
    )


def made(store: Store, many: int, seed: int = 0) -> list[Record]:
    """Cases of a seed, with days of their own: what was made together would all be of one moment."""
    draw = random.Random(seed)

    def say(most: int) -> str:
        return " ".join(draw.choices(WORDS, k=draw.randint(1, most)))

    for state in ("draft", "planned", "closed"):
        bodies = [
            body(
                say(3), summary=say(6), why=say(2), run=draw.randint(1, 9), metric=draw.choice(["error", "fpr", "fnr"]),
                model=f"{draw.choice(['pets', 'Pets', 'cars'])}@{draw.choice(['1', '2', '10', '2-rc1'])}",
                dataset=f"d{draw.randint(1, 3)}@1", excess=draw.choice([None, -2.5, 0.0, 7.0, draw.random()]),
                slice=draw.choice(["all", "light < 0.2", "light < 0.2 and source = 'night'", "source = 'night'"]),
                fingerprint=f"ab{draw.randint(1, 4)}",
            )
            for _ in range(many // 3)
        ]  # fmt: skip
        with store.write("import") as transaction:
            records.create_all(transaction, KIND, [(one, "made") for one in bodies], state=state)
    with store.engine.connect() as connection, connection.begin():
        for number in range(1, many + 1):
            moment = datetime(2026, draw.randint(1, 4), draw.randint(1, 28), draw.randint(0, 23), tzinfo=UTC)
            for column in ("created_at", "changed_at"):
                row = sa.update(tables.record).where(tables.record.c.number == number)
                connection.execute(row.values({column: moment}))
    reindex(store)
    return list_records(store, "case")


def values_of(record: Record, field: str) -> list[str]:
    told = {"record": "case", "state": record.state, "author": record.created_by}
    return [told[field]] if field in told else [value for name, value in KIND.facets(record.body) if name == field]


def term_holds(record: Record, term: Term) -> bool:
    field = FIELDS[term.field]
    if field.compares == "day":
        day = (record.changed_at if term.field == "changed" else record.created_at).date().isoformat()
        bounds = [days(term.field, term.sign, value) for value in term.values]
        return any((low or "") <= day < (high or "a") for low, high in bounds)
    return any(
        holds(field, term.sign, asked, value) for asked in term.values for value in values_of(record, term.field)
    )


def finds(record: Record, query: Query) -> bool:
    """What a query finds, one record at a time."""
    has = set(words("\n".join([record.key, record.title, *KIND.words(record.body)])))
    return (
        set(query.asked) <= has
        and not any(set(asked_words(" ".join(group))) <= has for group in query.without)
        and all(term_holds(record, term) != term.negated for term in query.terms)
    )


def walked(store: Store, query: str, limit: int) -> list[str]:
    keys, cursor = [], None
    while True:
        page = search_records(store, query, "case", limit=limit, cursor=cursor, facets=False)
        keys += [record.key for record in page]
        cursor = page.cursor
        if cursor is None:
            assert page.total == len(keys)
            return keys


@pytest.fixture(scope="module", params=["folder", "postgresql"])
def stocked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """120 cases that no test changes, in a folder and in PostgreSQL."""
    place: Any = tmp_path_factory.mktemp("stocked") / "pets"
    with ExitStack() as stack:
        if request.param == "postgresql":
            address = stack.enter_context(empty_database(request.getfixturevalue("postgresql_server")))
            place = Server(address, place)
        store, _ = init_store(place, "pets", actor="ada")
        stack.callback(store.close)
        made(store, 120)
        yield store


@pytest.fixture
def cases(stocked: Store) -> list[Record]:
    return list_records(stocked, "case")


@pytest.mark.parametrize("few", [2_000, 0], ids=["few", "many"])
def test_every_query_finds_what_reading_every_case_finds(
    stocked: Store, cases: list[Record], monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(search, "_FEW", few)
    empty = 0
    for text in QUERIES:
        query = Query.parse(text)
        expected = [record for record in cases if finds(record, query)]
        empty += not expected
        hits = search_records(stocked, text, "case", limit=200)
        assert sorted(record.number for record in hits) == [record.number for record in expected], text
        assert hits.total == len(expected), text
        for facet in hits.facets:
            counted = Counter(value for record in expected for value in values_of(record, facet.name))
            assert dict(facet.values) == dict(counted), (text, facet.name)
    assert empty == 4


@pytest.mark.parametrize("few", [2_000, 0], ids=["few", "many"])
@pytest.mark.parametrize(
    "sort", [turn + name for name in search._SORTS for turn in ("", "-")] + ["key", "-key", "rank"]
)
def test_cursors_walk_over_all_hits_once_and_in_order(
    stocked: Store, cases: list[Record], monkeypatch: pytest.MonkeyPatch, sort: str, few: int
) -> None:
    monkeypatch.setattr(search, "_FEW", few)
    query = f"night sort:{sort}"
    whole = walked(stocked, query, 200)
    assert len(whole) == len(set(whole)) > 20
    assert walked(stocked, query, 7) == whole
    if sort == "rank":
        return
    by_key = {record.key: record for record in cases}
    read = {
        "key": lambda one: -one.number,
        "excess": lambda one: -1e9 if one.figures.excess_errors is None else one.figures.excess_errors,
        "severity": lambda one: 0,
        "date": lambda one: one.created_at.date().isoformat(),
        "created": lambda one: one.created_at,
        "changed": lambda one: one.changed_at,
    }[sort.removeprefix("-")]
    values = [read(by_key[key]) for key in whole]
    assert values == sorted(values, reverse=not sort.startswith("-"))


def test_a_word_in_the_title_stands_before_one_in_the_text(store: Store) -> None:
    with store.write("import") as transaction:
        texts = [body("Rain on the lens", summary="seen by night"), body("Fails by night"), body("Snow")]
        records.create_all(transaction, KIND, [(one, "") for one in texts])  # type: ignore[misc]
    hits = search_records(store, "night", "case")
    assert [record.key for record in hits] == ["PET-2", "PET-1"]
    assert (hits.sort, hits.ranked, hits.unranked) == ("rank", True, "")
    assert [record.key for record in search_records(store, "pet 3", "case")] == ["PET-3"]


def test_too_many_to_rank_stand_by_their_change_and_say_so(
    stocked: Store, cases: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "RANKED", 10)
    hits = search_records(stocked, "night", "case", limit=3)
    assert (hits.sort, hits.ranked) == ("changed", False)
    assert hits.unranked == f"{hits.total} records hold these words, more than 10"
    assert len(walked(stocked, "night", 9)) == hits.total
    assert search_records(stocked, "sort:rank", "case").unranked == "there is no word to rank by"


def test_an_edit_is_found_by_its_new_words_alone(store: Store) -> None:
    made(store, 120)
    edit_record(store, "PET-7", "case", {"title": "Unheard-of", "summary": "", "why": ""})
    assert [record.key for record in search_records(store, "unheard", "case")] == ["PET-7"]
    assert "PET-7" not in walked(store, "-unheard", 200)


def test_what_was_indexed_anew_answers_the_same(store: Store) -> None:
    made(store, 120)
    before = [walked(store, text, 50) for text in QUERIES]
    facets = search_records(store, "night", "case").facets
    assert reindex(store) == 120
    assert [walked(store, text, 50) for text in QUERIES] == before
    assert search_records(store, "night", "case").facets == facets


def test_a_facet_names_its_twenty_most_frequent_values_and_how_many_more(store: Store) -> None:
    with store.write("import") as transaction:
        some = [body(f"case {n}", model=f"m{max(n, 3)}@1") for n in range(30)]
        records.create_all(transaction, KIND, [(one, "") for one in some])  # type: ignore[misc]
    (models,) = (one for one in search_records(store, "", "case").facets if one.name == "model")
    assert (len(models.values), models.more) == (20, 7)
    assert models.values[:2] == (("m3@1", 4), ("m10@1", 1))
    assert isinstance(models, searching.Facet)


@pytest.mark.parametrize("cursor", ["", "x", "é", "AAAA", "W10", "bnVsbA", "W251bGwsMSwyLDNd", "9" * 600])
def test_a_broken_cursor_is_refused(stocked: Store, cases: list[Record], cursor: str) -> None:
    with pytest.raises(UsageError) as failure:
        search_records(stocked, "night", "case", cursor=cursor)
    assert failure.value.code == "bad-cursor"


def test_a_cursor_belongs_to_its_query(stocked: Store, cases: list[Record]) -> None:
    cursor = search_records(stocked, "night", "case", limit=3).cursor
    assert cursor is not None
    assert len(search_records(stocked, " NIGHT ", "case", cursor=cursor)) > 0
    with pytest.raises(UsageError, match="belongs to another list"):
        search_records(stocked, "rain", "case", cursor=cursor)
    for cut in (cursor[:-3], cursor[3:], cursor + "AA"):
        with pytest.raises(UsageError):
            search_records(stocked, "night", "case", cursor=cut)


@pytest.mark.parametrize("limit", [0, -1, 201])
def test_a_page_has_one_to_two_hundred_records(store: Store, limit: int) -> None:
    with pytest.raises(UsageError) as failure:
        search_records(store, "", "case", limit=limit)
    assert failure.value.code == "bad-limit"


def test_other_kinds_and_other_projects_are_not_found(store: Store) -> None:
    made(store, 120)
    from errata.verbs.saved_search import save_search

    saved = save_search(store, "night watch", "night")
    assert saved.key not in walked(store, "", 200)
    assert [one.key for one in search_records(store, "night", "saved-search")] == [saved.key]
    other, _ = init_store(store.root.parent, project="cars", key="CAR")
    assert search_records(other, "night", "case").total == 0
    assert search_records(other, "-night", "case").facets == ()
    with pytest.raises(GrammarError):
        save_search(store, "odd", "night sevrity:high")
    other.close()
