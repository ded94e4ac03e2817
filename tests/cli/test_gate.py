from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.cli.typed import errata

CHECKS = """\
version: 1
checks:
  - name: everything
    criterion: <= baseline + 0.01
  - name: cats
    slice: truth = 'cat'
    metric: accuracy
    criterion: ">= 0.9"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = 2000
    for name, every in (("good", 50), ("bad", 4)):
        truth = ["cat" if i % 2 else "dog" for i in range(rows)]
        said = ["owl" if i % every == 1 else truth[i] for i in range(rows)]
        ids = [f"s{i}" for i in range(rows)]
        pq.write_table(pa.table({"id": ids, "truth": truth, "prediction": said}), tmp_path / f"{name}.parquet")
    (tmp_path / "errata.yaml").write_text(CHECKS)
    return tmp_path


def test_a_version_that_holds_passes_with_exit_code_0(folder: Path) -> None:
    done = errata(folder, "gate", "good.parquet", "--baseline", "good.parquet", "--checks", "errata.yaml")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("✓ pass · 2 checks pass · good.parquet against good.parquet\n")


def test_a_version_that_does_not_fails_with_exit_code_1(folder: Path) -> None:
    done = errata(folder, "gate", "bad.parquet", "--baseline", "good.parquet")
    assert done.returncode == 1
    assert done.stdout.startswith("● fail · 2 of 3 checks fail · bad.parquet against good.parquet\n")
    assert done.stderr == ""


def test_too_little_data_is_inconclusive_with_exit_code_3(folder: Path) -> None:
    small = pq.read_table(folder / "good.parquet").slice(0, 40)
    pq.write_table(small, folder / "small.parquet")
    done = errata(folder, "gate", "small.parquet", "--baseline", "small.parquet", "--json")
    assert done.returncode == 3
    result = json.loads(done.stdout)
    assert (result["schema"], result["verdict"]) == ("errata.gate/1", "inconclusive")
    assert result["checks"][0]["more_needed"] == 228


def test_verdicts_are_written_for_ci(folder: Path) -> None:
    options = ["--junit", "gate.xml", "--markdown", "gate.md", "--checks", "errata.yaml"]
    done = errata(folder, "gate", "bad.parquet", "--baseline", "good.parquet", *options)
    assert done.returncode == 1
    assert ElementTree.parse(folder / "gate.xml").getroot().get("failures") == "2"
    assert (folder / "gate.md").read_text().startswith("### ● errata gate: fail")
    assert sorted(path.name for path in folder.iterdir()) == [
        "bad.parquet", "errata.yaml", "gate.md", "gate.xml", "good.parquet",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["gate", "good.parquet"], "no-checks"),
        (["gate", "good.parquet", "--checks", "none.yaml"], "file-missing"),
        (["gate", "good.parquet", "--checks", "empty.yaml"], "no-checks"),
        (["gate", "good.parquet", "--checks", "latin.yaml"], "invalid-utf8"),
        (["gate", "good.parquet", "--checks", "errata.yaml"], "no-baseline"),
        (["gate", "good.parquet", "--baseline", "run:3"], "file-against-run"),
        (["gate", "run:3", "--checks", "errata.yaml"], "run-with-checks-file"),
        (["gate", "-", "--baseline", "-"], "two-standard-inputs"),
        (["gate", "good.parquet", "--baseline", "good.parquet", "--margin", "7"], "bad-option"),
        (["gate", "good.parquet", "--baseline", "good.parquet", "--truth", "trut"], "no-such-column"),
        (["gate", "good.parquet", "--baseline", "good.parquet", "--junit", "no/gate.xml"], "cannot-write"),
    ],
)
def test_what_cannot_be_judged_is_an_error_with_exit_code_2(folder: Path, words: list[str], code: str) -> None:
    (folder / "empty.yaml").write_text("version: 1\nchecks: []\n")
    (folder / "latin.yaml").write_bytes(b"version: 1\nchecks: [\xe4]\n")
    done = errata(folder, *words, "--json")
    assert (done.returncode, done.stdout) == (2, "")
    assert json.loads(done.stderr)["code"] == code


def test_a_gate_on_files_wakes_nothing_that_it_does_not_need(folder: Path) -> None:
    program = (
        "import sys; from errata.cli import root\n"
        "try: root.main(['gate', 'good.parquet', '--baseline', 'good.parquet', '--json'])\n"
        "except SystemExit as stop: assert stop.code == 0, stop.code\n"
        "heavy = {'sqlalchemy', 'pydantic', 'scipy.stats', 'numba', 'altair'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
