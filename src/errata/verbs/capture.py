"""``errata capture``: the rows of a run that rules match, drawn with known probabilities, frozen as candidates."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
from numpy.typing import NDArray

from errata.analysis.likeness import Texts
from errata.analysis.sampling import draw, estimate
from errata.core.canonical import canonical_json
from errata.core.errors import ColumnError, Conflict, NotFound, UsageError
from errata.core.names import nearest
from errata.core.units import count, plural
from errata.nouns.candidates import Candidate, Candidates, CandidateSet, Double, Estimate
from errata.nouns.criterion import parse_expression
from errata.nouns.evidence import Sample
from errata.nouns.part import OUTCOMES
from errata.nouns.record import Record
from errata.nouns.rule import ACTIVE, ALL, MOST, RESERVOIR
from errata.store import candidates as stored
from errata.store import records, runs
from errata.store.catalog import Store
from errata.verbs.matching import holds, matches, numbers, outcomes_roles
from errata.verbs.parts import Judged, read_run, samples_at

_SAID = ("id", "prediction", "score", "loss", "time", "judge", "faithfulness")
"""Roles whose columns say nothing of what was predicted on."""
_TEXTS = ("question", "text", "prompt", "input", "review", "message")
"""Names of a text by which near-equal samples are found, where no column has the role ``question``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Captured:
    """What a rule made of a run; ``known`` means that its revision had been applied to these outcomes before.

    ``candidates`` are None where the run has not what the rule is about; ``reason`` says what.
    """

    rule: str
    candidates: Candidates | None
    known: bool = False
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain values of the schema ``errata.candidates/1`` and whether it was known; or the rule and the reason."""
        if self.candidates is None:
            return {"rule": self.rule, "reason": self.reason}
        return {**self.candidates.to_json(), "known": self.known}


def capture(store: Store, run: int, rules: Sequence[str] | None = None, *, dry_run: bool = False) -> list[Captured]:
    """Turn a run into candidates by these rules, or by every active one.

    A rule's revision that was applied to the run's newest outcomes already changes nothing. Of the active rules one
    that the run's columns do not allow is left out with the reason; of rules that are named, none is applied unless
    all can be. Raises NotFound, ColumnError or Conflict for a named rule that cannot be applied, UsageError
    ``no-rules``, ``rule-retired`` and ``too-many-candidates``.
    """
    judged = read_run(store, run)
    with store.read() as connection:
        wanted = _wanted(store, [records.get(connection, store, key, "rule") for key in rules] if rules else
                         records.records(connection, store, "rule", states=(ACTIVE,)))  # fmt: skip
        outcomes = runs.newest_seq(connection, store, run, OUTCOMES)
        before = stored.sets(connection, store)
    earlier: _Earlier | None = None  # what was captured before is read when something new is to be held against it
    found: list[Captured] = []
    for rule in wanted:
        mine = (run, rule.key, rule.revision, outcomes)
        there = next((one for one in before if _key(one) == mine), None)
        try:
            if there:
                made = read_candidates(store, there.digest)
            else:
                earlier = earlier or _Earlier(store, before)
                made = _of_rule(store, judged, rule, outcomes, earlier)
        except (ColumnError, Conflict) as error:
            if rules:
                error.where = f"{judged.run.ref}, by {rule.key}"
                raise
            found.append(Captured(rule=rule.key, candidates=None, reason=error.message))
            continue
        found.append(Captured(rule=rule.key, candidates=made, known=there is not None))
    return found if dry_run else _kept(store, found)


def _kept(store: Store, found: Sequence[Captured]) -> list[Captured]:
    """The captures with their digests; those that somebody else made in the meantime are as that one left them."""
    new = [one.candidates if not one.known else None for one in found]
    staged = [store.files.stage(canonical_json(one.manifest()).encode()) if one else None for one in new]
    if not any(staged):
        return list(found)
    kept: list[Captured] = []
    try:
        with store.write("capture") as transaction:
            there = {_key(one): one.digest for one in stored.sets(transaction.connection, store)}
            for one, made, manifest in zip(found, new, staged, strict=True):
                if made is None or manifest is None:
                    kept.append(one)
                elif (digest := there.get(_key(made))) is not None:
                    kept.append(replace(one, candidates=read_candidates(store, digest), known=True))
                else:
                    made = replace(made, digest=manifest.digest)
                    transaction.blob(manifest, "application/json")
                    stored.insert(transaction, made)
                    kept.append(replace(one, candidates=made))
    finally:
        store.files.discard([manifest for manifest in staged if manifest])
    return kept


def _key(one: Candidates | CandidateSet) -> tuple[int, str, int, int]:
    return one.run, one.rule, one.revision, one.outcomes


def _wanted(store: Store, rules: Sequence[Record]) -> Sequence[Record]:
    if not rules:
        raise UsageError(
            "no-rules",
            f"project {store.project.name} has no active rule",
            next="errata rule add --title TEXT --when 'confidence >= 0.9 and failed'",
        )
    for rule in rules:
        if rule.state != ACTIVE:
            raise UsageError(
                "rule-retired", f"{rule.key} is retired: it captures no more", next=f"errata rule show {rule.key}"
            )
    return rules


def _of_rule(store: Store, judged: Judged, rule: Record, outcomes: int, earlier: _Earlier) -> Candidates:
    truth = matches(store, judged, rule.body)
    rows = np.flatnonzero(truth == 1)
    contents, first, copies = _distinct(judged, rows)
    sampling = rule.sampling
    names = _strata(judged, first, sampling.by)
    method, size = sampling.method, sampling.size
    if method == ALL and len(first) > MOST:
        method, size = RESERVOIR, MOST
    drawn = draw(names, method, size, [sampling.seed, judged.run.number])
    if len(drawn.at) > MOST:
        raise UsageError(
            "too-many-candidates",
            f"{rule.key} would make {count(len(drawn.at))} candidates of {judged.run.ref}",
            expected=f"at most {count(MOST)}",
            found=f"{rule.sampling.words}, {plural(len(drawn.strata), 'stratum', 'strata')}",
            next=f"errata rule edit {rule.key} --size N",
        )
    samples, _ = samples_at(judged, first[drawn.at], 0)
    made = []
    for at, sample in enumerate(samples):
        content = contents[int(drawn.at[at])]
        made.append(
            Candidate(
                sample=sample,
                digest=content,
                copies=int(copies[drawn.at[at]]),
                probability=float(drawn.probability[at]),
                stratum=drawn.strata[int(drawn.stratum[at])].name,
                double=earlier.double(judged, sample, content),
            )
        )
    return Candidates(
        digest="",
        run=judged.run.number,
        run_digest=judged.run.digest,
        dataset=judged.run.dataset_name or "",
        text=_text_column(judged.source.schema.names, outcomes_roles(judged).get("question")),
        outcomes=outcomes,
        rule=rule.key,
        revision=rule.revision,
        title=rule.title,
        asked=rule.body.words,
        sampling={**sampling.model_dump(mode="json"), "cut": method != sampling.method},
        seen=judged.source.rows,
        unknown=int((truth == -1).sum()),
        matched=len(rows),
        distinct=len(first),
        strata=drawn.strata,
        candidates=tuple(made),
    )


def _distinct(judged: Judged, rows: NDArray[np.int64]) -> tuple[list[str], NDArray[np.int64], NDArray[np.int64]]:
    """The rows that are different samples: digests of their inputs, the first row of each, and how many there are.

    Samples are told apart by all columns but time. Of a run with pictures or texts, by those and not by their ids:
    a picture is the same under any name. Of a table of factors alone, two samples may look alike and have ids of their
    own.
    """
    roles = outcomes_roles(judged)
    read = parse_expression(roles["failed"]).columns if "failed" in roles else ()
    said = {*(roles.get(name) for name in _SAID), *read}
    scores = roles.get("scores", ())
    patterns = [scores] if isinstance(scores, str) else scores
    schema = judged.source.schema
    told = "image" in roles or _text_column(schema.names, roles.get("question")) is not None
    apart = {roles.get("time")} | ({roles.get("id")} if told else set())
    names = [name for name in schema.names if name not in apart]
    said -= set() if told else {roles.get("id")}
    inputs = [name for name in names if name not in said and not any(fnmatchcase(name, one) for one in patterns)]
    index = _index(rows)
    columns = {name: judged.source.column(name).take(index).to_pylist() for name in names}
    seen: dict[str, int] = {}
    contents: list[str] = []
    first: list[int] = []
    copies: list[int] = []
    for at, row in enumerate(rows.tolist()):
        whole = _digest(columns[name][at] for name in names)
        if whole in seen:
            copies[seen[whole]] += 1
            continue
        seen[whole] = len(first)
        contents.append(_digest([*inputs, *(columns[name][at] for name in inputs)]))
        first.append(row)
        copies.append(1)
    return contents, np.array(first, np.int64), np.array(copies, np.int64)


def _index(rows: NDArray[np.int64]) -> Any:
    import pyarrow as pa

    return pa.array(rows)


def _digest(values: Iterable[Any]) -> str:
    return hashlib.sha256(repr(list(values)).encode()).hexdigest()


def _strata(judged: Judged, rows: NDArray[np.int64], by: Sequence[str]) -> list[str]:
    """The stratum of each row: the values of these columns. Raises ColumnError."""
    from errata.tasks.columns import check_column
    from errata.verbs.derived import with_columns

    if not by:
        return ["all"] * len(rows)
    source = with_columns(judged.source, by)
    for name in by:
        check_column(source, name, "by")
    columns = [source.column(name).take(_index(rows)).to_pylist() for name in by]
    return [" · ".join("missing" if value is None else str(value) for value in each) for each in
            zip(*columns, strict=True)]  # fmt: skip


class _Earlier:
    """What was captured before: a sample is a double of an earlier candidate by id, content or nearly equal text."""

    def __init__(self, store: Store, sets: Sequence[CandidateSet]) -> None:
        self._ids: dict[tuple[str, str], tuple[int, int]] = {}
        self._contents: dict[str, tuple[int, int]] = {}
        self._texts: Texts[tuple[int, int]] = Texts()
        for one in reversed(sets):
            found = read_candidates(store, one.digest)
            for candidate in found.candidates:
                sample = candidate.sample
                self._add(found.dataset, found.run, sample, candidate.digest, text_of(sample.values, found.text))

    def double(self, judged: Judged, sample: Sample, content: str) -> Double | None:
        """The earlier candidate that this sample repeats; None, and then it is one itself."""
        dataset = judged.run.dataset_name or ""
        text = text_of(sample.values, outcomes_roles(judged).get("question"))
        where, by = self._ids.get((dataset, str(sample.id))) if sample.id is not None else None, "id"
        if where is None:
            where, by = self._contents.get(content), "content"
        if where is None and text is not None:
            where, by = self._texts.like(text), "text"
        if where is not None:
            return Double(run=where[0], row=where[1], by=by)
        self._add(dataset, judged.run.number, sample, content, text)
        return None

    def _add(self, dataset: str, run: int, sample: Sample, content: str, text: str | None) -> None:
        where = run, sample.row
        if sample.id is not None:
            self._ids.setdefault((dataset, str(sample.id)), where)
        self._contents.setdefault(content, where)
        if text is not None:
            self._texts.add(text, where)


def _text_column(names: Iterable[str], question: str | None = None) -> str | None:
    """The column of the text that samples are about, if there is one."""
    there = set(names)
    return next((name for name in ([question] if question is not None else _TEXTS) if name in there), None)


def text_of(values: Mapping[str, Any], question: str | None = None) -> str | None:
    """The text that a sample is about, if it has one."""
    name = _text_column(values, question)
    return values[name] if name is not None and isinstance(values[name], str) and values[name] else None


def list_captures(store: Store, run: int | None = None) -> list[CandidateSet]:
    """Every capture, newest first; of one run when it is given. Raises NotFound for a run that is not there."""
    with store.read() as connection:
        if run is not None:
            runs.get_run(connection, store, run)
        return stored.sets(connection, store, run)


def get_candidates(store: Store, run: int, rule: str | None = None) -> Candidates:
    """The newest capture of a run, by this rule when it is given. Raises NotFound ``no-candidates``."""
    found = [one for one in list_captures(store, run) if rule is None or one.rule == rule]
    if not found:
        rules = f" --rule {rule}" if rule else ""
        raise NotFound(
            "no-candidates",
            f"nothing was captured of run:{run}" + (f" by {rule}" if rule else ""),
            next=f"errata capture run:{run}{rules}",
        )
    return read_candidates(store, found[0].digest)


def read_candidates(store: Store, digest: str) -> Candidates:
    """The candidates of this digest, verified. Raises StorageError when they are gone or altered."""
    return Candidates.read(digest, json.loads(store.files.read(digest)))


def estimate_of(store: Store, found: Candidates, of: str | Mapping[str | int, float]) -> Estimate:
    """What is so of everything that was caught, by the candidates and their probabilities.

    ``of`` is an expression (the share of rows where it holds), a column of numbers (their mean), or a value by id (by
    row where there are no ids) of some or all candidates, such as a label's 0 or 1. Candidates of unknown value are
    left out of their stratum. Raises GrammarError, ColumnError, UsageError ``bad-values``.
    """
    if isinstance(of, str):
        judged = read_run(store, found.run, as_of=found.outcomes)
        values = _values(judged, found, of)
    else:
        values = _given(found, of)
    return _estimated(found, values)


def standing(found: Candidates, chosen: Collection[int]) -> Estimate:
    """How many rows of what a rule caught the candidates of these rows stand for, by their probabilities."""
    return _estimated(found, np.array([float(one.sample.row in chosen) for one in found.candidates], np.float64))


def _estimated(found: Candidates, values: NDArray[np.float64]) -> Estimate:
    known = ~np.isnan(values)
    names = {one.name: at for at, one in enumerate(found.strata)}
    strata = np.array([names[one.stratum] for one in found.candidates], np.int64)
    copies = np.array([one.copies for one in found.candidates], np.float64)
    sizes = {at: one.found for at, one in enumerate(found.strata)}
    return estimate(values[known], copies[known], strata[known], sizes)


def estimate_by(store: Store, digest: str, of: str | Mapping[str, float]) -> Estimate:
    """What is so of everything that the capture with this digest caught. Raises NotFound ``no-candidates``."""
    with store.read() as connection:
        known = {one.digest for one in stored.sets(connection, store)}
    if digest not in known:
        raise NotFound("no-candidates", f"no capture has the digest {digest[:12]!r}", next="errata capture run:N")
    found = read_candidates(store, digest)
    if isinstance(of, str):
        return estimate_of(store, found, of)
    keys = [one.sample.row if one.sample.id is None else one.sample.id for one in found.candidates]
    named = {str(key): key for key in keys}  # JSON has no keys but texts
    return estimate_of(store, found, {named.get(str(key), key): value for key, value in of.items()})


def _values(judged: Judged, found: Candidates, of: str) -> NDArray[np.float64]:
    rows = np.array([one.sample.row for one in found.candidates], np.int64)
    if of in judged.source.schema.names or of == "loss":
        from errata.core.columns import is_number

        if of == "loss" or is_number(judged.source.column(of).type):
            return numbers(judged, of)[rows]
    held = holds(judged, parse_expression(of))[rows].astype(np.float64)
    return np.where(held < 0, np.nan, held)


def _given(found: Candidates, values: Mapping[str | int, float]) -> NDArray[np.float64]:
    keys = [one.sample.row if one.sample.id is None else one.sample.id for one in found.candidates]
    unknown = [key for key in values if key not in set(keys)]
    if unknown:
        close = nearest(str(unknown[0]), [str(key) for key in keys])
        raise UsageError(
            "bad-values",
            f"{unknown[0]!r} is no candidate of run:{found.run} by {found.rule}",
            expected=f"one like {', '.join(close)}" if close else "ids of its candidates (rows where there are no ids)",
            details=[f"{plural(len(unknown), 'value')} of {count(len(values))} is of no candidate"],
        )
    return np.array([float(values.get(key, np.nan)) for key in keys], np.float64)


def doubles(found: Candidates) -> Mapping[str, int]:
    """How many candidates repeat earlier ones, by what."""
    return Counter(one.double.by for one in found.candidates if one.double)
