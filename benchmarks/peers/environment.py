"""Each peer lives in an environment of its own: what one pins never meets what Errata pins, nor what another does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from benchmarks.measure import ChildFailed

HERE = Path(__file__).resolve().parent


def peer_python(name: str) -> str:
    """The Python of one peer, ``NAME.txt`` installed first where it is missing or was changed.

    Raises ChildFailed when it cannot be installed here.
    """
    folder = HERE.parent / f".venv-peers-{name}"
    python, wanted, stamp = folder / "bin" / "python", HERE / f"{name}.txt", folder / ".made"
    if not stamp.exists() or stamp.stat().st_mtime < wanted.stat().st_mtime:
        print(f"installing {name} beside Errata", file=sys.stderr, flush=True)
        _run(name, [sys.executable, "-m", "venv", "--clear", str(folder)])
        pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        # All that is needed is locked; what a package says of its dependencies may be at odds with the hashes.
        _run(name, [*pip, "--no-deps", "--require-hashes", "-r", str(wanted)])
        stamp.touch()
    return str(python)


def _run(name: str, argv: list[str]) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(argv, env=environment, capture_output=True, text=True)
    if done.returncode:
        said = [line for line in (done.stderr or done.stdout).strip().splitlines() if line.strip()]
        raise ChildFailed(f"{name} could not be installed: {said[-1] if said else f'ended with {done.returncode}'}")
