from __future__ import annotations

import html
import re

import httpx
import pytest

from tests.web.conftest import HOSTILE

PAGES = [
    "/", "/runs", "/runs/1", "/runs/4", "/findings", "/findings/1", "/cases", "/cases/ANI-1", "/plans", "/plans/ANI-4",
    "/gates", "/gates/1", "/jobs", "/compare?a=run:1&b=run:2", "/models", "/models/pets", "/profile", "/search",
    "/search?q=night", "/rules", "/rules/ANI-5",
]  # fmt: skip


@pytest.fixture(scope="module")
def client(address):
    with httpx.Client(base_url=address, timeout=60) as made:
        yield made


@pytest.fixture(scope="module")
def empty(empty_address):
    with httpx.Client(base_url=empty_address, timeout=60) as made:
        yield made


@pytest.mark.parametrize("path", PAGES)
def test_every_page_answers_with_landmarks_and_a_command(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.text.count("<h1") == 1
    for landmark in ("<main", "<nav", "<header", "<footer"):
        assert landmark in answer.text
    if not path.startswith("/search"):
        assert "In the terminal" in answer.text


@pytest.mark.parametrize("path", PAGES)
def test_no_page_holds_what_its_policy_would_drop(client, path):
    text = client.get(path).text
    assert not re.search(r"<[^>]+ style=", text)
    assert not re.search(r"<[^>]+ on[a-z]+=", text)
    assert "<style" not in text
    assert HOSTILE not in text


def test_the_overview_says_what_fails_what_came_back_and_what_changed(client):
    text = client.get("/").text
    assert "pets@3 on field@1" in text
    assert 'came back (<a href="/cases/ANI-1">ANI-1</a>)' in text
    assert "▲" in text
    assert "What changed since the last run" in text
    assert '<a class="mono" href="/runs/2">run:2</a> pets@2' in text


def test_a_run_shows_its_candidates_and_a_rule_what_it_captured(client):
    assert "9 drawn of " in client.get("/runs/1").text
    assert "errata capture run:2" in client.get("/runs/2").text
    text = client.get("/rules/ANI-5").text
    assert "confidence &gt;= 0.6 and failed" in text and '<a href="/runs/1">run:1</a>' in text


@pytest.mark.parametrize(
    ("path", "command"),
    [
        ("/", "errata log preds.csv --model NAME@V --dataset NAME@V"),
        ("/runs", "errata log preds.csv --model NAME@V --dataset NAME@V"),
        ("/findings", "errata analyze run:N"),
        ("/cases", "errata case open finding:N --title TITLE"),
        ("/plans", "errata plan open"),
        ("/gates", "errata gate run:N"),
        ("/rules", "errata rule add --title TEXT"),
    ],
)
def test_an_empty_list_says_what_to_type(empty, path, command):
    answer = empty.get(path)
    assert answer.status_code == 200
    assert command in answer.text


def test_a_list_sorts_by_its_address(client):
    def order(query: str) -> list[str]:
        return re.findall(r'<a class="mono" href="/runs/\d+">(run:\d+)</a></th>', client.get(f"/runs{query}").text)

    assert order("") == ["run:4", "run:3", "run:2", "run:1"]
    assert order("?sort=run") == ["run:1", "run:2", "run:3", "run:4"]
    assert order("?sort=-rate") == ["run:3", "run:1", "run:2", "run:4"], "a run without a rate comes last"
    assert 'aria-sort="descending"' in client.get("/runs?sort=-rate").text


def test_a_list_filters_by_its_address_and_the_filter_can_be_removed(client):
    text = client.get("/runs?state=failed&sort=run").text
    assert "1 of 4 runs" in text
    assert '<a href="/runs?sort=run" class="on"' in text
    assert "Nothing here matches" in client.get("/runs?q=zebra").text


def test_the_runs_go_on_by_a_cursor_that_keeps_to_filter_and_order(client, monkeypatch):
    monkeypatch.setattr("errata.web.pages.run.PAGE", 2)
    first = client.get("/runs?sort=run&q=pets").text
    at = html.unescape(re.search(r'href="(/runs[^"]+)" rel="next"', first)[1])
    assert at.startswith("/runs?q=pets&sort=run&cursor=")
    assert "1–2 of 4" in first
    rest = client.get(at).text
    assert re.findall(r'<a class="mono" href="/runs/\d+">(run:\d+)</a></th>', rest) == ["run:3", "run:4"]
    assert 'href="/runs?q=pets&amp;sort=run" rel="first"' in rest
    assert 'rel="next"' not in rest
    answer = client.get("/runs?cursor=x")
    assert (answer.status_code, "<code>bad-cursor</code>" in answer.text) == (422, True)


def test_a_long_list_is_cut_and_says_where_it_goes_on():
    from errata.web.listing import Column, listing

    columns = [Column("n", "n", lambda item: item, number=True)]
    first = listing(range(120), columns, {"q": "1"}, text=str, path="/x", by="n", size=30)
    assert (first.total, first.found, len(first.rows)) == (120, 39, 30)
    assert (first.before, first.after) == (None, "/x?q=1&from=30")
    rest = listing(range(120), columns, {"q": "1", "from": "30"}, text=str, path="/x", by="n", size=30)
    assert (rest.first, rest.before, rest.after) == (31, "/x?q=1", None)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/runs/99", 404, "no-such-run"),
        ("/findings/99", 404, "no-such-finding"),
        ("/gates/99", 404, "no-such-gate"),
        ("/cases/ANI-99", 404, "no-such-record"),
        ("/runs/0", 422, "bad-request"),
        ("/runs/99999999999999999999", 422, "bad-request"),
        ("/runs?sort=colour", 422, "bad-sort"),
        ("/findings?from=-3", 422, "bad-cursor"),
        ("/findings/1/samples/99999", 404, "no-such-sample"),
        ("/runs/1/charts/pie.svg", 404, "no-such-chart"),
        ("/nowhere", 404, "no-such-page"),
        ("/static/../app.py", 404, "no-such-page"),
    ],
)
def test_an_error_is_a_page_with_its_code(client, path, status, code):
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert f"<code>{code}</code>" in answer.text


