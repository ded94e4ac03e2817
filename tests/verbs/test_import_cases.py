"""Import: every entry checked, all or none kept, known again; and the real incidents of GMF and ATLAS."""

from __future__ import annotations

import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from errata.core.errors import ErrataError, FileError, NotFound, UsageError, ValueFault
from errata.nouns.case_import import Entry, Imported, Told, model, read_entry, schema
from errata.store import records
from errata.store.catalog import Store
from errata.verbs.doctor import doctor
from errata.verbs.import_cases import import_cases
from errata.verbs.label import list_labels, retract_label
from errata.verbs.link import links_of, unlink_record
from errata.verbs.record import edit_record, get_record, history, list_records
from errata.verbs.vocabulary import add_vocabulary
from errata.verbs.withdraw import withdraw_case

SHIFT = "failure-mode:localization/shift"
LINE = {
    "id": "OPS-17",
    "title": "Dosage read as tablets",
    "case_kind": "incident",
    "occurred": "2026-03",
    "summary": "A line break in the scan parted number and unit.",
    "models": ["leaflet-qa@4"],
    "labels": [{"term": SHIFT, "status": "potential", "spans": [{"field": "summary", "quote": "A line break"}]}],
    "links": [{"predicate": "wasInfluencedBy", "object": "ticket:OPS-17"}],
}


@pytest.fixture
def ready(store: Store) -> Store:
    """The failure modes are PET-1."""
    add_vocabulary(store, "failure-mode")
    return store


def imported(store: Store, folder: Path, *lines: Any, **options: Any) -> Imported:
    """What came of these lines; a text is written as it is."""
    file = folder / "cases.jsonl"
    file.write_text("".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in lines))
    return import_cases(store, str(file), **{"source": "ops", **options})


def counts(found: Imported) -> tuple[int, int, int, int]:
    return len(found.new), len(found.changed), found.same, len(found.refused)


def test_a_line_becomes_a_case_with_its_labels_and_links(ready: Store, tmp_path: Path) -> None:
    found = imported(ready, tmp_path, LINE)
    assert (found.new, found.labels, found.links) == (("PET-2",), 1, 1)
    case = get_record(ready, "PET-2", "case")
    assert (case.title, case.occurred, case.source, case.aliases) == (LINE["title"], "2026-03", "ops", ("ops:OPS-17",))
    [label] = list_labels(ready, "PET-2")
    assert (label.full, label.status, label.spans[0].quote) == (SHIFT, "potential", "A line break")
    assert [link.object for link in links_of(ready, "PET-2")] == ["ticket:OPS-17"]
    with ready.read() as connection:
        found_by = [
            [one.key for one in records.records(connection, ready, "case", facet=facet)]
            for facet in (("label", "localization/shift"), ("alias", "ops:OPS-17"), ("model", "leaflet-qa@4"))
        ]
    assert found_by == [["PET-2"]] * 3
    assert doctor(ready).faults == ()


def test_the_same_again_changes_nothing(ready: Store, tmp_path: Path) -> None:
    imported(ready, tmp_path, LINE)
    again = imported(ready, tmp_path, LINE)
    assert (counts(again), again.labels, again.links) == ((0, 0, 1, 0), 0, 0)
    assert len(history(ready, "PET-2", "case")) == 1


def test_what_the_source_changed_is_taken_and_what_people_changed_here_stays(ready: Store, tmp_path: Path) -> None:
    imported(ready, tmp_path, LINE)
    edit_record(ready, "PET-2", "case", {"title": "Milligrams read as tablets"})
    assert counts(imported(ready, tmp_path, LINE)) == (0, 0, 1, 0)
    changed = {**LINE, "cause": "the scanner breaks lines"}
    assert imported(ready, tmp_path, changed).changed == ("PET-2",)
    assert counts(imported(ready, tmp_path, changed)) == (0, 0, 1, 0)
    case = get_record(ready, "PET-2", "case")
    assert (case.title, case.cause) == ("Milligrams read as tablets", "the scanner breaks lines")
    reasons = [revision.reason for revision in history(ready, "PET-2", "case")]
    assert reasons == ["imported from ops", "", "imported again from ops"]
    imported(ready, tmp_path, {**changed, "title": "Wrong dosage"})
    assert get_record(ready, "PET-2", "case").title == "Wrong dosage"


