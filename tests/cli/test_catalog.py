"""The catalog at the command line, as a person types it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from errata.store.making import init_store
from tests.catalogs import NIGHT, predictions
from tests.cli.typed import errata, refused, said, told


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project pets with three files: v1 fails by night, v2 hardly, on the same samples and on fresh ones."""
    home = tmp_path / "pets"
    home.mkdir()
    pq.write_table(predictions(3000), home / "v1.parquet")
    pq.write_table(predictions(3000, night=0.03, seed=1), home / "v2.parquet")
    pacsv.write_csv(predictions(3000, night=0.03, first=3000, dataset=1), home / "fresh.csv")
    pq.write_table(predictions(3000, first=6000, dataset=2), home / "v3.parquet")
    init_store(home)[0].close()
    return home


def test_init_says_where_and_what_next(tmp_path: Path) -> None:
    lines = said(tmp_path, "init", "--project", "dogs").splitlines()
    assert lines == [
        f"{tmp_path / '.errata'}  project dogs, records DOG-1, DOG-2, …",
        "errata log FILE --model NAME@V --dataset NAME@V",
    ]


def test_the_path_from_predictions_to_a_guarded_fix(folder: Path) -> None:
    out = said(folder, "log", "v1.parquet", "--model", "pets@1", "--dataset", "field@1", "--param", "lr=0.1")
    assert out.startswith("run:1  pets@1 on field@1 · 3,000 rows, classification · ")
    assert out.endswith("errata analyze run:1\n")
    assert f"{NIGHT}" in said(folder, "analyze", "run:1")
    out = said(folder, "case", "open", "finding:1", "--title", "Fails by night", "--why", "walks are by night")
    assert out.startswith("PET-1  Fails by night · draft\n  where     source = 'night'\n")
    assert "known (PET-1)" in said(folder, "analyze", "run:1")
    assert "error <= 0.15" in said(folder, "check", "add", "PET-1", "--criterion", "<= 0.15")
    out = said(folder, "plan", "open", "--case", "PET-1", "--title", "Nights", "--do", "collect night walks")
    assert "fewer errors [" in out
    assert "at most, on run:1" in out
    said(folder, "log", "v2.parquet", "--model", "pets@2", "--dataset", "field@1")
    said(folder, "log", "fresh.csv", "--model", "pets@2", "--dataset", "field@2")
    out = said(folder, "plan", "measure", "PET-3", "--before", "run:1", "--after", "run:2")
    assert "run:1 to run:2, paired; 0 samples left out" in out
    out = said(folder, "gate", "run:3")
    assert out.startswith("✓ pass · 1 check passes")
    assert out.endswith("errata case close PET-1 --by run:3\n")
    assert "PET-1  Fails by night · closed by run:3, gate:2" in said(folder, "case", "close", "PET-1", "--by", "run:3")
    said(folder, "log", "v3.parquet", "--model", "pets@3", "--dataset", "field@3")
    done = errata(folder, "gate", "run:4")
    assert done.returncode == 1
    assert "PET-1 came back" in done.stdout
    assert done.stdout.endswith("errata case show PET-1\n")
    history = said(folder, "case", "history", "PET-1").splitlines()
    states = [line.split("  ")[4].split(" ")[0] for line in history if line.strip()[0].isdigit()]
    assert states == ["draft", "planned", "remediated", "closed", "reopened"]
    assert "came back  on run:4, gate:3" in said(folder, "case", "show", "PET-1")
    assert said(folder, "doctor").startswith("✓ sound · ")


