"""``errata profile``: what a catalog says of a model over its versions."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from errata.analysis.intervals import wilson
from errata.cli import root
from errata.core.errors import NotFound
from errata.nouns.profile import Profile
from errata.nouns.roles import Roles
from errata.show.profile_text import profile_text
from errata.store.catalog import Store, open_store
from errata.store.making import init_store
from errata.verbs import profile_rows
from errata.verbs.analyze import AnalyzeOptions
from errata.verbs.analyze_run import analyze_run
from errata.verbs.case import open_case
from errata.verbs.check import add_check
from errata.verbs.close import close_case
from errata.verbs.compare import CompareOptions
from errata.verbs.compare_run import compare_sides, side_of_run
from errata.verbs.finding import list_findings
from errata.verbs.gate_run import gate_run
from errata.verbs.log import LogOptions, log_run
from errata.verbs.profile import models, profile
from tests.catalogs import NIGHT, log, predictions
from tests.schemas import agrees


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nights fail in the first version, hold in the second, fail again in the third; a fourth aborted."""
    store, _ = init_store(tmp_path_factory.mktemp("made") / "pets")
    for version, night in ((1, 0.4), (2, 0.05), (3, 0.5)):
        run = log(store, predictions(2000, night=night, seed=version), f"pets@{version}", "field@1")
        analyze_run(store, run.number, AnalyzeOptions())
        if version == 1:
            worst = next(one for one in list_findings(store, 1) if one.slice == NIGHT)
            key = open_case(store, title="Night fails", finding=worst.number).key
            add_check(store, case=key, criterion="<= 0.2")
        if version == 2:
            fresh = log(store, predictions(2000, night=0.05, seed=9, first=5000, dataset=1), "pets@2", "field@2")
            close_case(store, key, fresh.number)
    gate_run(store, 4, 2)
    log_run(store, None, Roles(), LogOptions(model="pets@4", dataset="field@1", state="aborted", error="out of memory"))
    store.close()
    return Path(store.root)


@pytest.fixture
def pets(made: Path, tmp_path: Path) -> Iterator[Store]:
    """A copy of that catalog."""
    shutil.copytree(made, tmp_path / "pets")
    store = open_store(tmp_path / "pets")
    yield store
    store.close()


def _row(found: Profile, slice_text: str) -> list[str]:
    return [cell.state for one in found.findings if one.slice == slice_text for cell in one.cells]


def test_versions_stand_in_their_order_with_their_rates(pets: Store) -> None:
    found = profile(pets, "pets")
    assert found.versions == ("pets@1", "pets@2", "pets@3", "pets@4")
    assert [(one.run, one.model, one.dataset, one.state) for one in found.runs] == [
        ("run:1", "pets@1", "field@1", "complete"),
        ("run:2", "pets@2", "field@1", "complete"),
        ("run:3", "pets@2", "field@2", "complete"),
        ("run:4", "pets@3", "field@1", "complete"),
        ("run:5", "pets@4", "field@1", "aborted"),
    ]
    first, last = found.runs[0], found.runs[-1]
    assert first.failed is not None and first.known == 2000 and first.error_rate == first.failed / 2000
    assert (first.low, first.high) == pytest.approx(wilson(first.failed, 2000))
    assert (last.error_rate, last.error, last.analysed) == (None, "out of memory", False)
    assert (found.runs[3].gate, found.runs[3].verdict) == ("gate:2", "fail")


def test_what_recurs_is_told_by_fingerprint(pets: Store) -> None:
    found = profile(pets, "pets")
    assert _row(found, NIGHT) == ["present", "absent", "not tested", "present", "not tested"]
    (night,) = [one for one in found.findings if one.slice == NIGHT]
    assert (night.case, night.case_state, night.present) == ("PET-1", "reopened", 2)
    here, gone, silent, _, aborted = night.cells
    table = predictions(2000, night=0.05, seed=2)
    at_night = np.array(table["source"].to_pylist()) == "night"
    wrong = np.array(table["truth"].to_pylist()) != np.array(table["prediction"].to_pylist())
    assert here.finding == "finding:1" and gone.finding is None
    assert (gone.rows, gone.failed) == (int(at_night.sum()), int((wrong & at_night).sum()))
    assert (gone.low, gone.high) == pytest.approx(wilson(gone.failed, gone.rows))  # type: ignore[arg-type]
    assert silent.reason == "not analysed" and silent.rows, "counted, if not searched"
    assert aborted.reason == "the run is aborted" and aborted.rows is None


