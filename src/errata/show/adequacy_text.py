"""Adequacy as a section of the terminal's page: what is covered, what was never tested, what by too few rows."""

from __future__ import annotations

from errata.core import units
from errata.nouns.adequacy import CHANCE, UNTESTED, Adequacy, Combination, Coverage
from errata.show.paint import Paint
from errata.show.terminal import wrap_slice
from errata.show.wrapping import wrap

_MOST = 8
_NAMES = {1: "values", 2: "pairs of values", 3: "triples of values"}


def lines(found: Adequacy, width: int, paint: Paint) -> list[str]:
    """The section, at most ``width`` columns wide."""
    source = f"weighed by {found.traffic}" if found.traffic else "weighed as if factors were independent"
    head = f"adequacy · {units.plural(found.rows, 'row')} · {units.plural(len(found.factors), 'factor')} · {source}"
    text = [paint(line, "bold") for line in wrap(head, width, "")]
    for one in found.coverage:
        text += wrap(coverage_words(one, found), width)
    untested = [one for one in found.combinations if one.verdict == UNTESTED]
    few = [one for one in found.combinations if one.verdict != UNTESTED]
    if untested:
        text += _table(untested, "never tested", found, width, paint)
    else:
        text.append(f"  {paint('✓', 'pass')} every combination has a row")
    if few:
        text += _table(few, f"fewer than {units.count(found.needed)} rows", found, width, paint)
    small = [
        f"needed: {units.count(found.needed)} rows bring a rate to ±{units.number(100 * found.precision)} pp "
        f"(--precision) if it is {_rate(found)}. Occurs: {_occurs(found)}"
    ]
    small += [f"left out: {one['column']} ({one['reason']})" for one in found.left_out]
    small += [f"note: {note}" for note in found.notes]
    return text + [paint(line, "dim") for one in small for line in wrap(one, width)]


def coverage_words(one: Coverage, found: Adequacy) -> str:
    """How much of all combinations of so many factors is tested, and how much of the traffic that is."""
    said = (
        f"{_NAMES[one.strength]}: {units.count(one.tested)} of {units.count(one.combinations)} tested, "
        f"{units.count(one.covered)} by {units.count(found.needed)} rows or more"
    )
    if one.strength > 1 or found.traffic:
        said += (
            f" · they hold {units.percent(one.share_tested)} "
            f"{units.interval(one.share_tested_low, one.share_tested_high)} and {units.percent(one.share_covered)} "
            f"{units.interval(one.share_covered_low, one.share_covered_high)} of the traffic"
        )
    return said + (f" · {units.count(one.unseen)} more occur in neither" if one.unseen else "")


def _table(of: list[Combination], title: str, found: Adequacy, width: int, paint: Paint) -> list[str]:
    shown = of[:_MOST]
    shares = [f"{units.percent(one.share)} {units.interval(one.share_low, one.share_high)}" for one in shown]
    untested = shown[0].verdict == UNTESTED
    counts = [units.number(one.expected) if untested else units.count(one.rows) for one in shown]
    heading = "expected" if untested else "rows"
    share, number = max(*map(len, shares), len("occurs")), max(*map(len, counts), len(heading))
    longest = max(len(title) - 2, *(len(one.slice) for one in shown))
    room = max(16, min(longest, width - 4 - 2 - share - 2 - number))
    text = [paint(f"  {title:<{room + 2}}  {'occurs':<{share}}  {heading:>{number}}", "dim")]
    for at, one in enumerate(shown):
        beyond = untested and one.absence != CHANCE
        sign, tone = ("●", "fail") if beyond else ("◆", "inconclusive")
        first, *more = wrap_slice(one.slice, room)
        text.append(f"  {paint(sign, tone)} {first:<{room}}  {shares[at]:<{share}}  {counts[at]:>{number}}")
        text += [f"    {part}" for part in more]
    hidden = len(of) - len(shown) + (found.more_untested if untested else found.more_few)
    if hidden:
        text.append(f"    … and {hidden:,} more, met less often (--json has the first {len(of)})")
    beyond_chance = [one for one in of if one.absence not in (None, CHANCE)]
    if untested and beyond_chance:
        if found.traffic:
            said = (
                f"● the traffic has it, and the test leaves it out beyond chance ({len(beyond_chance)} of those listed)"
            )
        else:
            said = (
                f"● absent beyond chance: impossible together, or never tested ({len(beyond_chance)} of those listed)"
            )
        text += wrap(said, width, "    ")
    if untested and len(beyond_chance) < len(of):
        high = next(one.high for one in of if one.high is not None)
        text += wrap(
            f"◆ absent as chance would have it: at most {units.percent(high)} of what the test was drawn from",
            width,
            "    ",
        )
    return text


def _rate(found: Adequacy) -> str:
    return "50 %, the widest" if found.rate is None else f"{units.percent(found.rate)}, that of all"


def _occurs(found: Adequacy) -> str:
    if found.traffic:
        return f"its share of {units.plural(found.traffic_rows or 0, 'row')} of {found.traffic}, with its 95 % interval"
    return (
        "the product of the shares of its values in this file, with its 95 % interval; a file of real traffic says "
        "it better (--traffic)"
    )
