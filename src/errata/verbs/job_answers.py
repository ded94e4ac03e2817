"""The kinds of job that answer with all they found: reports, comparisons, drift, imports.

They are for whoever is far from the rows, and answer as the verb does where the rows are.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from errata import __version__
from errata.core.names import names_run, parse_fact
from errata.nouns.job import COMPARE, DRIFT, IMPORT, REPORT
from errata.nouns.part import OUTCOMES, PREDICTIONS
from errata.nouns.roles import Roles
from errata.store import runs
from errata.store.catalog import Store
from errata.verbs.job_arguments import Arguments, JobKind, Names, Result, RowsName, RunName, UploadName, Work


class _Reading(Arguments):
    """How rows are read; ``roles`` count instead of those that a run was logged with."""

    roles: Roles = Roles()
    quarantine: bool = False
    tz: str | None = None

    def given(self, *but: str) -> dict[str, Any]:
        """The arguments of the verb."""
        values = {name: getattr(self, name) for name in type(self).model_fields if name not in but}
        return {**values, "roles": self.roles.to_json()}


class ReportArguments(_Reading):
    """A run, and all that ``errata analyze`` can be told. What is analysed is in ``analyses``."""

    run: RunName
    as_of: int | None = Field(default=None, ge=1, lt=2**31)
    train: RowsName | None = None
    traffic: RowsName | None = None
    analyses: Names = ("slices", "confusion")
    metric: str = "error"
    depth: int = 3
    min_support: float = 0.01
    top: int = 20
    seed: int = Field(default=0, lt=2**63)
    costs: dict[str, float] = Field(default_factory=dict)
    bucket: str = "auto"
    model_from: str | None = None
    nodes: Names = ()
    strata: Names = ()
    fairness: Names = ()
    precision: float = 0.05
    strength: int = 2
    heatmap: Names = ()
    split: str | None = None
    sizes: str | None = None
    embedding: Names = ()
    clusters: str = "kmeans"
    stages: Names = ()
    within: str | None = None
    weight: str | None = None

    @model_validator(mode="after")
    def _known(self) -> ReportArguments:
        from errata.verbs.audits import chosen

        chosen(only=self.analyses)
        return self


class _Sides(_Reading):
    """Two sides, each a run or an upload."""

    a: RowsName
    b: RowsName


class CompareArguments(_Sides):
    """Two sides, and the options of ``errata compare``."""

    metric: str = "error"
    depth: int = 2
    min_support: float = 0.01
    top: int = 20
    seed: int = Field(default=0, lt=2**63)
    bootstraps: int = 1000
    pair_by: str | None = None
    allow_different_truth: bool = False


class DriftArguments(_Sides):
    """Two sides, and the least effect that is an alarm."""

    min_effect: float = 0.02


class ImportArguments(Arguments):
    """A file that was sent, and how ``errata import`` reads it."""

    file: UploadName
    format: str = "cases"
    source: str | None = None
    quarantine: bool = False
    dry_run: bool = False


def _of_sides(store: Store, asked: _Sides) -> Any:
    """What the sides hold today. Repeats of a run say what is flaky, so they count with it; an upload is its digest."""
    with store.read() as connection:
        found = []
        for name in (asked.a, asked.b):
            if not names_run(name):
                continue
            number = parse_fact(name, "run")
            runs.part_path(connection, store, number, PREDICTIONS)
            run = runs.get_run(connection, store, number)
            same = runs.same_pair(connection, store, run.model, run.dataset)
            seqs = [runs.newest_seq(connection, store, one.number, OUTCOMES) for one in same if one.rows]
            found.append([name, run.digest, sorted(one.digest for one in same), seqs])
    return [__version__, found]


def _of_run(store: Store, asked: ReportArguments) -> Any:
    """The run as it stands, and how far who asked sees. What is known of it is marked by the cases of today, so no
    report answers for another."""
    number = parse_fact(asked.run, "run")
    with store.read() as connection:
        runs.part_path(connection, store, number, PREDICTIONS)
        newest = runs.newest_seq(connection, store, number, OUTCOMES)
        return [store.clearance, runs.get_run(connection, store, number).digest, newest]


def _of_file(store: Store, asked: ImportArguments) -> Any:
    """The file is its digest, and what it meets is the catalog of today."""


def _report(work: Work, asked: ReportArguments) -> Result:
    from errata.verbs.asked import report_of

    work.say(f"analysing {asked.run}")
    return report_of(work.store, asked.run, progress=work.say, **asked.given("run")).whole()


def _compare(work: Work, asked: CompareArguments) -> Result:
    from errata.verbs.asked import compare_rows

    work.say("reading both sides")
    return compare_rows(work.store, asked.a, asked.b, progress=work.say, **asked.given("a", "b")).to_json()


def _drift(work: Work, asked: DriftArguments) -> Result:
    from errata.verbs.asked import drift_rows

    work.say("reading both sides")
    return drift_rows(work.store, asked.a, asked.b, progress=work.say, **asked.given("a", "b")).to_json()


def _import(work: Work, asked: ImportArguments) -> Result:
    from errata.verbs.asked import import_upload

    work.say("reading entries")
    found = import_upload(
        work.store,
        asked.file,
        **{name: getattr(asked, name) for name in ("format", "source", "quarantine", "dry_run")},
        progress=work.say,
        also=lambda transaction, found: work.finish(transaction, found.to_json()),
    )
    return found.to_json()


ANSWERS = {
    REPORT: JobKind("analyse a run with any option, and answer with the report", ReportArguments, _of_run, False,
                    _report),
    COMPARE: JobKind("compare two runs or files, and answer with the comparison", CompareArguments, _of_sides, True,
                     _compare),
    DRIFT: JobKind("say what drifted between two runs or files", DriftArguments, _of_sides, True, _drift),
    IMPORT: JobKind("import cases from a file that was sent", ImportArguments, _of_file, False, _import),
}  # fmt: skip