def test_changes_are_those_of_compare(pets: Store) -> None:
    found = profile(pets, "pets").changes
    assert [(one.a, one.b, one.verdict, one.paired) for one in found] == [
        ("run:1", "run:2", "better", True),
        ("run:1", "run:3", "better", False),
        ("run:2", "run:4", "worse", True),
    ]
    sides = [side_of_run(pets, number, Roles()) for number in (2, 4)]
    whole = compare_sides(pets, *sides, CompareOptions())
    last = found[-1]
    assert (last.difference, last.low, last.high) == (
        whole.difference.value, whole.difference.low, whole.difference.high,
    )  # fmt: skip
    assert (last.newly_failing, last.newly_passing, last.pairs) == (
        whole.newly_failing, whole.newly_passing, whole.pairs,
    )  # fmt: skip
    assert found[1].dataset == "field@1 → field@2" and found[1].reason
    assert found[1].low is not None and found[1].high is not None and found[1].high < 0


def test_a_case_is_opened_closed_and_comes_back(pets: Store) -> None:
    (case,) = profile(pets, "pets").cases
    assert [(move.state, move.run, move.gate) for move in case.moves] == [
        ("draft", "run:1", None),
        ("closed", "run:3", "gate:1"),
        ("reopened", "run:4", "gate:2"),
    ]
    assert (case.case, case.state, case.slice) == ("PET-1", "reopened", NIGHT)


