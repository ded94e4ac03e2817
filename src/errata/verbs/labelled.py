"""What a label is about, for whoever reads or gives one."""

from __future__ import annotations

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


def describe(store: Store, subject: str) -> Described:
    """A subject's title and texts. Raises GrammarError, NotFound."""
    about = Subject.parse(subject)
    if about.kind == "sample":
        check_samples(store, [about])
        run, source = source_of_run(store, about.run)
        column = run.typed_roles().id
        ids = None if column is None else [str(one) for one in source.column(column).to_pylist()]
        row = int(about.sample) - 1 if ids is None else ids.index(about.sample)
        return Described(about, "", f"a sample of {run.ref}, {run.model} on {run.dataset}", run=run.number, row=row)
    with store.read() as connection:
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
