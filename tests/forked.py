"""Commands in processes of their own, to be killed: forked from one that has imported what they need, and so begun at
once."""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(
    ["errata.cli", "errata.client.catalog", "errata.integrations.files", "errata.verbs.log", "errata.verbs.gate_run",
     "errata.verbs.analyze_run", "errata.verbs.work", "errata.verbs.import_cases", "errata.verbs.restore",
     "errata.store.migrating", "pyarrow.parquet", "scipy.special"]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ended:
    """The exit code of a command, negative for the signal that killed it, and what it printed."""

    returncode: int
    stdout: str
    stderr: str


def errata(*words: str, cwd: Path | None = None, **variables: str) -> Ended:
    """What comes of ``errata WORDS``, with these variables besides those of this process."""
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        process = _FORKS.Process(  # type: ignore[attr-defined]
            target=_typed, args=(words, str(cwd or Path.cwd()), {**os.environ, **variables}, str(out), str(err))
        )
        process.start()
        process.join()
        code = process.exitcode
        process.close()
        return Ended(code, out.read_text("utf-8"), err.read_text("utf-8"))


def _typed(words: tuple[str, ...], cwd: str, environment: Mapping[str, str], out: str, err: str) -> None:
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    for number, path in ((1, out), (2, err)):
        file = os.open(path, os.O_WRONLY | os.O_CREAT)
        os.dup2(file, number)
        os.close(file)
    from errata.cli import root

    sys.argv = ["errata", *words]
    root.main(list(words), prog_name="errata")
