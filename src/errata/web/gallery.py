"""Samples as a page shows them: a wall of pictures, texts that can be read, or a table."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from errata.nouns.label import Label, Span, marked
from errata.web.pages.reading import SampleView, factor_columns, sample_views

PICTURES, TEXTS, TABLE = "pictures", "texts", "table"
SIZES = {PICTURES: 200, TEXTS: 50, TABLE: 100}
"""How many of each stand on one page."""
READABLE = 60
"""A column whose values are usually this long is read, not scanned."""
_LONGEST = 280
_BEFORE = 80
_ASIDE = 5
Pieces = list[tuple[str, tuple[Label, ...]]]


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A part of a text in pieces, each with the labels that point into it; whether something stands around it."""

    field: str
    pieces: Pieces
    before: bool
    after: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """One sample of a gallery: its ``texts`` and, where there are some, the short values ``aside``."""

    view: SampleView
    texts: list[Excerpt]
    aside: list[tuple[str, str]]
    labels: list[Label]


@dataclass(frozen=True, slots=True)
class Gallery:
    """Samples and how they are shown; ``columns`` are those of the table."""

    kind: str
    shown: list[Shown]
    columns: list[str]

    @property
    def views(self) -> list[SampleView]:
        """The samples alone."""
        return [one.view for one in self.shown]

    def first(self, many: int) -> Gallery:
        """The same with the first ``many`` of them."""
        return Gallery(self.kind, self.shown[:many], self.columns)

    def after(self, many: int) -> Gallery:
        """The same without the first ``many`` of them."""
        return Gallery(self.kind, self.shown[many:], self.columns)


def kind_of(samples: Sequence[Any], roles: Mapping[str, Any]) -> str:
    """How these samples are best shown."""
    if any(one.get("image") if isinstance(one, dict) else one.image for one in samples):
        return PICTURES
    return TEXTS if _readable(samples, roles) else TABLE


def gallery(
    samples: Sequence[Any],
    roles: dict[str, Any],
    slice_columns: Sequence[str] = (),
    labels: Mapping[str, Sequence[Label]] | None = None,
    subject: str = "",
) -> Gallery:
    """The gallery of these samples. ``labels`` are by subject, ``subject`` is what those of samples begin with."""
    views = sample_views(samples, roles)
    kind = kind_of(samples, roles)
    columns = factor_columns(views, roles, slice_columns)
    readable = _readable(samples, roles)
    shown = []
    for view in views:
        mine = list((labels or {}).get(f"{subject}#{view.key}", ()))
        texts = [
            excerpt(name, view.values[name], mine) for name in _told(readable, roles, mine) if view.values.get(name)
        ]
        aside = [(name, view.values[name]) for name in columns if name not in readable and view.values.get(name)]
        shown.append(Shown(view, texts if kind == TEXTS else [], aside[:_ASIDE], mine))
    return Gallery(kind, shown, columns)


def of_run(
    catalog: Any, samples: Sequence[Any], run: int, roles: dict[str, Any], slice_columns: Sequence[str] = ()
) -> Gallery:
    """The gallery of samples of a run; texts with what labels of them point to."""
    labels: Mapping[str, Sequence[Label]] = {}
    if kind_of(samples, roles) == TEXTS:
        labels = catalog.labels.of(f"run:{run}#{one.key}" for one in sample_views(samples, roles))
    return gallery(samples, roles, slice_columns, labels, f"run:{run}")


def excerpt(field: str, text: str, labels: Sequence[Label] = (), longest: int = _LONGEST) -> Excerpt:
    """A text that is too long from shortly before the first label in it, or from its beginning."""
    pieces = pieces_of(field, text, labels)
    start = 0
    if len(text) > longest:
        places = [at for at, (_, said) in zip(_starts(pieces), pieces, strict=True) if said]
        start = min(max(0, places[0] - _BEFORE), len(text) - longest) if places else 0
    end = start + longest
    cut = [
        (piece[max(0, start - at) : max(0, end - at)], said)
        for at, (piece, said) in zip(_starts(pieces), pieces, strict=True)
    ]
    return Excerpt(field, [(piece, said) for piece, said in cut if piece], start > 0, end < len(text))


def pieces_of(field: str, text: str, labels: Sequence[Label]) -> Pieces:
    """A text in pieces with the labels that point into each."""
    spans: list[tuple[Span, Label]] = [(one, label) for label in labels for one in label.spans if one.field == field]
    return marked(text, spans)


def _told(readable: Sequence[str], roles: Mapping[str, Any], labels: Sequence[Label]) -> list[str]:
    """Which texts of a sample stand in a list: what was asked and answered, else the longest; and those labelled."""
    asked = [name for name in (roles.get(role) for role in ("question", "prediction")) if name in readable]
    pointed = [span.field for label in labels for span in label.spans]
    return list(dict.fromkeys([*(asked or readable[:1]), *pointed]))


def _starts(pieces: Pieces) -> list[int]:
    return [0, *itertools.accumulate(len(piece) for piece, _ in pieces)][: len(pieces)]


def _readable(samples: Sequence[Any], roles: Mapping[str, Any]) -> list[str]:
    """The columns that are read: what was asked and answered first, then the longest."""
    lengths: dict[str, list[int]] = {}
    for one in samples[:50]:
        values = (one.get("values") or {}) if isinstance(one, dict) else one.values
        for name, value in values.items():
            if isinstance(value, str) and value:
                lengths.setdefault(name, []).append(len(value))
    usual = {name: median(found) for name, found in lengths.items()}
    found = [name for name in usual if usual[name] >= READABLE and name not in (roles.get("id"), roles.get("image"))]
    first: list[Any] = [roles.get(role) for role in ("question", "truth", "prediction")]
    return sorted(found, key=lambda name: (first.index(name) if name in first else len(first), -usual[name]))
