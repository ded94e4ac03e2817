"""The fields of a query: what each is called, how its values compare, and what it means.

``FIELDS`` is the one table of them: errors, ``docs/search.md`` and the pages are made from it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import zip_longest
from typing import Any

from errata.core.errors import GrammarError
from errata.core.names import nearest
from errata.core.words import fold

LEVELS = ("none", "low", "medium", "high", "critical")
OPEN = "open"
NOT_OPEN = ("closed", "withdrawn", "merged")
SORTS = ("changed", "created", "date", "severity", "excess", "key", "rank")
TEXT, EXACT, VERSION, SLICE, SCALE, STATE, NUMBER, DAY, SORT = (
    "text", "exact", "version", "slice", "scale", "state", "number", "day", "sort",
)  # fmt: skip
SIGNS = (">=", "<=", ">", "<")
_RANGED = (SCALE, NUMBER, DAY)
_PERIOD = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?\Z")
_VERSION = re.compile(r"(?P<name>[^@]+)@(?P<sign>>=|<=|>|<)(?P<version>.+)\Z", re.DOTALL)
_EARLY = ("a", "alpha", "b", "beta", "c", "dev", "pre", "preview", "rc")


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its name, how it compares, and one line of help."""

    name: str
    compares: str
    help: str

    @property
    def signs(self) -> tuple[str, ...]:
        """The signs that may stand between it and its value."""
        ranged = self.compares in _RANGED and self.name not in ("since", "until")
        return (":", *SIGNS) if ranged else (":",)


FIELDS = {
    field.name: field
    for field in (
        Field("state", STATE, "where it stands; `open` is every state but closed, withdrawn and merged"),
        Field("severity", SCALE, "none < low < medium < high < critical"),
        Field("kind", TEXT, "the kind of case, such as incident or near-miss"),
        Field("model", VERSION, "a model, in any version, in one (`resnet50@3`) or from one on (`resnet50@>=3`)"),
        Field("dataset", VERSION, "a dataset, likewise"),
        Field("system", TEXT, "the system that was affected"),
        Field("deployment", TEXT, "where the model served: prod, staging"),
        Field("failure-mode", TEXT, "a term of the vocabulary: `localization/*` is all that is under it"),
        Field("label", TEXT, "any term that was put to it"),
        Field("slice", SLICE, "every condition of this slice: `slice:\"contrast < 0.4\"`"),
        Field("metric", TEXT, "error, fpr, fnr or loss"),
        Field("task", TEXT, "what the model does: classification, detection"),
        Field("verified", TEXT, "verified, unverified or \"not reproduced\""),
        Field("came-back", TEXT, "`yes` where it was closed and came back at least once"),
        Field("sensitivity", TEXT, "who may see it"),
        Field("alias", TEXT, "another name of it, such as the key of a ticket"),
        Field("duplicate-of", TEXT, "the key of the case that it doubles"),
        Field("template", TEXT, "the template that it was written by"),
        Field("author", TEXT, "who made the record"),
        Field("owner", TEXT, "who cares for it"),
        Field("run", NUMBER, "the number of the run that it was found in"),
        Field("finding", NUMBER, "the number of the finding that it was opened from"),
        Field("rule", TEXT, "the key of the rule that caught the candidates that it was opened from"),
        Field("fingerprint", EXACT, "the fingerprint of a finding"),
        Field("since", DAY, "on this day or later, by the day that the case is about"),
        Field("until", DAY, "on this day or earlier; a month or a year counts to its end"),
        Field("date", DAY, "the day that the case is about"),
        Field("created", DAY, "when the record was made, in UTC"),
        Field("changed", DAY, "when it was last changed, in UTC"),
        Field("sort", SORT, f"{', '.join(SORTS)}: the newest, largest or best first; with `-` the other way round"),
    )
}  # fmt: skip


def refusal(
    message: str, at: int, *, expected: str, found: str = "", next: str = "", unknown: bool = False
) -> GrammarError:
    """What is wrong with a query at a position (from 0)."""
    return GrammarError(
        "no-such-field" if unknown else "bad-query",
        message,
        expected=expected,
        found=found,
        where=f"character {at + 1}",
        next=next,
    )


def checked(field: Field, sign: str, value: str, at: int) -> str:
    """A value as its canonical text. Raises GrammarError when the field has no such value."""
    if field.compares == SCALE:
        return _one_of(field, value, LEVELS, at)
    if field.compares == STATE:
        return value if "*" in value else _one_of(field, value, (OPEN, *_states()), at)
    if field.compares == SORT:
        turned = "-" if value.startswith("-") else ""
        return turned + _one_of(field, value.removeprefix("-"), SORTS, at)
    if field.compares == NUMBER:
        digits = value.removeprefix(f"{field.name}:")
        if not (digits.isascii() and digits.isdigit() and len(digits) <= 18):
            raise refusal(f"{value!r} is no number", at, expected=f"such as {field.name}:12", found=repr(value))
        return str(int(digits))
    if field.compares == DAY and period(value) is None:
        raise refusal(
            f"{value!r} is no day", at, expected=f"such as {field.name}{sign}2026-03-05, 2026-03 or 2026",
            found=repr(value), next=f"{field.name}{sign}2026-03-05",
        )  # fmt: skip
    if field.compares == SLICE and "*" not in value:
        from errata.nouns.slice import Slice

        return Slice.parse(value).text
    return value