def test_cases_are_read_in_one_query_and_runs_are_judged_once(pets: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("errata.verbs.compare.read_outcomes", lambda *_, **__: pytest.fail("judged again"))
    queries: list[str] = []
    sa.event.listen(pets.engine, "before_cursor_execute", lambda *args: queries.append(args[2]))
    profile(pets)
    before = len(queries)
    open_case(pets, title="Days fail", slice="camera = 'a'", run=1)
    queries.clear()
    assert [[move.state for move in case.moves] for case in profile(pets).cases][1:] == [["draft"]]
    assert len(queries) == before


def test_kinds_of_error_are_shares_of_each_runs_errors(pets: Store) -> None:
    found = profile(pets, "pets")
    assert sorted(one.kind for one in found.kinds) == ["cat taken for dog", "dog taken for cat"]
    for shares in zip(*(one.shares for one in found.kinds), strict=True):
        assert sum(one.failed for one in shares) == shares[0].failures
    assert [one.run for one in found.kinds[0].shares] == ["run:1", "run:2", "run:3", "run:4"]
    first = found.kinds[0].shares[0]
    assert (first.low, first.high) == pytest.approx(wilson(first.failed, first.failures))


@pytest.mark.homes("folder", "postgresql")
def test_a_slice_whose_failures_another_finding_holds_is_covered(store: Store) -> None:
    """In the second version only camera b fails at night: that is what is found, and nights are not."""
    analyze_run(store, log(store, predictions(2000, seed=1), "pets@1", "field@1").number, AnalyzeOptions())
    table = predictions(2000, night=0.0, day=0.02, seed=2)
    worse = predictions(2000, night=0.9, day=0.02, seed=2)
    b = np.array(table["camera"].to_pylist()) == "b"
    said = np.where(b, worse["prediction"].to_pylist(), table["prediction"].to_pylist())
    place = table.schema.get_field_index("prediction")
    table = table.set_column(place, "prediction", pa.array(said.tolist()))
    analyze_run(store, log(store, table, "pets@2", "field@1").number, AnalyzeOptions())
    cell = next(one.cells[1] for one in profile(store, "pets").findings if one.slice == NIGHT)
    assert cell.state == "covered"
    assert (cell.reason or "").endswith(f"camera = 'b' and {NIGHT}") and cell.failed


def test_a_slice_of_too_few_rows_is_not_tested(store: Store) -> None:
    table = predictions(3000, night=0.6, seed=1)
    analyze_run(store, log(store, table, "pets@1", "field@1").number, AnalyzeOptions())
    night = np.array(table["source"].to_pylist()) == "night"
    kept = table.filter(pa.array(~night | (np.arange(3000) % 100 == 0)))
    analyze_run(store, log(store, kept, "pets@2", "field@2").number, AnalyzeOptions(min_support=0.05))
    found = profile(store, "pets")
    cells = next(one.cells for one in found.findings if one.slice == NIGHT)
    assert [one.state for one in cells] == ["present", "not tested"]
    assert "and the search wants" in (cells[1].reason or "")


def test_a_whole_project_is_all_of_its_models(pets: Store) -> None:
    run = log(pets, predictions(500, seed=4), "birds@1", "sky@1")
    analyze_run(pets, run.number, AnalyzeOptions())
    found = profile(pets)
    assert found.model is None and "birds@1" in found.versions and len(found.runs) == 6
    told = models(pets)
    assert [(one["model"], len(one["versions"]), one["runs"], one["open_cases"]) for one in told] == [
        ("birds", 1, 1, 0), ("pets", 4, 5, 1),
    ]  # fmt: skip
    assert told[1]["gate"] == {"gate": "gate:2", "verdict": "fail"}


def test_one_version_that_nobody_analysed_is_told_in_words(store: Store) -> None:
    log(store, predictions(300), "pets@1", "field@1")
    text = profile_text(profile(store, "pets"), width=80, colour=False)
    said = " ".join(text.split())
    assert "pets: 1 version, 1 run" in said
    assert "No run of it was analysed yet, so what fails in it is not known." in said
    assert "There is one version only: nothing to set it beside yet." in said
    assert "what recurs" not in text and "from version to version" not in text


def test_large_runs_are_not_read(pets: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profile_rows, "MOST_ROWS", 100)
    found = profile(pets, "pets")
    assert found.kinds == () and _row(found, NIGHT)[1] == "not tested"
    assert found.changes[0].reason == "too many rows to be compared here" and not found.changes[0].paired
    assert "more than 100 rows, which a profile does not read through" in found.notes[-1]


def test_repeats_are_told_and_the_newest_counts(pets: Store) -> None:
    log(pets, predictions(2000, night=0.45, seed=33), "pets@3", "field@1")
    found = profile(pets, "pets")
    third = next(one for one in found.runs if one.model == "pets@3")
    assert (third.run, third.repeats, third.analysed) == ("run:6", 2, False)
    assert [one.run for one in found.runs][-1] == "run:5", "versions keep their order"


@pytest.mark.parametrize("width", [60, 80, 100])
def test_the_words_fit_the_terminal(pets: Store, width: int) -> None:
    found = profile(pets, "pets")
    text = profile_text(found, width=width, colour=False, next_command="errata gate run:4")
    assert max(map(len, text.splitlines())) <= width
    assert profile_text(found, width=width, colour=True).count("\x1b[") > 10
    said = " ".join(text.split())
    assert "PET-1 came back." in said
    assert "run:2 → run:4 (pets@2 → pets@3) on field@1: worse" in said
    assert "✓ looked for, not found ○ not tested" in said


def test_json_is_of_the_published_schema(pets: Store) -> None:
    for found in (profile(pets, "pets"), replace(profile(pets), findings=(), kinds=(), changes=(), gates=(), cases=())):
        agrees("errata.profile-1", json.loads(found.json()))


def test_the_command_and_its_errors(pets: Store) -> None:
    where = ["--catalog", str(Path(pets.root))]
    done = CliRunner().invoke(root, ["profile", "pets", "--json", *where])
    assert done.exit_code == 0 and json.loads(done.stdout)["model"] == "pets"
    assert "PET-1" in CliRunner().invoke(root, ["profile", *where]).stdout
    with pytest.raises(NotFound) as refused:
        profile(pets, "pest")
    assert (refused.value.code, refused.value.next) == ("no-such-model", "errata profile pets")
    with pytest.raises(NotFound) as refused:
        profile(pets, "pets@2")
    assert refused.value.next == "errata profile pets"


@pytest.mark.homes("folder", "postgresql")
def test_an_empty_project_says_how_to_begin(store: Store) -> None:
    with pytest.raises(NotFound) as refused:
        profile(store)
    assert refused.value.code == "no-runs" and models(store) == []
