"""``errata analyze FILE``: what it prints, what it writes, and what it does not load."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pyarrow.csv
import pyarrow.parquet
import pytest
from click.testing import CliRunner

import errata
from errata.cli import root
from errata.client import catalog as client
from tests.catalogs import NIGHT, predictions
from tests.schemas import agrees

HEAVY = (
    "sqlalchemy",
    "alembic",
    "scipy",
    "pydantic",
    "numba",
    "duckdb",
    "altair",
    "fastapi",
    "sqlglot",
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "preds.csv"
    pyarrow.csv.write_csv(predictions(2_000), path)
    return path


def run(*words: str | Path) -> str:
    result = CliRunner().invoke(root, [str(word) for word in ("analyze", *words)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_it_loads_nothing_that_it_does_not_need(file: Path) -> None:
    script = (
        "import sys; sys.argv = ['errata', 'analyze', sys.argv[1]]\n"
        "from errata.cli.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        f"print('LOADED', sorted(set({HEAVY!r}) & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script, str(file)], capture_output=True, text=True, check=True)
    assert NIGHT in done.stdout
    assert done.stdout.splitlines()[-1] == "LOADED []"


def test_the_answer_stands_first(file: Path) -> None:
    lines = run(file).splitlines()
    assert lines[0].startswith("2,000 rows, classification · ")
    assert lines[1] == "read as truth=truth prediction=prediction id=id"
    assert any(NIGHT in line for line in lines)
    assert lines[-1].startswith("Keep it: errata log") or "Keep it: errata log" in lines[-1]


def test_json_is_of_the_published_schema(file: Path) -> None:
    printed = json.loads(run(file, "--json"))
    agrees("errata.report-1", printed)
    assert printed["schema"] == "errata.report/1"
    assert printed["findings"][0]["slice"] == NIGHT


def test_html_is_one_file(file: Path, tmp_path: Path) -> None:
    run(file, "--html", tmp_path / "out.html")
    page = (tmp_path / "out.html").read_text()
    assert page.lower().startswith("<!doctype html>")
    assert "night" in page


def test_parquet_csv_and_standard_input_agree(file: Path, tmp_path: Path) -> None:
    pyarrow.parquet.write_table(predictions(2_000), tmp_path / "preds.parquet")
    of_csv, of_parquet = (json.loads(run(path, "--json")) for path in (file, tmp_path / "preds.parquet"))
    assert of_csv["findings"] == of_parquet["findings"]
    piped = CliRunner().invoke(root, ["analyze", "-", "--json"], input=file.read_bytes(), catch_exceptions=False)
    assert json.loads(piped.stdout)["findings"] == of_csv["findings"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--truth", "trooth"], "no-such-column"),
        (["--metric", "fpr"], "no-positive"),
        (["--metric", "loss"], "no-loss"),
        (["--depth", "9"], "bad-option"),
        (["--min-support", "2"], "bad-option"),
        (["--failed", "contrast >"], "bad-expression"),
        (["--factors", "sauce"], "no-such-column"),
        (["--score", "contrast", "--id", "camera"], "repeated-id"),
    ],
)
def test_a_mistake_is_exit_2_with_its_code_and_what_to_type(file: Path, words: list[str], code: str) -> None:
    result = CliRunner().invoke(root, ["analyze", str(file), *words])
    assert result.exit_code == 2
    assert f"error[{code}]" in result.stderr
    assert "next:" in result.stderr or "expected:" in result.stderr
    assert result.stdout == ""


def test_every_catalog_it_opens_is_closed(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with errata.init(tmp_path / "kept", project="pets") as catalog:
        catalog.runs.log(file, model="m@1", dataset="d@1")
    opened: list[client.Catalog] = []
    closed: list[client.Catalog] = []
    make, close = client.open_catalog, client.Catalog.close
    monkeypatch.setattr(client, "open_catalog", lambda *of, **given: opened.append(make(*of, **given)) or opened[-1])
    monkeypatch.setattr(client.Catalog, "close", lambda self: (closed.append(self), close(self)))
    monkeypatch.setenv("ERRATA_CATALOG", str(catalog.path))
    monkeypatch.chdir(tmp_path)
    for what in (str(file), "run:1"):
        result = CliRunner().invoke(root, ["analyze", what, "--only", "adequacy", "--traffic", "run:1"])
        assert result.exit_code == 0 and "weighed by run:1" in result.stdout, result.output
    assert len(opened) == 2 and closed == opened
