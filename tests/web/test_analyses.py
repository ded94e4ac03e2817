"""The analyses of a run: the list, a page and a JSON answer for each, what is refused, what is said where none is."""

from __future__ import annotations

import html
import re
import shlex
from html.parser import HTMLParser

import httpx
import pytest

from errata.verbs.audits import AUDITS
from tests.schemas import agrees
from tests.web.conftest import HOSTILE_COLUMN

ASKED = {
    "nodes": "?nodes=node&nodes=firmware",
    "fairness": "?positive=bad&fairness=kind",
    "kinds": "?positive=bad",
    "operating-points": "?positive=bad",
    "repeats": "?group=node",
    "stages": "?stages=kind&stages=firmware",
    "trend": "?model_from=firmware",
}


@pytest.fixture(scope="module")
def client(fleet_address):
    with httpx.Client(base_url=fleet_address, timeout=60) as made:
        yield made


def attributes(text: str) -> set[str]:
    """Every attribute that a page's tags have; names of columns stand in their values."""
    seen: set[str] = set()

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attrs):
            seen.update(name for name, _ in attrs)

    Reader().feed(text)
    return seen


def answer_of(text: str) -> str:
    """The first thing that a page says, without its markup."""
    found = re.search(r'<p class="(?:story|empty)">(.*?)</p>', text, re.S)
    assert found
    return html.unescape(re.sub(r"<[^>]+>", "", found[1]))


def test_the_list_says_what_each_comes_to_and_leads_there(client):
    page = client.get("/runs/1/analyses")
    assert page.status_code == 200 and page.text.count("<h1") == 1
    for name in AUDITS:
        assert f'href="/runs/1/analyses/{name}"' in page.text
    assert "columns drifted from the earlier half to the later one; first, " in page.text
    assert "No column is named as one of machines, hardware or versions. Choose some." in page.text
    assert "errata analyze run:1 --only calibration,operating-points,trend" in page.text
    assert 'href="/runs/1"' in page.text
    assert 'href="/runs/1/analyses"' in client.get("/runs/1").text


# No regression, and no column of training rows: these say why they are not made.
NOT_HERE = {"residuals", "holdout"}


@pytest.mark.parametrize("name", [name for name in AUDITS if name not in NOT_HERE])
def test_each_has_its_answer_its_pictures_its_command_and_its_json(client, name):
    at = f"/runs/1/analyses/{name}{ASKED.get(name, '')}"
    page = client.get(at)
    assert page.status_code == 200
    assert page.text.count("<h1") == 1
    assert len(answer_of(page.text)) > 30 and "Not made" not in answer_of(page.text)
    assert f"errata analyze run:1 --only {name}" in page.text
    assert f'href="/api{html.escape(at)}"' in page.text
    assert HOSTILE_COLUMN not in page.text
    assert not {given for given in attributes(page.text) if given == "style" or given.startswith("on")}
    assert page.text.count("Table and downloads") == page.text.count('<figure class="chart"')
    if name not in ("adequacy", "causes"):
        assert "<svg" in page.text
    found = client.get(f"/api{at}").json()
    agrees("errata.report-1", found)
    assert list(found["analyses"]) == [name] and found["not_done"] == []


def test_the_pictures_come_as_four_files_with_the_options_of_the_page(client):
    page = client.get("/runs/1/analyses/nodes?nodes=node").text
    assert 'href="/runs/1/analyses/nodes/charts/nodes-node.svg?nodes=node"' in page
    for kind, start in (("svg", b"<svg"), ("png", b"\x89PNG"), ("csv", b"node,"), ("json", b"{")):
        answer = client.get(f"/runs/1/analyses/nodes/charts/nodes-node.{kind}?nodes=node")
        assert answer.content.startswith(start)
        assert f'filename="run-1-nodes-node.{kind}"' in answer.headers["content-disposition"]
    assert client.get("/runs/1/analyses/nodes/charts/pie.svg?nodes=node").status_code == 404


def test_what_is_planted_is_what_is_said(client):
    assert "node edge-1 fails" in answer_of(client.get("/runs/1/analyses/nodes?nodes=node").text)
    assert answer_of(client.get("/runs/1/analyses/trend").text).startswith("●fail: Since 2026-01-0")
    assert "first, firmware: V" in answer_of(client.get("/runs/1/analyses/drift").text)


