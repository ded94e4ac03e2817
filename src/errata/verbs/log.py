"""``errata log``: freeze one execution as a run.

The same content logged twice is a no-op that says so; other predictions of the same model on the same dataset are the
next repeat; other ids or truth under the name of a known dataset version are refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from errata.core.canonical import canonical_json, digest_of
from errata.core.clock import now
from errata.core.errors import Conflict, UsageError
from errata.core.names import parse_versioned
from errata.nouns.outcome import FAILED, UNKNOWN, Outcomes
from errata.nouns.roles import Roles
from errata.nouns.run import STATES, Run
from errata.store import runs
from errata.store.catalog import Store, Transaction
from errata.store.faults import instant
from errata.verbs.dataset import check_same_dataset, digests_of_dataset
from errata.verbs.environment import snapshot

if TYPE_CHECKING:
    import pyarrow as pa

    from errata.nouns.source import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class LogOptions:
    """What is said of a run beside its predictions. ``environment`` is added to what this process can tell."""

    model: str
    dataset: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    seed: int | None = None
    repeat: int | None = None
    state: str = "complete"
    error: str | None = None
    environment: Mapping[str, Any] = field(default_factory=dict)
    allow_unknown: bool = False

    def __post_init__(self) -> None:
        parse_versioned(self.model, "model")
        if self.dataset is not None:
            parse_versioned(self.dataset, "dataset")
        if self.state not in STATES:
            raise UsageError("bad-state", f"--state {self.state}", expected=", ".join(STATES), next="--state failed")
        if self.repeat is not None and self.repeat < 1:
            raise UsageError("bad-repeat", f"--repeat {self.repeat}", expected="1 or more")
        if self.seed is not None and not -(2**63) <= self.seed < 2**63:
            raise UsageError("bad-option", f"--seed {self.seed}", expected="a whole number of at most 64 bits")
        for name in ("params", "environment"):
            object.__setattr__(self, name, _plain(name, getattr(self, name)))
        if any("\ud800" <= letter <= "\udfff" for letter in self.error or ""):
            raise UsageError("not-unicode", "the error text is not Unicode, so it cannot be kept", next="--error TEXT")
        if self.error is not None and self.state == "complete":
            raise UsageError("error-of-complete", "a complete run has no error text", next="--state failed")


def _plain(name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as JSON holds them; NumPy's scalars become Python's. Raises UsageError."""
    found = {str(key): value.item() if isinstance(value, np.generic) else value for key, value in values.items()}
    try:
        canonical_json(found).encode()
    except (ValueError, TypeError) as exc:
        raise UsageError(
            "bad-params",
            f"these {name} cannot be kept",
            expected="finite numbers, text, true, false, null, and lists and maps of them",
            found=str(exc),
        ) from exc
    return found


def log_run(store: Store, source: Source | None, roles: Roles, options: LogOptions) -> Run:
    """Log one run and return it; ``known`` says that the same content was there already.

    Without ``source`` the run must be ``failed`` or ``aborted``. Raises ColumnError and ValueFault for roles and values
    that cannot be used, Conflict ``other-dataset`` for other ids or truth under a known dataset version and
    ``repeat-taken``, Locked, StorageError; then nothing is kept.
    """
    if source is None:
        if options.state == "complete":
            raise UsageError(
                "no-file",
                "a complete run has predictions",
                expected="a file of predictions, or --state failed with --error TEXT",
                next=f"errata log FILE --model {options.model} --dataset NAME@V",
            )
        return _log_without(store, options)
    if options.dataset is None:
        raise UsageError("no-dataset", "predictions are of a dataset version", next="--dataset NAME@V")
    return _log_predictions(store, source, roles, options)


def _log_without(store: Store, options: LogOptions) -> Run:
    content = {"state": options.state, "error": options.error, "params": dict(options.params), "seed": options.seed}
    run = _new_run(options, digest_of(content), {}, ())
    environment = store.files.stage(canonical_json(snapshot(options.environment)).encode())
    try:
        with store.write("log") as transaction:
            if known := _same(transaction, run, options):
                return known
            run = _numbered(transaction, run, options)
            transaction.blob(environment, "application/json")
            runs.insert_run(transaction, run, None, environment.digest)
            transaction.event(run.ref, before=None, after=run.digest, reason=run.state)
    finally:
        store.files.discard([environment])
    return run


