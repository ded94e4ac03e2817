"""Repeats as a section of the terminal's page: the three kinds of task, pass@k and pass^k, the flakiest."""

from __future__ import annotations

from errata.core import units
from errata.nouns.repeats import FAILING, FLAKY, PASSING, PassK, Repeats, TaskRate
from errata.show.paint import Paint
from errata.show.section import signed_line, small_print
from errata.show.wrapping import wrap

_SIGNS = {FAILING: ("●", "fail"), FLAKY: ("◆", "inconclusive"), PASSING: ("✓", "pass")}
_FLAKIEST = 8
_KS = (1, 2, 3, 4, 5, 8, 10, 16, 32, 64, 100)


def lines(found: Repeats, width: int, paint: Paint) -> list[str]:
    """The section, at most ``width`` columns wide."""
    each = (
        f"{found.most_trials:,} trials each"
        if found.least_trials == found.most_trials
        else f"{found.least_trials:,} to {found.most_trials:,} trials each"
    )
    head = (
        f"repeats of {found.group} · {units.plural(found.count, 'task')} · {units.plural(found.rows, 'row')} · {each}"
    )
    text = [paint(line, "bold") for line in wrap(head, width, "")]
    wide = max(len(one.state) for one in found.states)
    for one in found.states:
        sign, tone = _SIGNS[one.state]
        told = (
            f"{one.state:<{wide}}  {units.count(one.tasks):>4} {units.percent(one.share)} "
            f"{units.interval(one.low, one.high)} · {units.number(one.expected)} if all were alike"
        )
        text += signed_line(tone, told, width, paint, sign)
    shown = [one for one in found.passing if one.k in _KS]
    text += wrap("at least one of k passes: " + ", ".join(_at(one) for one in shown), width)
    text += wrap("all of k pass: " + ", ".join(_all(one) for one in shown), width)
    text += wrap(_scatter(found), width)
    flaky = [one for one in found.tasks if one.state == FLAKY]
    if flaky:
        text.append("  flakiest, nearest to even odds first:")
        for task in flaky[:_FLAKIEST]:
            text += wrap(_task(task), width, "    ")
        left = next(one.tasks for one in found.states if one.state == FLAKY) - min(len(flaky), _FLAKIEST)
        if left:
            text.append(f"    … and {left:,} more (--json)")
    text += _always(found, FAILING, width)
    small = [f"note: {note}" for note in found.notes]
    small.append("intervals: of shares and of pass@k for tasks like these, of one task for its own further trials")
    return text + small_print(small, width, paint)


def _at(one: PassK) -> str:
    return f"pass@{one.k} {units.percent(one.at)} {units.interval(one.at_low, one.at_high)}"


def _all(one: PassK) -> str:
    return f"pass^{one.k} {units.percent(one.all)} {units.interval(one.all_low, one.all_high)}"


def _scatter(found: Repeats) -> str:
    if found.p is None or found.intraclass is None or found.between is None:
        return "whether tasks differ beyond chance: not told"
    ends = f"[{units.number(found.intraclass_low)}, {units.number(found.intraclass_high)}]"
    about = (
        f"{units.percent(found.intraclass)} of the variance of outcomes lies between tasks (ICC "
        f"{units.number(found.intraclass)} {ends})"
    )
    least = "p < 0.001" if found.p <= 0.001 else f"p = {units.number(found.p)}"
    if found.p > 0.05:
        return f"no evidence that tasks differ at all: {least} ({found.method}); {about}"
    return (
        f"tasks differ beyond chance: {least} ({found.method}); {about}; pass rates of tasks scatter by "
        f"{units.number(100 * found.between)} pp"
    )


def _task(one: TaskRate) -> str:
    return (
        f"{one.task}: {one.passes:,}/{one.trials:,} passed, {units.percent(one.rate)} "
        f"{units.interval(one.low, one.high)}"
    )


def _always(found: Repeats, state: str, width: int) -> list[str]:
    names = [one for one in found.tasks if one.state == state]
    if not names:
        return []
    shown = names[:20]
    more = next(one.tasks for one in found.states if one.state == state) - len(shown)
    listed = ", ".join(one.task for one in shown) + (f" and {more:,} more" if more else "")
    least = min(shown, key=lambda one: one.trials)
    worst = f"{units.percent(least.shrunk)} {units.interval(least.shrunk_low, least.shrunk_high)}"
    return wrap(
        f"{state}: {listed}. After {units.plural(least.trials, 'trial')} of such a task, the next passes in {worst} by "
        "what the other tasks say",
        width,
    )
