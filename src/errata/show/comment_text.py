"""Discussion for the terminal."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Sequence

from errata.nouns.comment import Comment, threaded

_DEEPEST = 6
"""Answers below this are indented no further."""


def thread_text(comments: Sequence[Comment], width: int) -> str:
    """Comments, each under the one that it answers."""
    return "\n".join(comment_text(one, width, depth) for depth, one in threaded(comments))


def comment_text(comment: Comment, width: int, depth: int = 0) -> str:
    """One comment: who and when on a line, what was said under it."""
    room = "  " * min(depth, _DEEPEST)
    answers = f" answers comment:{comment.answers}" if comment.answers is not None else ""
    lines = [f"{room}{comment.id}{answers} · {comment.actor} · {comment.at:%Y-%m-%d %H:%M} UTC"]
    said = _printable(comment.text)
    if comment.retracted:
        said = f"taken back by {comment.retracted_by}: {_printable(comment.retracted_reason or '')}"
    indent = f"{room}  "
    for line in said.strip().splitlines():
        wrapped = textwrap.wrap(line, width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)
        lines += wrapped or [""]
    return "\n".join(lines)


def _printable(text: str) -> str:
    return "".join(ch for ch in text if ch == "\n" or unicodedata.category(ch) != "Cc")
