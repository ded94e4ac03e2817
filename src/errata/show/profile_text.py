"""A profile as a page of the terminal: runs, what recurs, cases, kinds of error, changes, gates."""

from __future__ import annotations

import textwrap

from errata.core import units
from errata.nouns.profile import ABSENT, COVERED, NOT_TESTED, PRESENT, Profile, ProfileCase
from errata.show import profile_words as words
from errata.show.paint import Paint
from errata.show.table_text import table_text
from errata.show.words import SIGNS
from errata.show.wrapping import wrap

_PAINTED = {PRESENT: "fail", COVERED: "inconclusive", ABSENT: "pass", NOT_TESTED: "dim"}
_RUNS = 6
_FINDINGS = 15
_SHARE = 21
"""Columns that a share with its interval takes."""
_GATES = 6


def profile_text(found: Profile, *, width: int, colour: bool, next_command: str | None = None) -> str:
    """The profile as lines of at most ``width`` columns (at least 60), without a line break at the end."""
    width = max(width, 60)
    paint = Paint(colour)
    lines = [paint(line, "bold") for line in wrap(words.headline(found), width, "")]
    lines += wrap(" ".join(words.story(found)), width)
    lines += ["", *_runs(found, width)]
    lines += _findings(found, width, paint)
    if found.cases:
        lines += ["", paint("cases", "bold"), *(line for case in found.cases for line in _case(case, width, paint))]
    lines += _kinds(found, width, paint)
    if found.changes:
        lines += ["", paint("from version to version", "bold")]
        for one in found.changes:
            sign, tone = words.VERDICTS[one.verdict]
            lines += _signed(f"{sign} {words.change(one)}", width, paint, sign, _paint(tone))
    if found.gates:
        lines += ["", paint("gates", "bold")]
        for gate in found.gates[-_GATES:]:
            sign = SIGNS.get(gate.verdict, "○")
            told = (
                f"{sign} {gate.gate} on {gate.run}, {gate.model}: {gate.verdict} ({words.gate(gate)}) · {gate.purpose}"
            )
            lines += _signed(told, width, paint, sign, _paint(gate.verdict))
        if len(found.gates) > _GATES:
            lines.append(f"  and {len(found.gates) - _GATES:,} before (--json)")
    lines += [paint(line, "dim") for note in found.notes for line in wrap(f"note: {note}", width)]
    if next_command:
        lines.append(next_command)
    return "\n".join(lines)


def _runs(found: Profile, width: int) -> list[str]:
    rows = []
    for run in found.runs:
        of = f"{run.model} on {run.dataset or 'no dataset'}" + (f" #{run.repeats}" if run.repeats > 1 else "")
        gate = "" if run.verdict is None else f"{SIGNS.get(run.verdict, '')} {run.verdict}"
        rows.append([run.run, of, words.rate(run), gate, run.logged_at[:10]])
    text = table_text(["run", "model", "failed, 95 %", "gate", "logged"], rows, width=width)
    more = [f"and {units.plural(found.more_runs, 'older run')} (--json has them neither)"] if found.more_runs else []
    return [*text.splitlines(), *more]


def _findings(found: Profile, width: int, paint: Paint) -> list[str]:
    if not any(run.analysed for run in found.runs):
        return []
    if not found.findings:
        return ["", *wrap("No analysis of these runs found anything that beats chance.", width, "")]
    first = max(0, len(found.runs) - _RUNS)
    heads = [run.run for run in found.runs[first:]]
    wide = max(map(len, heads)) + 1
    lines = ["", paint("what recurs", "bold"), "  " + "".join(head.ljust(wide) for head in heads) + " where"]
    room = width - 3 - wide * len(heads)
    for one in found.findings[:_FINDINGS]:
        marks = "".join(
            paint(words.SIGNS[cell.state], _PAINTED[cell.state]) + " " * (wide - 1) for cell in one.cells[first:]
        )
        where, *rest = textwrap.wrap(words.where(one), max(room, 20), break_on_hyphens=False)
        lines.append(f"  {marks} {where}")
        lines += [" " * (3 + wide * len(heads)) + line for line in rest]
    more = len(found.findings) - min(len(found.findings), _FINDINGS) + found.more_findings
    if more:
        lines.append(f"  and {more:,} more (errata finding list)")
    return [*lines, *(paint(line, "dim") for line in wrap(words.LEGEND, width))]


def _case(case: ProfileCase, width: int, paint: Paint) -> list[str]:
    sign, tone = words.CASES.get(case.state, ("·", "unknown"))
    moves: list[str] = []
    day = ""
    for move in case.moves:
        by = f" by {move.gate} on {move.run}" if move.gate else f" from {move.run}" if move.run else ""
        when = "" if move.at[:10] == day else f" {move.at[:10]}"
        day = move.at[:10]
        moves.append(f"{'opened' if not moves else move.state}{when}{by}")
    return _signed(f"{sign} {case.case} {case.title}: {', '.join(moves)}", width, paint, sign, _paint(tone))


def _kinds(found: Profile, width: int, paint: Paint) -> list[str]:
    if not found.kinds:
        return []
    widest = max(len("share of the errors"), *(len(one.kind) for one in found.kinds))
    first = max(0, len(found.kinds[0].shares) - max(1, (width - widest) // _SHARE))
    heads = [
        "share of the errors",
        *(f"{one.run} of {units.count(one.failures)}" for one in found.kinds[0].shares[first:]),
    ]
    rows = [
        [
            kind.kind,
            *(
                "–" if one.share is None else f"{units.percent(one.share)} {units.interval(one.low, one.high)}"
                for one in kind.shares[first:]
            ),
        ]
        for kind in found.kinds
    ]
    text = table_text(heads, rows, width=width).splitlines()
    return ["", paint(text[0], "bold"), *text[1:]]


def _paint(tone: str) -> str:
    return {"came-back": "fail", "unknown": "dim"}.get(tone, tone)


def _signed(text: str, width: int, paint: Paint, sign: str, tone: str) -> list[str]:
    lines = wrap(text, width)
    lines[0] = lines[0].replace(sign, paint(sign, tone), 1)
    return lines
