from __future__ import annotations

from pathlib import Path

import pytest

from errata.core.errors import ColumnError, GrammarError, NotFound, StorageError, UsageError, ValueFault
from errata.nouns.roles import Roles
from errata.store.catalog import Store
from errata.verbs.analyze import AnalyzeOptions
from errata.verbs.analyze_run import analyze_run
from errata.verbs.case import evidence_of, open_case
from errata.verbs.doctor import doctor
from errata.verbs.finding import get_finding, list_findings, samples_of
from errata.verbs.record import history, list_records
from tests.catalogs import NIGHT, log, png, predictions, slices

pytestmark = pytest.mark.homes("folder", "postgresql")


@pytest.fixture
def analysed(store: Store) -> Store:
    log(store, predictions(2000))
    analyze_run(store, 1, AnalyzeOptions())
    return store


def test_the_planted_slice_is_finding_1(analysed: Store) -> None:
    found = get_finding(analysed, 1)
    assert (found.slice, found.status, found.run, found.id) == (NIGHT, "new", 1, "finding:1")
    assert slices(list_findings(analysed)) == [NIGHT]


def test_a_case_of_a_finding_takes_over_what_was_found(analysed: Store) -> None:
    found = get_finding(analysed, 1)
    case = open_case(analysed, title="Fails by night", finding=1, why="one in three walks is by night")
    assert (case.key, case.state, case.revision) == ("PET-1", "draft", 1)
    assert (case.slice, case.metric, case.fingerprint) == (NIGHT, "error", found.fingerprint)
    assert (case.model, case.dataset, case.run, case.finding) == ("pets@1", "field@1", 1, 1)
    assert (case.figures.rows, case.figures.failed) == (found.rows, found.failed)
    assert history(analysed, "PET-1", "case")[0].reason == "one in three walks is by night"
    assert get_finding(analysed, 1).status == "known (PET-1)"


def test_a_case_of_a_slice_is_the_same_case_as_of_its_finding(analysed: Store) -> None:
    of_slice = open_case(analysed, title="Night", slice=" source  =  'night' ", run=1)
    found = get_finding(analysed, 1)
    assert (of_slice.slice, of_slice.fingerprint) == (NIGHT, found.fingerprint)
    assert (of_slice.figures.rows, of_slice.figures.failed) == (found.rows, found.failed)
    assert of_slice.figures.rest_error_rate == pytest.approx(found.rest_error_rate)
    assert of_slice.figures.low == pytest.approx(found.low)
    assert found.status == "known (PET-1)"


def test_evidence_is_every_failed_sample_and_never_changes(analysed: Store) -> None:
    case = open_case(analysed, title="Night", finding=1)
    evidence = evidence_of(analysed, case.key)
    assert evidence.digest == case.evidence
    assert (evidence.failed, evidence.drawn, len(evidence.samples)) == (case.figures.failed,) * 3
    assert all(one.failed and one.values["source"] == "night" for one in evidence.samples)
    assert [one.id for one in evidence.samples] == [f"s{one.row:05}" for one in evidence.samples]
    assert open_case(analysed, title="Again", finding=1).evidence == case.evidence
    path = analysed.files.path("blobs", case.evidence)
    path.write_bytes(path.read_bytes().replace(b"night", b"noght", 1))
    with pytest.raises(StorageError) as failure:
        evidence_of(analysed, case.key)
    assert failure.value.code == "blob-altered"
    assert doctor(analysed).faults == (f"blobs/{case.evidence} is not what was stored",)


def test_more_failed_samples_than_the_cap_are_drawn_by_seed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    from errata.verbs import evidence as freezing

    monkeypatch.setattr(freezing, "CAP", 50)
    log(store, predictions(2000))
    case = open_case(store, title="Night", slice=NIGHT, run=1)
    evidence = evidence_of(store, case.key)
    assert (evidence.drawn, evidence.seed, case.samples) == (50, 0, 50)
    assert evidence.failed == case.figures.failed > 50
    rows = [one.row for one in evidence.samples]
    assert rows == sorted(set(rows))


def test_pictures_are_kept_by_digest(store: Store) -> None:
    table = predictions(400)
    pictures = [png(row) for row in range(400)]
    pictures[5] = b"not a picture"
    log(store, table.append_column("image", [pictures]))
    case = open_case(store, title="Night", slice=NIGHT, run=1)
    evidence = evidence_of(store, case.key)
    assert evidence.pictured == evidence.drawn
    for one in evidence.samples[:5]:
        assert one.image is not None
        assert one.image.media_type == "image/png"
        assert store.files.read(one.image.digest) == pictures[one.row]
        assert "image" not in one.values
    assert doctor(store).to_json()["orphans"] == []


