"""``errata case open --candidates run:N``: cases whose evidence is what a rule caught, with how likely it was drawn."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from errata.analysis.likeness import Texts
from errata.core.errors import ColumnError, UsageError
from errata.core.names import nearest
from errata.core.units import count, plural
from errata.nouns.candidates import Candidate, Candidates
from errata.nouns.case import KIND
from errata.nouns.case_parts import Caught
from errata.nouns.record import Record
from errata.store import links, records
from errata.store.catalog import Store
from errata.verbs.capture import get_candidates, standing, text_of
from errata.verbs.case import evidence_of
from errata.verbs.evidence import Frozen, freeze_candidates, read_evidence
from errata.verbs.parts import Judged, read_run

LIKE, STRATUM = "like", "stratum"
MOST = 50
"""No more cases are opened at once: so many at a time nobody would read."""


def open_of_candidates(
    store: Store,
    *,
    run: int,
    title: str,
    rule: str | None = None,
    samples: Sequence[str | int] = (),
    each: str | None = None,
    fields: Mapping[str, Any] | None = None,
) -> list[Record]:
    """A case of the newest capture of a run, by one rule when given, or (``each``) several, the largest first.

    ``samples`` are chosen by id, or by row where there are no ids; otherwise all are that repeat no earlier candidate.
    ``each`` is a column, ``stratum``, or ``like``: nearly the same text, of samples without one the same input. Raises
    NotFound ``no-candidates``, UsageError ``no-such-candidate``, ``nothing-chosen``, ``nothing-alike``,
    ``too-many-cases``, ColumnError ``no-such-column``, ValueFault ``bad-body``.
    """
    written = dict(fields or {})
    KIND.check_editable(written)
    found = get_candidates(store, run, rule)
    chosen = _chosen(found, samples)
    groups = {title: chosen} if each is None else _named(title, _groups(found, chosen, each))
    judged = read_run(store, run)
    frozen: list[Frozen] = []
    try:
        bodies = []
        for name, some in groups.items():
            frozen.append(freeze_candidates(store, judged, some))
            bodies.append(KIND.make({**_about(judged, found, some, frozen[-1]), **written, "title": name}))
        with store.write("case open") as transaction:
            made = []
            for one, body in zip(frozen, bodies, strict=True):
                one.keep(transaction)
                case = records.create(transaction, KIND, body, reason=written.get("why") or f"caught by {found.rule}")
                links.link(transaction, case.key, "wasDerivedFrom", f"run:{run}")
                links.link(transaction, case.key, "wasDerivedFrom", found.rule)
                links.link(transaction, case.key, "hadPrimarySource", f"blob:{case.body.evidence}")
                made.append(case)
    finally:
        for one in frozen:
            one.discard(store)
    return made


def shared_of(store: Store, key: str) -> dict[str, int]:
    """The other cases whose evidence holds samples that are this one's too, by key, and how many. Raises NotFound."""
    mine = {one.row for one in evidence_of(store, key).samples}
    with store.read() as connection:
        case = records.get(connection, store, key, "case")
        others = records.records(connection, store, "case", facet=("run", str(case.body.run)))
    shared = {}
    for other in others:
        if other.key != case.key and other.body.evidence is not None:
            shared[other.key] = len(mine & {one.row for one in read_evidence(store, other.body.evidence).samples})
    return {key: many for key, many in shared.items() if many}


