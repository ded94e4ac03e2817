"""The names people type: ``resnet50@3``, ``run:12``, ``finding:4``, ``DIG-4``."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from errata.core.errors import GrammarError

_VERSIONED = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._/-]{0,99})@(?P<version>[A-Za-z0-9][A-Za-z0-9._+-]{0,99})\Z")
_FACT = re.compile(r"(?P<kind>run|finding|gate|label|comment|job):(?P<number>[1-9][0-9]{0,17})\Z")
_LISTS = {kind: f"errata {kind} list" for kind in ("run", "finding", "label", "job")}
_KEY = re.compile(r"(?P<prefix>[A-Z][A-Z0-9]{0,9})-(?P<number>[1-9][0-9]{0,17})\Z")


@dataclass(frozen=True, slots=True)
class Versioned:
    """A model or dataset with its version, ``NAME@VERSION``."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"


def parse_versioned(text: str, what: str) -> Versioned:
    """Read ``NAME@VERSION``; ``what`` is ``model`` or ``dataset`` for the message. Raises GrammarError."""
    match = _VERSIONED.match(text)
    if not match:
        missing = "@" not in text
        raise GrammarError(
            "no-version" if missing else "bad-name",
            f"--{what} {text!r} {'has no version' if missing else 'is not a NAME@VERSION'}",
            expected="NAME@VERSION, of letters, digits, '.', '_', '-' (and '/' in the name)",
            found=repr(text),
            next=f"--{what} {text}@1" if missing and text else f"--{what} NAME@1",
        )
    return Versioned(match["name"], match["version"])


def parse_fact(text: str, kind: str) -> int:
    """Read ``run:12`` (``kind='run'``) or ``finding:4`` and return the number. Raises GrammarError."""
    match = _FACT.match(text)
    if not match or match["kind"] != kind:
        raise GrammarError(
            "bad-reference",
            f"{text!r} is not a {kind}",
            expected=f"{kind}:N",
            found=repr(text),
            next=f"{kind}:{text}" if _FACT.match(f"{kind}:{text}") else _LISTS.get(kind, ""),
        )
    return int(match["number"])


def is_fact(text: str, kind: str) -> bool:
    """Whether ``text`` has the form ``kind:N``."""
    match = _FACT.match(text)
    return bool(match) and match["kind"] == kind  # type: ignore[index]


def names_one(text: str) -> bool:
    """Whether ``text`` names what is discussed and watched: a record, a run or a finding."""
    return is_key(text) or is_fact(text, "run") or is_fact(text, "finding")


def names_run(text: str) -> bool:
    """Whether ``text``, where a file could be named too, is ``run:N``: a file of that name comes first."""
    return is_fact(text, "run") and not Path(text).exists()


def is_key(text: str) -> bool:
    """Whether ``text`` has the form of a record key, ``DIG-4``."""
    return bool(_KEY.match(text))


def nearest(word: str, known: list[str], n: int = 3) -> list[str]:
    """The known names most like ``word``, best first; case is ignored."""
    folded = {name.casefold(): name for name in reversed(known)}
    return [folded[match] for match in get_close_matches(word.casefold(), list(folded), n=n, cutoff=0.5)]


def written_names(names: Iterable[str]) -> str:
    """Names with commas between them, as an option takes them; one that has a comma in it stands in quotes."""
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(names)
    return out.getvalue()
