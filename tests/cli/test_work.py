"""Jobs at the command line, and workers that are told to stop."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from errata.client.catalog import init_catalog, open_catalog
from tests.catalogs import predictions
from tests.cli.typed import errata, refused, said, told


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with init_catalog(tmp_path, project="pets") as catalog:
        catalog.runs.log(predictions(300), model="pets@1", dataset="field@1")
    return tmp_path


def started(folder: Path, *words: str) -> subprocess.Popen[str]:
    line = [sys.executable, "-m", "errata.cli", *words]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ERRATA_")}
    return subprocess.Popen(line, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=kept)


def test_a_job_is_asked_for_done_and_shown(folder: Path) -> None:
    assert said(folder, "job", "list") == "No job.\nerrata job submit analyze run:N\n"
    assert said(folder, "work", "--once") == "No job waits.\nerrata job submit analyze run:N\n"
    asked = said(folder, "job", "submit", "analyze", "run:1", "depth=2")
    assert asked == "job:1  analyze run:1 depth=2 · queued\nerrata work --once\n"
    again = said(folder, "job", "submit", "analyze", "run:1", "depth=2")
    assert again == "job:1  analyze run:1 depth=2 · queued, asked for already\nerrata job show job:1\n"
    first, second = said(folder, "work", "--once").splitlines()
    assert first == "· job:1  analyze run:1 depth=2 · running"
    assert second.startswith("✓ job:1  analyze run:1 depth=2 · done in ")
    assert second.endswith(" · run:1: 1 finding")
    shown = said(folder, "job", "show", "job:1")
    assert "  result  run:1: 1 finding\n" in shown
    assert shown.endswith("errata analyze run:1\n")
    assert "job:1  ✓ done   ada" in said(folder, "job", "list")
    assert [job["job"] for job in told(folder, "job", "list", "--state", "done")["jobs"]] == ["job:1"]


def test_what_cannot_be_done_is_said_and_the_worker_ends_well(folder: Path) -> None:
    said(folder, "job", "submit", "analyze", "run:1", "factors=colour,camera")
    lines = [json.loads(line) for line in said(folder, "work", "--once", "--json").splitlines()]
    assert [(one["job"], one["state"], one["error"]["code"]) for one in lines] == [
        ("job:1", "failed", "no-such-column")
    ]
    shown = said(folder, "job", "show", "job:1")
    assert "run:1 has no column 'colour', given as factors (no-such-column)" in shown
    assert shown.endswith("errata job submit analyze run:1 factors=colour,camera\n")


def test_a_worker_does_the_jobs_of_every_project_unless_one_is_named(folder: Path) -> None:
    said(folder, "init", ".", "--project", "birds")
    for project in ("pets", "birds"):
        said(folder, "job", "submit", "reindex", "--project", project)
    done = said(folder, "work", "--once", "--project", "birds").splitlines()[-1]
    assert done.startswith("✓ job:1  reindex · done")
    every = said(folder, "work", "--once").splitlines()
    assert [line[:22] for line in every] == ["pets  · job:1  reindex", "pets  ✓ job:1  reindex"]
    assert said(folder, "job", "prune", "--project", "pets") == "Removed: 0 jobs, 0 requests, 0 uploads.\n"
    assert said(folder, "job", "prune", "--days", "0", "--project", "pets").startswith("Removed: 1 job, ")


def test_what_is_wrong_with_an_order_is_said(folder: Path) -> None:
    for code, *words in (
        ("no-such-job-kind", "submit", "analyse", "run:1"),
        ("bad-field", "submit", "analyze", "1"),
        ("bad-arguments", "submit", "analyze", "run:1", "dept=2"),
        ("bad-arguments", "submit", "gate", "run:1", "run:2"),
        ("no-such-run", "submit", "analyze", "run:7"),
        ("no-such-job", "show", "job:7"),
        ("bad-reference", "cancel", "7"),
    ):
        assert refused(folder, "job", *words)["code"] == code


def test_a_job_is_cancelled_and_asked_for_again(folder: Path) -> None:
    said(folder, "job", "submit", "doctor")
    assert said(folder, "job", "cancel", "job:1") == "job:1  doctor · cancelled\nerrata job submit doctor\n"
    assert refused(folder, "job", "cancel", "job:1")["code"] == "job-ended"
    assert said(folder, "job", "submit", "doctor").startswith("job:2")


def test_who_waits_hears_how_it_ended(folder: Path) -> None:
    worker = started(folder, "work")
    try:
        assert "· done in" in said(folder, "job", "submit", "reindex", "--wait")
        failed = errata(folder, "job", "submit", "analyze", "run:1", "factors=colour", "--wait")
        assert (failed.returncode, failed.stdout[0]) == (2, "●")
    finally:
        worker.send_signal(signal.SIGINT)
        _, complaint = worker.communicate(timeout=30)
    assert (worker.returncode, complaint) == (0, "Working for pets.    Ctrl-C ends it.\n")


@pytest.mark.parametrize("command", [("work",), ("serve", "--port", "0")])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_it_gives_its_job_back(tmp_path: Path, command: tuple[str, ...], number: int) -> None:
    if command[0] == "serve":
        pytest.importorskip("fastapi", reason="the extra serve is not installed")
    pq.write_table(predictions(120_000), tmp_path / "many.parquet")
    with init_catalog(tmp_path, project="pets") as catalog:
        catalog.runs.log(tmp_path / "many.parquet", model="pets@1", dataset="field@1")
        # More than can be done before it is stopped.
        for seed in range(40):
            catalog.jobs.submit("analyze", runs=1, seed=seed, depth=4)
        process = started(tmp_path, *command)
        until = time.monotonic() + 60
        while not catalog.jobs.list("running") and time.monotonic() < until:
            time.sleep(0.02)
        assert catalog.jobs.list("running")
        process.send_signal(number)
        _, complaint = process.communicate(timeout=30)
    assert "Traceback" not in complaint
    assert process.returncode == (130 if command[0] == "serve" and number == signal.SIGINT else 0)
    with open_catalog(tmp_path / ".errata") as catalog:
        assert catalog.jobs.list("running") == []
        waiting = catalog.jobs.list("queued")
        assert len(waiting) + len(catalog.jobs.list("done")) == 40
        assert {job.attempts for job in waiting} == {0}


def test_pages_without_work_leave_the_jobs_to_others(folder: Path) -> None:
    pytest.importorskip("fastapi", reason="the extra serve is not installed")
    with open_catalog(folder / ".errata") as catalog:
        catalog.jobs.submit("doctor")
        process = started(folder, "serve", "--port", "0", "--no-work")
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("http://")
            time.sleep(1.5)
            assert catalog.jobs.get(1).state == "queued"
        finally:
            process.terminate()
            process.communicate(timeout=30)
