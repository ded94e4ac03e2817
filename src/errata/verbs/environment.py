"""What a run ran in, as far as the process that logs it can tell: Python, packages, git, system, hardware."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

MOST_DIFF = 200_000


def snapshot(extra: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The environment as plain values; ``extra`` (a container's digest, a seed, the hardware trained on) is added.

    It describes the logging process, which is the training or serving one only when that logs its own predictions.
    """
    return {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "packages": _packages(),
        "git": _git(Path.cwd()),
        "system": {"os": platform.system(), "release": platform.release(), "machine": platform.machine()},
        "hardware": {"cpu": _cpu(), "cores": os.cpu_count(), "memory_bytes": _memory()},
        "seeds": {"PYTHONHASHSEED": os.environ.get("PYTHONHASHSEED")},
        **dict(extra or {}),
    }


def _packages() -> dict[str, str]:
    from importlib.metadata import distributions

    found = {one.metadata["Name"]: one.version for one in distributions() if one.metadata["Name"]}
    return dict(sorted(found.items(), key=lambda item: item[0].casefold()))


def _git(folder: Path) -> dict[str, Any] | None:
    commit = _run_git(folder, "rev-parse", "HEAD")
    if commit is None:
        return None
    diff = _run_git(folder, "diff", "HEAD") or ""
    status = _run_git(folder, "status", "--porcelain") or ""
    found: dict[str, Any] = {"commit": commit.strip(), "dirty": bool(status.strip())}
    if diff:
        found["diff_digest"] = hashlib.sha256(diff.encode()).hexdigest()
        found["diff"] = diff if len(diff) <= MOST_DIFF else None
    return found


def _run_git(folder: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *words],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=5,
            check=False,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout if done.returncode == 0 else None


def _cpu() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _memory() -> int | None:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return None
