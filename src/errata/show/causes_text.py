"""Cause tests as a section of the terminal's page: labels, data, capacity, each with what it can say."""

from __future__ import annotations

from errata.core import units
from errata.nouns.causes import (
    BETTER,
    FLAT,
    MORE_DATA,
    NO_EVIDENCE,
    NOISE,
    WORSE,
    Capacity,
    Causes,
    DataQuality,
    LabelNoise,
    Trouble,
)
from errata.show.paint import Paint
from errata.show.section import estimate, heading, points, rate, signed_line, small_print
from errata.show.wrapping import wrap

_MOST = 8
_SUSPECTS = 10
_TONES = {WORSE: "fail", BETTER: "inconclusive", NO_EVIDENCE: "pass"}


def lines(found: Causes, width: int, paint: Paint) -> list[str]:
    """The section, at most ``width`` columns wide."""
    text = heading("causes · what failing goes with, which is no proof of a cause", width, paint)
    if found.labels is not None:
        text += _labels(found.labels, width, paint)
    if found.data is not None:
        text += _data(found.data, width, paint)
    if found.capacity is not None:
        text += _capacity(found.capacity, width, paint)
    small = [f"not tested: {one['test']} ({one['reason']})" for one in found.left_out]
    small += [f"note: {note}" for note in found.notes]
    return text + small_print(small, width, paint)


def _labels(found: LabelNoise, width: int, paint: Paint) -> list[str]:
    be = "is" if found.disagreements == 1 else "are"
    counted = (
        f"{units.plural(found.disagreements, 'row')} of {units.count(found.rows)} {be} confidently of another class "
        "than the label; were every label right, calibrated scores would give "
        f"{units.count(found.expected)}"
    )
    noise = f"labels wrong that no calibration explains: {rate(found.noise)}"
    if found.verdict == NOISE:
        text = signed_line("fail", f"labels may be wrong, or the model surely mistaken: {counted}", width, paint)
        text += wrap(
            f"{noise} of {units.count(found.rows)} (scores at temperature {units.number(found.temperature)})",
            width,
            "    ",
        )
        likely = f"about {units.count(found.likely)} are wrong if the fit holds"
        told = f"{units.plural(found.suspected, 'suspect')}, of which {likely}"
        text += wrap(f"{told}; the first by margin:", width, "    ")
        for one in found.suspects[:_SUSPECTS]:
            name = f"row {units.count(one.row)}" if one.id is None else one.id
            text += wrap(
                f"{name}: labelled {one.label}, looks like {one.suggested} (margin {one.margin:.2f}, chance "
                f"{units.percent(one.chance)})", width, "      ",
            )  # fmt: skip
        if found.suspected > _SUSPECTS:
            text.append(f"      … and {found.suspected - _SUSPECTS:,} more (--json lists {len(found.suspects):,})")
    else:
        text = signed_line("pass", f"no evidence of label noise: {counted}", width, paint)
        text += wrap(f"{noise} of {units.count(found.rows)}", width, "    ")
    if found.pairs:
        many = f"{len(found.pairs)} of {units.plural(found.tried, 'pair')} of classes"
        text += wrap(f"beyond scores and even noise: {many}", width, "    ")
        for pair in found.pairs[:_MOST]:
            rows = f"{units.plural(pair.rows, 'row')}, {pair.expected:.1f} expected"
            told = f"labelled {pair.label}, surely {pair.suggested}: {rows}"
            text += wrap(told, width, "      ")
        if len(found.pairs) > _MOST:
            text.append(f"      … and {len(found.pairs) - _MOST:,} more (--json)")
    return text + small_print([f"note: {note}" for note in found.notes], width, paint)


def _data(found: DataQuality, width: int, paint: Paint) -> list[str]:
    text: list[str] = []
    marked = [one for one in found.troubles if one.verdict != NO_EVIDENCE]
    calm = [one for one in found.troubles if one.verdict == NO_EVIDENCE]
    if not found.troubles:
        told = f"nothing missing, out of range, doubled or leaked in {units.plural(len(found.inputs), 'column')}"
        text += signed_line("pass", told, width, paint)
    for one in [*marked[:_MOST], *calm[: max(_MOST - len(marked), 3)]]:
        text += signed_line(_TONES[one.verdict], _trouble(one), width, paint)
    shown = min(len(marked), _MOST) + min(len(calm), max(_MOST - len(marked), 3))
    if len(found.troubles) > shown:
        text.append(f"    … and {len(found.troubles) - shown:,} more (--json)")
    if found.without_leaks is not None:
        text += wrap(f"without the leaked rows the error rate is {rate(found.without_leaks)}", width, "    ")
    if found.floor is not None and found.distinct is not None:
        told = (
            f"equal inputs have unlike truths: no model that sees these columns alone can come below "
            f"{units.percent(found.floor)} of errors on these rows ({units.plural(found.distinct, 'different input')})"
        )
        text += signed_line("inconclusive", told, width, paint)
    small = [f"note: {note}" for note in found.notes]
    small.append(
        f"ranges and values are held against {found.reference}; {units.plural(found.tried, 'test')}, no false "
        "discoveries (Benjamini–Hochberg at 5 %)"
    )
    return text + small_print(small, width, paint)


def _trouble(one: Trouble) -> str:
    where = one.kind if one.column is None else f"{one.kind} in {one.column}"
    text = f"{where} ({one.detail}): {units.plural(one.rows, 'row')}"
    if one.p is None:
        return f"{text} · too few to say whether it matters"
    ratio = one.ratio
    high = "∞" if ratio.high is None else units.number(ratio.high)
    value = "∞" if ratio.value is None else units.number(ratio.value)
    rates = (
        f"{rate(one.rate)} · {units.count(one.failed)}/{units.count(one.known)} fail, of the others "
        f"{units.percent(one.rest_rate.value)} · risk ratio {value} [{units.number(ratio.low)}, {high}]"
    )
    shares = f"among failures {units.percent(one.share_failed)}, among passes {units.percent(one.share_passed)}"
    says = {WORSE: " · such rows fail more", BETTER: " · such rows fail less"}.get(
        one.verdict, " · present, no evidence that it matters"
    )
    return f"{text} · {rates} · {shares}{says}"


def _capacity(found: Capacity, width: int, paint: Paint) -> list[str]:
    last = found.points[-1]
    gain = f"gain {points(found.gain)}"
    doubled = f"at twice the largest size ({units.number(2 * last.size)}) the curve gives {rate(found.doubled)}, {gain}"
    says = {
        MORE_DATA: ("fail", f"more data would help: {doubled}"),
        FLAT: ("pass", f"flat: more data alone would not help; capacity, inputs or noise bound the error. {doubled}"),
    }
    tone, told = says.get(found.verdict, ("inconclusive", f"inconclusive whether more data would help: {doubled}"))
    text = signed_line(tone, told, width, paint)
    sizes = ", ".join(
        f"{units.number(one.size)}: {rate(one.rate)} of {units.count(one.rows)}" for one in found.points[-_MOST:]
    )
    text += wrap(f"error by training size: {sizes}", width, "    ")
    small = (
        f"error = a + b·n^(−c): a {rate(found.floor)}, c {estimate(found.exponent)}; trainings scatter "
        f"{units.number(found.scatter)} × as samples explain"
    )
    return text + small_print([small, *(f"note: {note}" for note in found.notes)], width, paint)