def test_what_was_taken_back_or_withdrawn_here_stays_so(ready: Store, tmp_path: Path) -> None:
    imported(ready, tmp_path, LINE)
    retract_label(ready, 1, "seen by nobody")
    unlink_record(ready, "PET-2", "wasInfluencedBy", "ticket:OPS-17")
    assert counts(imported(ready, tmp_path, LINE)) == (0, 0, 1, 0)
    assert (list_labels(ready, "PET-2"), links_of(ready, "PET-2")) == ([], [])
    withdraw_case(ready, "PET-2", "a test entry")
    found = imported(ready, tmp_path, {**LINE, "title": "Other"})
    assert (counts(found), found.ended) == ((0, 0, 0, 0), 1)
    assert get_record(ready, "PET-2", "case").title == LINE["title"]


def test_more_labels_and_links_come_with_a_later_import(ready: Store, tmp_path: Path) -> None:
    imported(ready, tmp_path, LINE)
    known = {"term": SHIFT, "status": "known"}
    found = imported(ready, tmp_path, {**LINE, "labels": [known], "links": [{"predicate": "used", "object": "PET-1"}]})
    assert (found.changed, found.labels, found.links) == (("PET-2",), 1, 1)
    assert [label.status for label in list_labels(ready, "PET-2")] == ["known"]
    assert [link.object for link in links_of(ready, "PET-2")] == ["ticket:OPS-17", "PET-1"]


