"""The kinds of job: what each is asked with, what that stands for, and the one verb that does it.

A worker may die after the work and before it says so. So that the work is still done once, a verb here is either known
by a digest and made once (``analyze``), or says that the job is done in the transaction of the work itself (the rest).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from errata.core.errors import UsageError, ValueFault
from errata.core.names import nearest, parse_fact
from errata.nouns.record import said
from errata.store.catalog import Store, Transaction
from errata.verbs.job_answers import ANSWERS
from errata.verbs.job_arguments import Arguments, JobKind, Names, Result, RunName, Work, one_or_many

if TYPE_CHECKING:
    from errata.nouns.roles import Roles
    from errata.store.soundness import Diagnosis
    from errata.verbs.analyze import AnalyzeOptions
    from errata.verbs.gate_run import Gated


class Nothing(Arguments):
    """No arguments."""


class AnalyzeArguments(Arguments):
    """Runs, one after another, and the options of ``errata analyze`` with which a report is stored."""

    runs: Annotated[tuple[RunName, ...], BeforeValidator(one_or_many), Field(min_length=1, max_length=1000)]
    metric: str = "error"
    depth: int = 3
    min_support: float = 0.01
    top: int = 20
    seed: int = 0
    all: bool = False
    within: str | None = None
    weight: str | None = None
    factors: Names = ()
    exclude: Names = ()
    positive: str | None = None

    @model_validator(mode="after")
    def _each_once(self) -> AnalyzeArguments:
        if len(set(self.runs)) < len(self.runs):
            raise ValueError("a run is named twice")
        return self

    def numbers(self) -> list[int]:
        """The numbers of the runs."""
        return [parse_fact(run, "run") for run in self.runs]

    def options(self) -> AnalyzeOptions:
        """Those of the verb. Raises UsageError for what it cannot do."""
        from errata.verbs.analyze import AnalyzeOptions
        from errata.verbs.audits import chosen

        names = ("metric", "depth", "min_support", "top", "seed", "within", "weight")
        return AnalyzeOptions(**{name: getattr(self, name) for name in names}, analyses=chosen(self.all))

    def roles(self) -> Roles:
        """Those that count instead of the run's own."""
        from errata.nouns.roles import Roles

        return Roles(factors=self.factors or None, exclude=self.exclude, positive=self.positive)


class GateArguments(Arguments):
    """A run, what it is compared with, and which checks are asked: all, those of a suite, or these."""

    run: RunName
    baseline: RunName | None = None
    margin: float = Field(default=0.01, ge=0, le=1)
    suite: str | None = None
    checks: Names = ()

    @model_validator(mode="after")
    def _one_choice(self) -> GateArguments:
        if self.suite and self.checks:
            raise ValueError("a suite and checks exclude each other")
        return self

    @property
    def number(self) -> int:
        """The number of the run."""
        return parse_fact(self.run, "run")

    @property
    def other(self) -> int | None:
        """The number of the run it is compared with."""
        return None if self.baseline is None else parse_fact(self.baseline, "run")


class DoctorArguments(Arguments):
    """Whether what a crash left behind is removed."""

    remove: bool = False


def _analyses(store: Store, asked: AnalyzeArguments) -> list[str]:
    from errata.verbs.analyze_run import analysis_identity

    return [analysis_identity(store, number, asked.options(), asked.roles()) for number in asked.numbers()]


def _analyze(work: Work, asked: AnalyzeArguments) -> Result:
    from errata.verbs.analyze_run import analysis_identity, analyze_run

    options, roles, numbers = asked.options(), asked.roles(), asked.numbers()
    made: list[Result] = list((work.job.checkpoint or {}).get("runs", []))
    for number in numbers[len(made) :]:
        work.reached(len(made), len(numbers))
        work.say(f"analysing run:{number}")
        identity = analysis_identity(work.store, number, options, roles)
        report = analyze_run(work.store, number, options, work.say, roles)
        made.append({"run": f"run:{number}", "findings": len(report.findings), "analysis": identity})
        work.reached(len(made), len(numbers), {"runs": made})
    return {"runs": made}


