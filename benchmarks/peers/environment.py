"""The peers live in an environment of their own, so that what they pin never meets what Errata pins."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = HERE.parent / ".venv-peers"


def peers_python() -> str:
    """The peers' Python, with their packages installed first where they are missing or were changed."""
    python, wanted, stamp = VENV / "bin" / "python", HERE / "requirements.txt", VENV / ".made"
    if not stamp.exists() or stamp.stat().st_mtime < wanted.stat().st_mtime:
        print("Installing sliceline and DuckDB beside Errata ...", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True)
        pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        subprocess.run([*pip, "--require-hashes", "-r", str(wanted)], check=True, env=environment)
        stamp.touch()
    return str(python)