BAD = {
    "not json": ('{"id": ', "Expecting value"),
    "a list": ("[1]", "a list instead of an object"),
    "a key twice": ('{"id": "a", "id": "b", "title": "t"}', "key 'id' stands twice"),
    "NUL": ('{"id": "a", "title": "a\\u0000b"}', "NUL"),
    "half a character": ('{"id": "a", "title": "\\ud800"}', "half of a surrogate pair"),
    "no title": ({"id": "a"}, "title: it is not given"),
    "no id": ({"title": "t"}, "id: it is not given"),
    "a number for a title": ({"id": "a", "title": 3}, "title: it is no text"),
    "a field of ours": ({"id": "a", "title": "t", "severity": "high"}, "severity: there is no such field"),
    "no day": ({"id": "a", "title": "t", "occurred": "2026-02-30"}, "occurred: '2026-02-30' is no date"),
    "no term": ({"id": "a", "title": "t", "labels": [{"term": "failure-mode:shft"}]}, "has no term 'shft'"),
    "no vocabulary": ({"id": "a", "title": "t", "labels": [{"term": "colour:red"}]}, "no vocabulary 'colour'"),
    "neither term nor match": ({"id": "a", "title": "t", "labels": [{}]}, "either term or match"),
    "words that are not there": (
        {"id": "a", "title": "t", "labels": [{"term": SHIFT, "spans": [{"field": "title", "quote": "x"}]}]},
        "labels.0.spans.0: this span is not in the text",
    ),
    "no relation": ({"id": "a", "title": "t", "links": [{"predicate": "likes", "object": "run:1"}]}, "'likes'"),
    "a run that is none": ({"id": "a", "title": "t", "links": [{"predicate": "used", "object": "run:9"}]}, "run:9"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_line_is_refused_with_its_number_and_its_fault(ready: Store, tmp_path: Path, name: str) -> None:
    line, fault = BAD[name]
    with pytest.raises(ValueFault) as caught:
        imported(ready, tmp_path, LINE, "", line)
    assert caught.value.code == "refused-entries"
    [detail] = caught.value.details
    assert detail.startswith("line 3") and fault in detail
    assert list_records(ready, "case") == []


def test_every_fault_of_a_line_is_said(ready: Store, tmp_path: Path) -> None:
    with pytest.raises(ValueFault) as caught:
        imported(ready, tmp_path, {"id": "x", "title": "", "occurred": "soon", "colour": "red"})
    assert caught.value.details == [
        "line 1 (x): title: it is empty; occurred: 'soon' is no date: a year, a month or a day is meant, "
        "2026, 2026-01 or 2026-01-05; colour: there is no such field"
    ]


def test_an_id_stands_once_in_a_file_and_belongs_to_a_source(ready: Store, tmp_path: Path) -> None:
    found = imported(ready, tmp_path, LINE, {**LINE, "source": "other"}, LINE, quarantine=True)
    assert counts(found) == (2, 0, 0, 1)
    assert found.refused[0].faults == ("id: 'OPS-17' is that of line 1 already",)
    with pytest.raises(ValueFault, match="cannot be imported") as caught:
        imported(ready, tmp_path, LINE, source=None)
    assert "source: it is not given" in caught.value.details[0]


def test_bad_lines_are_kept_aside_and_the_rest_is_imported(ready: Store, tmp_path: Path) -> None:
    found = imported(ready, tmp_path, LINE, "{nonsense", {"id": "b"}, {"id": "c", "title": "C"}, quarantine=True)
    assert counts(found) == (2, 0, 0, 2)
    assert found.aside is not None
    kept = [json.loads(line) for line in Path(found.aside).read_text().splitlines()]
    assert [(one["at"], one["text"]) for one in kept] == [(2, "{nonsense"), (3, '{"id": "b"}')]
    again = imported(ready, tmp_path, "{other", quarantine=True)
    assert again.aside is not None and again.aside != found.aside
    assert sorted(path.name for path in tmp_path.glob("*.jsonl")) == [
        "cases.jsonl", "cases.refused-2.jsonl", "cases.refused.jsonl",
    ]  # fmt: skip


def test_a_dry_run_says_the_same_and_writes_nothing(ready: Store, tmp_path: Path) -> None:
    found = imported(ready, tmp_path, LINE, "{nonsense", quarantine=True, dry_run=True)
    assert (counts(found), found.labels, found.aside) == ((1, 0, 0, 1), 1, None)
    assert (list_records(ready, "case"), list(tmp_path.glob("*refused*"))) == ([], [])


def test_a_name_from_elsewhere_becomes_a_term_or_is_kept_as_text(ready: Store, tmp_path: Path) -> None:
    matches = [["gmf:Concept Drift"], ["x:9", "False positive"], ["gmf:Black Swan Event"]]
    found = imported(ready, tmp_path, {**LINE, "labels": [{"match": match} for match in matches]})
    assert [label.full for label in list_labels(ready, "PET-2")] == [
        "failure-mode:data/concept-drift", "failure-mode:classification/false-alarm",
    ]  # fmt: skip
    assert found.unmapped == {"gmf:Black Swan Event": 1}
    summary = get_record(ready, "PET-2", "case").summary
    assert summary.endswith("Failure modes without a term: gmf:Black Swan Event.")


def test_names_are_looked_for_in_a_vocabulary_that_is_there(store: Store, tmp_path: Path) -> None:
    with pytest.raises(NotFound) as caught:
        imported(store, tmp_path, {**LINE, "labels": [{"match": ["Concept Drift"]}]})
    assert (caught.value.code, caught.value.next) == ("no-such-vocabulary", "errata vocabulary add failure-mode")


def test_standard_input_is_read(ready: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(json.dumps(LINE).encode())))
    assert counts(import_cases(ready, "-", source="ops")) == (1, 0, 0, 0)


def test_many_lines_come_in_batches_and_none_is_lost(ready: Store, tmp_path: Path) -> None:
    lines = [{"id": str(at), "title": f"T {at}", "labels": [{"term": SHIFT}]} for at in range(1203)]
    assert counts(imported(ready, tmp_path, *lines)) == (1203, 0, 0, 0)
    lines[700]["title"] = "Other"
    assert counts(imported(ready, tmp_path, *lines)) == (0, 1, 1202, 0)
    with ready.read() as connection:
        found = records.records(connection, ready, "case", facet=("label", "localization/shift"))
    assert len(found) == 1203
    assert doctor(ready).faults == ()


@pytest.mark.parametrize(
    ("format", "text", "code"),
    [
        ("cases", "", "empty-file"),
        ("gmf", "{", "not-json"),
        ("gmf", "{}", "no-entries"),
        ("atlas", '{"case_studies": []}', "no-entries"),
        ("osv", "[]", "no-entries"),
        ("avid", "3", "no-entries"),
    ],
)
def test_a_file_that_holds_nothing_is_said(ready: Store, tmp_path: Path, format: str, text: str, code: str) -> None:
    file = tmp_path / "entries.json"
    file.write_text(text)
    with pytest.raises(FileError) as caught:
        import_cases(ready, str(file), format=format)
    assert caught.value.code == code


def test_a_file_or_format_that_is_none_is_said(ready: Store, tmp_path: Path) -> None:
    with pytest.raises(FileError) as missing:
        import_cases(ready, str(tmp_path / "none.jsonl"))
    with pytest.raises(UsageError) as unknown:
        import_cases(ready, "x", format="atlass")
    assert (missing.value.code, unknown.value.next) == ("file-missing", "errata import atlas FILE")


def test_the_published_schema_is_that_of_the_model() -> None:
    from importlib import resources

    text = resources.files("errata.nouns").joinpath("schemas/errata.case-import-1.json").read_text("utf-8")
    assert json.loads(text) == json.loads(json.dumps(schema())), "make docs"
    check = jsonschema.Draft202012Validator(json.loads(text))
    check.validate(LINE)
    assert [error.validator for error in check.iter_errors({**LINE, "severity": 1})] == ["additionalProperties"]
    assert {"id", "title", "labels", "links", "occurred"} <= set(model().model_fields)
    assert isinstance(read_entry(Entry(at=1, raw="", values={"schema": "errata.case-import/1", **LINE}), "a"), Told)


def test_gmf_incidents_are_imported_with_their_labels(ready: Store, sample_data: Path) -> None:
    file = str(sample_data / "incidents/gmf/gmf_incidents.json")
    found = import_cases(ready, file, format="gmf")
    assert (counts(found), found.labels, sum(found.unmapped.values()), found.links) == ((41, 0, 0, 0), 111, 44, 41)
    cases = list_records(ready, "case")
    assert {(case.case_kind, case.sensitivity, case.licence) for case in cases} == {
        ("incident", "confidential", "Apache-2.0")
    }
    assert max(len(line) for case in cases for line in case.observed.splitlines()) == 161
    drift = list_labels(ready, term="failure-mode:data/concept-drift")
    assert (drift[0].subject, drift[0].status, len(drift[0].spans)) == ("PET-2", "potential", 1)
    assert all(span.place(get_record(ready, one.subject).observed) for one in list_labels(ready) for span in one.spans)
    again = import_cases(ready, file, format="gmf")
    assert (counts(again), again.labels, again.links) == ((0, 0, 41, 0), 0, 0)
    assert doctor(ready).faults == ()


def test_atlas_studies_keep_what_they_are_and_as_much_of_their_date_as_was_known(
    ready: Store, sample_data: Path
) -> None:
    file = str(sample_data / "incidents/atlas/atlas_case_studies.json")
    found = import_cases(ready, file, format="atlas")
    assert (counts(found), found.labels, found.links) == ((48, 0, 0, 0), 52, 83)
    cases = list_records(ready, "case")
    kinds = [case.case_kind for case in cases]
    assert (kinds.count("exercise"), kinds.count("incident")) == (33, 15)
    lengths = [len(case.occurred) for case in cases]
    assert (lengths.count(4), lengths.count(7), lengths.count(10)) == (9, 13, 26)
    assert (cases[0].aliases, cases[0].occurred) == (("atlas:AML.CS0000",), "2020")
    assert cases[0].observed.startswith("1. Reconnaissance: Pre-Print Repositories (AML.T0000.001)\nWe identified")
    assert sum("[dot]" in case.observed + case.summary for case in cases) == 1
    modes = Counter(label.path.removeprefix("security/") for label in list_labels(ready))
    assert modes == {
        "evasion": 16, "prompt-injection": 14, "compromised-component": 14, "backdoor": 3,
        "poisoned-context": 2, "denial-of-service": 1, "information-leak/model-theft": 1, "jailbreak": 1,
    }  # fmt: skip
    assert counts(import_cases(ready, file, format="atlas")) == (0, 0, 48, 0)
    assert doctor(ready).faults == ()


AVID = {
    "data_type": "AVID",
    "data_version": "0.2",
    "metadata": {"report_id": "AVID-2031-R0001"},
    "affects": {
        "developer": ["Leaflet Lab"],
        "deployer": [],
        "artifacts": [{"type": "Model", "name": "leaflet-qa"}, {"type": "Dataset", "name": "leaflets"}],
    },
    "problemtype": {
        "classof": "LLM Evaluation",
        "type": "Measurement",
        "description": {"lang": "eng", "value": "Answers follow a year that has passed"},
    },
    "metrics": [{"name": "accuracy", "value": 0.61}],
    "references": [
        {"type": "source", "label": "Notebook", "url": "https://example.org/notebook"},
        {"label": "A talk", "url": ""},
    ],
    "description": {"lang": "eng", "value": "Doses of last year's leaflets are given."},
    "impact": {
        "avid": {
            "vuln_id": "AVID-2031-V001",
            "risk_domain": ["Performance"],
            "sep_view": ["P0102: Concept drift", "P0204: Accuracy"],
            "lifecycle_view": ["L06: Deployment"],
            "taxonomy_version": "0.2",
        }
    },
    "credit": [{"lang": "eng", "value": "A. Reader"}],
    "reported_date": "2031-02-03",
}


def test_avid_reports_of_both_shapes_are_read_and_bad_ones_refused(ready: Store, tmp_path: Path) -> None:
    older = json.loads(json.dumps(AVID))
    older["metadata"] = {"vuln_id": "AVID-2031-V001"}
    older["affects"]["artifact"] = older["affects"].pop("artifacts")
    older["problemtype"]["class"] = older["problemtype"].pop("classof")
    older["impact"]["avid"]["sep_view"] = [{"id": "P0102", "name": "Concept Drift"}]
    bad = {**AVID, "metadata": {}, "affects": {"artifacts": [{"type": "Robot", "name": "r"}]}}
    (tmp_path / "reports.json").write_text(json.dumps([AVID, older, bad, 7]))
    found = import_cases(ready, str(tmp_path / "reports.json"), format="avid", quarantine=True)
    assert (counts(found), found.labels, found.unmapped) == ((2, 0, 0, 2), 2, {"avid:P0204": 1})
    assert [one.at for one in found.refused] == [3, 4]
    assert "metadata: neither report_id nor vuln_id is given" in found.refused[0].faults
    assert found.refused[0].faults[1].startswith("affects.artifacts.0.type:")
    case = get_record(ready, "PET-2", "case")
    assert (case.title, case.case_kind) == ("Answers follow a year that has passed", "evaluation")
    assert (case.models, case.datasets, case.occurred) == (("leaflet-qa",), ("leaflets",), None)
    assert case.timeline[0].at == "2031-02-03"
    assert [(link.predicate, link.object) for link in links_of(ready, "PET-2")] == [
        ("hadPrimarySource", "https://example.org/notebook"),
        ("specializationOf", "document:AVID-2031-V001"),
        ("wasInformedBy", "document:A talk"),
    ]


OSV = {
    "schema_version": "1.7.0",
    "id": "TEST-2031-1",
    "modified": "2031-03-04T05:06:07Z",
    "published": "2031-03-01T00:00:00Z",
    "aliases": ["CVE-2031-0001"],
    "summary": "A model file runs code when it is loaded",
    "details": "Weights are unpickled without a check.",
    "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H"}],
    "affected": [
        {
            "package": {"ecosystem": "PyPI", "name": "weights"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.2"}]}],
            "versions": ["1.0", "1.1"],
        }
    ],
    "references": [
        {"type": "FIX", "url": "https://example.org/fix"},
        {"type": "WEB", "url": "https://example.org/post"},
    ],
}


def test_osv_entries_are_read_from_a_folder_or_from_lines(ready: Store, tmp_path: Path) -> None:
    folder = tmp_path / "osv"
    folder.mkdir()
    (folder / "a.json").write_text(json.dumps(OSV))
    (folder / "b.json").write_text(json.dumps({**OSV, "id": "TEST-2031-2"}))
    found = import_cases(ready, str(folder), format="osv")
    assert (counts(found), found.links) == ((2, 0, 0, 0), 4)
    case = get_record(ready, "PET-2", "case")
    assert (case.aliases, case.systems) == (("osv:TEST-2031-1", "CVE-2031-0001"), ("PyPI/weights",))
    assert "PyPI/weights: ECOSYSTEM: introduced 0, fixed 1.2" in case.observed.splitlines()
    assert [link.predicate for link in links_of(ready, "PET-2")] == ["wasInformedBy", "wasInvalidatedBy"]
    lines = tmp_path / "osv.jsonl"
    lines.write_text("".join(json.dumps(one) + "\n" for one in (OSV, {"id": "TEST-2031-3"})))
    with pytest.raises(ErrataError) as caught:
        import_cases(ready, str(lines), format="osv")
    assert caught.value.details == ["entry 2 (TEST-2031-3): modified: it is not given"]