def _gated(store: Store, asked: GateArguments) -> Any:
    from errata.nouns.lifecycle import CLOSED, REOPENED
    from errata.nouns.part import OUTCOMES, PREDICTIONS
    from errata.store import records, runs
    from errata.verbs.gate_run import asked_checks

    checks = asked_checks(store, asked.number, asked.other, asked.suite, asked.checks)
    with store.read() as connection:
        inputs = []
        for number in (asked.number, *([] if asked.other is None else [asked.other])):
            runs.part_path(connection, store, number, PREDICTIONS)
            outcomes = runs.newest_seq(connection, store, number, OUTCOMES)
            inputs.append([runs.get_run(connection, store, number).digest, outcomes])
        cases = records.records(connection, store.whole(), "case", states=(CLOSED, REOPENED))
        plans = records.records(connection, store.whole(), "plan")
    guarded = {check.body.case for check in checks}
    heads = [*checks, *plans, *(case for case in cases if case.key in guarded)]
    return {"inputs": inputs, "heads": [[record.key, record.revision] for record in heads]}


def _gate(work: Work, asked: GateArguments) -> Result:
    from errata.verbs.gate_run import gate_run

    def told(gated: Gated) -> Result:
        return {"gate": f"gate:{gated[1]}", "verdict": gated[0].verdict, "came_back": gated[2]}

    work.say(f"judging {asked.run}")
    return told(
        gate_run(
            work.store,
            asked.number,
            asked.other,
            asked.margin,
            suite=asked.suite,
            chosen=asked.checks,
            also=lambda transaction, gated: work.finish(transaction, told(gated)),
        )
    )


def _doctor(work: Work, asked: DoctorArguments) -> Result:
    from errata.verbs.doctor import doctor

    def told(transaction: Transaction, found: Diagnosis) -> None:
        work.finish(transaction, found.to_json())

    work.say("verifying the catalog")
    return doctor(work.store, remove=asked.remove, also=told).to_json()


def _reindex(work: Work, asked: Nothing) -> Result:
    from errata.verbs.reindex import reindex

    work.say("making facets and words anew")
    total = reindex(work.store, also=lambda transaction, total: work.finish(transaction, {"records": total}))
    return {"records": total}


def _of_today(store: Store, asked: Arguments) -> None:
    """The catalog as it is when the job is done: nothing that could be known before."""


KINDS = {
    "analyze": JobKind("analyse runs, store their reports and findings", AnalyzeArguments, _analyses, True, _analyze),
    "gate": JobKind("ask a run the checks of the project, and store the verdicts", GateArguments, _gated, True, _gate),
    "doctor": JobKind("verify the catalog and every file of it", DoctorArguments, _of_today, False, _doctor),
    "reindex": JobKind("make facets and search words anew", Nothing, _of_today, False, _reindex),
    **ANSWERS,
}


def job_kind(name: str) -> JobKind:
    """The kind of this name. Raises UsageError ``no-such-job-kind``."""
    if name not in KINDS:
        close = nearest(name, list(KINDS), 1)
        raise UsageError(
            "no-such-job-kind",
            f"there is no kind of job {name!r}",
            expected=f"one of {', '.join(KINDS)}",
            next=f"errata job submit {close[0] if close else 'analyze run:N'}",
        )
    return KINDS[name]


def arguments_of(kind: str, values: Mapping[str, Any]) -> Any:
    """The arguments of a kind of job. Raises ValueFault ``bad-arguments`` with a line for each fault."""
    try:
        return job_kind(kind).arguments.model_validate(dict(values))
    except ValidationError as exc:
        faults = [f"{'.'.join(map(str, e['loc'])) or kind}: {_fault(e)}" for e in exc.errors()]
        raise ValueFault(
            "bad-arguments", f"{kind} cannot be asked with this", details=faults, next="errata job submit --help"
        ) from exc


def _fault(fault: Mapping[str, Any]) -> str:
    if fault["type"] != "string_pattern_mismatch":
        return said(fault)
    return "it is not run:N" if "upload" not in fault["ctx"]["pattern"] else "it is no run:N and no upload"
