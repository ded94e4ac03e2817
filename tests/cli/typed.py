"""Commands as people type them, run in this process: each in a folder and with variables of its own."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from click.testing import CliRunner

from errata.cli import root
from tests.catalogs import files_under


@dataclass(frozen=True, slots=True)
class Done:
    """What a command left: its exit code, and what it printed."""

    returncode: int
    stdout: str
    stderr: str


def errata(folder: Path, *words: str | bytes | Path, stdin: str | None = None, **variables: str) -> Done:
    """What comes of ``errata WORDS`` typed in ``folder`` by ada; no other ERRATA_ variable is set."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ERRATA_")}
    with (
        mock.patch.dict(os.environ, {**kept, "ERRATA_ACTOR": "ada", **variables}, clear=True),
        contextlib.chdir(folder),
    ):
        done = CliRunner().invoke(root, [os.fsdecode(word) for word in words], input=stdin, prog_name="errata")
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Done(done.exit_code, done.stdout, done.stderr)


def said(folder: Path, *words: str, **variables: str) -> str:
    """What it printed, with nothing on stderr."""
    done = errata(folder, *words, **variables)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def told(folder: Path, *words: str, **variables: str) -> Any:
    """What it printed as JSON."""
    return json.loads(said(folder, *words, "--json", **variables))


def refused(folder: Path, *words: str, **variables: str) -> Any:
    """The error that it printed as JSON, having changed nothing in the catalog of the folder."""
    before = files_under(folder / ".errata")
    done = errata(folder, *words, "--json", **variables)
    assert (done.returncode, done.stdout) == (2, ""), done.stdout
    assert files_under(folder / ".errata") == before
    return json.loads(done.stderr)
