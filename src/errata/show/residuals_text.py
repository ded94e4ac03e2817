"""Residuals as a section of the terminal's page: bias, where it changes, spread, tails."""

from __future__ import annotations

from errata.core import units
from errata.nouns.report import Estimate
from errata.nouns.residuals import BiasSlice, FactorSpread, PredictionBin, Residuals, Tails
from errata.show.paint import Paint
from errata.show.section import (
    estimate,
    heading,
    p_value,
    plus,
    plus_estimate,
    rate,
    signed_line,
    small_print,
)
from errata.show.wrapping import wrap

_MOST = 8
_CLUSTERED = ("clustered", "white clustered")


def lines(found: Residuals, width: int, paint: Paint) -> list[str]:
    """The section, at most ``width`` columns wide."""
    text = heading(f"residuals · {units.plural(found.rows, 'row')} · error = prediction − truth", width, paint)
    text += _bias(found, width, paint)
    text += _curve(found, width, paint)
    text += _slices(found.slices, found.tried, width, paint)
    text += _spread(found, width, paint)
    if found.tails is not None:
        text += _tails(found.tails, width, paint)
    small = [f"note: {note}" for note in found.notes]
    small.append(
        "slices and factors: no false discoveries among those tried (Benjamini–Hochberg at "
        f"{units.percent(found.false_discovery_rate)}); intervals without the word band are pointwise 95 %"
    )
    return text + small_print(small, width, paint)


def side(one: Estimate) -> str | None:
    """Whether predictions are ``too high`` or ``too low`` beyond chance."""
    if one.low is not None and one.low > 0:
        return "too high"
    return "too low" if one.high is not None and one.high < 0 else None


def _bias(found: Residuals, width: int, paint: Paint) -> list[str]:
    off = side(found.bias)
    told = f"mean {plus_estimate(found.bias)}, median {plus_estimate(found.median)}"
    text = (
        signed_line("fail", f"predictions are {off} on average: {told}", width, paint)
        if off
        else signed_line("pass", f"no evidence of a bias on average: {told}", width, paint)
    )
    size = (
        f"mean absolute error {units.number(found.mean_absolute)}, root mean square "
        f"{units.number(found.root_mean_square)}"
    )
    if found.slope.value is not None:
        size += f" · slope of truth over prediction {estimate(found.slope)}{_slope(found.slope)}"
    return text + wrap(size, width, "    ")


def _slope(slope: Estimate) -> str:
    if slope.low is not None and slope.low > 1:
        return ": predictions are not spread far enough"
    return ": predictions are spread too far" if slope.high is not None and slope.high < 1 else ""


def _curve(found: Residuals, width: int, paint: Paint) -> list[str]:
    if not found.curve or found.bias_p is None:
        return []
    off = found.biased_bins
    bins = units.plural(len(found.curve), "bin")
    if not off:
        return signed_line("pass", f"no bin of the prediction is biased beyond chance (band over {bins})", width, paint)
    text = signed_line(
        "fail", f"biased in {len(off)} of {bins} of the prediction (band over all of them)", width, paint
    )
    for one in off[:_MOST]:
        told = plus_estimate(Estimate(one.bias, one.bias_low, one.bias_high))
        text += wrap(f"predicted {_range(one)}: {told} · {units.plural(one.rows, 'row')}", width, "    ")
    return text + _more(len(off) - _MOST)


def _range(one: PredictionBin) -> str:
    if one.low is None:
        return f"below {units.number(one.high)}"
    return f"from {units.number(one.low)}" + ("" if one.high is None else f" to {units.number(one.high)}")


def _more(rest: int) -> list[str]:
    return [f"    … and {rest:,} more (--json)"] if rest > 0 else []


def _slices(slices: tuple[BiasSlice, ...], tried: int, width: int, paint: Paint) -> list[str]:
    if not tried:
        return []
    if not slices:
        told = f"no slice has another bias than the rest ({units.plural(tried, 'slice')} tried)"
        return signed_line("pass", told, width, paint)
    text = signed_line("fail", f"biased otherwise than the rest: {len(slices)} of {tried:,} slices tried", width, paint)
    for one in slices[:_MOST]:
        own = plus_estimate(Estimate(one.bias, one.low, one.high))
        away = plus_estimate(Estimate(one.difference, one.difference_low, one.difference_high))
        told = f"{one.slice}: {own} · {units.plural(one.rows, 'row')} · rest {plus(one.rest_bias)} · difference {away}"
        text += wrap(told, width, "    ")
    return text + _more(len(slices) - _MOST)


def _spread(found: Residuals, width: int, paint: Paint) -> list[str]:
    text: list[str] = []
    tests = {one.method.removesuffix(" clustered"): one for one in found.spread_tests}
    if found.spread_tests:
        first = next(iter(found.spread_tests))
        name = "clustered score test" if first.method in _CLUSTERED else "Breusch–Pagan, studentized"
        said = f"{name} {p_value(first.p)}"
        if (white := tests.get("white")) is not None:
            said += f"; White {p_value(white.p)}"
        ends = ""
        if len(found.curve) > 1:
            least, most = (choose(found.curve, key=lambda one: one.spread) for choose in (min, max))
            ends = (
                f": from {units.number(least.spread)} (predicted {_range(least)}) to {units.number(most.spread)} "
                f"(predicted {_range(most)})"
            )
        if found.uneven:
            text += signed_line("fail", f"spread depends on the prediction{ends} · {said}", width, paint)
        else:
            text += signed_line("pass", f"no evidence that spread depends on the prediction · {said}", width, paint)
    for one in found.spread_factors[:_MOST]:
        text += signed_line("fail", _factor(one), width, paint)
    return text + _more(len(found.spread_factors) - _MOST)


def _factor(one: FactorSpread) -> str:
    ratio = estimate(Estimate(one.ratio, one.ratio_low, one.ratio_high))
    return (
        f"spread differs by {one.factor}: largest where {one.widest}, {units.number(one.spread)} · "
        f"{units.plural(one.rows, 'row')} · {ratio} × that of its other values"
    )


def _tails(found: Tails, width: int, paint: Paint) -> list[str]:
    kurtosis = f"excess kurtosis {plus_estimate(found.kurtosis)}"
    beyond = f"{rate(found.beyond)} of errors lie beyond 3 robust deviations (normal: 0.27 %)"
    words = {
        "heavy": ("fail", f"tails are heavier than a normal's: {kurtosis}; {beyond}"),
        "light": ("pass", f"tails are lighter than a normal's: {kurtosis}; {beyond}"),
        "no evidence": ("pass", f"no evidence of other tails than a normal's: {kurtosis}; {beyond}"),
    }
    text = signed_line(*words[found.verdict], width, paint)
    for worst in found.worst:
        part = rate(Estimate(worst.part, worst.part_low, worst.part_high))
        mean = estimate(Estimate(worst.shortfall, worst.shortfall_low, worst.shortfall_high))
        told = (
            f"the worst {units.percent(worst.share, 1)} of rows carry {part} of all absolute error (normal: "
            f"{units.percent(worst.normal_part)}); their mean is {mean}"
        )
        text += wrap(told, width, "    ")
    sizes = ", ".join(
        f"{100 * one.share:g} % {units.number(one.value)} "
        + (f"[{units.number(one.low)}, {units.number(one.high)}]" if None not in (one.low, one.high) else "[open]")
        for one in found.quantiles
    )
    return text + wrap(f"absolute error at most, in so many rows: {sizes}", width, "    ")
