"""A label: somebody says that a term of a vocabulary holds of something, how surely, and where it can be read.

It names the revision of the vocabulary that its term was taken from, so that it means what was meant then. It is
retracted with a reason, never deleted.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from errata.core.clock import stamp
from errata.core.errors import GrammarError, UsageError, ValueFault
from errata.core.names import is_fact, is_key, nearest

KNOWN, POTENTIAL = "known", "potential"
STATUSES = (KNOWN, POTENTIAL)
LONGEST_SUBJECT = 200
_SAMPLE = re.compile(r"run:([1-9][0-9]{0,17})#(.+)\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a label is about: a record by its key, ``run:3``, ``finding:4``, or a sample, ``run:3#s00017``."""

    text: str
    kind: str

    @staticmethod
    def parse(text: str) -> Subject:
        """Read it. Raises GrammarError ``bad-subject``."""
        if len(text) <= LONGEST_SUBJECT:
            if is_key(text):
                return Subject(text, "record")
            for kind in ("run", "finding"):
                if is_fact(text, kind):
                    return Subject(text, kind)
            if _SAMPLE.match(text):
                return Subject(text, "sample")
        raise GrammarError(
            "bad-subject",
            f"{text[:60]!r} is nothing that can have a label",
            expected="a key such as DIG-4, run:3, finding:4, or a sample such as run:3#s00017",
            found=repr(text[:60]),
            next="errata case list",
        )

    @property
    def run(self) -> int:
        """The run of a sample."""
        match = _SAMPLE.match(self.text)
        assert match is not None
        return int(match[1])

    @property
    def sample(self) -> str:
        """The id of a sample within its run."""
        match = _SAMPLE.match(self.text)
        assert match is not None
        return match[2]


@dataclass(frozen=True, slots=True)
class Described:
    """A subject for whoever labels it: its title, its texts by field, and of a sample its run and row (from 0)."""

    subject: Subject
    record_kind: str
    title: str
    texts: tuple[tuple[str, str], ...] = ()
    run: int | None = None
    row: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        values = {name: getattr(self, name) for name in ("record_kind", "title", "run", "row")}
        return {"subject": self.subject.text, **values, "texts": [list(one) for one in self.texts]}


@dataclass(frozen=True, slots=True)
class Span:
    """Where in a text of the subject it can be read: ``quote``, the characters ``start`` to ``end`` of ``field``."""

    field: str
    start: int
    end: int
    quote: str

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"field": self.field, "start": self.start, "end": self.end, "quote": self.quote}

    def place(self, text: str) -> tuple[int, int] | None:
        """Where the quote stands in the text of today; None when it stands nowhere, or in several other places."""
        if text[self.start : self.end] == self.quote:
            return self.start, self.end
        if self.quote and text.count(self.quote) == 1:
            found = text.index(self.quote)
            return found, found + len(self.quote)
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One label. ``path``, ``name`` and ``definition`` are its term's at the revision it was taken from; ``choices``
    are the terms of today that it could be moved to, empty while its own is in use."""

    number: int
    subject: str
    vocabulary: str
    vocabulary_name: str
    revision: int
    term: str
    path: str
    name: str
    definition: str
    status: str
    confidence: float | None
    spans: tuple[Span, ...]
    note: str
    round: str | None
    adjudicates: bool
    actor: str
    at: datetime
    choices: tuple[str, ...] = ()
    retracted_by: str | None = None
    retracted_at: datetime | None = None
    retracted_reason: str | None = None

    @property
    def id(self) -> str:
        """``label:7``."""
        return f"label:{self.number}"

    @property
    def full(self) -> str:
        """``failure-mode:localization/shift``."""
        return f"{self.vocabulary_name}:{self.path}"

    @property
    def retracted(self) -> bool:
        """Whether it was taken back."""
        return self.retracted_at is not None

    def to_json(self) -> dict[str, Any]:
        """Plain values of the schema ``errata.label/1``."""
        return {
            "schema": "errata.label/1",
            "id": self.id,
            "subject": self.subject,
            "vocabulary": self.vocabulary,
            "vocabulary_name": self.vocabulary_name,
            "revision": self.revision,
            "term": self.term,
            "path": self.path,
            "name": self.name,
            "definition": self.definition,
            "status": self.status,
            "confidence": self.confidence,
            "spans": [span.to_json() for span in self.spans],
            "note": self.note,
            "round": self.round,
            "adjudicates": self.adjudicates,
            "actor": self.actor,
            "at": stamp(self.at),
            "choices": list(self.choices),
            "retracted_by": self.retracted_by,
            "retracted_at": stamp(self.retracted_at) if self.retracted_at else None,
            "retracted_reason": self.retracted_reason,
        }


def check_said(status: str, confidence: float | None) -> None:
    """Raises UsageError unless the status is one and the confidence lies in [0, 1]."""
    if status not in STATUSES:
        raise UsageError(
            "bad-status",
            f"a label is never {status!r}",
            expected=" or ".join(STATUSES),
            next=f"--status {(nearest(status, list(STATUSES), 1) or STATUSES)[0]}",
        )
    if confidence is not None and not 0 <= confidence <= 1:
        raise UsageError(
            "bad-confidence",
            f"a confidence of {confidence:g} is none",
            expected="0 to 1",
            next="--confidence 0.8",
        )


def texts_of(values: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text of plain values with the name of its field, nested ones with dots: ``timeline.0.text``."""
    if isinstance(values, str):
        yield path, values
    elif isinstance(values, (Mapping, list, tuple)):
        for key, one in values.items() if isinstance(values, Mapping) else enumerate(values):
            yield from texts_of(one, f"{path}.{key}" if path else str(key))