@pytest.mark.slow
def test_every_command_has_json(folder: Path) -> None:
    run = told(folder, "log", "v1.parquet", "--model", "pets@1", "--dataset", "field@1", "--seed", "3")
    assert (run["schema"], run["run"], run["rows"], run["seed"], run["known"]) == (
        "errata.run/1",
        "run:1",
        3000,
        3,
        False,
    )
    assert told(folder, "log", "v1.parquet", "--model", "pets@1", "--dataset", "field@1", "--seed", "3")["known"]
    assert told(folder, "analyze", "run:1")["findings"][0]["status"] == "new"
    assert told(folder, "finding", "list")["findings"][0]["id"] == "finding:1"
    assert len(told(folder, "finding", "show", "finding:1", "--samples", "4")["samples"]) == 4
    assert told(folder, "case", "open", "finding:1", "--title", "Night")["key"] == "PET-1"
    assert told(folder, "check", "add", "PET-1", "--criterion", "<= 0.2")["criterion"] == "<= 0.2"
    assert told(folder, "plan", "open", "--case", "PET-1", "--title", "x", "--do", "y")["predicted"]["ceiling"]
    assert told(folder, "case", "edit", "PET-1", "--why", "it does", "--reason", "said")["revision"] == 3
    shown = told(folder, "case", "show", "PET-1", "--evidence")
    assert (shown["why"], shown["checks"][0]["key"], shown["plans"]) == ("it does", "PET-2", ["PET-3"])
    assert len(shown["evidence"]["samples"]) == shown["samples"]
    assert [one["revision"] for one in told(folder, "case", "history", "PET-1")["revisions"]] == [1, 2, 3]
    for noun, key in (("case", "PET-1"), ("check", "PET-2"), ("plan", "PET-3")):
        assert [one["key"] for one in told(folder, noun, "list")[f"{noun}s"]] == [key]
        assert told(folder, noun, "show", key)["key"] == key
        assert told(folder, noun, "history", key)["key"] == key
    assert told(folder, "run", "list", "--model", "pets")["runs"][0]["run"] == "run:1"
    assert told(folder, "run", "list", "--model", "birds")["runs"] == []
    assert told(folder, "run", "show", "run:1")["environment"]["python"]
    assert told(folder, "check", "export")["checks"] == 1
    assert told(folder, "check", "edit", "PET-2", "--criterion", "<= 0.3")["criterion"] == "<= 0.3"
    assert told(folder, "check", "retire", "PET-2")["state"] == "retired"
    assert told(folder, "doctor")["sound"]
    assert told(folder, "init")["made"] is False


def test_an_exported_check_guards_without_a_catalog(folder: Path, tmp_path: Path) -> None:
    said(folder, "log", "v1.parquet", "--model", "pets@1", "--dataset", "field@1")
    said(folder, "check", "add", "--slice", NIGHT, "--criterion", "<= 0.1", "--name", "night")
    said(folder, "check", "export", "--out", "errata.yaml")
    (tmp_path / "elsewhere").mkdir()
    words = ("gate", str(folder / "v1.parquet"), "--checks", str(folder / "errata.yaml"))
    assert errata(tmp_path / "elsewhere", *words).returncode == 1


def test_lists_say_what_to_type_when_they_are_empty(folder: Path) -> None:
    for noun, command in (("run", "errata log "), ("finding", "errata analyze "), ("case", "errata case open "),
                          ("check", "errata check add "), ("plan", "errata plan open ")):  # fmt: skip
        lines = said(folder, noun, "list").splitlines()
        assert lines[0].startswith("No ")
        assert lines[-1].startswith(command)


def test_a_failed_run_is_logged_without_a_file(folder: Path) -> None:
    out = said(folder, "log", "--model", "pets@9", "--state", "failed", "--error", "out of memory")
    assert out == "run:1  pets@9 · failed\nerrata run show run:1\n"
    assert "out of memory" in said(folder, "run", "show", "run:1")


def test_the_samples_of_a_plan_are_read_from_a_file(folder: Path) -> None:
    said(folder, "log", "v1.parquet", "--model", "pets@1", "--dataset", "field@1")
    said(folder, "case", "open", "--slice", NIGHT, "--run", "run:1", "--title", "Night")
    (folder / "used.txt").write_text("s00001\ns00002\n\n")
    (folder / "used.csv").write_text("id,group\ns00003,7\n")
    plan = ("plan", "open", "--case", "PET-1", "--title", "x", "--do", "y", "--samples")
    assert told(folder, *plan, "used.txt")["uses"] == 2
    assert told(folder, *plan, "used.csv")["uses"] == 1
    (folder / "empty.txt").write_text("\n")
    assert refused(folder, *plan, "empty.txt")["code"] == "empty-file"
    assert refused(folder, *plan, "nowhere.txt")["code"] == "file-unusable"
    (folder / "other.csv").write_text("name\nx\n")
    assert refused(folder, *plan, "other.csv")["code"] == "no-samples"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("log", "nowhere.csv", "--model", "pets@1", "--dataset", "field@1"), "file-missing"),
        (("log", "v1.parquet", "--model", "pets", "--dataset", "field@1"), "no-version"),
        (("log", "v1.parquet", "--model", "pets@1"), "no-dataset"),
        (("log", "--model", "pets@1"), "no-file"),
        (("log", "v1.parquet", "--model", "pets@1", "--dataset", "field@1", "--param", "lr"), "bad-pair"),
        (("log", "--model", "pets@1", "--state", "failed", "--param", "a=1", "--param", "a=2"), "bad-pair"),
        (("log", "v1.parquet", "--model", "pets@1", "--dataset", "field@1", "--truth", "thruth"), "no-such-column"),
        (("analyze", "run:1"), "no-such-run"),
        (("run", "show", "run:1"), "no-such-run"),
        (("run", "show", "1"), "bad-reference"),
        (("finding", "show", "finding:1"), "no-such-finding"),
        (("case", "open", "finding:1", "--title", "x"), "no-such-finding"),
        (("case", "open", "--title", "x", "--run", "run:1"), "case-of-what"),
        (("case", "open"), "no-title"),
        (("case", "open", "--title", "x", "--set", "ownr=ada"), "not-editable"),
        (("case", "open", "--title", "x", "--set", "owner"), "bad-field"),
        (("case", "open", "--title", "x", "--template", "incidents"), "no-such-template"),
        (("case", "open", "--file", "nowhere.yaml"), "file-missing"),
        (("case", "rate", "PET-1", "harm"), "bad-level"),
        (("case", "submit", "PET-1"), "no-such-record"),
        (("rubric", "show", "nope"), "no-such-rubric"),
        (("case", "show", "PET-1"), "no-such-record"),
        (("case", "list", "--state", "gone"), "no-such-state"),
        (("case", "edit", "PET-1"), "no-change"),
        (("case", "close", "PET-1", "--by", "run:1"), "no-such-record"),
        (("check", "add"), "check-of-what"),
        (("check", "export"), "no-checks"),
        (("plan", "open", "--case", "PET-1", "--title", "x", "--do", "y"), "no-such-record"),
        (("gate", "run:1"), "no-checks"),
        (("gate", "run:1", "--group", "user"), "run-with-roles"),
        (("log", "--model", "pets@1", "--state", "failed", "--error", b"caf\xe9"), "not-unicode"),
        (("run", "list", "--project", "cats"), "no-such-project"),
        (("run", "list", "--catalog", "elsewhere"), "no-catalog"),
        (("init", "--key", "pet"), "no-project"),
    ],
)  # fmt: skip
def test_a_mistake_is_answered_with_a_code_and_changes_nothing(folder: Path, words: tuple[str, ...], code: str) -> None:
    assert refused(folder, *words)["code"] == code


