from __future__ import annotations

import pytest

from errata.core.errors import NotFound
from errata.nouns.roles import Roles
from errata.store.catalog import Store
from errata.verbs.analyze import AnalyzeOptions, analyze_source
from errata.verbs.analyze_run import analyze_run
from errata.verbs.case import open_case
from errata.verbs.check import add_check
from errata.verbs.close import close_case
from errata.verbs.finding import get_finding, list_findings
from errata.verbs.log import LogOptions, log_run
from errata.verbs.run import stored_report
from tests.catalogs import NIGHT, log, predictions, slices
from tests.schemas import agrees

pytestmark = pytest.mark.homes("folder", "postgresql")


def analyze(store: Store, number: int, **options: object) -> list[tuple[str, str | None]]:
    report = analyze_run(store, number, AnalyzeOptions(**options))  # type: ignore[arg-type]
    return [(one.slice, one.status) for one in report.findings if one.kind == "slice"]


def test_a_run_is_analysed_as_its_file_is(store: Store) -> None:
    from errata.integrations.files import table_source

    table = predictions(2000)
    log(store, table)
    of_run = analyze_run(store, 1, AnalyzeOptions())
    of_file = analyze_source(table_source(table), Roles(), AnalyzeOptions())
    assert slices(of_run.findings) == slices(of_file.findings) == [NIGHT]
    assert of_run.findings[0].fingerprint == of_file.findings[0].fingerprint
    assert of_run.run == of_file.run
    assert of_run.searched == of_file.searched


def test_its_report_is_of_the_published_schema(store: Store) -> None:
    log(store, predictions(2000))
    for _ in range(2):
        printed = analyze_run(store, 1, AnalyzeOptions()).to_json()
        agrees("errata.report-1", printed)
    assert (printed["findings"][0]["id"], printed["findings"][0]["status"]) == ("finding:1", "new")


def test_the_same_analysis_is_made_once(store: Store) -> None:
    log(store, predictions(2000))
    first = analyze_run(store, 1, AnalyzeOptions())
    second = analyze_run(store, 1, AnalyzeOptions())
    assert first == second == stored_report(store, 1)
    assert [one.id for one in list_findings(store)] == [one.id for one in first.findings]


def test_the_rows_of_a_run_are_judged_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    log(store, predictions(2000))
    monkeypatch.setattr("errata.verbs.analyze.read_outcomes", lambda *_, **__: pytest.fail("judged again"))
    assert analyze(store, 1) == [(NIGHT, "new")]


def test_another_analysis_has_findings_of_its_own_and_the_newest_are_listed(store: Store) -> None:
    log(store, predictions(2000))
    first = analyze_run(store, 1, AnalyzeOptions())
    second = analyze_run(store, 1, AnalyzeOptions(depth=1))
    assert {one.id for one in first.findings}.isdisjoint(one.id for one in second.findings)
    assert [one.id for one in list_findings(store, 1)] == [one.id for one in second.findings]
    assert get_finding(store, 1).slice == NIGHT


def test_a_finding_is_new_until_a_case_has_its_fingerprint(store: Store) -> None:
    log(store, predictions(2000))
    assert analyze(store, 1) == [(NIGHT, "new")]
    open_case(store, title="Night", finding=1)
    assert analyze(store, 1) == [(NIGHT, "known (PET-1)")]
    log(store, predictions(2000, seed=5), model="pets@2")
    assert analyze(store, 2) == [(NIGHT, "known (PET-1)")]


def test_a_finding_that_holds_a_cases_failures_overlaps_it(store: Store) -> None:
    log(store, predictions(2000))
    open_case(store, title="Night, on camera a", slice=f"camera = 'a' and {NIGHT}", run=1)
    assert analyze(store, 1) == [(NIGHT, "known (PET-1, overlaps)")]


def test_a_finding_that_holds_less_than_four_fifths_of_a_cases_failures_is_new(store: Store) -> None:
    log(store, predictions(2000))
    open_case(store, title="Everything", slice="all", run=1)
    assert analyze(store, 1) == [(NIGHT, "new")]


def test_a_closed_case_whose_check_fails_came_back(store: Store) -> None:
    log(store, predictions(4000))
    open_case(store, title="Night", slice=NIGHT, run=1)
    add_check(store, case="PET-1", criterion="<= 0.15")
    log(store, predictions(4000, night=0.05, first=4000, dataset=1), model="pets@2", dataset="field@2")
    close_case(store, "PET-1", run=2)
    log(store, predictions(4000, seed=3, first=8000, dataset=2), model="pets@3", dataset="field@3")
    assert analyze(store, 3) == [(NIGHT, "came back (PET-1)")]
    held = predictions(4000, night=0.14, day=0.01, seed=4, first=12000, dataset=3)
    log(store, held, model="pets@4", dataset="field@4")
    assert analyze(store, 4) == [(NIGHT, "known (PET-1)")]


def test_a_case_whose_columns_a_run_has_not_says_nothing_about_it(store: Store) -> None:
    log(store, predictions(2000))
    open_case(store, title="Night", slice=NIGHT, run=1)
    other = predictions(2000, seed=2).rename_columns(["id", "truth", "prediction", "light", "camera", "contrast"])
    log(store, other, model="pets@2", dataset="lab@1")
    assert analyze(store, 2) == [("light = 'night'", "new")]


def test_edges_are_those_of_the_datasets_first_log(store: Store) -> None:
    import numpy as np

    def dark(first: int, shift: float, dataset: int) -> object:
        table = predictions(3000, night=0.05, first=first, dataset=dataset)
        light = np.random.default_rng(dataset).random(3000) + shift
        said = [
            ("dog" if t == "cat" else "cat") if x < 0.3 and i % 3 else t
            for i, (t, x) in enumerate(zip(table["truth"].to_pylist(), light, strict=True))
        ]
        return table.set_column(2, "prediction", [said]).append_column("light", [light])

    log(store, dark(0, 0.0, 0), dataset="field@1")  # type: ignore[arg-type]
    log(store, dark(3000, 0.1, 1), dataset="field@2")  # type: ignore[arg-type]
    first, second = analyze_run(store, 1, AnalyzeOptions()), analyze_run(store, 2, AnalyzeOptions())
    assert first.binned == second.binned
    assert slices(first.findings)[:1] == slices(second.findings)[:1]
    assert first.findings[0].fingerprint == second.findings[0].fingerprint


def test_a_run_without_predictions_cannot_be_analysed(store: Store) -> None:
    log_run(store, None, Roles(), LogOptions(model="pets@1", state="failed"))
    with pytest.raises(NotFound) as failure:
        analyze_run(store, 1, AnalyzeOptions())
    assert failure.value.code == "no-predictions"
    with pytest.raises(NotFound) as failure:
        analyze_run(store, 2, AnalyzeOptions())
    assert (failure.value.code, failure.value.expected) == ("no-such-run", "run:1 to run:1")