def read_span(given: Mapping[str, Any], texts: Mapping[str, str] | None) -> Span:
    """A span of ``field`` with ``start`` and ``end``, or with a ``quote`` that is looked for; both must agree.

    ``texts`` are the fields of the subject; without them (a run, a sample) all three must be given. Raises UsageError
    ``no-such-field``, ValueFault ``bad-span``.
    """
    field, start, end, quote = (given.get(name) for name in ("field", "start", "end", "quote"))
    if not isinstance(field, str) or not all(n is None or isinstance(n, int) for n in (start, end)):
        raise _bad_span(str(dict(given)), "a field, with start and end in whole characters")
    if texts is None:
        if start is None or end is None or not quote or not 0 <= start < end or end - start != len(quote):
            raise _bad_span(f"{field}:{start}:{end}", "start, end, and the quote between them")
        return Span(field, start, end, quote)
    if field not in texts:
        known = [name for name, text in texts.items() if text]
        raise UsageError(
            "no-such-field",
            f"it has no text called {field!r}",
            expected=f"one of {', '.join(nearest(field, known) or known[:8])}",
            next=f"--span {(nearest(field, known, 1) or known or ['FIELD'])[0]}:0:10",
        )
    text = texts[field]
    if start is None or end is None:
        if not quote or text.count(quote) != 1:
            times = "nowhere" if not quote or quote not in text else f"{text.count(quote)} times"
            raise _bad_span(f"{str(quote)[:60]!r} stands {times} in {field}", "words that stand there once")
        return Span(field, text.index(quote), text.index(quote) + len(quote), quote)
    if not 0 <= start < end <= len(text):
        raise _bad_span(f"{field}:{start}:{end}", f"a part of its {len(text):,} characters")
    if quote is not None and text[start:end] != quote:
        raise _bad_span(f"{text[start:end][:60]!r} at {field}:{start}:{end}", f"{quote[:60]!r}")
    return Span(field, start, end, text[start:end])


def marked(text: str, spans: Sequence[tuple[Span, Any]]) -> list[tuple[str, tuple[Any, ...]]]:
    """A text in pieces, each with what is said of it; the pieces together are the text."""
    places = [(place, said) for span, said in spans if (place := span.place(text)) is not None]
    edges = sorted({0, len(text), *(edge for place, _ in places for edge in place)})
    return [
        (text[low:high], tuple(said for (start, end), said in places if start <= low and high <= end))
        for low, high in itertools.pairwise(edges)
    ]


def _bad_span(found: str, expected: str) -> ValueFault:
    return ValueFault(
        "bad-span",
        "this span is not in the text",
        expected=expected,
        found=found,
        next="--span FIELD:START:END, or --quote 'FIELD:the words'",
    )
