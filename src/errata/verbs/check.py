"""Checks and suites: add a criterion on a slice, and write all of them as a file for CI."""

from __future__ import annotations

import math
from collections.abc import Sequence

from errata.core.errors import Conflict, UsageError
from errata.nouns import suite as suites
from errata.nouns.case_parts import CaseFigures
from errata.nouns.check import KIND
from errata.nouns.record import Record
from errata.store import links, records, runs
from errata.store.catalog import Store
from errata.verbs.judge import checks_of, resting_on_a_run, specs_of
from errata.verbs.parts import counted, read_run, slice_mask


def add_check(
    store: Store,
    *,
    case: str | None = None,
    slice: str | None = None,
    metric: str | None = None,
    criterion: str | None = None,
    name: str | None = None,
) -> Record:
    """A check of a case (its slice and metric, unless given) or of a slice (``all`` is everything).

    Without ``criterion`` a case's check asks for halfway between the slice's rate and the rest's, two digits. Where the
    case is about one class taken for another, every sample of its slice failed, whatever the model: its check then
    looks at the class that was taken for another, and asks that half of the excess is gone there. Raises GrammarError
    for a slice or criterion outside the grammar, Conflict ``name-taken``, NotFound, UsageError.
    """
    from errata.nouns.slice import Slice
    from errata.nouns.verdict import Criterion, check_metric

    if case is None and slice is None:
        raise UsageError(
            "check-of-what",
            "a check is of a case or of a slice",
            expected="a case's key, or --slice TEXT (--slice all is everything)",
            next="errata check add DIG-1, or errata check add --slice all --criterion '<= 0.05'",
        )
    with store.read() as connection:
        about = records.get(connection, store, case, "case") if case is not None else None
    if about is not None and slice is None:
        resting_on_a_run(about)
    own = _looks_at(store, about) if about and about.body.slice else "all"
    text = own if slice is None else Slice.parse(slice).text
    measure = check_metric(metric or (about.body.metric if about else "error"))
    with store.write("check add") as transaction:
        asked = Criterion.parse(_halfway(store, about, own, text, measure) if criterion is None else criterion)
        asked.check_for(measure)
        taken = {check.title for check in records.records(transaction.connection, store, "check")}
        if name is not None and name in taken:
            raise Conflict("name-taken", f"there is a check called {name!r}", next="--name OTHER")
        title = name or _free(about.title if about else f"{measure} of {text}", taken)
        values = {"title": title, "slice": text, "metric": measure, "criterion": asked.text, "case": case}
        body = KIND.make({**values, "positive": about.body.positive if about else None})
        check = records.create(transaction, KIND, body, reason="added")
        if case is not None:
            links.link(transaction, check.key, "wasDerivedFrom", case)
    return check


def retire_check(store: Store, key: str, reason: str = "") -> Record:
    """Stop asking a check; what it said stays. Raises NotFound, Conflict when it is retired already."""
    with store.write("check retire") as transaction:
        check = records.get(transaction.connection, store, key, "check")
        KIND.check_move(key, check.state, "retired")
        return records.revise(transaction, check, state="retired", reason=reason or "retired")


def export_checks(store: Store) -> str:
    """The project's active checks as the text of an ``errata.yaml``. Raises UsageError when there is none."""
    from errata.nouns.checkfile import CheckFile, write_checkfile

    checks = checks_of(store)
    if not checks:
        raise UsageError(
            "no-checks", f"project {store.project.name} has no check to export", next="errata check add DIG-1"
        )
    return write_checkfile(CheckFile.of(specs_of(checks)))


def make_suite(store: Store, title: str, checks: Sequence[str]) -> Record:
    """A named set of checks. Raises NotFound for a key that is no check."""
    with store.write("suite new") as transaction:
        for key in checks:
            records.get(transaction.connection, store, key, "check")
        body = suites.KIND.make({"title": title, "checks": tuple(checks)})
        return records.create(transaction, suites.KIND, body, reason="made")


def _looks_at(store: Store, case: Record) -> str:
    """The slice that a case's check looks at: the case's own, without the prediction if that says what failed."""
    from errata.nouns.slice import Slice

    with store.read() as connection:
        roles = runs.get_run(connection, store, case.body.run).roles
    parsed = Slice.parse(case.body.slice)
    fixed = {condition.column for condition in parsed.conditions if condition.kind == "equals"}
    if case.body.metric != "error" or not {roles.get("truth"), roles.get("prediction")} <= fixed:
        return parsed.text
    return Slice.of(*(one for one in parsed.conditions if one.column != roles["prediction"])).text


def _halfway(store: Store, case: Record | None, own: str, slice_text: str, metric: str) -> str:
    figures: CaseFigures | None = case.body.figures if case is not None else None
    same = case is not None and (slice_text, metric) == (own, case.body.metric)
    if case is None or figures is None or figures.rest_error_rate is None or not same:
        raise UsageError(
            "no-criterion",
            "this check has no criterion",
            expected="what the metric must satisfy",
            next="--criterion '<= 0.05'",
        )
    rate = figures.error_rate if own == case.body.slice else _rate(store, case.body.run, own)
    middle = rate - (figures.error_rate - figures.rest_error_rate) / 2
    digits = 1 - math.floor(math.log10(middle)) if middle > 0 else 2
    return f"<= {round(middle, max(digits, 0)):g}"


def _rate(store: Store, run: int, slice_text: str) -> float:
    judged = read_run(store, run)
    about, failed = counted(judged, "error")
    return float(failed[about & slice_mask(judged, slice_text)].mean())


def _free(name: str, taken: set[str]) -> str:
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name} ({number})"
    return free
