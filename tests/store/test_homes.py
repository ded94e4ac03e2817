"""A catalog is the same wherever it lives: the same words find the same records, and everything prints alike."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import sqlalchemy as sa

import errata
from errata.client.catalog import Catalog
from errata.core.words import asked_words, coded
from errata.nouns.suite import KIND
from errata.store import records, tables
from errata.store.catalog import Store
from errata.store.making import init_store
from errata.store.places import Server
from errata.verbs.record import edit_record
from errata.verbs.reindex import reindex
from tests.catalogs import predictions

TITLES = [
    "Straße in Zürich", "zurich by night", "夜間の歩行者", "夜の歩道",
    "Crème brûlée, l'été", "naïve CAFÉ",
    "x_y-z 3.14", "zz top", "Ελλάδα", "Москва ё", "file\\path 'quoted' \"double\" & | ! :* <->", "한국어 문장",
    "ﬁx ﬁre", "İstanbul", "a" * 100,
]  # fmt: skip
ASKED = ["zurich", "Zürich", "strasse", "夜", "夜間", "歩行", "creme", "ete", "cafe", "3", "14", "zz", "ελλαδα",
         "москва", "е", "path", "quoted", "문장", "fix", "istanbul", "nothing", "a" * 64,
         "night zurich", "PET", "double"]  # fmt: skip


@pytest.fixture
def homes(tmp_path: Path, postgresql: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Store]]:
    """Two empty catalogs with a project pets: one in a folder, one in a database."""
    monkeypatch.setenv("ERRATA_ACTOR", "ada")
    made = {
        "folder": init_store(tmp_path / "pets", "pets")[0],
        "postgresql": init_store(Server(postgresql, tmp_path / "files"), "pets")[0],
    }
    yield made
    for store in made.values():
        store.close()


def found(store: Store, text: str) -> list[int]:
    """The numbers of the records that have every word of ``text``."""
    words = [coded(word) for word in asked_words(text)]
    if isinstance(store.home.place, Server):
        hits = "SELECT id FROM search_text WHERE words @@ CAST(:asked AS tsquery)"
        asked = " & ".join(words)
    else:
        hits = "SELECT rowid FROM search_text WHERE search_text MATCH :asked"
        asked = " AND ".join(f'"{word}"' for word in words)
    query = f"SELECT number FROM search WHERE id IN ({hits}) ORDER BY number"
    with store.read() as connection:
        return list(connection.execute(sa.text(query), {"asked": asked}).scalars())


def test_the_same_words_find_the_same_records(homes: dict[str, Store]) -> None:
    for store in homes.values():
        with store.write("test") as transaction:
            records.create_all(transaction, KIND, [(KIND.make({"title": title}), "") for title in TITLES])
    answers = {name: {text: found(store, text) for text in ASKED} for name, store in homes.items()}
    assert answers["folder"] == answers["postgresql"]
    assert answers["folder"]["zurich"] == [1, 2]
    assert answers["folder"]["夜"] == [3, 4]
    assert answers["folder"]["歩行"] == [3]
    assert answers["folder"]["night zurich"] == [2]
    assert answers["folder"]["nothing"] == []
    assert answers["folder"]["PET"] == list(range(1, len(TITLES) + 1))
    for store in homes.values():
        edit_record(store, "PET-1", "suite", {"title": "Gasse in Bern"})
        assert (found(store, "zurich"), found(store, "bern")) == ([2], [1])
        before = {text: found(store, text) for text in ASKED}
        assert reindex(store) == len(TITLES)
        assert {text: found(store, text) for text in ASKED} == before


def test_facets_are_counted_alike(homes: dict[str, Store]) -> None:
    def facets(store: Store) -> list[tuple[Any, ...]]:
        value, facet = tables.facet_value, tables.facet
        query = sa.select(value.c.name, value.c.value, facet.c.number).join(facet, facet.c.value == value.c.id)
        with store.read() as connection:
            return sorted(tuple(row) for row in connection.execute(query))

    for store in homes.values():
        with store.write("test") as transaction:
            bodies = [KIND.make({"title": title, "checks": [f"PET-{at}"]}) for at, title in enumerate(TITLES)]
            records.create_all(transaction, KIND, [(body, "") for body in bodies])
    assert facets(homes["folder"]) == facets(homes["postgresql"])
    assert ("check", "PET-3", 4) in facets(homes["folder"])


def tell(catalog: Catalog) -> list[str]:
    """The whole path, and everything that it prints."""
    told: list[Any] = []
    catalog.runs.log(predictions(3000), model="pets@1", dataset="field@1", params={"lr": 0.1, "z": 1, "a": [2, None]})
    told.append(catalog.runs.analyze(1))
    told.append(catalog.runs.analyze(1))  # as it was stored
    case = catalog.cases.open(finding=1, title="Fails by night", reason="walks are by night")
    check = catalog.checks.add(case=case.key, criterion="<= 0.15")
    plan = catalog.plans.open(cases=[case.key], action="collect night walks", title="Nights")
    catalog.runs.log(predictions(3000, night=0.05, seed=1), model="pets@2", dataset="field@1")
    told += [case, check, plan, catalog.plans.measure(plan.key, before=1, after=2), catalog.runs.analyze(2)]
    fresh = predictions(3000, night=0.05, first=4000, dataset=1)
    catalog.runs.log(fresh, model="pets@2", dataset="field@2")
    told += [catalog.gates.run(3), catalog.cases.close(case.key, run=3)]
    late = predictions(3000, first=8000, dataset=2)
    unknown = late.set_column(1, "truth", pa.nulls(len(late), pa.string()))
    catalog.runs.log(unknown, model="pets@3", dataset="field@3", allow_unknown=True)
    told.append(catalog.runs.add_truth(4, late.select(["id", "truth"])))
    told += [catalog.gates.run(4), catalog.runs.analyze(4), catalog.profile(), catalog.cases.get(case.key)]
    told += [catalog.runs.get(1), catalog.gates.get(1), *catalog.cases.history(case.key), *catalog.findings.list()]
    told += [catalog.overview(), catalog.models(), catalog.doctor(), *catalog.events()]
    texts = [str(one) for one in told if not isinstance(one, dict | list)]
    texts += [json.dumps(one.to_json() if hasattr(one, "to_json") else one, ensure_ascii=False) for one in told]
    return texts


def test_the_whole_path_prints_alike(homes: dict[str, Store]) -> None:
    moment = re.compile(
        r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|\+00:00)?|datetime\.datetime\([^)]*\)|[0-9a-f]{64}"
    )
    folder, database = (
        [moment.sub("…", text) for text in tell(Catalog(store))] for store in (homes["folder"], homes["postgresql"])
    )
    assert len(folder) > 60
    for one, other in zip(folder, database, strict=True):
        assert one == other


def test_a_folder_has_no_files_elsewhere(tmp_path: Path) -> None:
    with pytest.raises(errata.ErrataError) as failure:
        errata.init(tmp_path, files=tmp_path / "files")
    assert getattr(failure.value, "code", "") == "bad-option"
