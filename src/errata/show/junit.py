"""A gate's result as JUnit XML, which CI systems draw: a failing check is a failure, an inconclusive one an error.

An inconclusive check is no skipped one: it was asked, and it did not pass.
"""

from __future__ import annotations

from xml.etree import ElementTree

from errata.nouns.verdict import FAIL, INCONCLUSIVE, CheckVerdict, GateResult
from errata.show import gate_words


def gate_junit(result: GateResult) -> str:
    """One ``testsuite`` with a ``testcase`` for each check, in their order."""
    totals = {
        "name": "errata gate",
        "tests": str(len(result.checks)),
        "failures": str(len(result.of(FAIL))),
        "errors": str(len(result.of(INCONCLUSIVE))),
        "skipped": "0",
    }
    root = ElementTree.Element("testsuites", totals)
    suite = ElementTree.SubElement(root, "testsuite", {**totals, "name": gate_words.judged(result)})
    for check in result.checks:
        case = ElementTree.SubElement(suite, "testcase", {"name": check.name, "classname": "errata.gate"})
        if check.verdict in (FAIL, INCONCLUSIVE):
            kind = "failure" if check.verdict == FAIL else "error"
            message = f"{gate_words.asked(check)}: {gate_words.figures(check)}"
            ElementTree.SubElement(case, kind, {"type": check.verdict, "message": message}).text = _story(check)
        else:
            ElementTree.SubElement(case, "system-out").text = _story(check)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _story(check: CheckVerdict) -> str:
    lines = [
        f"slice: {check.slice}",
        f"criterion: {gate_words.asked(check)}",
        f"{gate_words.metric(check)}: {gate_words.figures(check)}",
        check.reason,
    ]
    if check.case and not check.came_back:
        lines.append(f"guards {check.case}")
    return "\n".join(line for line in lines if line)
