from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq


def _file(place: Path, seed: int, shift: float = 0.0) -> Path:
    rng = np.random.default_rng(seed)
    pq.write_table(
        pa.table({"x": rng.normal(shift, 1, 3000), "y": rng.normal(size=3000), "word": rng.choice(list("abc"), 3000)}),
        place,
    )
    return place


def _errata(*words: object, stdin: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    argv = [sys.executable, "-m", "errata.cli", *map(str, words)]
    return subprocess.run(argv, capture_output=True, input=stdin, check=False)


def test_alarms_exit_zero_and_are_named(tmp_path: Path) -> None:
    a, b = _file(tmp_path / "a.parquet", 1), _file(tmp_path / "b.parquet", 2, 0.4)
    done = _errata("drift", a, b)
    assert done.returncode == 0, done.stderr.decode()
    text = done.stdout.decode()
    assert text.startswith("● 1 of 3 columns drifted ·")
    assert re.search(r"● x +factor  KS 0\.\d+ +noise 0\.\d+ +↑ 0\.\d+ SD\n", text)


def test_json_is_the_schema_and_nothing_else(tmp_path: Path) -> None:
    a, b = _file(tmp_path / "a.parquet", 1), _file(tmp_path / "b.parquet", 2)
    found = json.loads(_errata("drift", a, b, "--json", "--min-effect", "0.01").stdout)
    assert found["schema"] == "errata.drift/1"
    assert found["min_effect"] == 0.01
    assert [column["alarm"] for column in found["columns"]] == [False] * 3


def test_one_side_may_come_through_a_pipe(tmp_path: Path) -> None:
    a = _file(tmp_path / "a.parquet", 1)
    found = json.loads(_errata("drift", a, "-", "--json", stdin=a.read_bytes()).stdout)
    assert found["b"] == {"source": "-", "rows": 3000}
    both = _errata("drift", "-", "-", "--json", stdin=a.read_bytes())
    assert both.returncode == 2
    assert json.loads(both.stderr)["code"] == "two-standard-inputs"


def test_a_bad_input_is_refused_with_its_reason(tmp_path: Path) -> None:
    a = _file(tmp_path / "a.parquet", 1)
    for words, code in (
        (("drift", a, tmp_path / "none.parquet"), "file-missing"),
        (("drift", a, a, "--truth", "nothing"), "no-such-column"),
        (("drift", a, a, "--min-effect", "7"), "bad-option"),
        (("drift", "run:1", a, "--catalog", tmp_path), "no-catalog"),
    ):
        done = _errata(*words, "--json")
        assert (done.returncode, json.loads(done.stderr)["code"]) == (2, code)


def test_files_drift_without_waking_the_catalog(tmp_path: Path) -> None:
    a = _file(tmp_path / "a.parquet", 1)
    program = (
        "import sys; from errata.cli import root\n"
        f"try: root.main(['drift', {str(a)!r}, {str(a)!r}, '--json'])\n"
        "except SystemExit: pass\n"
        "heavy = [m for m in ('sqlalchemy', 'scipy.stats', 'pydantic', 'numba') if m in sys.modules]\n"
        "print(heavy, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stderr.decode().splitlines()[-1] == "[]"
