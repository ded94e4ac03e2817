"""A heatmap as a table of the terminal's page: each cell's rate and rows; then what the two factors do together."""

from __future__ import annotations

from errata.core import units
from errata.nouns.heatmap import HeatCell, Heatmap
from errata.show.paint import Paint
from errata.show.wrapping import wrap

_MOST = 5
_LABEL = 22


def lines(found: Heatmap, width: int, paint: Paint) -> list[str]:
    """The section, at most ``width`` columns wide."""
    head = f"heatmap · failure rate by {found.a.column} (down) and {found.b.column} (across)"
    text = [paint(line, "bold") for line in wrap(head, width, "")]
    text += _grid(found, width, paint)
    beyond = sorted((one for one in found.cells if one.beyond), key=lambda one: -abs(one.excess))
    for one in beyond[:_MOST]:
        sign, tone = ("●", "fail") if one.excess > 0 else ("✓", "pass")
        told = wrap(f"{sign} {cell_words(one, found)}", width)
        text += [told[0].replace(sign, paint(sign, tone), 1), *told[1:]]
    if len(beyond) > _MOST:
        text.append(f"  … and {units.plural(len(beyond) - _MOST, 'cell')} more (--json)")
    if not beyond:
        sign, tone = ("✓", "pass") if found.p > 0.05 or found.freedom < 1 else ("◆", "inconclusive")
        told = wrap(f"{sign} {together(found)}", width)
        text += [told[0].replace(sign, paint(sign, tone), 1), *told[1:]]
    small = [
        f"● fails more, ✓ less, than {found.a.column} and {found.b.column} explain by themselves (no false discovery "
        f"at {units.percent(found.false_discovery_rate)}); ( ) fewer than {found.few_rows} rows; all rows "
        f"{units.percent(found.rate)} of {units.count(found.rows)}"
    ]
    if beyond:
        small.append(together(found))
    if found.a.evidence is not None and found.b.evidence is not None:
        small.append(
            f"these two factors say most about failures, each by itself (z {units.number(found.a.evidence)} and "
            f"{units.number(found.b.evidence)}); others: --heatmap A,B"
        )
    small += [f"left out: {one['column']} ({one['reason']})" for one in found.left_out]
    small += [f"note: {note}" for note in found.notes]
    return text + [paint(line, "dim") for one in small for line in wrap(one, width)]


def together(found: Heatmap) -> str:
    """What the factors do together, as one sentence."""
    if found.freedom < 1:
        return "too few cells have rows to say what the two factors do together"
    said = "no evidence that the two factors together do more than each by itself"
    if found.p <= 0.05:
        said = "the two factors together do more than each by itself"
        said += "" if any(one.beyond for one in found.cells) else ", though no cell stands out"
    return (
        f"{said} (deviance {units.number(found.deviance)} on {units.plural(found.freedom, 'degree')} of freedom, "
        f"p {_p(found.p)})"
    )


def cell_words(one: HeatCell, found: Heatmap) -> str:
    """A cell with its figures, beside what its two values explain."""
    where = one.slice or f"{found.a.column} {found.a.values[one.a]}, {found.b.column} {found.b.values[one.b]}"
    return (
        f"{where}: {units.percent(one.rate)} {units.interval(one.low, one.high)} · "
        f"{units.count(one.failed)}/{units.count(one.rows)} where {units.percent(one.expected)} is explained"
    )


def _grid(found: Heatmap, width: int, paint: Paint) -> list[str]:
    cells = {(one.a, one.b): one for one in found.cells}
    label = min(max(map(len, found.a.values)), _LABEL)
    longest = max((len(_figures(one)) + one.beyond for one in found.cells), default=0)
    entry = max(longest, min(12, max(map(len, found.b.values))))
    fit = max(1, (width - 2 - label) // (entry + 1))
    text: list[str] = []
    for start in range(0, len(found.b.values), fit):
        across = range(start, min(start + fit, len(found.b.values)))
        header = " ".join(f"{_cut(found.b.values[b], entry):>{entry}}" for b in across)
        text.append(paint(f"  {'':{label}} {header}".rstrip(), "dim"))
        for a, name in enumerate(found.a.values):
            row = f"  {_cut(name, label):<{label}}"
            text.append(row + "".join(" " + _entry(cells.get((a, b)), entry, paint) for b in across).rstrip())
    return text


def _entry(one: HeatCell | None, room: int, paint: Paint) -> str:
    """``24 %/410``, with a sign before it where the cell is beyond what its values explain."""
    if one is None:
        return f"{'·':>{room}}"
    said = _figures(one)
    if one.few:
        return paint(f"{said:>{room}}", "dim")
    if not one.beyond:
        return f"{said:>{room}}"
    sign, tone = ("●", "fail") if one.excess > 0 else ("✓", "pass")
    return " " * max(room - len(said) - 1, 0) + paint(sign, tone) + said


def _figures(one: HeatCell) -> str:
    said = f"{100 * one.rate:.0f} %/{units.count(one.rows)}"
    return f"({said})" if one.few else said


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else text[: room - 1] + "…"


def _p(p: float) -> str:
    return "< 0.001" if p < 0.001 else units.number(p)
