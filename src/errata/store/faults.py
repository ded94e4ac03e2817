"""Instants at which a test may kill the process, to prove that the catalog survives it.

``ERRATA_FAULT=7`` ends the process with SIGKILL at the seventh instant reached; ``ERRATA_FAULT=before-commit`` at the
first of that name. Unset, which is always outside tests, this costs one look at the environment.
"""

from __future__ import annotations

import os
import signal

_reached = 0


def instant(name: str) -> None:
    """Die here if the test asked for it."""
    global _reached
    wanted = os.environ.get("ERRATA_FAULT")
    if wanted is None:
        return
    _reached += 1
    if wanted in (name, str(_reached)):
        os.kill(os.getpid(), signal.SIGKILL)
