"""What ships with Errata, to be entered as records when it is first used: rubrics and templates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from functools import cache
from importlib.resources import files
from typing import Any

from errata.nouns.form import read_form


def shipped(kind: str) -> Iterator[dict[str, Any]]:
    """The bodies of the records of a kind (``rubric``, ``template``) that ship with Errata, by name."""
    yield from deepcopy(_read(kind))


@cache
def _read(kind: str) -> Sequence[dict[str, Any]]:
    # Reading six templates takes 60 ms, and the page of a case asks for them.
    found = sorted(files(__name__).iterdir(), key=lambda one: one.name)
    return [
        read_form(file.read_text("utf-8"), file.name)
        for file in found
        if file.name.startswith(f"{kind}-") and file.name.endswith(".yaml")
    ]
