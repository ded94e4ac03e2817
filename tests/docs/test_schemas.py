"""Every schema that is published is what is printed, and every one that is printed under a name is told of."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from errata.cli.actor import SCHEMA as ACTORS
from errata.client.answers import written
from errata.client.catalog import Catalog
from errata.store.archive import opened_archive
from errata.store.backup import write_backup
from errata.store.catalog import Store
from errata.verbs.actor import list_actors
from errata.verbs.capture import capture
from errata.verbs.rule import add_rule
from tests.catalogs import log, predictions
from tests.schemas import agrees, agrees_by_name

DOCS = Path(__file__).parents[2] / "docs"
PUBLISHED = sorted(one.name for one in resources.files("errata.nouns").joinpath("schemas").iterdir())


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_schema_is_a_schema_and_is_told_of(name: str) -> None:
    value = json.loads(resources.files("errata.nouns").joinpath(f"schemas/{name}").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(value)
    assert value["title"] == name.removesuffix(".json").replace("-1", "/1")
    assert value["$id"] == f"urn:errata:schema:{value['title']}"
    assert f"schemas/{name})" in (DOCS / "schemas.md").read_text()


def printed(value: Any) -> Any:
    """A value as it comes out of what is printed."""
    return json.loads(json.dumps(value))


def test_what_is_printed_is_of_its_schema(store: Store) -> None:
    catalog = Catalog(store)
    log(store, predictions(400))
    catalog.vocabularies.add("failure-mode")
    key = catalog.cases.open(title="Lamp", models=["pets@1"], occurred="2026-03").key
    catalog.labels.add(key, "failure-mode:detection/duplicate")
    add_rule(store, title="Wrong", when="failed", method="reservoir", size=9)
    [captured] = capture(store, 1)
    [case] = catalog.cases.open_candidates(1, title="Wrong")
    [also] = capture(store, 1, dry_run=True)
    for name, value in {
        "patterns": catalog.patterns().to_json(),
        "needs": catalog.needs(),
        "review-queue": catalog.review_queue(),
        "candidates": captured.to_json(),
        "evidence": catalog.cases.evidence(case.key).to_json(),
        "doctor": catalog.doctor().to_json(),
        "actors": {"schema": ACTORS, "actors": [one.to_json() for one in list_actors(store)]},
        "catalog": catalog._about,
    }.items():
        agrees(f"errata.{name}-1", printed(value))
    agrees("errata.candidates-1", printed(also.to_json()))
    agrees("errata.patterns-1", catalog.patterns("model").to_json())
    assert captured.to_json()["candidates"] and catalog.patterns("model").patterns[0].mode == "pets@1"


def test_what_is_answered_over_the_network_is_of_the_schema_that_it_names(store: Store) -> None:
    catalog = Catalog(store)
    log(store, predictions(900))
    log(store, predictions(900, seed=1), "pets@2")
    first, _ = (catalog.runs.analyze(number) for number in (1, 2))
    case = catalog.cases.open(finding=1, title="Night")
    check = catalog.checks.add(case=case.key, criterion="<= 0.9")
    catalog.gates.run(2)
    catalog.vocabularies.add("failure-mode")
    opened = catalog.rounds.open(title="How?", vocabulary="failure-mode", subjects=["run:1#s00001"], actors=["ada"])
    view = catalog.rounds.view(opened.key)
    overview = catalog.overview()
    assert overview["models"][0]["changes"] and overview["waiting"] and overview["gate"]
    for answers, value in (
        ("plain", overview),
        ("gate", catalog.gates.get(1)),
        ("record", catalog.suites.make(title="All", checks=[check.key])),
        ("round", view),
        ("health", catalog.vocabularies.health("failure-mode")),
        ("report", first),
        ("run", catalog.runs.get(1)),
    ):
        agrees_by_name(printed(written(answers, value)))


def test_the_manifest_of_a_backup_is_of_its_schema(store: Store, tmp_path: Path) -> None:
    log(store, predictions(90))
    write_backup(store, tmp_path / "pets.tar")
    with opened_archive(tmp_path / "pets.tar") as archive:
        agrees_by_name(archive.manifest)
