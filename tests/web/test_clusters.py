"""The page of a run whose clusters were asked for: the map, the walls, and the sheet of a sample."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

pytest.importorskip("fastapi", reason="the extra serve is not installed")
pytest.importorskip("altair", reason="the extra charts is not installed")
pytest.importorskip("sklearn", reason="the extra cluster is not installed")

import httpx

from errata.client.catalog import init_catalog
from tests.verbs.test_clusters import planted
from tests.web.conftest import png, served


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    table = planted(1500).drop_columns(["kind"])
    table = table.append_column("image", pa.array([png(row % 256) for row in range(table.num_rows)]))
    made = init_catalog(tmp_path_factory.mktemp("clusters"), project="roads", key="ROA")
    run = made.runs.log(table, model="roads@1", dataset="field@1", image="image")
    made.runs.analyze(run.number, only=["slices", "confusion", "clusters"], embedding="vector")
    with served(made) as address, httpx.Client(base_url=address, timeout=60) as client:
        yield client
    made.close()


def test_each_cluster_has_a_wall_of_its_samples_and_each_sample_a_sheet(pages: httpx.Client) -> None:
    page = pages.get("/runs/1").text
    assert (
        "Clusters of failures, by their samples" in page and "<h3>1 <code>light = &#39;night&#39;</code></h3>" in page
    )
    assert page.count('class="tile failed"') == 30 and page.count('<img src="/blobs/') == 30
    assert "car → tram" in page or "bus → tram" in page
    first = page.split('href="/runs/1/samples/')[1].split('"')[0]
    sheet = pages.get(f"/runs/1/samples/{first}")
    assert sheet.status_code == 200 and "errata run show run:1" in sheet.text
    blob = page.split('<img src="')[1].split('"')[0]
    assert pages.get(blob).content.startswith(b"\x89PNG")


def test_the_map_is_drawn_and_can_be_fetched(pages: httpx.Client) -> None:
    page = pages.get("/runs/1").text
    assert 'id="chart-clusters"' in page and "Map of failures" in page
    table = pages.get("/runs/1/charts/clusters.csv").text.splitlines()
    assert table[0] == "sample,outcome,cluster,x,y" and len(table) > 400


def test_a_row_that_is_not_there_is_not_found(pages: httpx.Client) -> None:
    assert pages.get("/runs/1/samples/1500").status_code == 404
    assert pages.get("/runs/2/samples/0").status_code == 404
    assert pages.get("/runs/1/samples/0").status_code == 200


def test_a_run_without_clusters_has_no_wall(tmp_path: Path) -> None:
    made = init_catalog(tmp_path, project="roads", key="ROA")
    made.runs.log(planted(300).drop_columns(["kind", "vector"]), model="roads@1", dataset="field@1")
    made.runs.analyze(1)
    with served(made) as address:
        assert "Clusters of failures" not in httpx.get(f"{address}/runs/1", timeout=60).text
    assert len(made.runs.rows(1, [5, 3, 999, np.int64(0)])) == 3
    made.close()
