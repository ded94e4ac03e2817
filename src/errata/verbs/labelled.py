"""What a label is about, for whoever reads or gives one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from errata.nouns.label import Described, Subject, texts_of
from errata.store import findings, records, runs
from errata.store.catalog import Store
from errata.verbs.label import check_samples
from errata.verbs.parts import source_of_run

PROSE = (
    "why", "summary", "input", "expected", "observed", "cause", "trigger", "detection", "resolution", "slice", "model",
    "dataset",
)  # fmt: skip
"""The fields of a record that somebody who labels it reads, in this order."""


def describe_all(store: Store, subjects: Sequence[str]) -> dict[str, Described]:
    """Several subjects by their names, each run read once. Raises GrammarError, NotFound."""
    every = [Subject.parse(text) for text in dict.fromkeys(subjects)]
    check_samples(store, every)
    of_runs: dict[int, list[Subject]] = {}
    for about in every:
        if about.kind == "sample":
            of_runs.setdefault(about.run, []).append(about)
    found = {one.subject.text: one for run, some in of_runs.items() for one in _samples(store, run, some)}
    with store.read() as connection:
        return found | {one.text: _described(connection, store, one) for one in every if one.kind != "sample"}


def _samples(store: Store, number: int, every: Sequence[Subject]) -> list[Described]:
    """Samples of one run that are there."""
    run, source = source_of_run(store, number)
    column = run.typed_roles().id
    places: dict[str, int] = {}
    if column is not None:
        wanted = {about.sample for about in every}
        for at, value in enumerate(source.column(column).to_pylist()):
            if str(value) in wanted:
                places.setdefault(str(value), at)
    title = f"a sample of {run.ref}, {run.model} on {run.dataset}"
    rows = [int(about.sample) - 1 if column is None else places[about.sample] for about in every]
    return [Described(about, "", title, run=number, row=row) for about, row in zip(every, rows, strict=True)]


def describe(store: Store, subject: str) -> Described:
    """A subject's title and texts. Raises GrammarError, NotFound."""
    [found] = describe_all(store, [subject]).values()
    return found


def _described(connection: Any, store: Store, about: Subject) -> Described:
    if about.kind == "record":
        record = records.get(connection, store, about.text)
        texts = dict(texts_of(record.body.model_dump(mode="json")))
        told = tuple((name, texts[name]) for name in PROSE if texts.get(name))
        return Described(about, record.kind, record.title, told)
    number = int(about.text.partition(":")[2])
    if about.kind == "finding":
        finding = findings.get_finding(connection, store, number)
        return Described(about, "", finding.slice, run=finding.run)
    run = runs.get_run(connection, store, number)
    return Described(about, "", f"{run.model} on {run.dataset or 'no dataset'}", run=run.number)
