from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.jobs import Counting
from tests.serving import served

REFRESH = '<meta http-equiv="refresh" content="{}">'


@pytest.fixture
def counting(monkeypatch) -> Counting:
    return Counting(monkeypatch)


@pytest.fixture
def catalog(tmp_path) -> Iterator[Any]:
    from errata.client.catalog import init_catalog
    from tests.catalogs import predictions

    with init_catalog(tmp_path, project="pets") as made:
        made.runs.log(predictions(300), model="pets@1", dataset="field@1")
        yield made


@pytest.fixture
def client(catalog) -> Iterator[httpx.Client]:
    with served(catalog) as address, httpx.Client(base_url=address, timeout=60) as made:
        yield made


def test_without_jobs_the_line_to_type_stands_there(client):
    text = client.get("/jobs").text
    assert "No job yet:" in text
    assert "errata job submit analyze run:N" in text
    assert "http-equiv" not in text


def test_a_page_loads_itself_anew_until_its_job_has_ended(client, catalog, counting):
    catalog.jobs.submit("count", to=3)
    waiting = client.get("/jobs/1").text
    assert REFRESH.format(2) in waiting
    assert "It waits for a worker." in waiting
    assert "errata work --once" in waiting
    assert REFRESH.format(10) in client.get("/jobs").text
    deep, on = threading.Event(), threading.Event()

    def waits(work, step):
        if step == 3:
            deep.set()
            assert on.wait(20)

    counting.meanwhile = waits
    thread = threading.Thread(target=lambda: catalog.jobs.worker().run(once=True))
    thread.start()
    assert deep.wait(20)
    running = client.get("/jobs/1").text
    on.set()
    thread.join()
    assert REFRESH.format(2) in running
    assert '<progress id="progress" value="2" max="3"></progress>' in running
    assert "counting 2" in running
    assert client.get("/api/jobs/1").json()["progress"] == {"text": "counting 3", "done": 3, "total": 3}


def test_what_a_job_came_to_is_linked(client, catalog):
    catalog.checks.add(slice="source = 'night'", criterion="<= 0.1")
    catalog.jobs.submit("analyze", runs=1)
    catalog.jobs.submit("gate", run=1)
    catalog.jobs.submit("doctor")
    catalog.jobs.submit("reindex")
    catalog.jobs.worker().run(once=True)
    assert '<a class="mono" href="/runs/1">run:1</a> 1 finding' in client.get("/jobs/1").text
    assert '<a class="mono" href="/gates/1">gate:1</a> fail' in client.get("/jobs/2").text
    assert "<li>sound</li>" in client.get("/jobs/3").text
    assert "<li>1 record</li>" in client.get("/jobs/4").text
    listed = client.get("/jobs").text
    assert "http-equiv" not in listed
    assert re.findall(r'href="/jobs/(\d)">job', listed) == ["4", "3", "2", "1"]
    assert re.findall(r'href="/jobs/(\d)">job', client.get("/jobs?kind=gate").text) == ["2"]


def test_why_a_job_failed_stands_as_every_error_does(client, catalog):
    catalog.jobs.submit("analyze", runs=1, factors=["<b>colour</b>"])
    catalog.jobs.worker().run(once=True)
    text = client.get("/jobs/1").text
    assert "run:1 has no column &#39;&lt;b&gt;colour&lt;/b&gt;&#39;" in text
    assert "<dt>Code</dt><dd><code>no-such-column</code></dd>" in text
    assert "<b>colour" not in text
    assert "http-equiv" not in text
    assert "errata job submit analyze run:1" in text


def test_jobs_are_plain_values_to_programs(client, catalog):
    assert client.get("/api/jobs").json() == {"jobs": [], "cursor": None}
    catalog.jobs.submit("doctor", priority=3)
    [job] = client.get("/api/jobs?state=alive").json()["jobs"]
    assert (job["job"], job["kind"], job["state"], job["priority"]) == ("job:1", "doctor", "queued", 3)
    assert client.get("/api/jobs?state=done").json()["jobs"] == []
    for path, status, code in (("/api/jobs/9", 404, "no-such-job"), ("/api/jobs?state=x", 422, "no-such-state")):
        answer = client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert client.get("/jobs/9").status_code == 404


@pytest.mark.browser
@pytest.mark.parametrize("width", [1440, 390])
def test_a_browser_without_javascript_sees_the_job_end(chromium, client, catalog, counting, width):
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    catalog.jobs.submit("count", to=1)
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=str(chromium), args=["--no-sandbox", "--headless"])
        page = browser.new_context(
            base_url=str(client.base_url), viewport={"width": width, "height": 800}, java_script_enabled=False
        ).new_page()
        page.goto("/jobs/1")
        assert page.get_by_text("It waits for a worker.").is_visible()
        catalog.jobs.worker().run(once=True)
        page.get_by_role("heading", name="done").wait_for(timeout=15_000)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        browser.close()
