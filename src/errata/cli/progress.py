"""What is being done, on one line of standard error, while somebody watches."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PATIENCE = 0.4
"""Seconds before the first word: what is quick needs none."""


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Yield a function that shows what is being done; silent unless standard error is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    started = time.monotonic()
    shown = 0.0

    def say(text: str) -> None:
        nonlocal shown
        now = time.monotonic()
        if now - started < PATIENCE or now - shown < 0.1:
            return
        shown = now
        sys.stderr.write(f"\r\x1b[K{text[:100]} … {now - started:.0f} s")
        sys.stderr.flush()

    try:
        yield say
    finally:
        if shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
