"""The SDK, as its page in the docs reads."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq
import pytest

import errata
from errata.client.catalog import Catalog
from errata.store.catalog import Store, open_store
from tests.catalogs import NIGHT, png, predictions

pytestmark = pytest.mark.homes("folder", "postgresql")


@pytest.fixture
def catalog(store: Store) -> Catalog:
    return Catalog(store)


def test_from_predictions_to_a_guarded_fix(catalog: Catalog, tmp_path: Path) -> None:
    pq.write_table(predictions(4000), tmp_path / "v1.parquet")
    run = catalog.runs.log(tmp_path / "v1.parquet", model="pets@1", dataset="field@1", params={"lr": 0.1})
    assert run.ref == "run:1"
    report = catalog.runs.analyze(1)
    assert "source = 'night'" in str(report)
    finding = catalog.findings.list(run=1)[0]
    assert (finding.slice, finding.status) == (NIGHT, "new")
    case = catalog.cases.open(finding=finding.number, title="Fails by night", reason="walks are by night")
    assert (case.key, case.title, case.why, case.state) == ("PET-1", "Fails by night", "walks are by night", "draft")
    check = catalog.checks.add(case="PET-1", criterion="<= 0.15")
    plan = catalog.plans.open(cases=["PET-1"], action="collect night walks", title="Nights")
    assert (check.key, plan.key) == ("PET-2", "PET-3")

    catalog.runs.log(predictions(4000, night=0.05, seed=1), model="pets@2", dataset="field@1")
    assert catalog.plans.measure("PET-3", before=1, after=2).measured.slices[0].gain > 200
    catalog.runs.log(predictions(4000, night=0.05, first=4000, dataset=1), model="pets@2", dataset="field@2")
    assert catalog.gates.run(3).verdict == "pass"
    assert catalog.cases.close("PET-1", run=3).state == "closed"

    catalog.runs.log(predictions(4000, first=8000, dataset=2), model="pets@3", dataset="field@3")
    assert catalog.gates.run(4).verdict == "fail"
    assert catalog.cases.get("PET-1").state == "reopened"
    assert [gate.ref for gate in catalog.gates.list()] == ["gate:3", "gate:2", "gate:1"]
    assert [one.state for one in catalog.cases.history("PET-1")] == [
        "draft", "planned", "remediated", "closed", "reopened",
    ]  # fmt: skip
    assert [(one.verb, one.subject) for one in catalog.events(limit=2)] == [("gate", "PET-1"), ("gate", "gate:3")]
    assert catalog.doctor().sound


def test_everything_can_be_written_as_json(catalog: Catalog) -> None:
    catalog.runs.log(predictions(4000), model="pets@1", dataset="field@1")
    catalog.runs.analyze(1)
    catalog.cases.open(finding=1, title="Night")
    catalog.checks.add(case="PET-1")
    catalog.plans.open(cases=["PET-1"], action="x", title="x")
    catalog.gates.run(1)
    things = [
        catalog.runs.get(1), catalog.findings.get(1), catalog.cases.get("PET-1"), catalog.checks.get("PET-2"),
        catalog.plans.get("PET-3"), catalog.gates.get(1), catalog.cases.history("PET-1")[0],
        catalog.cases.evidence("PET-1"), catalog.doctor(), catalog.events()[0],
    ]  # fmt: skip
    for thing in things:
        json.dumps(thing.to_json(), allow_nan=False)
    json.dumps(catalog.overview(), allow_nan=False)
    json.dumps(catalog.findings.samples(1), allow_nan=False)


def test_the_overview_says_what_fails_most_and_what_changed(catalog: Catalog) -> None:
    catalog.runs.log(predictions(4000), model="pets@1", dataset="field@1")
    catalog.runs.analyze(1)
    catalog.cases.open(finding=1, title="Night")
    catalog.runs.log(predictions(4000, night=0.05, seed=1), model="pets@2", dataset="field@1")
    catalog.runs.analyze(2)
    page = catalog.overview()
    (model,) = page["models"]
    assert (model["model"], model["run"]["run"], model["analysed"]) == ("pets", "run:2", True)
    assert model["findings"] == []
    assert model["changes"]["before"] == "run:1"
    assert model["changes"]["difference"] < -0.05
    assert [one["slice"] for one in model["changes"]["gone"]] == [NIGHT]
    assert [one["key"] for one in page["waiting"]] == ["PET-1"]
    assert page["came_back"] == []
    assert page["counts"] == {"runs": 2, "findings": 1, "open_cases": 1}


def test_an_empty_catalog_has_an_empty_overview(catalog: Catalog) -> None:
    page = catalog.overview()
    assert (page["models"], page["waiting"], page["gate"]) == ([], [], None)


def test_samples_come_with_pictures_that_can_be_fetched(catalog: Catalog) -> None:
    pictures = [png(row) for row in range(2400)]
    catalog.runs.log(predictions(2400).append_column("image", [pictures]), model="pets@1", dataset="field@1")
    catalog.runs.analyze(1)
    sample = catalog.findings.samples(1, limit=3)[0]
    assert sample["image"]["media_type"] == "image/png"
    assert catalog.blob(sample["image"]["digest"]) == pictures[sample["row"]]
    assert catalog.runs.image(1, sample["row"]) == (pictures[sample["row"]], "image/png")
    case = catalog.cases.open(finding=1, title="Night")
    evidence = catalog.cases.evidence(case.key)
    assert (evidence.pictured, len(evidence.samples) > 200) == (200, True)
    with Catalog(open_store(catalog.store.home.place)) as other:  # another process knows only what is evidence
        assert other.blob(evidence.samples[0].image.digest) == pictures[evidence.samples[0].row]
        with pytest.raises(errata.CatalogError, match="no blob"):
            other.blob("0" * 64)


def test_pandas_and_polars_are_logged_as_the_file_is(catalog: Catalog) -> None:
    import polars

    table = predictions(500)
    catalog.runs.log(table.to_pandas(), model="pets@1", dataset="field@1")
    assert catalog.runs.log(polars.from_arrow(table), model="pets@1", dataset="field@1").known


def test_traffic_and_training_rows_are_a_run_or_a_file_as_for_the_command(catalog: Catalog, tmp_path: Path) -> None:
    table = predictions(400)
    for version in (1, 2):
        catalog.runs.log(predictions(400, seed=version), model=f"pets@{version}", dataset="field@1")
    (tmp_path / "bad.csv").write_bytes(written(table) + b"\n".join([b"1,2", b"1,2,3,4,5,6,7", b""]))
    adequacy = [
        catalog.runs.analyze(1, traffic=traffic).analyses["adequacy"].to_json()
        for traffic in ("run:2", 2, catalog.runs.source(2))
    ]
    assert adequacy[0] == adequacy[1] == adequacy[2]
    assert catalog.runs.analyze(1, train="run:2").to_json() == catalog.runs.analyze(1, train=2).to_json()
    bad = tmp_path / "bad.csv"
    for role in ("traffic", "train"):
        beside: dict[str, Any] = {role: bad}
        with pytest.raises(errata.InputError):
            catalog.runs.analyze(1, **beside)
        assert catalog.runs.analyze(1, quarantine=True, **beside).analyses
        with pytest.raises(errata.InputError):
            errata.analyze(table, **beside)
        assert errata.analyze(table, quarantine=True, **beside).analyses


def written(table: pa.Table) -> bytes:
    out = io.BytesIO()
    pc.write_csv(table, out)
    return out.getvalue()


def test_one_name_is_as_good_as_a_list_of_one(catalog: Catalog) -> None:
    catalog.runs.log(predictions(400), model="pets@1", dataset="field@1")
    assert catalog.runs.analyze(1, factors="source").to_json() == catalog.runs.analyze(1, factors=["source"]).to_json()
    of_name, of_list = (
        errata.analyze(predictions(400), factors=one, exclude="camera") for one in ("source", ["source"])
    )
    assert of_name.to_json() == of_list.to_json()
    with pytest.raises(TypeError):
        catalog.runs.log(predictions(400, seed=1), model="pets@2", dataset="field@1", prediktion="prediction")


def test_importing_errata_loads_nothing_heavy() -> None:
    program = "import sys, errata; print(*{'sqlalchemy', 'pydantic', 'numpy', 'pyarrow', 'alembic'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"


@pytest.mark.homes("folder")
def test_reading_a_catalog_does_not_load_what_only_making_one_needs(catalog: Catalog) -> None:
    program = f"import sys, errata; errata.open({str(catalog.path)!r}).runs.list(); print('alembic' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
