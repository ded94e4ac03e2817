"""A report as a page of the terminal: the answer first, the proof under it, the next command last."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import textwrap

from errata.nouns.finding import Finding
from errata.nouns.report import Report
from errata.show import gone_text, words
from errata.show.analyses_text import analyses_lines, guards
from errata.show.paint import Paint as Paint
from errata.show.wrapping import wrap


def print_report(report: Report, *, command_file: str | None = None) -> None:
    """The report on standard output, as wide as the terminal, in colour only where somebody looks at it."""
    width = shutil.get_terminal_size((100, 24)).columns
    print(report_text(report, width=min(width, 140), colour=wants_colour(), command_file=command_file))


def wants_colour() -> bool:
    """Whether standard output is a terminal that may be coloured; ``NO_COLOR`` and ``TERM=dumb`` say no."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def report_text(report: Report, *, width: int, colour: bool, command_file: str | None = None) -> str:
    """The report as lines of at most ``width`` columns (at least 60), without a line break at the end.

    ``command_file`` is what the user typed (a path, ``-`` or ``run:12``); with it the last lines are the commands
    that come next. Slices are wrapped between conditions; nothing is cut.
    """
    width = max(width, 60)
    paint = Paint(colour)
    lines = [paint(line, "bold") for line in wrap(words.headline(report), width, "")]
    lines += wrap(words.read_as(report), width, "", "   ")
    for name, value in words.other_metrics(report):
        lines.append(f"{words.metric_name(name)} {value}")
    lines += _table(report.slices(), _place(report.slices()), "where", width, paint, words.share_heading(report))
    lines += wrap(words.verdict(report), width, "")
    if report.confusions():
        shown = report.confusions()[:5]
        lines += ["", *_table(shown, [_pair(report, finding) for finding in shown], "confused", width, paint)]
        if len(report.confusions()) > len(shown):
            lines.append(f"{len(report.confusions()) - len(shown)} more pairs in --json.")
    lines += gone_text.lines(report.gone, width, paint)
    line = words.calibration(report)
    if line and "calibration" not in report.analyses:
        lines += wrap(line, width, "", "   ")
    lines += analyses_lines(report, width, paint)
    lines += _small_print(report, width, paint)
    if command_file is not None:
        lines += _next(report, command_file, width)
    return "\n".join(lines)


def _place(findings: tuple[Finding, ...]) -> list[str]:
    return [finding.slice for finding in findings]


def _pair(report: Report, finding: Finding) -> str:
    pair = words.confused(report.roles, finding)
    return finding.slice if pair is None else f"{pair[0]} taken for {pair[1]}"


def _table(
    findings: tuple[Finding, ...], places: list[str], heading: str, width: int, paint: Paint, title: str = "share"
) -> list[str]:
    if not findings:
        return []
    above = [words.excess(f.excess_errors, f.metric) for f in findings]
    floor = [f"(≥ {words.excess(f.excess_errors_low, f.metric)})" for f in findings]
    shares = [words.share(f, f.metric) for f in findings]
    rates = [words.rate(f.error_rate, f.metric) for f in findings]
    rests = [words.rate(f.rest_error_rate, f.metric) for f in findings]
    statuses = [f"{words.status_sign(f.status)} {f.status or ''}".strip() for f in findings]
    spans = [words.rate_interval(f.low, f.high, f.metric) for f in findings] if width >= 100 else [""] * len(findings)

    rank = len(str(len(findings)))
    wide = {name: max(map(len, column), default=0) for name, column in
            {"above": above, "floor": floor, "share": shares, "rate": rates, "span": spans,
             "status": statuses}.items()}  # fmt: skip
    rest = max(4, *map(len, rests))
    left = max(wide["above"] + 2 + wide["floor"], 14)
    figure = max(wide["share"] + 1 + wide["rate"] + (1 + wide["span"] if wide["span"] else 0), len(title))
    status = wide["status"] + 2 if wide["status"] else 0
    fixed = rank + 2 + left + 2 + 2 + figure + 2 + rest
    beside = bool(status) and width - fixed - status >= 24
    longest = max(*map(len, places), len(heading))
    room = min(width - fixed - (status if beside else 0), longest)
    # Where no column is left for the slices, each stands on lines of its own under its figures.
    under = room < min(longest, 20)
    column = f"{heading:{room}}  " if not under else ""
    head = f"{'':{rank}}  {'above the rest':{left}}  {column}{title:>{figure}}  {'rest':>{rest}}"
    lines = [paint(head.rstrip() + ("  status" if beside else ""), "dim")]
    for row, finding in enumerate(findings):
        place = places[row]
        first, *more = ["", *wrap_slice(place, width - rank - 2)] if under else wrap_slice(place, room)
        numbers = f"{shares[row]:>{wide['share']}} " + paint(f"{rates[row]:>{wide['rate']}}", "bold")
        pad = figure - wide["share"] - 1 - wide["rate"]
        if wide["span"]:
            numbers += f" {spans[row]:<{wide['span']}}"
            pad -= 1 + wide["span"]
        back = (finding.status or "").startswith("came back")
        line = (
            f"{row + 1:>{rank}}  {above[row]:>{wide['above']}}  "
            f"{floor[row]:<{left - wide['above'] - 2}}  {'' if under else f'{first:<{room}}  '}"
            f"{' ' * pad}{numbers}  {rests[row]:>{rest}}"
        )
        if beside and statuses[row]:
            line += "  " + (paint(statuses[row], "fail") if back else statuses[row])
        lines.append(line)
        inner = " " * (rank + 2 if under else rank + 2 + left + 2)
        lines += [inner + part for part in more]
        if alone := words.on_its_own(finding):
            lines += [inner + paint(part, "dim") for part in wrap(alone, width - len(inner), "")]
        if status and not beside and statuses[row]:
            lines.append(inner + (paint(statuses[row], "fail") if back else statuses[row]))
    return lines


def wrap_slice(text: str, room: int) -> list[str]:
    """A slice over several lines, broken before ``and`` where it can be, then at spaces, then anywhere."""
    lines: list[str] = []
    for number, condition in enumerate(text.split(" and ")):
        part = condition if number == 0 else f"and {condition}"
        if lines and len(lines[-1]) + 1 + len(part) <= room:
            lines[-1] += " " + part
        else:
            lines += textwrap.wrap(part, room, break_on_hyphens=False) or [""]
    return lines


def _small_print(report: Report, width: int, paint: Paint) -> list[str]:
    lines: list[str] = []
    if line := words.binned(report):
        lines += wrap(line, width, "", "   ")
    grouped = words.left_out(report.left_out)
    if grouped:
        text = "; ".join(f"{words.some(columns)} ({reason})" for reason, columns in grouped)
        lines += wrap(f"left out: {text}", width, "", "   ")
    for note in report.notes:
        lines += wrap(f"note: {note}", width, "", "   ")
    return [paint(line, "dim") for line in lines]


def _next(report: Report, command_file: str, width: int) -> list[str]:
    if command_file.startswith("run:"):
        open_new = next((f for f in report.findings if f.id.startswith("finding:") and f.status in (None, "new")), None)
        pair = ["See it: errata serve"]
        if open_new:
            pair.append(f"Open a case: errata case open {open_new.id} --title TITLE")
        if guarded := guards(report):
            return ["    ".join(pair), f"Guard a gap: {guarded}"]
    else:
        pair = [
            "See it: --html out.html",
            f"Keep it: errata log {shlex.quote(command_file)} --model NAME@V --dataset NAME@V",
        ]
    together = "    ".join(pair)
    return [together] if len(together) <= width else pair