def test_a_run_that_lacks_a_role_is_asked_for_it_in_words_with_a_form(client):
    for name in ("trend", "drift"):
        text = client.get(f"/runs/2/analyses/{name}").text
        assert "none of its columns holds times" in answer_of(text)
        assert 'name="time"' in text
    text = client.get("/runs/2/analyses/nodes").text
    assert "Not made. No column is named as one of machines, hardware or versions." in answer_of(text)
    assert '<input type="checkbox" name="nodes" value="firmware">' in text
    assert f'value="{html.escape(HOSTILE_COLUMN)}"' in text
    assert client.get("/api/runs/2/analyses/trend").json()["not_done"] == [
        {"analysis": "trend", "reason": "--time names no column"}
    ]


def test_a_form_that_was_not_filled_in_asks_as_usual(client):
    usual = client.get("/runs/1/analyses/trend").text
    empty = client.get("/runs/1/analyses/trend?time=&bucket=auto&model_from=").text
    assert answer_of(usual) == answer_of(empty)
    assert "as usual</a>" in client.get("/runs/1/analyses/trend?bucket=day").text and "as usual</a>" not in empty


def test_a_column_with_commas_and_quotes_is_named_for_the_shell(client):
    name = 'a, "b" $c'
    page = client.get("/runs/1/analyses/nodes", params={"nodes": name}).text
    said = html.unescape(re.search(r"In the terminal</span> <code>(.*?)</code>", page)[1])
    from errata.cli.options import split_names

    assert split_names([shlex.split(said)[-1]]) == (name,)


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("trend?bucket=week", 422, "bad-request"),
        ("trend?colour=red", 422, "bad-request"),
        ("trend?nodes=node", 422, "bad-option"),
        ("nodes?nodes=nowhere", 422, "no-such-column"),
        ("heatmap?heatmap=node", 422, "bad-option"),
        ("holdout?split=kind=nothing", 422, "no-such-value"),
        ("adequacy?precision=2", 422, "bad-request"),
        ("adequacy?traffic=run:99", 404, "no-such-run"),
        ("operating-points?costs=fp", 422, "bad-option"),
        ("pie", 404, "no-such-analysis"),
    ],
)
def test_what_cannot_be_asked_is_refused_alike_on_the_page_and_in_json(client, query, status, code):
    page, problem = client.get(f"/runs/1/analyses/{query}"), client.get(f"/api/runs/1/analyses/{query}")
    assert (page.status_code, problem.status_code) == (status, status)
    assert f"<code>{code}</code>" in page.text
    assert problem.headers["content-type"] == "application/problem+json"
    assert problem.json()["code"] == code


def test_a_run_without_predictions_says_so(client):
    assert "nothing to analyse" in client.get("/runs/3/analyses").text
    assert client.get("/runs/3/analyses/trend").status_code == 404
    assert client.get("/api/runs/3/analyses").status_code == 404
    assert client.get("/runs/99/analyses").status_code == 404


def test_a_large_run_is_not_analysed_for_the_list(client, monkeypatch):
    monkeypatch.setattr("errata.web.pages.analyses.LARGEST", 100)
    text = client.get("/runs/1/analyses").text
    assert "are more than the 100 that are analysed for a list" in text
    assert "columns drifted" not in text and 'href="/runs/1/analyses/trend"' in text


def test_the_list_reads_the_columns_once(client, monkeypatch):
    from errata.client.facts import Runs

    read = {"source": 0, "list": 0}

    def counted(name, asked):
        def of(self, *given, **options):
            read[name] += 1
            return asked(self, *given, **options)

        return of

    for name in read:
        monkeypatch.setattr(Runs, name, counted(name, getattr(Runs, name)))
    assert "none of its columns holds times" in client.get("/runs/2/analyses").text
    assert read == {"source": 1, "list": 0}


def test_what_takes_longer_is_made_when_it_is_opened(client, monkeypatch):
    monkeypatch.setattr("errata.web.pages.analyses.usual", lambda: ["drift"])
    text = client.get("/runs/1/analyses").text
    assert "columns drifted" in text
    assert text.count("Takes longer: made when it is opened.") == len(AUDITS) - 1
    assert "errata analyze run:1 --only drift<" in text


def test_the_interface_names_the_analyses_and_their_options(client):
    described = client.get("/api/openapi.json").json()
    found = described["paths"]["/api/runs/{number}/analyses/{name}"]["get"]["parameters"]
    by_name = {one["name"]: one for one in found}
    assert by_name["name"]["schema"]["enum"] == list(AUDITS)
    assert {"time", "nodes", "heatmap", "bucket", "costs"} <= set(by_name)
    assert all(one.get("description") for one in found if one["in"] == "query")


def test_every_chart_of_a_drift_comes_as_a_file(client):
    assert "/drift/charts/drift.png?a=run%3A1&amp;b=run%3A2" in client.get("/drift?a=run:1&b=run:2").text
    assert client.get("/drift/charts/drift.csv?a=run:1&b=run:2").text.startswith("column,role,kind,which_way,")