def test_a_catalog_that_is_being_written_says_by_whom(folder: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from errata.store.catalog import open_store\n"
        "with open_store(Path(sys.argv[1]), actor='grace').write('log'): print(flush=True); time.sleep(60)"
    )
    line = [sys.executable, "-c", program, str(folder / ".errata")]
    with subprocess.Popen(line, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        words = ("log", "v1.parquet", "--model", "pets@1", "--dataset", "field@1")
        done = errata(folder, *words, ERRATA_LOCK_TIMEOUT="0.2")
        holder.kill()
    assert done.returncode == 2
    assert done.stderr.startswith(
        "error[catalog-locked]: the catalog is being written by grace, `errata log`, process "
    )
    assert said(folder, *words).startswith("run:1  ")


def test_a_case_suggests_a_check_that_finds_its_own_criterion(folder: Path) -> None:
    said(folder, "log", "v1.parquet", "--model", "pets@1", "--dataset", "field@1")
    said(folder, "analyze", "run:1")
    assert refused(folder, "case", "open", "finding:1", "--title", "")["details"] == ["title: it is empty"]
    assert said(folder, "case", "open", "finding:1", "--title", "Night").splitlines()[-1] == "errata check add PET-1"
    assert said(folder, "check", "add", "PET-1").startswith("PET-2  Night")
    assert said(folder, "check", "export", "--out", "errata.yaml").startswith("1 check written to errata.yaml")


def test_doctor_counts_one_thing_as_one(folder: Path) -> None:
    assert (
        said(folder, "doctor") == "✓ sound · 1 project, 1 event, 0 revisions, 0 labels, 0 comments, 0 parts, 0 blobs\n"
    )


def test_a_list_of_findings_says_which_are_not_about_the_error(folder: Path) -> None:
    said(folder, "log", "v1.parquet", "--model", "pets@1", "--dataset", "field@1")
    said(folder, "analyze", "run:1")
    assert "metric" not in said(folder, "finding", "list").splitlines()[0]
    said(folder, "analyze", "run:1", "--metric", "fnr", "--positive", "cat")
    lines = said(folder, "finding", "list").splitlines()
    assert lines[0].split()[:3] == ["finding", "run", "metric"]
    assert any("fnr of cat" in line for line in lines)


@pytest.mark.parametrize(
    ("words", "following"),
    [
        (("log", "--model", "pets@1", "--state", "failed", "--param", "lr"), "--param NAME=VALUE"),
        (("log", "--model", "p@1", "--state", "failed", "--param", "a=1", "--param", "a=2"), "--param a=VALUE"),
        (("case", "list", "--state", "reopend"), "errata case list --state reopened"),
        (("log", "v1.parqet", "--model", "pets@1"), "the same line with v1.parquet"),
        (("gate", "v2.parquet", "--baseline", "v1.parquet", "--margin", "3"), "--margin 0.01"),
    ],
)
def test_a_mistake_is_answered_with_what_to_type(folder: Path, words: tuple[str, ...], following: str) -> None:
    assert refused(folder, *words)["next"] == following
