from __future__ import annotations

import json

import pytest

from errata.core.canonical import canonical_json
from errata.nouns.gone import Gone
from errata.nouns.roles import Roles
from errata.store.catalog import Store
from errata.verbs.analyze import AnalyzeOptions
from errata.verbs.analyze_run import analyze_run
from errata.verbs.case import open_case
from errata.verbs.check import add_check
from errata.verbs.run import stored_report
from tests.catalogs import NIGHT, log, predictions
from tests.schemas import agrees


def analyze(store: Store, number: int, given: Roles | None = None, **options: object) -> tuple[Gone, ...]:
    return analyze_run(store, number, AnalyzeOptions(**options), given=given).gone  # type: ignore[arg-type]


def mended(rows: int = 4000, **more: object) -> object:
    return predictions(rows, night=0.05, **{"seed": 3, **more})  # type: ignore[arg-type]


@pytest.mark.homes("folder", "postgresql")
def test_a_finding_of_the_run_before_that_no_longer_stands_out_is_gone(store: Store) -> None:
    log(store, predictions(4000))
    assert analyze(store, 1) == ()
    log(store, mended(), model="pets@2")
    (one,) = analyze(store, 2)
    assert (one.known, one.run, one.slice, one.metric, one.by) == ("finding:1", "run:1", NIGHT, "error", "margin")
    assert (one.rows, one.failed) == (1014, 58)
    assert one.excess_low <= 0 < one.excess_high < one.margin  # type: ignore[operator]
    assert one.low < one.error_rate < one.high


def test_it_is_stored_with_the_report_and_of_the_published_schema(store: Store) -> None:
    log(store, predictions(4000))
    analyze(store, 1)
    log(store, mended(), model="pets@2")
    report = analyze_run(store, 2, AnalyzeOptions())
    assert report.gone
    kept = stored_report(store, 2)
    assert kept is not None
    assert kept.gone == report.gone
    agrees("errata.report-1", json.loads(canonical_json(report.to_json())))


def test_what_still_fails_is_not_gone(store: Store) -> None:
    log(store, predictions(4000))
    analyze(store, 1)
    log(store, predictions(4000, seed=5), model="pets@2")
    assert analyze(store, 2) == ()
    log(store, predictions(4000, night=0.09, seed=6), model="pets@3")
    assert analyze(store, 3) == ()


def test_of_too_few_rows_nothing_is_said(store: Store) -> None:
    log(store, predictions(4000))
    analyze(store, 1)
    log(store, mended(60, dataset=2), dataset="field@2", model="pets@2")
    assert analyze(store, 2) == ()


@pytest.mark.homes("folder", "postgresql")
def test_what_was_gone_before_is_not_told_again(store: Store) -> None:
    log(store, predictions(4000))
    analyze(store, 1)
    log(store, mended(), model="pets@2")
    assert len(analyze(store, 2)) == 1
    log(store, mended(seed=9), model="pets@3")
    assert analyze(store, 3) == ()


def test_an_open_case_is_gone_by_its_checks_or_by_the_margin(store: Store) -> None:
    log(store, predictions(4000))
    open_case(store, title="Night", slice=NIGHT, run=1)
    log(store, mended(), model="pets@2")
    assert [(one.known, one.by) for one in analyze(store, 2)] == [("PET-1", "margin")]
    add_check(store, case="PET-1", criterion="<= 0.15")
    log(store, mended(seed=9), model="pets@3")
    (one,) = analyze(store, 3)
    assert (one.known, one.by, one.margin) == ("PET-1", "checks", None)
    add_check(store, case="PET-1", criterion="<= 0.001")
    log(store, mended(seed=10), model="pets@4")
    assert analyze(store, 4) == (), "a check that does not pass keeps the case"


def test_another_dataset_another_question_and_other_columns_say_nothing(store: Store) -> None:
    log(store, predictions(4000))
    analyze(store, 1)
    log(store, mended(dataset=1), model="pets@2", dataset="lab@1")
    assert analyze(store, 2) == ()
    log(store, mended(), model="pets@3")
    assert analyze(store, 3, metric="fnr", given=Roles(positive="cat")) == ()
    renamed = mended(dataset=4).rename_columns(["id", "truth", "prediction", "light", "camera", "contrast"])  # type: ignore[attr-defined]
    log(store, renamed, model="pets@4", dataset="field@4")
    assert analyze(store, 4) == ()


def test_groups_count_for_fewer_rows(store: Store) -> None:
    def with_videos(table: object) -> object:
        return table.append_column("video", [[row // 100 for row in range(len(table))]])  # type: ignore[attr-defined,arg-type]

    log(store, with_videos(predictions(4000)), roles=Roles(group="video"))
    analyze(store, 1)
    log(store, with_videos(mended()), model="pets@2", roles=Roles(group="video"))
    found = analyze(store, 2)
    log(store, predictions(4000), dataset="alone@1")
    analyze(store, 3)
    log(store, mended(), model="pets@2", dataset="alone@1")
    (alone,) = analyze(store, 4)
    assert [one.excess_high >= alone.excess_high for one in found] == [True]


def test_runs_without_a_known_outcome_say_nothing(store: Store) -> None:
    log(store, predictions(4000))
    analyze(store, 1)
    log(store, mended().drop_columns("truth"), model="pets@2", allow_unknown=True)  # type: ignore[attr-defined]
    assert analyze(store, 2) == ()


@pytest.mark.parametrize("only", [("confusion",), ("trend",)])
def test_it_is_told_with_the_slices_alone(store: Store, only: tuple[str, ...]) -> None:
    log(store, predictions(4000))
    analyze(store, 1)
    log(store, mended(), model="pets@2")
    assert analyze(store, 2, analyses=only) == ()
