"""How a value changed, for people: a text word by word, a list item by item, anything else as before and after."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from errata.web.pages.reading import written

SAME, GONE, NEW, CUT = "same", "gone", "new", "cut"
Pieces = list[tuple[str, str]]
LONGEST = 20_000
"""Of a longer text, the two versions are shown as they begin."""
_SHOWN = 400
_AROUND = 40
"""So many characters of what stayed the same are shown beside a change."""
_ALIKE = 0.3
"""Texts less alike than this were written anew: word by word they would be a riddle."""
_MOST_PAIRS = 30_000
"""So often may a word of the one be a word of the other: one word over and over would take a minute to match."""


def differing(before: Any, after: Any) -> Pieces:
    """The pieces of a change: what is ``gone``, what is ``new``, what stayed the ``same`` around it, and what is
    ``cut`` between."""
    if isinstance(before, str) and isinstance(after, str) and before and after:
        return _texts(before, after)
    if any(isinstance(one, Mapping | list | tuple) for one in (before, after)):
        return _lines(_told(before), _told(after))
    return [(kind, _short(written(one))) for kind, one in ((GONE, before), (NEW, after)) if written(one)]


def _texts(before: str, after: str) -> Pieces:
    plain = [(GONE, _short(before)), (NEW, _short(after))]
    if max(len(before), len(after)) > LONGEST:
        return plain
    old, new = (re.findall(r"\S+\s*|\s+", text) for text in (before, after))
    steps = _steps(old, new)
    same = sum(b - a for kind, a, b, _, _ in steps if kind == "equal")
    if 2 * same < _ALIKE * (len(old) + len(new)):
        return plain
    found: Pieces = []
    for kind, a, b, c, d in steps:
        if kind == "equal":
            found.append((SAME, "".join(old[a:b])))
            continue
        found += [(kind, text) for kind, text in ((GONE, "".join(old[a:b])), (NEW, "".join(new[c:d]))) if text]
    return list(_near(found))


def _near(pieces: Pieces) -> Iterator[tuple[str, str]]:
    """The same, with only what stands near a change of what stayed."""
    for at, (kind, text) in enumerate(pieces):
        first, last = at == 0, at == len(pieces) - 1
        if kind != SAME or len(text) <= _AROUND * (1 if first or last else 2):
            yield kind, text
            continue
        if not first:
            yield SAME, text[:_AROUND]
        yield CUT, "…"
        if not last:
            yield SAME, text[-_AROUND:]


def _lines(before: Sequence[str], after: Sequence[str]) -> Pieces:
    found: Pieces = []
    for kind, a, b, c, d in _steps(before, after):
        if kind != "equal":
            found += [(GONE, _short(one)) for one in before[a:b]] + [(NEW, _short(one)) for one in after[c:d]]
    return found


def _steps(before: Sequence[str], after: Sequence[str]) -> list[tuple[str, int, int, int, int]]:
    """What ``SequenceMatcher`` calls opcodes; what is too much to match is replaced as a whole, but for its ends."""
    ends = min(len(before), len(after))
    head = next((at for at in range(ends) if before[at] != after[at]), ends)
    tail = next((at for at in range(ends - head) if before[-1 - at] != after[-1 - at]), ends - head)
    a, b, c, d = head, len(before) - tail, head, len(after) - tail
    many = Counter(after[c:d])
    pairs = [many[one] for one in before[a:b]]
    if sum(one for one in pairs if one <= (d - c) // 100 + 1) > _MOST_PAIRS:
        inside = [("replace", a, b, c, d)]
    else:
        # autojunk begins with rare words alone, those of up to 1 %: the words between them are compared all the same
        matcher = SequenceMatcher(None, before[a:b], after[c:d], autojunk=sum(pairs) > _MOST_PAIRS)
        inside = [(kind, i + a, j + a, k + c, m + c) for kind, i, j, k, m in matcher.get_opcodes()]
    first = [("equal", 0, head, 0, head)] if head else []
    return [*first, *inside, *([("equal", b, len(before), d, len(after))] if tail else [])]


def _told(value: Any) -> list[str]:
    """The items of a list, or the entries of a mapping, a line each."""
    if value is None or value == "":
        return []
    if isinstance(value, Mapping):
        return [f"{name} {_flat(one)}" for name, one in value.items() if one not in (None, "", [], ())]
    if isinstance(value, list | tuple):
        return [_flat(one) for one in value]
    return [written(value)]


def _flat(value: Any) -> str:
    if isinstance(value, Mapping):
        return " · ".join(f"{name} {_flat(one)}" for name, one in value.items() if one not in (None, "", [], ()))
    if isinstance(value, list | tuple):
        return ", ".join(_flat(one) for one in value)
    return written(value)


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