def _log_predictions(store: Store, source: Source, given: Roles, options: LogOptions) -> Run:
    import pyarrow as pa

    from errata.core.digests import table_digest
    from errata.verbs.analyze import check_ids, read_outcomes
    from errata.verbs.derived import derived

    with_derived, given = derived(source, given)
    outcomes = read_outcomes(with_derived, given, allow_unknown=options.allow_unknown)
    roles = outcomes.roles
    check_ids(source, roles)
    columns = {name: source.column(name) for name in source.schema.names}
    digest = digest_of(
        {"content": table_digest(columns, roles.id), "roles": roles.to_json(), "params": dict(options.params)}
    )
    dataset = digests_of_dataset(source, roles, columns)
    run = _new_run(options, digest, roles.to_json(), outcomes.notes)
    run = replace(
        run,
        dataset_digest=dataset.content,
        source=source.name.encode("utf-8", "backslashreplace").decode(),
        quarantined=len(source.quarantined),
    )
    run = _counted(run, outcomes, columns.get(roles.group) if roles.group else None)
    with store.read() as connection:  # cheap to know before anything is written
        if known := _same_run(connection, store, run, options):
            return known
        check_same_dataset(connection, store, run, dataset)
    edges = _edges(with_derived, roles)
    staged = []
    try:
        staged.append(predictions := store.files.stage_table(pa.table(columns)))
        staged.append(judged := store.files.stage_table(_outcome_table(outcomes)))
        staged.append(environment := store.files.stage(canonical_json(snapshot(options.environment)).encode()))
        instant("before-lock")
        with store.write("log") as transaction:
            if known := _same(transaction, run, options):
                return known
            check_same_dataset(transaction.connection, store, run, dataset)
            run = _numbered(transaction, run, options)
            transaction.place("parts", [predictions, judged])
            transaction.blob(environment, "application/json")
            runs.insert_run(transaction, run, dataset.ids, environment.digest)
            instant("run-inserted")
            for kind, part in (("predictions", predictions), ("outcomes", judged)):
                runs.insert_part(transaction, run.number, kind, part.digest, source.rows, part.bytes)
            assert run.dataset_name is not None
            runs.fix_edges(transaction, run.dataset_name, run.number, edges)
            transaction.event(run.ref, before=None, after=run.digest, reason=f"{run.model} on {run.dataset}")
    finally:
        store.files.discard(staged)
    return run


def _new_run(options: LogOptions, digest: str, roles: dict[str, Any], notes: tuple[str, ...]) -> Run:
    return Run(
        number=0,
        model=options.model,
        dataset=options.dataset,
        repeat=options.repeat or 1,
        seed=options.seed,
        state=options.state,
        error=options.error,
        digest=digest,
        dataset_digest=None,
        params=dict(options.params),
        roles=roles,
        task=None,
        rows=None,
        failed=None,
        unknown=None,
        error_rate=None,
        low=None,
        high=None,
        source=None,
        notes=notes,
        quarantined=0,
        logged_by="",
        logged_at=now(),
    )


def _counted(run: Run, outcomes: Outcomes, group: pa.ChunkedArray | None) -> Run:
    from errata.tasks.pairing import group_codes
    from errata.verbs.metrics import summary_of

    summary = summary_of(outcomes, None if group is None else group_codes(group))
    return replace(
        run,
        task=summary.task,
        rows=summary.rows,
        failed=summary.failed,
        unknown=summary.unknown,
        error_rate=summary.error_rate,
        low=summary.low,
        high=summary.high,
    )


def _same(transaction: Transaction, run: Run, options: LogOptions) -> Run | None:
    return _same_run(transaction.connection, transaction.store, run, options)


def _same_run(connection: Any, store: Store, run: Run, options: LogOptions) -> Run | None:
    for other in runs.same_pair(connection, store, run.model, run.dataset):
        if other.digest == run.digest and options.repeat in (None, other.repeat):
            return replace(runs.get_run(connection, store, other.number), known=True)
        if other.repeat == options.repeat:
            raise Conflict(
                "repeat-taken",
                f"repeat {other.repeat} of {run.model} on {run.dataset} is {other.ref}, with other predictions",
                next="leave --repeat away to log the next one",
            )
    return None


def _numbered(transaction: Transaction, run: Run, options: LogOptions) -> Run:
    taken = [one.repeat for one in runs.same_pair(transaction.connection, transaction.store, run.model, run.dataset)]
    repeat = options.repeat or max(taken, default=0) + 1
    number = transaction.next("runs")
    return replace(run, number=number, repeat=repeat, logged_by=transaction.actor, logged_at=transaction.at)


def _edges(source: Source, roles: Roles) -> dict[str, list[float]]:
    """Where the numeric columns of this file are cut, derived ones too; those taken value by value have no cuts."""
    from errata.core.columns import is_number
    from errata.factors.encode import Factor, encode
    from errata.tasks.roles import not_a_factor

    refused = not_a_factor(source, replace(roles, factors=None))
    found = {}
    for name in source.schema.names:
        if name not in refused and is_number(source.schema.field(name).type):
            factor = encode(name, source.column(name), 1)
            if isinstance(factor, Factor) and factor.edges:
                found[name] = list(factor.edges)
    return found


def _outcome_table(outcomes: Outcomes) -> pa.Table:
    import pyarrow as pa

    failed = pa.array(outcomes.failed == FAILED, pa.bool_(), mask=outcomes.failed == UNKNOWN)
    loss = outcomes.loss if outcomes.loss is not None else np.full(len(failed), np.nan)
    return pa.table({"failed": failed, "loss": pa.array(loss, pa.float64(), mask=np.isnan(loss))})
