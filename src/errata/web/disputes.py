"""What people differ about in a round that was closed: the thing itself, and what each of them said, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from errata.nouns.agreement import Coefficient
from errata.nouns.label import Described
from errata.nouns.round import Answer, Item, RoundView
from errata.show.charts.strip import Scale, strip
from errata.show.round_text import FIGURES, figure_text
from errata.web.gallery import READABLE, Excerpt, excerpt
from errata.web.pages.reading import SampleView, sample_views
from errata.web.pages.vocabulary import subject_link

ENOUGH = 0.667
"""Krippendorff's bound: below it, not even tentative conclusions are drawn from labels."""
_TEXTS = 2


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of agreement, written and drawn; of α, the hairline is the bound."""

    name: str
    said: str
    drawn: str


@dataclass(frozen=True, slots=True)
class Dispute:
    """One subject: its title and address, its picture or first texts, each person's answer (None: no answer), and the
    terms that somebody named, most often first."""

    item: Item
    title: str
    href: str
    sample: SampleView | None
    texts: list[Excerpt]
    answers: list[tuple[str, Answer | None]]
    named: list[str]


def figures(view: RoundView) -> list[Figure]:
    """How far people agree, each figure with its interval, all on one scale."""
    if view.agreement is None:
        return []
    found = [(name, getattr(view.agreement, field), field) for field, name in FIGURES]
    scale = _scale([one for _, one, _ in found])
    return [
        Figure(name, figure_text(one, field == "percent"), _drawn(scale, one, None if field == "percent" else ENOUGH))
        for name, one, field in found
    ]


def by_term(view: RoundView) -> list[tuple[str, str, str]]:
    """α of each term, the least agreed first: the term, the figure, and the drawing."""
    terms = dict(view.agreement.terms) if view.agreement else {}
    told = sorted(
        ((term, one) for term, one in terms.items() if one.value is not None),
        key=lambda pair: (pair[1].value or 0.0, pair[0]),
    )
    scale = _scale([one for _, one in told])
    return [(term, figure_text(one, why=False), _drawn(scale, one, ENOUGH)) for term, one in told]


def disputes(catalog: Any, view: RoundView, items: Sequence[Item]) -> list[Dispute]:
    """These subjects with what is needed to decide them."""
    told = catalog.labels.about_all([item.subject for item in items])
    rows: dict[int, list[int]] = {}
    for one in told.values():
        if one.row is not None:
            rows.setdefault(one.run, []).append(one.row)
    views = {
        (run, view.row): view
        for run, some in rows.items()
        for view in sample_views(catalog.runs.rows(run, some), catalog.runs.get(run).roles)
    }
    return [_dispute(view, item, told[item.subject], views) for item in items]


def _dispute(view: RoundView, item: Item, about: Described, views: Mapping[tuple[int, int], SampleView]) -> Dispute:
    sample, texts = None, [excerpt(field, text) for field, text in about.texts[:_TEXTS]]
    if about.run is not None and about.row is not None:
        sample = views[about.run, about.row]
        long = [name for name, value in sample.values.items() if len(value) >= READABLE]
        texts = [] if sample.image else [excerpt(name, sample.values[name]) for name in long[:_TEXTS]]
    said = {answer.actor: answer for answer in item.answers}
    counted: dict[str, int] = {}
    for answer in item.answers:
        for term in answer.terms:
            counted[term] = counted.get(term, 0) + 1
    return Dispute(
        item=item,
        title=about.title,
        href=subject_link(item.subject, about.record_kind),
        sample=sample,
        texts=texts,
        answers=[(actor, said.get(actor)) for actor in view.record.actors],
        named=sorted(counted, key=lambda term: (-counted[term], term)),
    )


def _scale(found: Sequence[Coefficient]) -> Scale:
    return Scale.over([1.0, ENOUGH, *(edge for one in found for edge in (one.value, one.low, one.high))])


def _drawn(scale: Scale, one: Coefficient, bound: float | None) -> str:
    return strip(scale, one.value, one.low, one.high, rest=bound, tone="accent")