def _chosen(found: Candidates, samples: Sequence[str | int]) -> list[Candidate]:
    if not samples:
        fresh = [one for one in found.candidates if one.double is None]
        if not fresh:
            raise UsageError(
                "nothing-chosen",
                f"all {plural(found.drawn, 'candidate')} of run:{found.run} by {found.rule} repeat earlier ones"
                if found.drawn
                else f"{found.rule} caught nothing in run:{found.run}",
                expected="candidates that are new, or --sample for those that are meant",
                next=f"errata candidates show run:{found.run} --rule {found.rule}",
            )
        return fresh
    by_name = {str(one.sample.row if one.sample.id is None else one.sample.id): one for one in found.candidates}
    wanted = list(dict.fromkeys(map(str, samples)))
    if unknown := [one for one in wanted if one not in by_name]:
        close = nearest(unknown[0], list(by_name))
        raise UsageError(
            "no-such-candidate",
            f"{unknown[0]!r} is no candidate of run:{found.run} by {found.rule}",
            expected=f"one like {', '.join(close)}" if close else "ids of its candidates (rows where there are no ids)",
            next=f"errata candidates show run:{found.run} --rule {found.rule} --limit {max(1, found.drawn)}",
        )
    return [by_name[one] for one in wanted]


def _groups(found: Candidates, chosen: Sequence[Candidate], each: str) -> dict[str, list[Candidate]]:
    """The chosen candidates by what tells them apart, the largest group first."""
    groups: dict[str, list[Candidate]] = defaultdict(list)
    if each == LIKE:
        for number, some in enumerate(_alike(found, chosen), 1):
            groups[f"cluster {number}"] = some
    else:
        for one in chosen:
            groups[one.stratum if each == STRATUM else _value(one, each)].append(one)
    if len(groups) > MOST:
        raise UsageError(
            "too-many-cases",
            f"{each} would make {count(len(groups))} cases",
            expected=f"at most {MOST} at a time",
            next="choose some by --sample, or another --each",
        )
    return dict(sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])) if each != LIKE else groups)


def _value(one: Candidate, column: str) -> str:
    if column not in one.sample.values:
        close = nearest(column, list(one.sample.values))
        raise ColumnError(
            "no-such-column",
            f"candidates have no column {column!r}",
            expected=f"one like {', '.join(close)}" if close else f"{LIKE}, {STRATUM} or a column",
            next=f"--each {close[0] if close else LIKE}",
        )
    value = one.sample.values[column]
    return f"{column} {'missing' if value is None else value}"[:120]


def _alike(found: Candidates, chosen: Sequence[Candidate]) -> list[list[Candidate]]:
    """The clusters of two or more: each candidate is with the first whose text, or else input, it is like."""
    texts: Texts[int] = Texts()
    contents: dict[str, int] = {}
    clusters: list[list[Candidate]] = []
    for one in chosen:
        text = text_of(one.sample.values, found.text)
        at = contents.get(one.digest) if text is None else texts.like(text)
        if at is None:
            at = len(clusters)
            clusters.append([])
        if text is not None:
            texts.add(text, at)
        contents.setdefault(one.digest, at)
        clusters[at].append(one)
    several = sorted((some for some in clusters if len(some) > 1), key=lambda some: -len(some))
    if not several:
        raise UsageError(
            "nothing-alike",
            f"no two of {plural(len(chosen), 'candidate')} are alike",
            expected="nearly the same text, or the same input",
            next="--each COLUMN, or one case of all: leave --each away",
        )
    return several


def _named(title: str, groups: Mapping[str, list[Candidate]]) -> dict[str, list[Candidate]]:
    return {f"{title[: 290 - len(name)]}: {name}": some for name, some in groups.items()}


def _about(judged: Judged, found: Candidates, chosen: Sequence[Candidate], frozen: Frozen) -> dict[str, Any]:
    run = judged.run
    told = standing(found, {one.sample.row for one in chosen})
    return {
        "models": (run.model,),
        "datasets": (run.dataset,) if run.dataset else (),
        "task": judged.outcomes.task,
        "run": run.number,
        "model": run.model,
        "dataset": run.dataset or None,
        "evidence": frozen.evidence.digest,
        "samples": frozen.evidence.drawn,
        "caught": Caught(
            rule=found.rule,
            revision=found.revision,
            manifest=found.digest,
            chosen=len(chosen),
            drawn=found.drawn,
            matched=found.matched,
            rows=told.total,
            rows_low=told.total_low,
            rows_high=told.total_high,
            share=told.mean,
            low=told.low,
            high=told.high,
        ),
    }
