"""``errata patterns``: which failure modes recur, of which models, in which months."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

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


def patterns(store: Store, by: str = MODES) -> Patterns:
    """The failure modes that cases are labelled with, by model and by month of the day that a case is about.

    ``by`` another facet (``system``, ``owner``, a vocabulary's name) counts its values instead. Withdrawn and merged
    cases are not counted. Raises UsageError ``no-such-facet``.
    """
    with store.read() as connection:
        about = counted(connection, store)
        modes, models = pairs(connection, store, by), pairs(connection, store, "model")
        if not len(modes.cases) and by != MODES:
            _check_facet(by, [one.name for one in records.records(connection, store, "vocabulary")])
    of_models = _grouped(about, models, _name)
    without = np.ones(len(about.cases), np.bool_)
    for places in of_models.values():
        without[places] = False
    of_models[NO_MODEL] = np.flatnonzero(without)
    first = _grouped(about, modes, lambda path: _level(path, 1))
    second = _grouped(about, modes, lambda path: _level(path, 2))
    below: dict[str, list[str]] = defaultdict(list)
    for path in second:
        if "/" in path:
            below[_level(path, 1)].append(path)
    found = []
    for mode, places in first.items():
        under = _patterns(about, {path: second[path] for path in below[mode]}, of_models)
        found.append(_pattern(about, mode, places, of_models, under))
    labelled = np.zeros(len(about.cases), np.bool_)
    for places in first.values():
        labelled[places] = True
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


def _patterns(about: Counted, of: Mapping[str, _Places], models: Mapping[str, _Places]) -> tuple[Pattern, ...]:
    return tuple(sorted((_pattern(about, mode, places, models) for mode, places in of.items()), key=order))


def _pattern(
    about: Counted, mode: str, places: _Places, models: Mapping[str, _Places], under: Sequence[Pattern] = ()
) -> Pattern:
    mine = np.zeros(len(about.cases), np.bool_)
    mine[places] = True
    found = []
    for model, of_model in models.items():
        both = of_model[mine[of_model]]
        if len(both):
            found.append(ModelPattern(model=model, tally=_tally(about, both), months=_months(about, both)))
    found.sort(key=lambda one: (one.model == NO_MODEL, -one.tally.cases, one.model))
    return Pattern(
        mode=mode, tally=_tally(about, places), months=_months(about, places), models=tuple(found), under=tuple(under)
    )


def _grouped(about: Counted, found: Pairs, name: Callable[[str], str]) -> dict[str, _Places]:
    """Where the cases of each group of values stand among those counted, each once."""
    at = np.searchsorted(about.cases, found.cases)
    at[at == len(about.cases)] = 0
    counted_too = about.cases[at] == found.cases if len(about.cases) else np.zeros(len(at), np.bool_)
    at, values = at[counted_too], found.values[counted_too]
    names = [name(text) for text in found.texts]
    order_of = {one: number for number, one in enumerate(dict.fromkeys(names))}
    groups = np.array([order_of[one] for one in names], np.int64)[values]
    both = np.unique(groups * max(1, len(about.cases)) + at)
    groups, at = np.divmod(both, max(1, len(about.cases)))
    edges = np.searchsorted(groups, np.arange(len(order_of) + 1))
    return {
        one: at[edges[number] : edges[number + 1]]
        for one, number in order_of.items()
        if edges[number] < edges[number + 1]
    }


def _tally(about: Counted, places: _Places) -> Tally:
    gravest = int(about.severities[places].max())
    return Tally(
        cases=len(places),
        open=int(about.open[places].sum()),
        came_back=int(about.came_back[places].sum()),
        severity=None if gravest < 0 else gravest,
    )


def _months(about: Counted, places: _Places) -> dict[str, int]:
    months, counts = np.unique(about.months[places], return_counts=True)
    return {f"{month // 12:04}-{month % 12 + 1:02}": int(n) for month, n in zip(months.tolist(), counts, strict=True)}


def _level(path: str, levels: int) -> str:
    return "/".join(path.split("/")[:levels])


def _name(model: str) -> str:
    return model.partition("@")[0]
