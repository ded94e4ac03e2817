"""What reads rows or takes long is the same, whatever the catalog: over the network it is a job, and files are sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from errata.client.catalog import Catalog
from errata.core.errors import Conflict, FileError, NotFound, UsageError, ValueFault
from errata.nouns.verdict import GateResult
from tests.catalogs import NIGHT, png, predictions

As = Callable[[str], Catalog]
http = pytest.mark.parametrize("as_", ["http"], indirect=True)


def test_a_run_is_analysed_and_its_findings_are_stored(as_: As) -> None:
    catalog, told = as_("ada"), []
    catalog.runs.log(predictions(2000), model="pets@1", dataset="field@1")
    report = catalog.runs.analyze(1, told.append)
    assert [one.slice for one in report.findings] == [NIGHT]
    assert "source = 'night'" in str(report)
    assert report == catalog.runs.analyze(1)
    assert report.findings == catalog.runs.report(1).findings
    assert told
    with pytest.raises(NotFound) as missing:
        catalog.runs.analyze(7)
    assert missing.value.code == "no-such-run"
    with pytest.raises(UsageError, match="--depth cannot be 9"):
        catalog.runs.analyze(1, depth=9)


def test_an_analysis_takes_options_and_rows_that_are_here_alone(as_: As, tmp_path: Path) -> None:
    catalog = as_("ada")
    catalog.runs.log(predictions(2000), model="pets@1", dataset="field@1")
    plain = catalog.runs.analyze(1, only="repeats", costs={"fp": 1, "fn": 5})
    assert plain.findings == ()
    table = predictions(2000, night=0.1, day=0.01)
    pq.write_table(table, tmp_path / "train.parquet")
    for train in (table, tmp_path / "train.parquet"):
        found = catalog.runs.analyze(1, train=train, only="holdout")
        assert list(found.analyses) == ["holdout"]
    traffic = pa.table({"source": ["day", "night"] * 50, "camera": ["a", "b"] * 50})
    assert list(catalog.runs.analyze(1, traffic=traffic, only="adequacy").analyses) == ["adequacy"]
    assert catalog.runs.analyze(1, as_of=1, factors="source").roles["factors"] == ["source"]


def test_two_runs_are_compared_and_what_changed_is_looked_at(as_: As, tmp_path: Path) -> None:
    catalog = as_("ada")
    better = predictions(2000, night=0.05, seed=1)
    catalog.runs.log(predictions(2000), model="pets@1", dataset="field@1")
    catalog.runs.log(better, model="pets@2", dataset="field@1")
    found = catalog.runs.compare(1, 2, bootstraps=200)
    assert (found.verdict, found.pairs, found.where("better")[0].slice) == ("better", 2000, NIGHT)
    assert found == catalog.runs.compare(1, 2, bootstraps=200)
    samples, total = catalog.runs.changed(1, 2, "newly_passing", limit=3)
    assert (len(samples), total) == (3, found.newly_passing)
    assert samples[0]["before"] != samples[0]["values"]["prediction"]
    better.to_pandas().to_csv(tmp_path / "better.csv", index=False)
    beside = catalog.runs.compare(1, tmp_path / "better.csv", bootstraps=200)
    assert (beside.difference, beside.b.source.endswith("better.csv")) == (found.difference, True)
    assert "errata-" not in str(beside)
    with pytest.raises(FileError) as missing:
        catalog.runs.compare(1, tmp_path / "worse.csv")
    assert missing.value.code == "file-missing"
    with pytest.raises(NotFound):
        catalog.runs.compare(1, 9)


def test_what_drifted_from_a_run_to_a_file(as_: As, tmp_path: Path) -> None:
    catalog = as_("ada")
    catalog.runs.log(predictions(2000), model="pets@1", dataset="field@1")
    table = predictions(2000)
    for number in range(2):  # a folder of parts is one source
        brighter = pa.array([value + 0.5 for value in table["contrast"].to_pylist()])
        (tmp_path / "later").mkdir(exist_ok=True)
        pq.write_table(table.set_column(5, "contrast", brighter), tmp_path / "later" / f"{number}.parquet")
    found = catalog.runs.drift(1, tmp_path / "later")
    assert [one.column for one in found.alarms] == ["contrast"]
    assert found.b_rows == 4000
    assert "contrast" in str(found)


def test_a_gate_stores_its_verdicts(as_: As) -> None:
    catalog = as_("ada")
    catalog.runs.log(predictions(2000), model="pets@1", dataset="field@1")
    with pytest.raises(UsageError) as nothing:
        catalog.gates.run(1)
    assert nothing.value.code == "no-checks"
    catalog.checks.add(slice=NIGHT, criterion="<= 0.2")
    found = catalog.gates.run(1)
    assert isinstance(found, GateResult)
    assert (found.verdict, found.checks[0].slice, found.exit_code) == ("fail", NIGHT, 1)
    assert catalog.gates.list()[0].result["verdict"] == "fail"
    assert found.source == "run:1"
    assert (found.rows, found.baseline) == (2000, None)
    catalog.runs.log(predictions(2000, seed=3), model="pets@2", dataset="field@1")
    catalog.checks.add(slice="all", criterion="<= baseline + 0.5")
    beside = catalog.gates.run(2, baseline=1)
    assert (beside.baseline, beside.pairs, beside.verdict) == ("run:1", 2000, "fail")
    assert catalog.gates.get(2).result["baseline"] == {"source": "run:1", "pairs": 2000}


def test_rules_capture_and_candidates_tell_of_the_rest(as_: As) -> None:
    catalog = as_("ada")
    catalog.runs.log(predictions(2000), model="pets@1", dataset="field@1")
    rule = catalog.rules.add(title="Failed", when="failed", method="reservoir", size=50)
    [dry] = catalog.capture(1, dry_run=True)
    assert (dry.rule, dry.known, dry.candidates.drawn) == (rule.key, False, 50)
    assert catalog.candidates.list() == []
    [made] = catalog.capture(1, [rule.key])
    assert made.candidates == catalog.candidates.get(1, rule.key)
    assert catalog.capture(1)[0].known
    assert [one.digest for one in catalog.candidates.list(1)] == [made.candidates.digest]
    share = catalog.candidates.estimate(made.candidates, "source = 'night'")
    assert (share.rows, share.share) == (50, True)
    ids = {one.sample.id: 1.0 for one in made.candidates.candidates}
    assert catalog.candidates.estimate(made.candidates, ids).mean == 1.0
    with pytest.raises(NotFound):
        catalog.candidates.get(9)


def test_versions_and_late_truth_are_sent(as_: As, tmp_path: Path) -> None:
    catalog, table = as_("ada"), predictions(400)
    both = pa.concat_tables([table.append_column("v", pa.array([str(n)] * 400)) for n in (1, 2)])
    runs = catalog.runs.log_versions(both, model_from="v", model="pets", dataset="field@1", exclude="camera")
    assert [(one.number, one.model, one.roles["exclude"]) for one in runs] == [
        (1, "pets@1", ["camera"]), (2, "pets@2", ["camera"]),
    ]  # fmt: skip
    unknown = table.set_column(1, "truth", pa.array([None] * 400, pa.string()))
    early = catalog.runs.log(unknown, model="pets@3", dataset="later@1", truth="truth", allow_unknown=True)
    table.select(["id", "truth"]).to_pandas().to_csv(tmp_path / "truth.csv", index=False)
    late = catalog.runs.add_truth(early.number, tmp_path / "truth.csv")
    assert (late.matched, late.changed, late.missing, late.known) == (400, 400, 0, False)
    assert late.run.failed == catalog.runs.get(early.number).failed
    assert catalog.runs.add_truth(early.number, tmp_path / "truth.csv").known


def test_samples_come_with_their_pictures(as_: As) -> None:
    catalog = as_("ada")
    pictures = [png(seed) for seed in range(4)]
    table = predictions(400).append_column("photo", pa.array([pictures[row % 4] for row in range(400)]))
    catalog.runs.log(table, model="pets@1", dataset="field@1", image="photo")
    failed = catalog.runs.samples(1, NIGHT, limit=5)
    assert (len(failed), {one["failed"] for one in failed}) == (5, {True})
    assert {one["failed"] for one in catalog.runs.samples(1, failed=False, limit=5)} == {False}
    rows = catalog.runs.rows(1, [3, 1])
    assert [one["row"] for one in rows] == [3, 1]
    assert catalog.blob(rows[0]["image"]["digest"]) == pictures[3]
    assert catalog.runs.image(1, 2) == (pictures[2], "image/png")
    assert catalog.runs.image(1, 4000) is None
    assert catalog.thumbnail(rows[0]["image"]["digest"])
    catalog.runs.log(predictions(400, seed=1), model="pets@2", dataset="field@1")
    [other] = catalog.runs.elsewhere(1, "s00003")
    assert (other.run, other.row, catalog.runs.elsewhere(1, "s9")) == (2, 3, [])
    with pytest.raises(NotFound):
        catalog.blob("0" * 64)


def test_a_profile_over_versions(as_: As) -> None:
    catalog = as_("ada")
    with pytest.raises(NotFound, match="no run"):
        catalog.profile()
    catalog.runs.log(predictions(400), model="pets@1", dataset="field@1")
    catalog.runs.log(predictions(400, seed=1), model="pets@2", dataset="field@1")
    found = catalog.profile("pets")
    assert (found.versions, [one.run for one in found.runs]) == (("pets@1", "pets@2"), ["run:1", "run:2"])
    assert found.changes[0].pairs == 400
    assert "pets@2" in str(found)
    assert [one["model"] for one in catalog.models()] == ["pets"]


def test_a_round_is_closed_and_adjudicated(as_: As) -> None:
    ada, grace = as_("ada"), as_("grace")
    vocabulary = ada.vocabularies.add("failure-mode")
    keys = [ada.cases.open(title=title).key for title in ("Night", "Dawn")]
    opened = ada.rounds.open(title="Two", vocabulary="failure-mode", subjects=keys, actors=["ada", "grace"])
    for catalog, term in ((ada, "detection/duplicate"), (grace, "detection/missed-object")):
        catalog.rounds.label(opened.key, keys[0], "detection/duplicate")
        catalog.rounds.label(opened.key, keys[1], term)
    blind = grace.rounds.view(opened.key)
    assert [[one.actor for one in item.answers] for item in blind.items] == [["grace"], ["grace"]]
    assert (blind.agreement, blind.done) == (None, {"grace": 2})
    closed = ada.rounds.close(opened.key)
    assert (closed.record.state, closed.agreement.percent.value) == ("closed", 0.5)
    assert [item.subject for item in closed.waiting] == [keys[1]]
    assert closed.choices == ada.vocabularies.get(vocabulary.key).body.living()
    done = ada.rounds.adjudicate(opened.key, keys[1], "detection/missed-object", reason="nothing is drawn")
    assert (done.record.state, done.items[1].decided, done.items[1].decided_by) == (
        "adjudicated",
        ("missed-object",),
        "ada",
    )
    health = ada.vocabularies.health("failure-mode")
    assert (health.vocabulary, health.labels) == (vocabulary.key, 2)
    assert [(term, alpha.value) for term, _, alpha in health.unclear] == [("duplicate", 0.0), ("missed-object", 0.0)]
    assert ada.vocabularies.skos("failure-mode")["@context"]
    about = grace.labels.about(keys[0])
    assert grace.labels.about_all([keys[0]]) == {keys[0]: about}
    assert [len(one) for one in ada.labels.of(keys).values()] == [1, 1]
    assert (about.title, about.subject.text, about.record_kind) == ("Night", keys[0], "case")


LINES = (
    {"id": "OPS-1", "title": "Dosage", "source": "ops"},
    {"id": "OPS-2", "title": "", "source": "ops"},
    {"id": "OPS-3", "title": "Label", "source": "ops"},
)


def test_cases_are_imported_and_what_is_bad_is_told_entry_by_entry(as_: As, tmp_path: Path) -> None:
    catalog = as_("ada")
    catalog.vocabularies.add("failure-mode")
    file = tmp_path / "cases.jsonl"
    file.write_text("".join(f"{json.dumps(one)}\n" for one in LINES) + "{\n")
    with pytest.raises(ValueFault) as refused:
        catalog.cases.import_(file)
    assert (refused.value.code, refused.value.where) == ("refused-entries", f"{file}, line 2")
    assert [one.partition(":")[0] for one in refused.value.details] == ["line 2 (OPS-2)", "line 4"]
    dry = catalog.cases.import_(file, quarantine=True, dry_run=True)
    assert (len(dry.new), len(dry.refused), dry.aside, len(catalog.cases.list())) == (2, 2, None, 0)
    told: list[str] = []
    found = catalog.cases.import_(file, quarantine=True, progress=told.append)
    assert (found.new, [one.at for one in found.refused], found.path) == (("PET-2", "PET-3"), [2, 4], str(file))
    aside = [json.loads(line) for line in (tmp_path / "cases.refused.jsonl").read_text().splitlines()]
    assert [(one["at"], one["text"][:14]) for one in aside] == [(2, '{"id": "OPS-2"'), (4, "{")]
    assert catalog.cases.import_(file, quarantine=True).same == 2
    with pytest.raises(UsageError):
        catalog.cases.import_(file, format="csae")
    with pytest.raises(FileError):
        catalog.cases.import_(tmp_path / "none.jsonl")


def test_a_folder_of_entries_is_imported(as_: As, tmp_path: Path) -> None:
    catalog = as_("ada")
    catalog.vocabularies.add("failure-mode")
    (tmp_path / "osv").mkdir()
    for number in range(2):
        one = {"id": f"PYSEC-{number}", "summary": "A model that runs code", "modified": "2026-01-01T00:00:00Z"}
        (tmp_path / "osv" / f"{number}.json").write_text(json.dumps(one, indent=1))
    found = catalog.cases.import_(tmp_path / "osv", format="osv")
    assert (found.new, found.refused) == (("PET-2", "PET-3"), ())


def test_a_muted_lint_is_said_again(as_: As) -> None:
    catalog = as_("ada")
    key = catalog.cases.open(title="Night").key
    code = catalog.cases.lint(key).said[0].code
    catalog.cases.mute(key, code, "redacted")
    assert code not in [one.code for one in catalog.cases.lint(key).said]
    assert catalog.cases.unmute(key, code).revision == 3
    assert code in [one.code for one in catalog.cases.lint(key).said]
    with pytest.raises(NotFound) as twice:
        catalog.cases.unmute(key, code)
    assert twice.value.code == "not-muted"


def test_the_catalog_is_verified_and_made_anew(as_: As) -> None:
    catalog = as_("ada")
    catalog.runs.log(predictions(400), model="pets@1", dataset="field@1")
    catalog.cases.open(title="Night")
    found = catalog.doctor()
    assert (found.sound, found.orphans, found.checked["parts"]) == (True, (), 2)
    assert catalog.reindex() == 1


@http
def test_what_truly_needs_the_catalog_says_what_to_do_instead(as_: As, tmp_path: Path) -> None:
    catalog = as_("ada")
    for ask, instead in (
        (lambda: catalog.store, "catalog.cases"),
        (lambda: catalog.jobs.worker(), "errata work"),
        (lambda: catalog.backup(tmp_path / "x"), "errata backup"),
        (lambda: catalog.runs.source(1), "run:1"),
    ):
        with pytest.raises(UsageError) as failure:
            ask()
        assert failure.value.code == "not-remote"
        assert instead in failure.value.next


@http
def test_a_job_that_is_cancelled_says_so(as_: As, monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = as_("ada")
    catalog.runs.log(predictions(400), model="pets@1", dataset="field@1")
    asked = catalog._transport.ask

    def ask(name: str, /, **arguments: object) -> object:
        job = asked(name, **arguments)
        return asked("job cancel", number=job.number) if name == "job submit" else job

    monkeypatch.setattr(catalog._transport, "ask", ask)
    monkeypatch.setattr("errata.verbs.work.Worker.step", lambda self: None)
    with pytest.raises(Conflict) as cancelled:
        catalog.runs.drift(1, 1)
    assert cancelled.value.code == "job-cancelled"
