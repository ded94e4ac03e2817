"""Kinds of error as a section of the terminal's page: those with most failures first, each with what it says."""

from __future__ import annotations

from errata.analysis.kinds import LESS, MORE, TOO_FEW
from errata.core import units
from errata.nouns.kinds import KindOfError, KindsOfError
from errata.show.paint import Paint
from errata.show.section import signed_line, small_print
from errata.show.wrapping import wrap

_SIGNS = {MORE: ("●", "fail"), LESS: ("✓", "pass"), TOO_FEW: ("○", "dim")}


def lines(found: KindsOfError, width: int, paint: Paint) -> list[str]:
    """The section, at most ``width`` columns wide."""
    counted = f"{units.plural(found.failed, 'failure')} in {units.plural(found.rows, 'row')}"
    head = f"kinds of error · {counted if found.judged else units.plural(found.rows, 'row')}"
    text = [paint(line, "bold") for line in wrap(f"{head} · a row may be of several", width, "")]
    there = [one for one in found.kinds if one.rows]
    for one in there:
        text += _kind(one, found, width, paint)
    if found.failed and found.kinds:
        share = f"{units.percent(found.none_share)} {units.interval(found.none_low, found.none_high)}"
        text += wrap(
            f"none of {'these' if there else 'the kinds'}: {_of(found.none_of_them, found.failed)} failures, {share}",
            width,
        )
    for both in found.together[:3]:
        failed = f", {units.count(both.failed)} of them failed" if found.judged else ""
        text += wrap(f"together: {' + '.join(both.kinds)} in {units.plural(both.rows, 'row')}{failed}", width)
    never = [one for one in found.kinds if not one.rows]
    small = [f"in no row: {', '.join(_never(one, found) for one in never)}"] if never else []
    if found.missing:
        small.append(
            "not computed: " + "; ".join(f"{', '.join(kinds)}: {reason}" for reason, kinds in _by_reason(found))
        )
    small += [f"note: {note}" for note in found.notes]
    if any(one.verdict is not None and one.verdict != TOO_FEW for one in there):
        small.append(
            "fails more or less: no false discovery among the kinds (Benjamini–Hochberg at "
            f"{units.percent(found.false_discovery_rate)}); a kind is no cause"
        )
    return text + small_print(small, width, paint)


def _kind(one: KindOfError, found: KindsOfError, width: int, paint: Paint) -> list[str]:
    sign, tone = ("●", "fail") if one.failing else _SIGNS.get(one.verdict or "", ("◆", "inconclusive"))
    if not found.judged:
        sign, tone = "·", "dim"
    rows = f"{_of(one.rows, one.known)} rows, {units.percent(one.share)} {units.interval(one.low, one.high)}"
    if one.failing is False and found.judged:
        return signed_line("pass", f"{one.kind}: {rows} · passed all the same", width, paint)
    if one.failing or not found.judged:
        share = f"{units.percent(one.failed_share)} {units.interval(one.failed_low, one.failed_high)}"
        of_failures = f"{_of(one.failed, one.failures)} failures, {share}"
        first = f"{one.kind}: {of_failures if found.judged and one.failures else rows}"
        return signed_line(tone, first, width, paint, sign)
    share = f"{units.percent(one.failed_share)} {units.interval(one.failed_low, one.failed_high)}"
    text = signed_line(tone, f"{one.kind}: {rows}", width, paint, sign)
    if one.failures:
        text += wrap(f"in {_of(one.failed, one.failures)} failures, {share}", width, "    ")
    return text + wrap(_says(one), width, "    ")


def _says(one: KindOfError) -> str:
    inside = f"{units.percent(one.rate)} {units.interval(one.rate_low, one.rate_high)} of them fail"
    if one.rest is None:
        return f"{inside}; no row is without it"
    others = f"{units.percent(one.rest)} {units.interval(one.rest_low, one.rest_high)} of the others"
    if one.difference is None or one.difference_low is None or one.difference_high is None:
        return f"{inside}, {others}: too few rows to compare"
    ends = f"[{100 * one.difference_low:+.1f}, {100 * one.difference_high:+.1f}]"
    verdict = f" · {one.verdict}" if one.verdict else ""
    return f"{inside}, {others}: {units.points(one.difference)} {ends}{verdict}"


def _never(one: KindOfError, found: KindsOfError) -> str:
    return one.kind if one.known == found.rows else f"{one.kind} (told in {units.count(one.known)})"


def _by_reason(found: KindsOfError) -> list[tuple[str, list[str]]]:
    reasons: dict[str, list[str]] = {}
    for one in found.missing:
        reasons.setdefault(one["reason"], []).append(one["kind"])
    return list(reasons.items())


def _of(part: int, whole: int) -> str:
    return f"{units.count(part)}/{units.count(whole)}"
