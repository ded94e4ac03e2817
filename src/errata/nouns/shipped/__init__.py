"""What ships with Errata, to be entered as records when it is first used: rubrics and templates."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from typing import Any

from errata.nouns.form import read_form


def shipped(kind: str) -> Iterator[dict[str, Any]]:
    """The bodies of the records of a kind (``rubric``, ``template``) that ship with Errata, by name."""
    for file in sorted(files(__name__).iterdir(), key=lambda one: one.name):
        if file.name.startswith(f"{kind}-") and file.name.endswith(".yaml"):
            yield read_form(file.read_text("utf-8"), file.name)
