"""``errata log``: freeze one execution as a run.

The same content logged twice is a no-op that says so; other predictions of the same model on the same dataset are the
next repeat; other ids or truth under the name of a known dataset version are refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from errata.core.canonical import canonical_json, digest_of
from errata.core.clock import now
from errata.core.errors import Conflict, UsageError
from errata.core.names import parse_versioned
from errata.nouns.outcome import FAILED, UNKNOWN, KindCodes, Kinds, Outcomes
from errata.nouns.part import OUTCOMES, PREDICTIONS
from errata.nouns.roles import Roles
from errata.nouns.run import STATES, Run
from errata.store import runs
from errata.store.catalog import Store, Transaction
from errata.store.faults import instant
from errata.store.files import Staged
from errata.verbs.dataset import DatasetDigests, check_same_dataset, digests_of_dataset
from errata.verbs.environment import snapshot

if TYPE_CHECKING:
    import pyarrow as pa

    from errata.nouns.source import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class LogOptions:
    """What is said of a run beside its predictions. ``environment`` is added to what this process can tell;
    ``source`` is what the predictions are called, where that is not the name of their file."""

    model: str
    dataset: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    seed: int | None = None
    repeat: int | None = None
    state: str = "complete"
    error: str | None = None
    environment: Mapping[str, Any] = field(default_factory=dict)
    allow_unknown: bool = False
    source: str | None = None

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
    return log_prepared(store, [prepare(source, roles, options)])[0]


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


@dataclass(frozen=True, slots=True)
class Prepared:
    """A run that is read and judged, before anything of it is written."""

    run: Run
    options: LogOptions
    columns: Mapping[str, pa.ChunkedArray]
    outcomes: Outcomes
    dataset: DatasetDigests
    edges: Mapping[str, list[float]]


def prepare(source: Source, given: Roles, options: LogOptions, model_columns: Sequence[str] = ()) -> Prepared:
    """Read and judge the predictions of one run; ``model_columns`` say something of the model, not of the data.

    Raises ColumnError and ValueFault.
    """
    from errata.core.digests import table_digest
    from errata.verbs.analyze import check_ids, read_outcomes
    from errata.verbs.derived import derived

    with_derived, given = derived(source, given)
    outcomes = read_outcomes(with_derived, given, allow_unknown=options.allow_unknown)
    roles = outcomes.roles
    check_ids(source, roles)
    _check_scores(source, outcomes)
    columns = {name: source.column(name) for name in source.schema.names}
    digest = digest_of(
        {"content": table_digest(columns, roles.id), "roles": roles.to_json(), "params": dict(options.params)}
    )
    dataset = digests_of_dataset(source, roles, columns, model_columns)
    notes = outcomes.notes
    if roles.truth is None and roles.id is None and roles.prediction is not None:
        notes = (*notes, "without ids, truth that comes later cannot be joined to these rows")
    run = _new_run(options, digest, roles.to_json(), notes)
    run = replace(
        run,
        dataset_digest=dataset.content,
        source=(options.source or source.name).encode("utf-8", "backslashreplace").decode(),
        quarantined=len(source.quarantined),
    )
    run = counted(run, outcomes, columns.get(roles.group) if roles.group else None)
    return Prepared(run, options, columns, outcomes, dataset, _edges(with_derived, roles))


def log_prepared(store: Store, every: Sequence[Prepared]) -> list[Run]:
    """Log these runs in their order, all of them or none; those whose content is there already are ``known``.

    Raises Conflict, Locked, StorageError.
    """
    import pyarrow as pa

    with store.read() as connection:  # cheap to know before anything is written
        found = [_same_run(connection, store, one.run, one.options) for one in every]
        for one, known in zip(every, found, strict=True):
            if known is None:
                check_same_dataset(connection, store, one.run, one.dataset)
    if all(found):
        return [known for known in found if known is not None]
    staged: list[Staged] = []
    logged: list[Run] = []
    try:
        parts: list[tuple[Staged, Staged, Staged]] = []
        for one in every:
            for data in (pa.table(dict(one.columns)), outcome_table(one.outcomes)):
                staged.append(store.files.stage_table(data))
            staged.append(store.files.stage(canonical_json(snapshot(one.options.environment)).encode()))
            parts.append((staged[-3], staged[-2], staged[-1]))
        instant("before-lock")
        with store.write("log") as transaction:
            for one, (predictions, judged, environment) in zip(every, parts, strict=True):
                run = _same(transaction, one.run, one.options)
                if run is None:
                    check_same_dataset(transaction.connection, store, one.run, one.dataset)
                    run = _numbered(transaction, one.run, one.options)
                    transaction.place("parts", [predictions, judged])
                    transaction.blob(environment, "application/json")
                    _insert(transaction, run, one, (predictions, judged, environment))
                logged.append(run)
    finally:
        store.files.discard(staged)
    return logged


def _insert(transaction: Transaction, run: Run, one: Prepared, files: tuple[Staged, Staged, Staged]) -> None:
    predictions, judged, environment = files
    rows = len(one.outcomes.failed)
    runs.insert_run(transaction, run, one.dataset.ids, environment.digest)
    instant("run-inserted")
    runs.insert_part(
        transaction, run.number, PREDICTIONS, predictions.digest, rows, predictions.bytes, source=run.source
    )
    counts: dict[str, Any] = {name: getattr(run, name) for name in ("failed", "unknown", "low", "high")}
    runs.insert_part(transaction, run.number, OUTCOMES, judged.digest, rows, judged.bytes, **counts)
    assert run.dataset_name is not None
    runs.fix_edges(transaction, run.dataset_name, run.number, one.edges)
    transaction.event(run.ref, before=None, after=run.digest, reason=f"{run.model} on {run.dataset}")


def _check_scores(source: Source, outcomes: Outcomes) -> None:
    """Raise what no analysis of the run could do with: a score outside [0, 1], scores that do not sum to 1."""
    from errata.tasks.scores import in_unit_interval, probabilities_of

    if outcomes.truth is not None:
        probabilities_of(source, outcomes)
    if outcomes.roles.score is not None:
        in_unit_interval(source, outcomes.roles.score)


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


def counted(run: Run, outcomes: Outcomes, group: pa.ChunkedArray | None) -> Run:
    """The run with its task, its counts and the interval of its error rate."""
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


def outcome_table(outcomes: Outcomes) -> pa.Table:
    """Outcomes as they are sealed: ``failed`` and ``loss``, null where they are not known."""
    import pyarrow as pa

    failed = pa.array(outcomes.failed == FAILED, pa.bool_(), mask=outcomes.failed == UNKNOWN)
    loss = outcomes.loss if outcomes.loss is not None else np.full(len(failed), np.nan)
    columns = {"failed": failed, "loss": pa.array(loss, pa.float64(), mask=np.isnan(loss))}
    if outcomes.kinds is not None and outcomes.kind is not None:
        columns["kinds"] = _kinds(outcomes.kinds, outcomes.kind)
    return pa.table(columns)


def _kinds(kinds: Kinds, codes: KindCodes) -> pa.ListArray:
    """The names of each row's kinds; a kind that is not known there is not among them."""
    import pyarrow as pa

    bits = (codes.of[:, None] >> np.arange(len(kinds.names))) & 1
    ends = np.concatenate([[0], np.cumsum(bits.sum(axis=1))]).astype(np.int32)
    names = pa.array(list(kinds.names), pa.string()).take(pa.array(np.nonzero(bits)[1]))
    return pa.ListArray.from_arrays(pa.array(ends), names)
