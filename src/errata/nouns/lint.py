"""What is missing of a case before it can be submitted, and what lint says of it; each code is documented here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from errata.nouns.case import CaseBody


@dataclass(frozen=True, slots=True)
class Lint:
    """A lint code: what it finds, why that matters, and what to do."""

    code: str
    finds: str
    why: str
    do: str


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that lint says of a case: the code, where, and what was found there."""

    code: str
    field: str
    found: str

    def __str__(self) -> str:
        return f"{self.code}  {self.field}: {self.found}"


LINTS = {
    one.code: one
    for one in (
        Lint("CASE101", "no failure mode", "nobody finds it again by what went wrong", "errata label add"),
        Lint("CASE102", "why it qualifies is only a few words", "a reader in a year was not there", "say more"),
        Lint(
            "CASE103", "the summary repeats the title", "it tells nothing new", "say what happened and why it matters"
        ),
        Lint("CASE104", "an impact without a basis", "a figure without its source persuades nobody", "name the basis"),
        Lint("CASE105", "an impact without an interval", "an estimate that may be anything", "give low and high"),
        Lint(
            "CASE106", "what looks like personal data", "cases are shared, and kept", "redact it, or restrict the case"
        ),
        Lint("CASE107", "the timeline is not in order", "a reader takes it as it stands", "put it in order"),
        Lint("CASE108", "a hypothesis without a test", "it stays an opinion", "say how it could be refuted"),
        Lint(
            "CASE109", "a cause that no supported hypothesis backs", "a guess reads like a fact", "say what showed it"
        ),
        Lint("CASE110", "a remedy whose outcome nobody told", "failed ones teach as much", "say what came of it"),
        Lint("CASE111", "an incident without a date", "nobody can set it beside a release", "give year, month or day"),
        Lint(
            "CASE112", "an incident without terms of use", "who may read and reuse it is open", "licence, permitted use"
        ),
        Lint(
            "CASE113", "a resolved case without a cause", "what is mended without a cause comes back", "say the cause"
        ),
        Lint("CASE114", "verified, and edited since", "what was verified is not what stands here", "verify it again"),
    )
}
"""Every code. All can be muted on a case, with a reason that stays with it."""

_CARD = "a card number"
_PERSONAL = {
    "an e-mail address": re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}"),
    _CARD: re.compile(r"\b(?:\d[ -]?){13,19}\b"),
    "a telephone number": re.compile(r"(?<![\w.])\+\d{1,3}[ -]?(?:\(?\d{1,4}\)?[ -]?){2,5}\d{2,4}(?![\w.])"),
}
_TEXTS = ("why", "summary", "input", "expected", "observed", "cause", "trigger", "detection", "resolution")


def missing(body: CaseBody, requires: Sequence[str] = ()) -> list[str]:
    """What the required minimum lacks, a line each: without it a case cannot be submitted.

    ``requires`` are the fields that its template asks for besides.
    """
    lacks = []
    if not body.why.strip():
        lacks.append("why: why does it qualify as a case?")
    if not body.summary.strip():
        lacks.append("summary: what happened, and why does it matter?")
    if not (body.models or body.systems):
        lacks.append("models or systems: what does it affect?")
    if body.evidence is None and not (body.observed.strip() and body.expected.strip()):
        lacks.append("evidence, or expected and observed: what went wrong?")
    if body.severity is None:
        lacks.append("severity: how bad is it? (errata case rate)")
    if not body.owner.strip():
        lacks.append("owner: who answers for it?")
    said = {line.partition(":")[0] for line in lacks}
    lacks += [f"{name}: its template asks for it" for name in requires if name not in said and not getattr(body, name)]
    return lacks


def lint(body: CaseBody, labelled: bool, revision: int = 0) -> list[Said]:
    """What there is to say of a case, but for the codes that are muted on it.

    ``labelled`` is whether it has a failure mode, ``revision`` the case's newest that people wrote.
    """
    muted = {one.code for one in body.muted}
    found: list[Said] = []
    for code, check in _CHECKS.items():
        if code not in muted:
            found += [Said(code, field, text) for field, text in check(body)]
    if not labelled and "CASE101" not in muted:
        found.insert(0, Said("CASE101", "labels", LINTS["CASE101"].finds))
    verified = body.verification
    if verified is not None and revision > verified.revision and "CASE114" not in muted:
        found.append(Said("CASE114", "verification", f"of revision {verified.revision}, edited in {revision}"))
    return found