def test_a_finding_shows_its_samples_and_one_of_them(client):
    text = client.get("/findings/1").text
    assert "Error rate" in text
    href = re.search(r'href="(/findings/1/samples/\d+)"', text)
    assert href
    sheet = client.get(href[1]).text
    assert "truth → prediction" in sheet
    picture = re.search(r'src="(/blobs/[0-9a-f]{64})"', sheet)
    assert picture
    answer = client.get(picture[1])
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"


def test_a_case_tells_its_story_its_guards_and_its_history(client):
    text = client.get("/cases/ANI-1").text
    assert "Cameras see at night." in text
    assert "ANI-1 came back" in text.replace("\n", " ")
    evidence = text.split("Checks that guard it")[0]
    assert evidence.count('<li><a class="tile') == 22
    assert '<a href="/cases/ANI-1/evidence">All 160 samples</a>' in evidence
    states = re.findall(r"<strong>(draft|planned|remediated|closed|reopened)</strong>", text)
    assert states == ["reopened", "closed", "remediated", "planned", "draft"]
    assert "&lt;script&gt;" in text


def test_a_gate_draws_each_verdict_against_its_criterion(client):
    text = client.get("/gates/3").text
    assert "● </span> fail" in text.replace("●</span>", "● </span>")
    assert '<a href="/cases/ANI-1">ANI-1</a> came back.' in text
    assert "baseline + 0.01" in text
    assert " pp</strong>" in text


def test_edges_of_criteria_are_read_by_the_grammar_of_the_gate():
    from errata.web.pages.gate import edge_of

    assert edge_of("<= 0.05") == 0.05
    assert edge_of("<= baseline + 0.01") == 0.01
    assert edge_of(">= baseline - 0.01") == -0.01
    assert edge_of("about 3") is None


def test_charts_come_as_four_files(client):
    page = client.get("/runs/1").text
    assert 'href="/runs/1/charts/slices.svg"' in page
    for kind, start in (("svg", b"<svg"), ("png", b"\x89PNG"), ("csv", b"slice,"), ("json", b"{")):
        answer = client.get(f"/runs/1/charts/slices.{kind}")
        assert answer.content.startswith(start)
        assert f'filename="run-1-slices.{kind}"' in answer.headers["content-disposition"]


def test_a_reference_typed_into_the_search_opens_what_it_names(client):
    for typed, place in (("run:2", "/runs/2"), ("finding:1", "/findings/1"), ("ani-1", "/cases/ANI-1")):
        answer = client.get("/search", params={"q": typed})
        assert (answer.status_code, answer.headers["location"]) == (303, place)
    assert "Nothing holds every one of these words." in client.get("/search?q=zebra").text


def test_a_picture_that_could_carry_a_script_is_only_downloaded():
    from errata.web.pages.blob import picture, picture_type

    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    assert picture_type(svg) is None
    answer = picture(svg, "0" * 64)
    assert answer.media_type == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")


def test_the_overview_says_what_no_analysis_and_no_gate_has_said_yet(tmp_path):
    from errata.client.catalog import init_catalog
    from tests.web.conftest import predictions, served

    with init_catalog(tmp_path, project="animals", key="ANI") as catalog:
        for version, night in ((1, 0.5), (2, 0.05), (3, 0.6)):
            catalog.runs.log(predictions(night, 0.05), model=f"pets@{version}", dataset="field@1")
        case = catalog.cases.open(title="Night", slice="source = 'night'", run=1)
        catalog.checks.add(case=case.key, criterion="<= 0.3")
        catalog.cases.close(case.key, 2)
        catalog.runs.analyze(3)
        with served(catalog) as address:
            text = httpx.get(address).text
    assert "run:2 was not analysed, so what became of its findings is not known" in text
    assert "still there" not in text
    assert 'found again in <a href="/runs/3">run:3</a>, no gate yet: <code>errata gate run:3</code>' in text
