"""Columns as the levels that an audit counts by: a factor's own cuts, else value by value."""

from __future__ import annotations

from errata.analysis.fairness import VALUE_BY_VALUE
from errata.analysis.levels import Levels
from errata.analysis.tally import MOST_LABELS, Axis
from errata.core.columns import is_number
from errata.factors.encode import Factor
from errata.verbs.subject import Subject
from errata.verbs.trend import countable


def levels_of(subject: Subject, name: str, most: int = MOST_LABELS) -> Levels | str:
    """The levels of a column, or why it has none that could be counted.

    A number that is no factor of the analysis is taken value by value: where it has more than a few, ``most`` is few.
    """
    factor = next((one for one in subject.factors if one.name == name), None)
    if factor is not None:
        return levels_of_factor(subject, factor, most)
    kind = subject.source.schema.field(name).type
    if not countable(subject.source, name):
        return f"values of type {kind} cannot be counted one by one"
    return Levels(name, Axis(name, most=min(most, VALUE_BY_VALUE) if is_number(kind) else most))


def levels_of_factor(subject: Subject, factor: Factor, most: int = MOST_LABELS) -> Levels | str:
    """The levels of a factor, or why it has none: a decimal is cut, or not counted."""
    if factor.edges is not None:
        return Levels(factor.name, Axis(factor.name, edges=factor.edges), factor.edges)
    if not countable(subject.source, factor.name):
        kind = subject.source.schema.field(factor.name).type
        return f"values of type {kind} cannot be counted one by one"
    return Levels(factor.name, Axis(factor.name, most=most))