def test_pictures_may_be_named_by_their_path(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret.txt").write_text("not a picture")
    table = predictions(400)
    names = [f"pic{row}.png" for row in range(400)]
    failed = [i for i, (s, t, p) in enumerate(zip(*(table[c].to_pylist() for c in ("source", "truth", "prediction")),
              strict=True)) if s == "night" and t != p]  # fmt: skip
    for row in failed[1:]:
        (tmp_path / names[row]).write_bytes(png(row))
    names[failed[0]] = "secret.txt"
    log(store, table.append_column("file", [names]), roles=Roles(image="file"))
    evidence = evidence_of(store, open_case(store, title="Night", slice=NIGHT, run=1).key)
    assert [one.image is None for one in evidence.samples] == [True] + [False] * (len(failed) - 1)
    assert evidence.samples[1].image is not None
    assert store.files.read(evidence.samples[1].image.digest) == png(failed[1])


def test_samples_of_a_finding_are_rows_with_their_values(analysed: Store) -> None:
    failed, _, total = samples_of(analysed, 1, limit=10)
    assert (len(failed), total) == (10, get_finding(analysed, 1).failed)
    assert all(one.failed and one.values["truth"] != one.values["prediction"] for one in failed)
    passed, _, _ = samples_of(analysed, 1, limit=10, failed=False)
    assert not any(one.failed for one in passed)
    both, _, rows = samples_of(analysed, 1, limit=10_000, failed=None)
    assert len(both) == rows == get_finding(analysed, 1).rows
    with pytest.raises(UsageError):
        samples_of(analysed, 1, limit=0)


@pytest.mark.homes("folder")
@pytest.mark.parametrize(
    ("arguments", "error", "code"),
    [
        ({"finding": 99}, NotFound, "no-such-finding"),
        ({"metric": "fpr", "run": 1}, UsageError, "case-of-what"),
        ({"ownr": "ada"}, UsageError, "not-editable"),
        ({"finding": 1, "slice": "all", "run": 1}, UsageError, "case-of-what"),
        ({"slice": "all"}, UsageError, "case-of-what"),
        ({"slice": "all", "run": 7}, NotFound, "no-such-run"),
        ({"slice": "source like 'n'", "run": 1}, GrammarError, "bad-slice"),
        ({"slice": "sorce = 'night'", "run": 1}, ColumnError, "no-such-column"),
        ({"slice": "source = 'dusk'", "run": 1}, ValueFault, "empty-slice"),
        ({"slice": "source = 'night'", "run": 1, "metric": "f1"}, UsageError, "no-such-metric"),
        ({"finding": 1, "title": " " * 301}, ValueFault, "bad-body"),
    ],
)
def test_a_case_of_nothing_is_refused(
    analysed: Store, arguments: dict[str, object], error: type[Exception], code: str
) -> None:
    with pytest.raises(error) as failure:
        open_case(analysed, **{"title": "x", **arguments})  # type: ignore[arg-type]
    assert failure.value.code == code  # type: ignore[attr-defined]
    assert list_records(analysed, "case") == []
    assert doctor(analysed).orphans == ()


def test_a_slice_in_which_nothing_failed_is_no_case(store: Store) -> None:
    log(store, predictions(200, night=0.0, day=0.5))
    with pytest.raises(ValueFault) as failure:
        open_case(store, title="x", slice=NIGHT, run=1)
    assert failure.value.code == "nothing-failed"


def test_a_case_of_a_rate_of_one_class(store: Store) -> None:
    log(store, predictions(2000))
    case = open_case(store, title="Cats taken for dogs", slice=NIGHT, run=1, metric="fnr", positive="cat")
    evidence = evidence_of(store, case.key)
    assert {(one.values["truth"], one.values["prediction"]) for one in evidence.samples} == {("cat", "dog")}
    report = analyze_run(store, 1, AnalyzeOptions(metric="fnr"), given=Roles(positive="cat"))
    of_finding = open_case(store, title="The same", finding=int(report.findings[0].id.partition(":")[2]))
    assert (of_finding.slice, of_finding.positive) == (NIGHT, "cat")
    assert of_finding.fingerprint == case.fingerprint
    assert of_finding.figures.rows == case.figures.rows
    assert case.figures.rows < 600


def test_a_case_of_a_loss(store: Store) -> None:
    table = predictions(1000)
    loss = [2.0 if source == "night" else 0.5 for source in table["source"].to_pylist()]
    log(store, table.append_column("cost", [loss]), roles=Roles(loss="cost"))
    case = open_case(store, title="Costly by night", slice=NIGHT, run=1, metric="loss")
    assert (case.figures.error_rate, case.figures.rest_error_rate) == (2.0, 0.5)
