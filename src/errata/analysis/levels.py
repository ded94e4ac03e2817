"""The levels of a factor: by what a Tally tells them apart, and which condition of a slice each one is."""

from __future__ import annotations

from dataclasses import dataclass

from errata.analysis.tally import Axis, Label
from errata.core.errors import GrammarError
from errata.nouns.slice import Condition, Slice


@dataclass(frozen=True, slots=True)
class Levels:
    """A column that is told value by value, or cut at ``edges``: then the label is the number of the range."""

    name: str
    axis: Axis
    edges: tuple[float, ...] | None = None

    def condition(self, label: Label) -> Condition | None:
        """The condition that holds the rows of a label; None for what no slice can say (infinite, too long)."""
        try:
            if label is None:
                return Condition(self.name, "null")
            if self.edges is None:
                return Condition(self.name, "equals", value=label)
            at = int(label)
            low = self.edges[at - 1] if at > 0 else None
            high = self.edges[at] if at < len(self.edges) else None
            return Condition(self.name, "range", low=low, high=high)
        except (GrammarError, ValueError, OverflowError):
            return None

    def short(self, label: Label) -> str:
        """A label beside an axis that names the column: ``night``, ``< 0.3``, ``0.3–0.5``, ``≥ 0.5``, ``missing``."""
        if label is None:
            return "missing"
        if self.edges is None:
            return str(label).lower() if isinstance(label, bool) else str(label)
        at = int(label)
        low = _number(self.edges[at - 1]) if at > 0 else ""
        high = _number(self.edges[at]) if at < len(self.edges) else ""
        dash = " – " if high.startswith("-") else "–"
        return f"{low}{dash}{high}" if low and high else f"< {high}" if high else f"≥ {low}"


def _number(edge: float) -> str:
    return str(int(edge)) if edge.is_integer() and abs(edge) < 1e15 else repr(edge)


def slice_text(levels: tuple[Levels, ...], labels: tuple[Label, ...]) -> str | None:
    """The canonical slice of the rows that have these labels; None where one of them cannot be said."""
    conditions = [one.condition(label) for one, label in zip(levels, labels, strict=True)]
    known = [one for one in conditions if one is not None]
    return Slice.of(*known).text if len(known) == len(conditions) else None
