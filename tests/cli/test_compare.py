from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.cli.typed import errata


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two versions on 2,000 samples: v1 fails on every tenth, v2 on every tenth and, at night, on every third."""
    rows = range(2000)
    truth = ["cat" if row % 2 else "dog" for row in rows]
    night = [row % 7 == 0 for row in rows]
    for name, broken in (("v1", False), ("v2", True)):
        failed = [row % 10 == 0 or (broken and night[row] and row % 3 == 0) for row in rows]
        said = ["owl" if wrong else right for wrong, right in zip(failed, truth, strict=True)]
        source = ["night" if dark else "day" for dark in night]
        columns = {"id": [f"s{row}" for row in rows], "truth": truth, "prediction": said, "source": source}
        pq.write_table(pa.table(columns), tmp_path / f"{name}.parquet")
    return tmp_path


def test_two_files_in_a_verdict_and_what_newly_fails_out(folder: Path) -> None:
    done = errata(folder, "compare", "v1.parquet", "v2.parquet")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(
        "● worse · v2.parquet (B) against v1.parquet (A)\n"
        "  error rate 10.0 % → 14.3 % · +4.3 pp [+3.5, +5.3] · p < 0.0005 · 2,000 pairs\n"
    )
    assert "source = 'night'" in done.stdout
    assert done.stdout.endswith("errata gate v2.parquet --baseline v1.parquet\n")


def test_one_object_of_the_published_schema(folder: Path) -> None:
    found = json.loads(errata(folder, "compare", "v2.parquet", "v1.parquet", "--json").stdout)
    assert (found["schema"], found["paired"], found["verdict"]) == ("errata.compare/1", True, "better")
    assert (found["newly_failing"], found["newly_passing"], found["both_fail"], found["both_pass"]) == (
        0,
        86,
        200,
        1714,
    )
    assert found["difference"]["value"] == -0.043
    assert found["samples"]["newly_passing"][:2] == ["s21", "s42"]
    assert [one["slice"] for one in found["slices"]] == ["source = 'night'"]


def test_runs_of_a_catalog_are_compared_and_a_file_with_a_run(folder: Path) -> None:
    errata(folder, "init", "--project", "pets")
    for version in (1, 2):
        errata(folder, "log", f"v{version}.parquet", "--model", f"pets@{version}", "--dataset", "field@1")
    runs = errata(folder, "compare", "run:1", "run:2")
    assert (runs.returncode, runs.stderr) == (0, "")
    assert runs.stdout.startswith("● worse · run:2 (B) against run:1 (A)\n")
    assert runs.stdout.endswith("errata gate run:2 --baseline run:1\n")
    mixed = json.loads(errata(folder, "compare", "v1.parquet", "run:2", "--json").stdout)
    assert (mixed["a"]["source"], mixed["b"]["source"], mixed["newly_failing"]) == ("v1.parquet", "run:2", 86)
    missing = errata(folder, "compare", "run:1", "run:7")
    assert (missing.returncode, missing.stdout) == (2, "")
    assert "error[no-such-run]" in missing.stderr


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["v1.parquet", "none.parquet"], "file-missing"),
        (["v1.parquet", "relabelled.parquet"], "other-truth"),
        (["-", "-"], "two-standard-inputs"),
        (["v1.parquet", "v2.parquet", "--pair-by", "base"], "no-such-column"),
        (["v1.parquet", "v2.parquet", "--pair-by", "source", "--depth", "9"], "bad-option"),
        (["v1.parquet", "v2.parquet", "--metric", "loss"], "no-loss"),
        (["run:1", "run:2"], "no-catalog"),
    ],
)
def test_what_cannot_be_compared_is_an_error_with_exit_code_2(folder: Path, words: list[str], code: str) -> None:
    table = pq.read_table(folder / "v2.parquet")
    pq.write_table(table.set_column(1, "truth", pa.array(["owl"] * 2000)), folder / "relabelled.parquet")
    done = errata(folder, "compare", *words, "--json")
    assert (done.returncode, done.stdout) == (2, "")
    assert json.loads(done.stderr)["code"] == code


def test_a_comparison_of_files_wakes_nothing_that_it_does_not_need(folder: Path) -> None:
    program = (
        "import sys; from errata.cli import root\n"
        "try: root.main(['compare', 'v1.parquet', 'v2.parquet', '--json'])\n"
        "except SystemExit as stop: assert stop.code == 0, stop.code\n"
        "heavy = {'sqlalchemy', 'pydantic', 'scipy.stats', 'numba', 'altair'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
