"""Evidence as pages show it: a wall of pictures, texts to be read, a table; and the full sheet of one sample."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from errata.nouns.label import Label, Span
from errata.web.gallery import PICTURES, TABLE, TEXTS, excerpt, gallery, kind_of
from tests.web.conftest import HOSTILE, predictions, served
from tests.web.desk import desk, people

__all__ = ["desk", "people"]


@pytest.fixture(scope="module")
def client(address):
    with httpx.Client(base_url=address, timeout=60) as made:
        yield made


@pytest.fixture(scope="module")
def air(desk):
    with httpx.Client(base_url=desk, timeout=60) as made:
        yield made


def sample(row: int, image: bool = False, **values: object) -> dict[str, object]:
    picture = {"digest": f"{row:064x}", "media_type": "image/png"} if image else None
    return {"row": row, "id": f"s{row}", "failed": True, "values": {"id": f"s{row}", **values}, "image": picture}


def test_samples_are_shown_as_what_they_are():
    long = "a text that somebody has to read before anything can be said of it at all"
    assert kind_of([sample(0, text=long), sample(1, image=True, text=long)], {}) == PICTURES
    assert kind_of([sample(0, text=long, n=3), sample(1, text=long)], {"id": "id"}) == TEXTS
    assert kind_of([sample(0, text="short", n=3)], {"id": "id"}) == TABLE
    assert kind_of([], {}) == TABLE


def test_of_a_text_that_was_asked_and_one_that_was_answered_both_are_read():
    rows = [sample(0, log="x" * 900, reply="y" * 80, ask="z" * 70, turns=3)]
    roles = {"id": "id", "question": "ask", "prediction": "reply"}
    [shown] = gallery(rows, roles).shown
    assert [one.field for one in shown.texts] == ["ask", "reply"]
    assert shown.aside == [("turns", "3")]
    [shown] = gallery(rows, {"id": "id"}).shown
    assert [(one.field, one.before, one.after) for one in shown.texts] == [("log", False, True)]


def label(field: str, start: int, end: int, text: str) -> Label:
    from datetime import UTC, datetime

    return Label(number=1, subject="run:1#s0", vocabulary="V-1", vocabulary_name="v", revision=1, term="t", path="t",
                 name="T", definition="", status="known", confidence=None,
                 spans=(Span(field, start, end, text[start:end]),), note="", round=None, adjudicates=False, actor="ada",
                 at=datetime(2026, 1, 1, tzinfo=UTC))  # fmt: skip


@given(st.text(alphabet="ab \n", min_size=1, max_size=700), st.data())
def test_an_excerpt_is_a_part_of_its_text_and_has_the_first_label_in_it(text: str, data: st.DataObject):
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, min(len(text), start + 40)))
    found = excerpt("body", text, [label("body", start, end, text)], longest=200)
    whole = "".join(piece for piece, _ in found.pieces)
    assert whole in text and len(whole) == min(len(text), 200)
    assert (found.before or found.after) == (len(text) > 200)
    assert "".join(piece for piece, said in found.pieces if said) == text[start:end]


def test_a_wall_loads_small_pictures_and_a_sheet_the_whole_one(client):
    text = client.get("/cases/ANI-1").text
    tiles = re.findall(r'<li><a class="tile failed" href="(/cases/ANI-1/samples/\d+)"', text)
    assert len(tiles) == 22
    small = re.findall(r'<img src="(/blobs/[0-9a-f]{64}/small)"', text)
    assert len(small) == 22 and 'loading="lazy"' in text
    answer = client.get(small[0])
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("image/png", "private, max-age=86400")
    sheet = client.get(tiles[0]).text
    assert re.search(r'class="sheet-image pixels" src="/blobs/[0-9a-f]{64}"', sheet)
    assert client.get(f"/blobs/{'0' * 64}/small").status_code == 404


def test_all_of_the_evidence_is_there_page_by_page(tmp_path):
    from errata.client.catalog import init_catalog

    table = pa.concat_tables([predictions(0.9, 0.9)]).slice(0, 300)
    with init_catalog(tmp_path, project="many", key="MAN") as catalog:
        catalog.runs.log(table, model="pets@1", dataset="field@1", image="image")
        case = catalog.cases.open(title="All of it", slice="all", run=1)
        evidence = catalog.cases.evidence(case.key)
        total, rows = len(evidence.samples), [one.row for one in evidence.samples]
        assert 200 < total <= 300
        with served(catalog) as address:
            first = httpx.get(f"{address}/cases/MAN-1/evidence").text
            assert f"1–200 of {total}" in first and 'rel="next"' in first
            assert first.count('<a class="tile failed"') == 200
            second = httpx.get(f"{address}/cases/MAN-1/evidence?from=200").text
            assert f"201–{total} of {total}" in second and 'rel="prev"' in second
            # The pictures of the first 200 are kept, so the others are told as a table.
            assert (
                second.count(f'<a class="mono" href="/cases/MAN-1/samples/{rows[200]}"') == 1
                and 'class="tile' not in second
            )
            sheet = httpx.get(f"{address}/cases/MAN-1/samples/{rows[250]}").text
            assert f'<a href="/cases/MAN-1/evidence?from=200#row-{rows[250]}">sample 251 of {total}</a>' in sheet
            assert f'href="/cases/MAN-1/samples/{rows[249]}" rel="prev"' in sheet
            assert httpx.get(f"{address}/cases/MAN-1/evidence?from=x").status_code == 422


def test_the_sheet_of_a_sample_has_what_other_runs_said_of_it(client, catalog):
    case = catalog.cases.get("ANI-1")
    one = catalog.cases.evidence(case.key).samples[0]
    text = client.get(f"/cases/ANI-1/samples/{one.row}").text
    assert "The same sample in other runs" in text
    others = re.findall(
        r'<a class="mono" href="(/runs/\d+/samples/\d+)">(run:\d+)</a></th><td class="nowrap">(.*?)<', text
    )
    assert [(ref, model) for _, ref, model in others] == [("run:3", "pets@3"), ("run:2", "pets@2")]
    there = client.get(others[0][0]).text
    assert f'<h1 class="mono">{one.id}</h1>' in there
    assert client.get(f"/runs/2/sample?id={one.id}").headers["location"] == others[1][0]
    assert client.get("/runs/2/sample?id=nobody").status_code == 404


def test_a_sheet_says_what_each_column_is_to_the_run(client):
    text = client.get("/runs/1/samples/3").text
    assert '<dt>confidence <span class="soft">score</span></dt>' in text
    assert "<dt>truth</dt>" in text
    assert HOSTILE not in text


def test_the_sheet_of_a_row_leads_to_the_rows_beside_it(client):
    text = client.get("/runs/1/samples/3").text
    assert '<a href="/runs/1/samples/2" rel="prev">' in text and '<a href="/runs/1/samples/4" rel="next">' in text
    assert "sample 4 of 900" in text
    assert 'rel="prev"' not in client.get("/runs/1/samples/0").text
    assert 'rel="next"' not in client.get("/runs/1/samples/899").text
    assert client.get("/runs/1/samples/900").status_code == 404


def test_texts_are_read_with_what_labels_point_to(air):
    text = air.get("/cases/AIR-1").text
    assert text.count('<p class="snippet">') == 5 and "tile" not in text
    assert '<a href="/cases/AIR-1/evidence">All 50 samples</a>' in text
    assert '<mark title="Wrong arguments">Numb<span class="quiet"> (Wrong arguments)</span></mark>er 7.' in text
    assert HOSTILE not in text
    whole = air.get("/cases/AIR-1/samples/7").text
    assert "<dt>question</dt>" in whole and whole.count("fee is waived") == 4
    assert "Wrong arguments" in whole and HOSTILE not in whole


def test_a_finding_of_texts_and_a_run_show_what_is_said_of_them(air):
    text = air.get("/findings/1").text
    assert text.count('<p class="snippet">') == 10
    assert "Nobody has said anything about it yet." in text and "errata comment add finding:1 TEXT" in text
    assert '<p class="told">Made on the old box.</p>' in air.get("/runs/1").text


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    from errata.client.catalog import init_catalog

    with init_catalog(tmp_path_factory.mktemp("bare"), project="bare", key="BAR") as catalog:
        table = predictions(0.9, 0.1).drop_columns(["image", "note"]).slice(0, 60)
        catalog.runs.log(table, model="pets@1", dataset="field@1")
        catalog.cases.open(title="Night", slice="source = 'night'", run=1)
        with served(catalog) as found:
            yield found


def test_rows_without_pictures_or_texts_are_a_table(bare):
    text = httpx.get(f"{bare}/cases/BAR-1").text
    assert 'aria-label="Samples"' in text and "tile" not in text and "snippet" not in text
    assert "The same as a table" not in httpx.get(f"{bare}/cases/BAR-1/evidence").text


def test_a_picture_that_was_let_go_of_is_read_again_for_its_sheet(tmp_path, monkeypatch):
    from errata.client.catalog import init_catalog

    monkeypatch.setattr("errata.client.pictures.MOST_BYTES", 100)
    with init_catalog(tmp_path, project="few", key="FEW") as catalog:
        catalog.runs.log(predictions(0.9, 0.1), model="pets@1", dataset="field@1", image="image")
        catalog.runs.analyze(1)
        with served(catalog) as address:
            href = re.search(r'<li><a class="tile failed" href="(.*?)"', httpx.get(f"{address}/findings/1").text)
            assert href
            sheet = httpx.get(f"{address}{href[1]}").text
            picture = re.search(r'src="(/blobs/[0-9a-f]{64})"', sheet)
            assert picture and httpx.get(f"{address}{picture[1]}").status_code == 200