Found = Iterable[tuple[str, str]]


def _why_is_short(body: CaseBody) -> Found:
    if 0 < len(body.why.split()) < 4:
        yield "why", f"{body.why.strip()!r} is only a few words"


def _summary_repeats(body: CaseBody) -> Found:
    if body.summary and _plain(body.summary) == _plain(body.title):
        yield "summary", "repeats the title"


def _impact_without_basis(body: CaseBody) -> Found:
    for at, one in enumerate(body.impact):
        if not one.basis.strip():
            yield f"impact.{at}", f"{one.what!r} has no basis"


def _impact_without_interval(body: CaseBody) -> Found:
    for at, one in enumerate(body.impact):
        if one.estimate is not None and (one.low is None or one.high is None):
            yield f"impact.{at}", f"{one.estimate:g} {one.unit} has no interval".replace("  ", " ")


def _personal(body: CaseBody) -> Iterator[tuple[str, str]]:
    if body.sensitivity in ("confidential", "restricted"):
        return
    for name in _TEXTS:
        text = getattr(body, name)
        for what, pattern in _PERSONAL.items():
            if any(what != _CARD or _is_card(match[0]) for match in pattern.finditer(text)):
                yield name, f"holds what looks like {what}"


def _timeline_order(body: CaseBody) -> Found:
    for at, (one, after) in enumerate(zip(body.timeline, body.timeline[1:], strict=False), 1):
        if after.at < one.at[: len(after.at)]:
            yield f"timeline.{at}", f"{after.at} stands after {one.at}"


def _hypothesis_without_test(body: CaseBody) -> Found:
    for at, one in enumerate(body.hypotheses):
        if not one.test.strip():
            yield f"hypotheses.{at}", f"{one.claim[:60]!r} has no test"


def _cause_without_support(body: CaseBody) -> Found:
    if body.cause.strip() and not any(one.verdict == "supported" for one in body.hypotheses):
        yield "cause", "no supported hypothesis backs it"


def _remedy_without_outcome(body: CaseBody) -> Found:
    for at, one in enumerate(body.remedies):
        if one.outcome == "unknown":
            yield f"remedies.{at}", f"{one.what[:60]!r} has no outcome"


def _incident_without_date(body: CaseBody) -> Found:
    if body.case_kind in ("incident", "near-miss") and body.occurred is None:
        yield "occurred", f"this {body.case_kind} has no date"


def _incident_without_terms(body: CaseBody) -> Found:
    if body.case_kind == "incident" and not (body.licence.strip() or body.permitted_use.strip()):
        yield "licence", "neither licence nor permitted use is said"


def _resolved_without_cause(body: CaseBody) -> Found:
    if body.resolution.strip() and not body.cause.strip():
        yield "cause", "it was resolved, and no cause is said"


_CHECKS: dict[str, Callable[[CaseBody], Found]] = {
    "CASE102": _why_is_short,
    "CASE103": _summary_repeats,
    "CASE104": _impact_without_basis,
    "CASE105": _impact_without_interval,
    "CASE106": _personal,
    "CASE107": _timeline_order,
    "CASE108": _hypothesis_without_test,
    "CASE109": _cause_without_support,
    "CASE110": _remedy_without_outcome,
    "CASE111": _incident_without_date,
    "CASE112": _incident_without_terms,
    "CASE113": _resolved_without_cause,
}


def _is_card(text: str) -> bool:
    """Whether the digits end in the check digit of Luhn's formula (ISO/IEC 7812-1)."""
    digits = [int(one) for one in reversed(text) if one.isdigit()]
    return sum(one if at % 2 == 0 else sum(divmod(2 * one, 10)) for at, one in enumerate(digits)) % 10 == 0


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(".!")
