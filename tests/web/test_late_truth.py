"""The page of a run whose truth came later, and of one without known outcomes."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from errata.client.catalog import Catalog, init_catalog
from tests.catalogs import predictions
from tests.web.conftest import served


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    made = init_catalog(tmp_path / "pets")
    table = predictions(600)
    for model in ("pets@1", "pets@2"):
        made.runs.log(table.drop_columns("truth"), model=model, dataset="field@1", allow_unknown=True)
    made.runs.add_truth(1, table.select(["id", "truth"]).slice(0, 500))
    made.runs.analyze(1)
    return made


def test_a_report_from_before_the_newest_truth_says_so(catalog: Catalog) -> None:
    with served(catalog) as address, httpx.Client(base_url=address, timeout=60) as client:
        assert "Truth came after this analysis" not in client.get("/runs/1").text
        catalog.runs.add_truth(1, predictions(600).select(["id", "truth"]))
        page = client.get("/runs/1").text
        assert "Truth came after this analysis: <code>errata analyze run:1</code>" in page
        assert "<dt>outcomes 3</dt>" in page
        assert "100 changed" in page
        catalog.runs.analyze(1)
        assert "Truth came after this analysis" not in client.get("/runs/1").text


def test_a_run_without_a_known_outcome_says_what_to_type(catalog: Catalog) -> None:
    with served(catalog) as address, httpx.Client(base_url=address, timeout=60) as client:
        page = client.get("/runs/2").text
        assert "No outcome is known yet" in page
        assert "errata log TRUTH --truth-for run:2" in page
        for path in ("/", "/runs", "/compare?a=run:1&b=run:2"):
            assert client.get(path).status_code in (200, 422), path
