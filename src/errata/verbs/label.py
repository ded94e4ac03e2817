"""Labels: say that a term holds of something, take it back, move it to what its term is called today."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from errata.core.errors import Conflict, NotFound, UsageError
from errata.nouns.label import KNOWN, Label, Span, Subject, check_said, read_span, texts_of
from errata.nouns.record import Record
from errata.nouns.terms import check_alive
from errata.nouns.vocabulary import RETIRED, VocabularyBody, parse_term
from errata.store import findings, labels, records, runs, vocabularies
from errata.store.catalog import Store, Transaction

_AT_ONCE = 500
SpanLike = Mapping[str, Any] | Span | Sequence[Any]


def add_label(
    store: Store,
    subject: str,
    term: str,
    *,
    status: str = KNOWN,
    confidence: float | None = None,
    spans: Iterable[SpanLike] = (),
    note: str = "",
) -> Label:
    """Say that ``term`` (``VOCABULARY:TERM``) holds of ``subject``; the same again by the same actor changes nothing.

    Raises GrammarError, NotFound, UsageError, ValueFault ``bad-span``, Conflict ``deprecated-term``,
    ``already-labelled`` when the actor said it otherwise before.
    """
    about = Subject.parse(subject)
    name, asked = parse_term(term)
    check_said(status, confidence)
    check_samples(store, [about])
    with store.write("label add") as transaction:
        texts = check_subject(transaction, about)
        found = [read_span(_span(one), texts) for one in spans]
        vocabulary, at = term_of(transaction, name, asked)
        said = labels.Said(
            subject=about.text,
            vocabulary=vocabulary.number,
            revision=vocabulary.revision,
            term=at,
            status=status,
            confidence=confidence,
            spans=tuple(found),
            note=note,
        )
        before = _before(transaction, said)
        if before is not None:
            return before
        [number] = labels.add(transaction, [said], {at: f"{vocabulary.name}:{vocabulary.body.path(at)}"}, note)
        records.project_again(transaction, [about.text])
        return labels.get(transaction.connection, store, number)


def retract_label(store: Store, number: int, reason: str) -> Label:
    """Take a label back; it stays, with who, when and why. Raises NotFound, Conflict ``retracted``, UsageError."""
    if not reason.strip():
        raise UsageError("no-reason", "a label is taken back with a reason", next="--reason TEXT")
    with store.write("label retract") as transaction:
        found = labels.get(transaction.connection, store, number)
        _check_standing(found)
        labels.retract(transaction, [found], reason)
        records.project_again(transaction, [found.subject])
        return labels.get(transaction.connection, store, number)


def list_labels(
    store: Store,
    subject: str | None = None,
    *,
    vocabulary: str | None = None,
    term: str | None = None,
    actor: str | None = None,
    everything: bool = False,
) -> list[Label]:
    """The labels that count, oldest first; with ``everything`` also retracted ones and answers given in rounds.

    ``term`` is ``VOCABULARY:TERM`` and takes in what is below it. Raises NotFound, GrammarError.
    """
    where = [] if everything else [labels.counting()]
    if subject is not None:
        where.append(labels.about([Subject.parse(subject).text]))
    if actor is not None:
        where.append(labels.by(actor))
    with store.read() as connection:
        if term is not None:
            name, asked = parse_term(term)
            found = vocabularies.find(connection, store, name)
            at = found.body.resolve(asked)
            where.append(labels.within(found.number, [at, *found.body.descendants(at)]))
        elif vocabulary is not None:
            where.append(labels.within(vocabularies.find(connection, store, vocabulary).number))
        if subject is not None and subject.count("-") == 1 and ":" not in subject:
            records.get(connection, store, subject)
        return labels.labels(connection, store, *where)


def labels_of(store: Store, subjects: Iterable[str]) -> dict[str, list[Label]]:
    """The labels that count of several subjects, by subject; one without labels is left out."""
    wanted = list(dict.fromkeys(subjects))
    found: dict[str, list[Label]] = {}
    with store.read() as connection:
        for first in range(0, len(wanted), _AT_ONCE):
            some = labels.about(wanted[first : first + _AT_ONCE])
            for label in labels.labels(connection, store, labels.counting(), some):
                found.setdefault(label.subject, []).append(label)
    return found


def get_label(store: Store, number: int) -> Label:
    """One label. Raises NotFound ``no-such-label``."""
    with store.read() as connection:
        return labels.get(connection, store, number)


def moves(store: Store, vocabulary: str | None = None) -> list[Label]:
    """The labels that count whose term was renamed, split or merged since: each with its ``choices``."""
    return [label for label in list_labels(store, vocabulary=vocabulary) if label.choices]


def move_label(store: Store, number: int, to: str | None = None, *, reason: str = "") -> Label:
    """Take a label back and say it anew with what its term is called today; ``to`` is one of its choices.

    Raises NotFound, Conflict ``cannot-move`` when its term is in use, UsageError ``which-term`` when the choice is not
    clear.
    """
    with store.write("label move") as transaction:
        found = labels.get(transaction.connection, store, number)
        _check_standing(found)
        body, at = _target(transaction, found, to)
        [moved] = _move(transaction, [(found, at)], body, reason)
        return labels.get(transaction.connection, store, moved)


def move_all(store: Store, vocabulary: str, *, reason: str = "") -> list[Label]:
    """Move every label of a vocabulary that has one choice; what was split waits for somebody to choose."""
    with store.write("label move") as transaction:
        connection = transaction.connection
        found = vocabularies.find(connection, store, vocabulary)
        standing = labels.labels(connection, store, labels.within(found.number), labels.counting())
        pairs = [(label, label.choices[0]) for label in standing if len(label.choices) == 1]
        numbers = _move(transaction, pairs, found, reason)
        return [labels.get(connection, store, number) for number in numbers]


def check_subject(transaction: Transaction, about: Subject) -> dict[str, str] | None:
    """Raises NotFound unless the subject is there. The texts of a record by their fields; None for a fact."""
    connection, store = transaction.connection, transaction.store
    if about.kind == "record":
        record = records.get(connection, store, about.text)
        return dict(texts_of(record.body.model_dump(mode="json")))
    number = int(about.text.partition(":")[2].partition("#")[0])
    if about.kind == "finding":
        findings.get_finding(connection, store, number)
    else:
        runs.get_run(connection, store, number)
    return None


def check_samples(store: Store, subjects: Iterable[Subject]) -> None:
    """Raises NotFound ``no-such-sample`` for a sample that its run does not hold. One pass over each run."""
    asked: dict[int, list[str]] = {}
    for about in subjects:
        if about.kind == "sample":
            asked.setdefault(about.run, []).append(about.sample)
    for number, names in asked.items():
        from errata.verbs.parts import source_of_run

        run, source = source_of_run(store, number)
        column = run.typed_roles().id
        if column is None:
            missing = [name for name in names if not name.isdigit() or not 1 <= int(name) <= source.rows]
        else:
            known = {str(value) for value in source.column(column).to_pylist()}
            missing = [name for name in names if name not in known]
        if missing:
            raise NotFound(
                "no-such-sample",
                f"{run.ref} has no sample {missing[0]!r}",
                expected=f"an id of its column {column!r}" if column else f"the number of a row, 1 to {source.rows}",
                found=", ".join(missing[:5]),
                next=f"errata run show {run.ref}",
            )


def term_of(transaction: Transaction, name: str, asked: str) -> tuple[Record, str]:
    """A vocabulary and the id of one of its terms that may be used. Raises NotFound, Conflict."""
    vocabulary = vocabulary_of(transaction, name, asked)
    at = vocabulary.body.resolve(asked)
    check_alive(vocabulary.body, at)
    return vocabulary, at


def vocabulary_of(transaction: Transaction, name: str, asked: str = "") -> Record:
    """A vocabulary that may be used. Raises NotFound; Conflict ``retired-vocabulary``, which says what to use for the
    term that was ``asked``."""
    vocabulary = vocabularies.find(transaction.connection, transaction.store, name)
    if vocabulary.state == RETIRED:
        instead = vocabulary.body.instead
        raise Conflict(
            "retired-vocabulary",
            f"{vocabulary.body.name} is retired: nothing new is labelled with it",
            expected=f"a term of {instead}" if instead else "a term of a vocabulary that is in use",
            next=_instead(transaction, instead, asked) if instead else "errata vocabulary list",
        )
    return vocabulary


def _instead(transaction: Transaction, name: str, asked: str) -> str:
    """What to type for a term of a retired vocabulary, where the other one has a term of its name."""
    body: VocabularyBody = vocabularies.find(transaction.connection, transaction.store, name).body
    last = asked.rpartition("/")[2]
    same = next((at for at in body.living() if at == last), None)
    return f"errata label add SUBJECT {name}:{body.path(same)}" if same else f"errata vocabulary show {name}"


def _before(transaction: Transaction, said: labels.Said) -> Label | None:
    """The same label by the same actor, if it stands already."""
    standing = labels.labels(
        transaction.connection,
        transaction.store,
        labels.about([said.subject]),
        labels.within(said.vocabulary, [said.term]),
        labels.by(transaction.actor),
        labels.of_round(None),
        labels.standing(),
    )
    for label in standing:
        same = (label.status, label.confidence, label.spans, label.note)
        if same == (said.status, said.confidence, said.spans, said.note):
            return label
        raise Conflict(
            "already-labelled",
            f"you gave {label.full} to {label.subject} already, as {label.id}",
            expected="one label a term and person",
            next=f"errata label retract {label.id} --reason TEXT",
        )
    return None


def _check_standing(label: Label) -> None:
    if label.retracted:
        raise Conflict(
            "retracted",
            f"{label.id} was taken back by {label.retracted_by}: {label.retracted_reason}",
            next=f"errata label list {label.subject}",
        )


def _target(transaction: Transaction, label: Label, to: str | None) -> tuple[Record, str]:
    vocabulary = vocabularies.find(transaction.connection, transaction.store, label.vocabulary)
    body: VocabularyBody = vocabulary.body
    if not label.choices:
        raise Conflict(
            "cannot-move",
            f"{label.full} was neither renamed nor split, so {label.id} has nowhere to move",
            next=f"errata label list {label.subject}",
        )
    paths = [body.path(at) for at in label.choices]
    if to is None and len(label.choices) > 1:
        raise UsageError(
            "which-term",
            f"{label.full} was split, so {label.id} could be any of {len(paths)} terms",
            expected=f"one of {', '.join(paths)}",
            next=f"errata label move {label.id} --to {label.choices[0]} --reason TEXT",
        )
    at = label.choices[0] if to is None else body.resolve(to.removeprefix(f"{body.name}:"))
    if at not in label.choices:
        raise UsageError(
            "which-term",
            f"{label.full} did not become {body.path(at)}",
            expected=f"one of {', '.join(paths)}",
            next=f"errata label move {label.id} --to {label.choices[0]} --reason TEXT",
        )
    return vocabulary, at


def _move(transaction: Transaction, pairs: Sequence[tuple[Label, str]], vocabulary: Record, reason: str) -> list[int]:
    if not pairs:
        return []
    body: VocabularyBody = vocabulary.body
    said = [
        labels.Said(
            subject=label.subject,
            vocabulary=vocabulary.number,
            revision=vocabulary.revision,
            term=at,
            status=label.status,
            confidence=label.confidence,
            spans=label.spans,
            note=label.note,
            round=None if label.round is None else int(label.round.rpartition("-")[2]),
            adjudicates=label.adjudicates,
        )
        for label, at in pairs
    ]
    labels.retract(transaction, [label for label, _ in pairs], reason or "moved to what its term is called today")
    names = {one.term: f"{body.name}:{body.path(one.term)}" for one in said}
    numbers = labels.add(transaction, said, names, reason)
    records.project_again(transaction, dict.fromkeys(label.subject for label, _ in pairs))
    return numbers


def _span(given: SpanLike) -> Mapping[str, Any]:
    if isinstance(given, Span):
        return given.to_json()
    if isinstance(given, Mapping):
        return given
    return dict(zip(("field", "start", "end", "quote"), given, strict=False))
