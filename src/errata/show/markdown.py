"""A gate's result as Markdown, for a pull request or a job's summary."""

from __future__ import annotations

import re

from errata.nouns.verdict import CheckVerdict, GateResult
from errata.show import gate_words
from errata.show.words import SIGNS

_ACTIVE = re.compile(r"([\\`*_{}\[\]<>()#+!|~@$&-])")


def gate_markdown(result: GateResult) -> str:
    """A heading with the verdict and a table with one row a check: what fails first, then inconclusive, then passes."""
    lines = [
        f"### {SIGNS[result.verdict]} errata gate: {escaped(gate_words.headline(result))}",
        "",
        "| verdict | check | criterion | figures |",
        "|---|---|---|---|",
    ]
    for verdict in gate_words.ORDER:
        lines += [_row(check) for check in result.of(verdict)]
    lines += ["", _sentence(gate_words.method(result))]
    lines += [f"Note: {_sentence(note)}" for note in result.notes]
    return "\n".join(lines) + "\n"


def _row(check: CheckVerdict) -> str:
    name = escaped(check.name)
    if place := gate_words.where(check):
        name += f"<br>{code(place)}"
    figures = escaped(gate_words.figures(check))
    if remark := gate_words.remark(check):
        figures += f"<br>{escaped(remark)}"
    return f"| {gate_words.sign(check)} {check.verdict} | {name} | {code(gate_words.asked(check))} | {figures} |"


def _sentence(text: str) -> str:
    return escaped(text[:1].upper() + text[1:]) + "."


def escaped(text: str) -> str:
    """``text`` as it stands: nothing in it starts markup, a link or a mention."""
    return _ACTIVE.sub(r"\\\1", text)


def code(text: str) -> str:
    """``text`` as code inside a table's cell."""
    fence = "`" * (max((len(run) for run in re.findall(r"`+", text)), default=0) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}".replace("|", r"\|")
