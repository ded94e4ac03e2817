"""Checks and verdicts: what a new version must hold, and whether it does.

A criterion is ``<= 0.05``, ``>= 0.9``, ``<= baseline + 0.01`` or ``>= baseline - 0.01``; those with ``baseline`` are
about the difference to it. A verdict is ``pass``, ``fail`` or ``inconclusive``. A result's JSON form is errata.gate/1.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from errata.core.errors import UsageError, ValueFault
from errata.core.names import nearest
from errata.nouns import tokens
from errata.nouns.slice import Slice

SCHEMA = "errata.gate/1"
PASS, FAIL, INCONCLUSIVE = "pass", "fail", "inconclusive"
EXIT_CODES = {PASS: 0, FAIL: 1, INCONCLUSIVE: 3}
METRICS = ("error", "accuracy", "fpr", "fnr", "loss")
BAD_CRITERION = "bad-criterion"
_FORMS = "<= 0.05, >= 0.9, <= baseline + 0.01 or >= baseline - 0.01"


@dataclass(frozen=True, slots=True)
class Criterion:
    """A bound on a metric, or on its difference to the baseline.

    ``sign`` is ``<=`` or ``>=``; ``edge`` is the bound itself, or what is added to the baseline when ``relative``.
    """

    sign: str
    edge: float
    relative: bool = False

    @staticmethod
    def parse(text: str) -> Criterion:
        """Read a criterion. Raises GrammarError(``bad-criterion``) with the position."""
        reader = tokens.Reader(text, BAD_CRITERION)
        sign = reader.ahead
        if sign.kind == "sign" and sign.value in {"<", ">"}:
            reader.refuse(f"'{sign.value}' is not a criterion's sign", expected=f"{sign.value}= (such as {_FORMS})")
        if not reader.accept("sign", "<=", ">="):
            reader.refuse(f"a criterion starts with <= or >=, not with {reader.seen()}", expected=_FORMS)
        relative, edge = False, 0.0
        word = reader.ahead
        if reader.accept("name"):
            if word.value != "baseline":
                reader.refuse(f"a criterion knows no {word.value!r}", expected=_FORMS, at=word.at)
            relative, edge = True, _offset(reader)
        else:
            number = reader.expect("number", what="a number or baseline")
            edge = float(number.value)
        if reader.ahead.kind != "end":
            percent = "a share such as 0.05" if text.rstrip().endswith("%") else _FORMS
            reader.refuse(f"the criterion should end before {reader.seen()}", expected=percent)
        return Criterion(str(sign.value), edge + 0.0, relative)

    @property
    def text(self) -> str:
        """The canonical text."""
        if not self.relative:
            return f"{self.sign} {tokens.write_literal(self.edge)}"
        if self.edge == 0:
            return f"{self.sign} baseline"
        return f"{self.sign} baseline {'+' if self.edge > 0 else '-'} {tokens.write_literal(abs(self.edge))}"

    def check_for(self, metric: str) -> None:
        """Raise ValueFault when no value of ``metric`` could lie on both sides of the edge (such as error <= 5)."""
        if metric == "loss":
            return
        low, high = (-1, 1) if self.relative else (0, 1)
        if not low <= self.edge <= high:
            raise ValueFault(
                "criterion-out-of-range",
                f"{metric} {self.text} says nothing: {metric} is a share",
                expected=f"a number from {low} to {high}" + (" after baseline" if self.relative else ""),
                found=self.text,
                next=f"{self.sign} {tokens.write_literal(self.edge / 100)}" if 1 < self.edge <= 100 else "",
            )

    def __str__(self) -> str:
        return self.text


def _offset(reader: tokens.Reader) -> float:
    """What follows ``baseline``: ``+ 0.01``, ``- 0.01``, ``-0.01`` (one word to the tokenizer), or nothing."""
    if sign := reader.accept("sign", "+", "-"):
        number = reader.expect("number", what=f"a number after {sign.value}")
        return -float(number.value) if sign.value == "-" else float(number.value)
    number_ahead = reader.accept("number")
    if number_ahead is None:
        return 0.0
    if not (isinstance(number_ahead.value, int | float) and number_ahead.value <= 0):
        reader.refuse("+ or - was expected after baseline", expected=_FORMS, at=number_ahead.at)
    return float(number_ahead.value)


def check_metric(metric: str) -> str:
    """``metric`` itself when it is one. Raises UsageError with the nearest."""
    if metric in METRICS:
        return metric
    close = nearest(metric, list(METRICS), 1)
    raise UsageError(
        "no-such-metric",
        f"there is no metric {metric!r}",
        expected=", ".join(METRICS),
        found=metric,
        next=f"metric: {(close or METRICS)[0]}",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSpec:
    """What is checked: a metric on a slice (``all`` is everything) against a criterion, under a name.

    ``case`` is the key of the case that the check guards; ``positive`` the class that its fpr or fnr is about, where
    that is not the one of the run; ``where`` the place that it was read from, for messages.
    Slice and criterion are kept in canonical form. Raises GrammarError, UsageError or ValueFault.
    """

    name: str
    slice: str = "all"
    metric: str = "error"
    criterion: str
    case: str | None = None
    positive: str | None = None
    where: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if not self.name.strip() or not tokens.can_be_written(self.name):
            raise ValueFault(
                "bad-check-name",
                f"{ascii(self.name)[:80]} cannot be the name of a check",
                expected=f"printable text of 1 to {tokens.MAX_WORD:,} characters",
            )
        object.__setattr__(self, "slice", Slice.parse(self.slice).text)
        criterion = Criterion.parse(self.criterion)
        criterion.check_for(check_metric(self.metric))
        object.__setattr__(self, "criterion", criterion.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckVerdict:
    """One check judged.

    ``n`` are the samples (pairs, where the comparison is paired); ``estimate``, ``low`` and ``high`` are of the metric,
    or of the difference new − baseline, each bound one-sided 95 % (None where nothing bounds it). ``value`` and
    ``baseline`` are the metric of both. ``p`` is the one-sided p-value against "the criterion holds", ``p_adjusted``
    Holm's over the checks of the gate. ``more_needed`` is how many more samples of the slice would settle an
    inconclusive check at the observed rates. ``case`` is guarded by the check; when it was closed and comes back,
    ``reason`` begins with that.
    """

    name: str
    slice: str
    metric: str
    criterion: str
    n: int
    estimate: float | None
    low: float | None
    high: float | None
    verdict: str
    more_needed: int | None = None
    case: str | None = None
    value: float | None = None
    baseline: float | None = None
    p: float | None = None
    p_adjusted: float | None = None
    reason: str = ""

    @property
    def came_back(self) -> bool:
        """Whether the case that the check guards was closed and fails again."""
        return self.case is not None and self.reason.startswith(f"{self.case} came back")

    @property
    def relative(self) -> bool:
        """Whether the figures are of the difference to the baseline."""
        return Criterion.parse(self.criterion).relative

    def to_json(self) -> dict[str, Any]:
        """Plain values in the order of the published schema."""
        order = (
            "name", "slice", "metric", "criterion", "n", "estimate", "low", "high", "verdict", "more_needed", "case",
            "value", "baseline", "p", "p_adjusted", "reason",
        )  # fmt: skip
        return {key: getattr(self, key) for key in order}


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    """The verdicts of all checks, in their order, and the gate's own.

    ``source`` and ``baseline`` are what was judged against what; ``roles`` how its columns were read; ``pairs`` how
    many samples stand in both (None: not paired); ``excluded`` how many of the new rows were left out on request.
    """

    verdict: str
    checks: tuple[CheckVerdict, ...]
    source: str = ""
    baseline: str | None = None
    rows: int = 0
    pairs: int | None = None
    excluded: int = 0
    roles: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 pass, 1 fail, 3 inconclusive."""
        return EXIT_CODES[self.verdict]

    def of(self, verdict: str) -> tuple[CheckVerdict, ...]:
        """The checks with this verdict, in their order."""
        return tuple(check for check in self.checks if check.verdict == verdict)

    def to_json(self) -> dict[str, Any]:
        """Plain values of the schema errata.gate/1."""
        return {
            "schema": SCHEMA,
            "verdict": self.verdict,
            "checks": [check.to_json() for check in self.checks],
            "run": {"source": self.source, "rows": self.rows, "excluded": self.excluded},
            "baseline": None if self.baseline is None else {"source": self.baseline, "pairs": self.pairs},
            "roles": self.roles,
            "notes": list(self.notes),
        }

    def json(self) -> str:
        """``to_json`` as text."""
        return json.dumps(self.to_json(), ensure_ascii=False, allow_nan=False, indent=1)


def overall(verdicts: list[str]) -> str:
    """The gate's verdict: fail outranks inconclusive, which outranks pass. Raises UsageError without any check."""
    if not verdicts:
        raise no_checks()
    return next(verdict for verdict in (FAIL, INCONCLUSIVE, PASS) if verdict in verdicts)


def no_checks() -> UsageError:
    """The error of a gate with nothing to check."""
    return UsageError(
        "no-checks",
        "there is nothing to check",
        expected="checks, or a baseline to hold the default ones against",
        next="errata gate FILE --baseline FILE\nerrata gate FILE --checks errata.yaml",
    )
