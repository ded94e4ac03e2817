"""``errata log TRUTH --truth-for run:N``: truth that comes after the predictions, joined to them by id.

It becomes a sealed part, and the outcomes are recomputed as a further part; the earlier ones stay. Truth that
contradicts what is known is refused unless it is to replace it, with a reason.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from errata.core.columns import is_text
from errata.core.errors import ColumnError, Conflict, ErrataError, UsageError, ValueFault
from errata.core.units import count, plural
from errata.integrations.files.overlay import Overlay
from errata.nouns.late_truth import LateTruth
from errata.nouns.outcome import UNKNOWN, Outcomes
from errata.nouns.part import OUTCOMES, PREDICTIONS, TRUTH
from errata.nouns.roles import Roles
from errata.nouns.run import Run
from errata.store import runs
from errata.store.catalog import Store
from errata.store.faults import instant
from errata.tasks import truths
from errata.tasks.outcomes import NO_TRUTH_YET
from errata.verbs.dataset import check_same_dataset, digests_of_dataset
from errata.verbs.derived import derived
from errata.verbs.log import counted, outcome_table
from errata.verbs.parts import roles_of_run, source_of_run
from errata.verbs.truth_file import Given, joined, read_truth

if TYPE_CHECKING:
    import pyarrow as pa

    from errata.nouns.source import Source

ATTEMPTS = 5
SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class TruthOptions:
    """Whose truth it is, its columns of id and truth, and whether it may replace what is known, for a ``reason``."""

    run: int
    id: str | None = None
    truth: str | None = None
    replace: bool = False
    reason: str = ""

    def __post_init__(self) -> None:
        if self.replace and not self.reason.strip():
            raise UsageError(
                "no-reason",
                "truth is replaced only for a reason",
                expected="a few words on why the earlier truth was wrong, for the audit log",
                next="--replace --reason TEXT",
            )
        if self.reason and any("\ud800" <= letter <= "\udfff" for letter in self.reason):
            raise UsageError("not-unicode", "the reason is not Unicode, so it cannot be kept", next="--reason TEXT")


@dataclass(frozen=True, slots=True)
class _Known:
    """What the catalog knew of a run when its rows were read."""

    run: Run
    source: Source
    roles: Roles
    seq: int


def add_truth(store: Store, source: Source, options: TruthOptions) -> LateTruth:
    """Join the truth of ``source`` to a run, recompute its outcomes, and say what changed; the same again is a no-op.

    Raises NotFound for no such run or one without predictions, Conflict ``no-ids``, ``truth-contradicts`` and
    ``other-dataset``, ValueFault for ids that repeat or of which none is the run's, and ColumnError; then nothing is
    kept.
    """
    for _ in range(ATTEMPTS):
        known = _known(store, options.run)
        added = _attempt(store, known, read_truth(source, known.run, known.roles, options.id, options.truth), options)
        if added is not None:
            return added
    raise Conflict(
        "truth-changed",
        f"run:{options.run} was given other truth {ATTEMPTS} times while this was read",
        expected="to be the only one who adds truth to it",
        next="the same line again",
    )


def _known(store: Store, number: int) -> _Known:
    with store.read() as connection:
        runs.part_path(connection, store, number, PREDICTIONS)
        seq = runs.newest_seq(connection, store, number, TRUTH)
    run, source = source_of_run(store, number, seq + 1)
    roles = roles_of_run(run, source)
    if roles.id is None:
        raise Conflict(
            "no-ids",
            f"{run.ref} has no ids, so no truth can be joined to its rows",
            expected="a run logged with --id COLUMN",
            next="errata log FILE --model … --dataset … --id COLUMN",
        )
    if roles.prediction is None:
        said = ", ".join(f"{name}={value}" for name, value in run.roles.items() if name in ("failed", "loss"))
        raise Conflict(
            "no-prediction",
            f"{run.ref} was logged without predictions that a truth could be held against",
            expected="a run logged with --prediction COLUMN",
            found=said,
            next="errata log FILE --model … --dataset … --prediction COLUMN --allow-unknown",
        )
    return _Known(run, source, roles, seq)


def _attempt(store: Store, known: _Known, given: Given, options: TruthOptions) -> LateTruth | None:
    """Add the truth to what was known; None when other truth was faster."""
    import pyarrow as pa

    run, roles = known.run, known.roles
    at, matched, notes = joined(known.source, run, roles, given)
    new, words = _of_predictions(known, given, given.truth.take(pa.array(at, mask=at < 0)))
    notes = (*notes, *words)
    old = _old_truth(known, new.type)
    other = truths.differs(old, new)
    if other.any() and not options.replace:
        raise _contradicts(known, given, old, new, other)
    fresh = new.is_valid().to_numpy() & old.is_null().to_numpy()
    both = truths.together(old, new)
    told = LateTruth(
        run=run,
        source=_text(given.source.name),
        seq=known.seq,
        rows=given.source.rows,
        matched=matched,
        strange=given.source.rows - matched,
        empty=given.empty,
        replaced=int(other.sum()),
        changed=0,
        missing=int(both.null_count),
        notes=notes,
    )
    if not fresh.any() and not other.any():
        return replace(told, known=True)
    return _write(store, known, both, told, options)


def _old_truth(known: _Known, kind: pa.DataType) -> pa.ChunkedArray:
    import pyarrow as pa

    if known.roles.truth is None:
        return pa.chunked_array([pa.nulls(known.source.rows, kind)], kind)
    return truths.settled(known.source.column(known.roles.truth))


def _of_predictions(known: _Known, given: Given, new: pa.ChunkedArray) -> tuple[pa.ChunkedArray, tuple[str, ...]]:
    """The new truth in the type of the predictions, and in words what was done for it. Raises ValueFault."""
    assert known.roles.prediction is not None
    prediction = truths.settled(known.source.column(known.roles.prediction))
    found = truths.alike(new, prediction.type)
    if found is not None and _changes_kind(new, found) and not truths.shares_values(found, prediction):
        found = None  # what can be written alike need not be classes of one kind
    if found is None:
        example = new.drop_null()
        raise ValueFault(
            "type-mismatch",
            f"the truth of {given.source.name} and the predictions of {known.run.ref} are of different types",
            expected="the same type in both, so that equal classes are equal values",
            found=f"{given.column}: {new.type}"
            + (f", such as {example[0].as_py()!r}" if len(example) else "")
            + f"; {known.roles.prediction}: {prediction.type}, such as {prediction.drop_null()[0].as_py()!r}",
            where=f"{given.source.name}, column {given.column}",
            next="write one in the other's type, or name another column: --truth COLUMN",
        )
    if _changes_kind(new, found):
        read = f"truth is {new.type} in {given.source.name} and was read as {found.type}, as the predictions are"
        return found, (read,)
    return found, ()


def _changes_kind(column: pa.ChunkedArray, other: pa.ChunkedArray) -> bool:
    """Whether one is text and the other is not, of a column that has values at all."""
    return column.null_count < len(column) and is_text(column.type) != is_text(other.type)


def _contradicts(
    known: _Known, given: Given, old: pa.ChunkedArray, new: pa.ChunkedArray, other: NDArray[np.bool_]
) -> ErrataError:
    assert known.roles.id is not None
    rows = np.flatnonzero(other)
    ids = known.source.column(known.roles.id)
    both = int((old.is_valid().to_numpy() & new.is_valid().to_numpy()).sum())
    name, ref = _text(given.source.name), known.run.ref
    lines = [
        f"id {ids[row].as_py()!r}: {old[row].as_py()!r} in {ref}, {new[row].as_py()!r} in {name}"
        for row in rows[:SHOWN].tolist()
    ]
    if len(rows) > SHOWN:
        lines.append(f"and {count(len(rows) - SHOWN)} more")
    return Conflict(
        "truth-contradicts",
        f"{name} has another truth for {plural(len(rows), 'row')} of {ref}",
        details=lines,
        expected=f"the truth that is known, for the {count(both)} ids that have one",
        found=f"{count(both - len(rows))} of {count(both)} agree",
        where=f"{name}, column {given.column}",
        next=f"mend the file, or errata log {shlex.quote(name)} --truth-for {ref} --replace --reason TEXT",
    )


def _write(
    store: Store, known: _Known, truth: pa.ChunkedArray, told: LateTruth, options: TruthOptions
) -> LateTruth | None:
    import pyarrow as pa

    from errata.integrations.files import table_source
    from errata.tasks.outcomes import read_outcomes

    name = known.roles.truth or _free_name(known.source)
    table = pa.table({name: truth})
    source = Overlay(known.source, table_source(table, known.run.ref), name)
    roles = replace(known.roles, truth=name)
    try:
        outcomes = read_outcomes(*derived(source, roles), allow_unknown=True)
    except ValueFault as fault:
        fault.where = f"{told.source}, of {fault.where}"
        fault.next = "mend the file, or leave those values empty"
        raise
    scores, unscored = _scores(source, outcomes)
    stored = {**known.run.roles, "truth": name} if scores else {**_without(known.run.roles, "scores"), "truth": name}
    group = source.column(roles.group) if roles.group else None
    run = counted(replace(known.run, roles=stored), outcomes, group)
    columns = {column: source.column(column) for column in (str(roles.id), name)}
    digests = digests_of_dataset(source, roles, columns)
    said_once = tuple(note for note in run.notes if note != NO_TRUTH_YET)
    run = replace(run, dataset_digest=digests.content, notes=said_once)
    notes = told.notes + unscored + _beside_others(store, run, digests, options)
    if told.missing and roles.failed is not None:
        notes += (
            "a row without a truth is known only if the criterion fails it: the rate is too high until all have one",
        )
    with store.read() as connection:
        predictions = runs.part_path(connection, store, run.number, PREDICTIONS)
        before = runs.part_path(connection, store, run.number, OUTCOMES, known.seq + 1)
    changed = _changed(before, outcomes)
    reason = options.reason.strip() or f"truth of {plural(told.matched, 'row')} from {told.source}"
    said: dict[str, Any] = {"source": told.source, "reason": options.reason.strip() or None}
    counts: dict[str, Any] = {name: getattr(run, name) for name in ("failed", "unknown", "low", "high")}
    staged = []
    try:
        staged.append(late := store.files.stage_table(table, _row_groups(predictions)))
        # Outcomes name their truth, so that what is counted of one truth is never taken for what another would give.
        judged = outcome_table(outcomes).replace_schema_metadata({"errata.truth": late.digest})
        staged.append(outcome := store.files.stage_table(judged))
        instant("before-truth-lock")
        with store.write("log") as transaction:
            if runs.newest_seq(transaction.connection, store, run.number, TRUTH) != known.seq:
                return None
            if not options.replace:
                check_same_dataset(transaction.connection, store, run, digests)
            seq, rows = known.seq + 1, known.source.rows
            transaction.place("parts", [late, outcome])
            runs.insert_part(transaction, run.number, TRUTH, late.digest, rows, late.bytes, seq, **said)
            instant("truth-inserted")
            runs.insert_part(
                transaction,
                run.number,
                OUTCOMES,
                outcome.digest,
                rows,
                outcome.bytes,
                seq + 1,
                changed=changed,
                **counts,
            )
            runs.judge_anew(transaction, run)
            instant("truth-judged")
            transaction.event(run.ref, before=known.run.dataset_digest, after=run.dataset_digest, reason=reason)
    finally:
        store.files.discard(staged)
    with store.read() as connection:
        run = runs.get_run(connection, store, run.number)
    return replace(told, run=run, seq=seq, changed=changed, notes=notes)


def _beside_others(store: Store, run: Run, digests: Any, options: TruthOptions) -> tuple[str, ...]:
    """That other runs on the dataset have other truth: refused, unless it is replaced; then it is said."""
    if run.dataset is None:
        return ()
    with store.read() as connection:
        try:
            check_same_dataset(connection, store, run, digests)
        except Conflict as conflict:
            if not options.replace:
                conflict.next = (
                    f"mend the file; or, if it is right, --replace --reason TEXT, for {run.ref} and for each other run"
                )
                raise
            return (
                f"{conflict.message.partition(': ')[2]}: give that run the same truth, or the two cannot be compared",
            )
    return ()


def _changed(before: Any, outcomes: Outcomes) -> int:
    """How many outcomes are not those in the part ``before``."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    from errata.core.columns import floats

    table = pq.read_table(before, columns=["failed", "loss"])
    failed = pc.fill_null(table["failed"].cast("int8"), UNKNOWN).to_numpy()
    loss = floats(table["loss"])
    now = outcomes.loss if outcomes.loss is not None else np.full(len(failed), np.nan)
    other_loss = (loss != now) & ~(np.isnan(loss) & np.isnan(now))
    return int(((failed != outcomes.failed) | other_loss).sum())


def _row_groups(path: Any) -> list[int]:
    import pyarrow.parquet as pq

    metadata = pq.read_metadata(path)
    return [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]


def _free_name(source: Source) -> str:
    """What a truth is called that the predictions had no column for; one that is empty is filled."""
    import pyarrow as pa

    names = source.schema.names
    number = 1
    while True:
        name = "truth" if number == 1 else f"truth {number}"
        if name not in names or pa.types.is_null(source.schema.field(name).type):
            return name
        number += 1


def _scores(source: Source, outcomes: Outcomes) -> tuple[bool, tuple[str, ...]]:
    """Whether every class has a score now that the truth is known; and, if one has none, that scores are unset."""
    from errata.tasks.scores import by_label

    try:
        by_label(source, outcomes)
    except ColumnError as error:
        return False, (f"{error.message}, of the new truth: scores are unset",)
    return True, ()


def _without(values: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key != name}


def _text(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()