def _one_of(field: Field, value: str, known: Sequence[str], at: int) -> str:
    if (folded := value.casefold()) in known:
        return folded
    close = nearest(value, list(known), 1)
    raise refusal(
        f"there is no {field.name} {value!r}", at, expected=f"one of {', '.join(known)}", found=repr(value),
        next=f"{field.name}:{close[0]}" if close else "",
    )  # fmt: skip


def _states() -> list[str]:
    from errata.nouns.record import KINDS, kind_named

    return list(dict.fromkeys(state for name in KINDS for state in kind_named(name).moves))


def period(text: str) -> tuple[str, str] | None:
    """A year, month or day as its first day and the day after its last; None when it is none."""
    match = _PERIOD.match(text)
    if match is None or not text.isascii() or not 1 <= int(match[1]) <= 9998:
        return None
    year, month, day = int(match[1]), int(match[2] or 1), int(match[3] or 1)
    try:
        first = date(year, month, day)
    except ValueError:
        return None
    if match[3]:
        after = first + timedelta(days=1)
    else:
        after = date(year + month // 12, month % 12 + 1, 1) if match[2] else date(year + 1, 1, 1)
    return first.isoformat(), after.isoformat()


def days(field: str, sign: str, value: str) -> tuple[str | None, str | None]:
    """The days that are asked for, from the first on and before the second; None where nothing bounds them."""
    found = period(value)
    assert found is not None
    first, after = found
    bounds = {":": (first, after), ">=": (first, None), ">": (after, None), "<": (None, first), "<=": (None, after)}
    return bounds[{"since": ">=", "until": "<="}.get(field, sign)]


def holds(field: Field, sign: str, asked: str, value: str) -> bool:
    """Whether a value that a record has is what is asked for."""
    match field.compares:
        case "scale":
            return value in LEVELS and _compares(LEVELS.index(value), sign, LEVELS.index(asked))
        case "number":
            return value.isdigit() and _compares(int(value), sign, int(asked))
        case "state" if asked == OPEN:
            return value not in NOT_OPEN
        case "slice":
            return like(asked, value) if "*" in asked else all(f" and {one} and " in f" and {value} and "
                                                               for one in conditions(asked))  # fmt: skip
        case "exact":
            return like(asked, value)
        case "version":
            return _holds_version(fold(asked), fold(value))
    return like(fold(asked), fold(value))


def conditions(slice_text: str) -> list[str]:
    """The texts of the conditions of a slice."""
    from errata.nouns.slice import Slice

    return [one.text for one in Slice.parse(slice_text).conditions] or ["all"]


def like(pattern: str, value: str) -> bool:
    """Whether ``value`` is ``pattern``, whose every ``*`` stands for anything."""
    first, *rest = pattern.split("*")
    if not rest:
        return value == first
    *middle, last = rest
    if len(value) < len(first) + len(last) or not value.startswith(first) or not value.endswith(last):
        return False
    at, end = len(first), len(value) - len(last)
    for part in middle:
        found = value.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def version_order(version: str) -> list[tuple[int, int, str]]:
    """What versions are ordered by: numbers as numbers (1.9 < 1.10), release candidates before what they lead to."""
    parts = re.findall(r"[0-9]+|[^0-9._+\-]+", re.sub(r"^v(?=[0-9])", "", version.casefold()))
    return [_part(part) for part in parts]


def _part(part: str) -> tuple[int, int, str]:
    if part[0] in "0123456789":
        return 3, int(part[:300]), ""
    return (0 if part in _EARLY else 2), 0, part


def _holds_version(asked: str, value: str) -> bool:
    name, _, version = value.partition("@")
    match = _VERSION.match(asked)
    if match is None:
        return like(asked, value) or like(asked, name)
    if not version or not like(match["name"], name):
        return False
    pairs = zip_longest(version_order(version), version_order(match["version"]), fillvalue=(1, 0, ""))
    ours, theirs = next(((one, other) for one, other in pairs if one != other), (0, 0))
    return _compares(ours, match["sign"], theirs)


def _compares(one: Any, sign: str, other: Any) -> bool:
    if sign == ":":
        return bool(one == other)
    less, same = bool(one < other), bool(one == other)
    return {">=": not less, "<": less, "<=": less or same, ">": not less and not same}[sign]
