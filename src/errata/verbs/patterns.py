"""``errata patterns``: which failure modes recur, of which models, in which months."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from errata.core.errors import UsageError
from errata.core.names import nearest
from errata.nouns.case import COUNTED
from errata.nouns.patterns import MODES, NO_MODEL, ModelPattern, Pattern, Patterns, Tally, order
from errata.store import records
from errata.store.catalog import Store
from errata.store.patterns import Counted, Pairs, counted, pairs

_Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Groups:
    """Which cases are in which group: the case at ``places[i]`` in ``names[groups[i]]``, once, in order of groups."""

    names: list[str]
    groups: _Places
    places: _Places


def patterns(store: Store, by: str = MODES) -> Patterns:
    """The failure modes that cases are labelled with, by model and by month of the day that a case is about.

    ``by`` another facet (``system``, ``owner``, a vocabulary's name) counts its values instead. Withdrawn and merged
    cases are not counted. Raises UsageError ``no-such-facet``.
    """
    with store.read() as connection:
        about = counted(connection, store)
        modes = pairs(connection, store, by, about.cases)
        if not len(modes.places) and by != MODES:
            _check_facet(by, [one.name for one in records.records(connection, store, "vocabulary")])
        models = pairs(connection, store, "model", about.cases)
    of_models = _with_none(_grouped(models, _name), len(about.cases))
    first = _grouped(modes, lambda path: _level(path, 1))
    below = defaultdict(list)
    for one in _patterns(about, _grouped(modes, lambda path: _level(path, 2)), of_models, {}):
        if "/" in one.mode:
            below[_level(one.mode, 1)].append(one)
    found = _patterns(about, first, of_models, below)
    labelled = np.zeros(len(about.cases), np.bool_)
    labelled[first.places] = True
    return Patterns(
        cases=len(about.cases), unlabelled=int((~labelled).sum()), patterns=tuple(sorted(found, key=order)), by=by
    )


def _check_facet(name: str, vocabularies: Sequence[str]) -> None:
    """Raises UsageError for what is no facet of a case."""
    known = [*COUNTED, *vocabularies]
    if name not in known:
        close = nearest(name, known, 1)
        raise UsageError(
            "no-such-facet",
            f"cases have no facet {name!r}",
            expected=f"one of {', '.join(known)}",
            next=f"errata patterns --by {close[0] if close else MODES}",
        )


def _patterns(about: Counted, modes: _Groups, models: _Groups, below: Mapping[str, list[Pattern]]) -> list[Pattern]:
    of_modes = _tallies(about, modes.groups, modes.places)
    groups, places = _joined(modes, models)
    of_both = defaultdict(list)
    for group, (tally, months) in _tallies(about, groups, places).items():
        mode, model = divmod(group, len(models.names))
        of_both[mode].append(ModelPattern(model=models.names[model], tally=tally, months=months))
    return [
        Pattern(
            mode=modes.names[mode],
            tally=tally,
            months=months,
            models=tuple(sorted(of_both[mode], key=lambda one: (one.model == NO_MODEL, -one.tally.cases, one.model))),
            under=tuple(sorted(below.get(modes.names[mode], ()), key=order)),
        )
        for mode, (tally, months) in of_modes.items()
    ]


def _grouped(found: Pairs, name: Callable[[str], str]) -> _Groups:
    """The cases by groups of values, each once."""
    names = [name(text) for text in found.texts]
    number_of = {one: number for number, one in enumerate(dict.fromkeys(names))}
    groups = np.array([number_of[one] for one in names], np.int64)[found.values]
    many = int(found.places.max(initial=0)) + 1
    return _Groups(list(number_of), *np.divmod(_distinct(groups * many + found.places)[0], many))


def _with_none(models: _Groups, cases: int) -> _Groups:
    """The models with one more, of the cases that name none."""
    without = np.ones(cases, np.bool_)
    without[models.places] = False
    places = np.flatnonzero(without)
    groups = np.concatenate([models.groups, np.full(len(places), len(models.names))])
    return _Groups([*models.names, NO_MODEL], groups, np.concatenate([models.places, places]))


def _joined(modes: _Groups, models: _Groups) -> tuple[_Places, _Places]:
    """Every mode and model of every case, as one number of both, and where the case stands."""
    names, cases = len(models.names), int(max(modes.places.max(initial=0), models.places.max(initial=0))) + 1
    by_case = np.sort(models.places * names + models.groups) % names
    many_of = np.bincount(models.places, minlength=cases)
    many = many_of[modes.places]
    first = (np.cumsum(many_of) - many_of)[modes.places]
    at = np.arange(int(many.sum())) + np.repeat(first - (np.cumsum(many) - many), many)
    return np.repeat(modes.groups, many) * names + by_case[at], np.repeat(modes.places, many)


def _tallies(about: Counted, groups: _Places, places: _Places) -> dict[int, tuple[Tally, dict[str, int]]]:
    """How many cases each group has, and in which months."""
    cases, of_open, back = (
        np.bincount(groups[some], minlength=int(groups.max(initial=0)) + 1)
        for some in (np.ones(len(groups), np.bool_), about.open[places], about.came_back[places])
    )
    gravest = np.full(len(cases), -1)
    np.maximum.at(gravest, groups, about.severities[places])
    found = {
        group: (
            Tally(
                cases=int(cases[group]),
                open=int(of_open[group]),
                came_back=int(back[group]),
                severity=None if gravest[group] < 0 else int(gravest[group]),
            ),
            dict[str, int](),
        )
        for group in np.flatnonzero(cases).tolist()
    }
    earliest = int(about.months.min(initial=10_000 * 12))
    months = about.months[places] - earliest
    span = int(months.max(initial=0)) + 1
    for one, many in zip(*(column.tolist() for column in _distinct(groups * span + months)), strict=True):
        group, month = divmod(one, span)
        year, month = divmod(earliest + month, 12)
        found[group][1][f"{year:04}-{month + 1:02}"] = many
    return found


def _distinct(numbers: _Places) -> tuple[_Places, _Places]:
    """Each number once, in order, and how often it is there; NumPy's own takes many times as long."""
    if int(numbers.max(initial=0)) < 8 * len(numbers):
        often = np.bincount(numbers)
        distinct = np.flatnonzero(often)
        return distinct, often[distinct]
    ordered = np.sort(numbers)
    first = np.flatnonzero(np.diff(ordered, prepend=-1))
    return ordered[first], np.diff(first, append=len(ordered))


def _level(path: str, levels: int) -> str:
    return "/".join(path.split("/")[:levels])


def _name(model: str) -> str:
    return model.partition("@")[0]
