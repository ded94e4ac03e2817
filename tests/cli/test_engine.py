"""``--engine spark`` from the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.engine.hostile import table


def _errata(*words: object, **environment: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "errata.cli", *map(str, words)]
    return subprocess.run(argv, capture_output=True, text=True, check=False, env={**os.environ, **environment})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    pq.write_table(table(400), tmp_path / "p.parquet")
    return tmp_path / "p.parquet"


@pytest.mark.xdist_group("spark")
def test_spark_starts_without_a_word_and_says_what_is_said_without_it(spark: Any, file: Path) -> None:
    words = ("analyze", file, "--only", "calibration,trend", "--exclude", "id", "--json")
    here, there = _errata(*words), _errata(*words, "--engine", "spark")
    assert (there.returncode, there.stderr) == (0, "")
    assert json.loads(there.stdout)["analyses"].keys() == json.loads(here.stdout)["analyses"].keys()
    assert json.loads(there.stdout)["run"] == json.loads(here.stdout)["run"]


@pytest.mark.parametrize("words", [("run:1",), ("p.parquet", "--counts", "kept")])
def test_what_goes_with_the_local_engine_alone_is_refused(words: tuple[str, ...], tmp_path: Path) -> None:
    done = _errata("analyze", *words, "--engine", "spark")
    assert done.returncode == 2
    assert done.stderr.startswith("error[bad-option]: --engine spark and ")


def test_an_engine_that_there_is_not_is_a_mistake_of_the_line(file: Path) -> None:
    done = _errata("drift", file, file, "--engine", "hadoop")
    assert done.returncode == 2
    assert "hadoop" in done.stderr


def test_without_java_it_says_what_to_install(file: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyspark", reason="pyspark is not installed (pip install 'errata[spark]')")
    done = _errata("analyze", file, "--engine", "spark", PATH=str(tmp_path), JAVA_HOME="")
    assert done.returncode == 2
    assert done.stderr.startswith("error[no-java]: --engine spark needs Java 17 or newer\n")
