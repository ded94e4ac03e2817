"""What audits say: one frozen dataclass each, plain values in JSON, and read again from there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from importlib import import_module
from types import UnionType
from typing import Any, Protocol, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")
PLACES: dict[str, tuple[str, str]] = {
    "calibration": ("errata.nouns.calibration", "Calibration"),
    "operating-points": ("errata.nouns.operating_points", "OperatingPoints"),
    "trend": ("errata.nouns.trend", "Trend"),
    "nodes": ("errata.nouns.nodes", "Nodes"),
    "clusters": ("errata.nouns.clusters", "Clusters"),
    "stages": ("errata.nouns.stages", "Stages"),
    "drift": ("errata.nouns.drift_halves", "DriftHalves"),
    "kinds": ("errata.nouns.kinds", "KindsOfError"),
    "repeats": ("errata.nouns.repeats", "Repeats"),
    "fairness": ("errata.nouns.fairness", "Fairness"),
    "adequacy": ("errata.nouns.adequacy", "Adequacy"),
    "heatmap": ("errata.nouns.heatmap", "Heatmap"),
    "residuals": ("errata.nouns.residuals", "Residuals"),
    "holdout": ("errata.nouns.holdout", "Holdout"),
    "causes": ("errata.nouns.causes", "Causes"),
}
"""Analysis → the module and the class of its result."""


class Analysis(Protocol):
    """The result of one audit: a frozen dataclass of plain values, tuples and such dataclasses."""

    def to_json(self) -> dict[str, Any]:
        """Plain values, its fields by name."""


@dataclass(frozen=True, slots=True)
class NotDone:
    """An analysis that was chosen and could not be made, and why."""

    analysis: str
    reason: str


def read_analyses(values: Mapping[str, Mapping[str, Any]]) -> dict[str, Analysis]:
    """The results that ``to_json`` wrote, by name."""
    found = {}
    for name, value in values.items():
        module, kind = PLACES[name]
        found[name] = read(getattr(import_module(module), kind), value)
    return found


def read(kind: type[T], value: Any) -> T:
    """A dataclass (or tuple, dictionary, optional of such) from its plain values."""
    result: T = _read(kind, value)
    return result


def _read(kind: Any, value: Any) -> Any:
    if value is None or kind is Any:
        return value
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        known = [one for one in inner if one is not type(None)]
        return _read(known[0], value) if len(known) == 1 else value
    if origin is tuple:
        kinds = [inner[0]] * len(value) if inner[-1] is Ellipsis else list(inner)
        return tuple(_read(one, item) for one, item in zip(kinds, value, strict=True))
    if origin is dict:
        return {key: _read(inner[1], item) for key, item in value.items()}
    if is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        return kind(**{one.name: _read(hints[one.name], value[one.name]) for one in fields(kind) if one.name in value})
    return value
