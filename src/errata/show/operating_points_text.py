"""Operating points as a section of the terminal's page."""

from __future__ import annotations

from errata.core import units
from errata.nouns.operating_points import Abstention, BinRates, ClassPoints, CostPoint, FixedPoint, OperatingPoints
from errata.show.paint import Paint
from errata.show.section import small_print
from errata.show.wrapping import wrap

SHOWN = 10
PRECISION, RECALL = 0.9, 0.9
AT = (1.0, 0.9, 0.8, 0.5)


def lines(found: OperatingPoints, width: int, paint: Paint) -> list[str]:
    """Each class at 90 % precision and at 90 % recall with its cheapest threshold; FPR and FNR; abstaining."""
    told = [paint("operating points", "bold")]
    for one in sorted(found.classes, key=_hardest)[:SHOWN]:
        told += wrap(class_sentence(one), width)
    if len(found.classes) > SHOWN:
        told.append(f"  {units.plural(len(found.classes) - SHOWN, 'class', 'classes')} more in --json")
    if found.rates and found.positive is not None:
        for name, rates in (("FPR", [_fpr(one) for one in found.rates]), ("FNR", [_fnr(one) for one in found.rates])):
            known = [(one, *rate) for one, rate in zip(found.rates, rates, strict=True) if rate[0] is not None]
            if known:
                worst = max(known, key=lambda item: item[2] if item[2] is not None else 0.0)
                told += wrap(f"{name} of {found.positive}: {_worst(worst[0].slice, *worst[1:])}", width)
    if found.abstention is not None:
        told += wrap(abstaining(found.abstention), width)
    return told + small_print([f"note: {note}" for note in found.notes], width, paint)


def class_sentence(one: ClassPoints) -> str:
    """``night: recall 81.0 % [79.2, 82.7] at precision 90 % (score ≥ 0.64) · …`` of a class."""
    recall = next(point for point in one.recall_at_precision if point.target == PRECISION)
    precision = next(point for point in one.precision_at_recall if point.target == RECALL)
    return (
        f"{one.label}: {_point('recall', 'precision', recall)} · {_point('precision', 'recall', precision)} · "
        f"{_cost(one.cost)}"
    )


def _point(name: str, fixed: str, point: FixedPoint) -> str:
    at = f"at {fixed} {100 * point.target:g} %"
    if point.value is None:
        return f"no {name} {at}"
    return (
        f"{name} {units.percent(point.value)} {units.interval(point.low, point.high)} {at} "
        f"(score ≥ {units.number(point.threshold)})"
    )


def _cost(point: CostPoint) -> str:
    where = "never said" if point.threshold is None else f"score ≥ {units.number(point.threshold)}"
    return (
        f"cheapest at {where}: {units.number(point.cost)} a row "
        f"(fp={units.number(point.fp)}, fn={units.number(point.fn)})"
    )


def abstaining(found: Abstention) -> str:
    """The error rate of what is answered, at several shares of it."""
    said = []
    for target in AT:
        near = min(found.points, key=lambda point: abs(point.coverage - target))
        said.append(f"{units.percent(near.risk)} of {100 * near.coverage:.0f} %")
    return (
        f"abstaining by confidence, errors of what is answered: {', '.join(dict.fromkeys(said))} · "
        f"AURC {units.number(found.aurc)}, {units.number(found.excess)} above the best order"
    )


def _worst(where: str, rate: float | None, low: float | None, high: float | None, rows: int) -> str:
    interval = units.interval(low, high)
    return f"highest where {where}: {units.percent(rate)} {interval} of {units.count(rows)}"


def _fpr(one: BinRates) -> tuple[float | None, float | None, float | None, int]:
    return one.fpr, one.fpr_low, one.fpr_high, one.negatives


def _fnr(one: BinRates) -> tuple[float | None, float | None, float | None, int]:
    return one.fnr, one.fnr_low, one.fnr_high, one.positives


def _hardest(one: ClassPoints) -> float:
    point = next(point for point in one.recall_at_precision if point.target == PRECISION)
    return point.value or 0.0
