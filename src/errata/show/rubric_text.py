"""A rubric for the terminal."""

from __future__ import annotations

from typing import Any


def rubric_text(rubric: Any) -> str:
    """Its axes with every level and anchor, its bands and its floors. ``rubric`` is a record, or a body that ships."""
    key = getattr(rubric, "key", "ships with Errata")
    lines = [f"{key}  {rubric.title}", *([f"  {rubric.description}"] if rubric.description else [])]
    for axis in rubric.axes:
        weight = f" · weighs {axis.weight:g}" if axis.weight != 1 else ""
        lines.append(f"\n{axis.axis}{weight}: {axis.question}")
        wide = max(len(one.name) for one in axis.levels)
        lines += [f"  {one.level}  {one.name:<{wide}}  {one.anchor}" for one in axis.levels]
    how = "the weighted mean of the axes" if rubric.combine == "mean" else "the worst of the axes"
    lines.append(f"\nscore: {how}, each from 0 (mildest) to 1 (worst)")
    lines.append("bands: " + ", ".join(f"{one.band} from {one.at:g}" for one in rubric.bands))
    lines += [f"floor: {one.axis} {one.level} or more is at least {one.band}" for one in rubric.floors]
    return "\n".join(lines)
