"""Which rule tells the outcomes of a task, from its roles and some of its rows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from errata.core.columns import floats, is_list, is_number, value_type
from errata.core.errors import ColumnError, UsageError, ValueFault
from errata.core.units import number
from errata.nouns.outcome import Kinds
from errata.nouns.roles import Roles
from errata.nouns.slice import type_words
from errata.tasks import generation, multilabel, retrieval, top_k
from errata.tasks.classification import class_text
from errata.tasks.columns import is_label
from errata.tasks.generation import ALL_KINDS, Generation, unknown_verdicts
from errata.tasks.lists import can_be_lists, separator_in
from errata.tasks.multilabel import Multilabel
from errata.tasks.retrieval import DEFAULT_K as RETRIEVED
from errata.tasks.retrieval import Retrieval
from errata.tasks.rule import Rule, Ruling, spoken
from errata.tasks.scores import common_start
from errata.tasks.tools import unreadable
from errata.tasks.top_k import DEFAULT_K as RANKED
from errata.tasks.top_k import TopK

if TYPE_CHECKING:
    import pyarrow as pa

RULED = ("multilabel", "top-k", "retrieval", "generation")
"""The tasks that a rule tells batch by batch."""
MOST_K = 100_000


def computed_by(task: str | None) -> set[str]:
    """What a failure criterion may name beside columns: the measures and kinds of the task."""
    of = {
        "multilabel": (*multilabel.MEASURES, *multilabel.KINDS),
        "top-k": (*top_k.MEASURES, *top_k.KINDS),
        "retrieval": (*retrieval.MEASURES, *retrieval.KINDS),
        "generation": (*generation.MEASURES, *ALL_KINDS),
    }
    return {spoken(name) for name in of.get(task or "", ())}


def columns_of_task(roles: Roles) -> list[str]:
    """The columns whose rows ``ruling_of`` has to see."""
    named = (roles.truth, roles.prediction, roles.judge, roles.faithfulness, roles.tools)
    return list(dict.fromkeys(name for name in named if name is not None))


def ruling_of(source: str, schema: pa.Schema, sample: pa.Table, roles: Roles) -> Ruling:
    """The rule of ``roles.task`` with the failure criterion, for rows like those in ``sample`` (``columns_of_task``).

    Raises UsageError, ColumnError and ValueFault for what cannot be read so.
    """
    from errata.nouns.criterion import parse_expression

    criterion = None if roles.failed is None else parse_expression(roles.failed)
    make = {"multilabel": _multilabel, "top-k": _top_k, "retrieval": _retrieval, "generation": _generation}
    rule = make[roles.task or ""](source, schema, sample, roles)
    if roles.k is not None and roles.task not in ("top-k", "retrieval"):
        raise UsageError("bad-option", f"--k says nothing of a {roles.task}", next="--task top-k")
    if roles.format is not None and roles.task != "generation":
        raise UsageError("bad-option", f"--format says nothing of a {roles.task}", next="--task generation")
    return Ruling(rule, criterion, frozenset(schema.names))


def _multilabel(source: str, schema: pa.Schema, sample: pa.Table, roles: Roles) -> Rule:
    truth, prediction = _pair(source, schema, roles)
    separator, notes = _separator(source, sample, roles, (truth, prediction))
    return Multilabel(truth, prediction, separator, notes)


def _retrieval(source: str, schema: pa.Schema, sample: pa.Table, roles: Roles) -> Rule:
    truth, prediction = _pair(source, schema, roles)
    separator, notes = _separator(source, sample, roles, (truth, prediction))
    k = _k(roles, RETRIEVED)
    said = f"a row failed when nothing relevant is in the first {k} (--k); the loss is 1 − nDCG@{k}"
    return Retrieval(truth, prediction, k, separator, (*notes, said))


def _top_k(source: str, schema: pa.Schema, sample: pa.Table, roles: Roles) -> Rule:
    k = _k(roles, RANKED)
    if roles.truth is None:
        raise _without(source, "truth", schema)
    if not is_label(schema.field(roles.truth).type):
        raise _cannot_be(source, "truth", roles.truth, schema.field(roles.truth).type, "one class in each row")
    said = f"a row failed when its class is not among the first {k} (--k)"
    if roles.scores is not None:
        names = [name for name in schema.names if name in _matching(schema, roles.scores)]
        prefix = roles.scores.split("*")[0] if isinstance(roles.scores, str) else common_start(tuple(names))
        if k >= len(names):
            raise UsageError(
                "bad-option",
                f"--k {k} of {len(names)} classes cannot fail",
                expected=f"less than {len(names)}",
                next=f"--k {max(1, len(names) // 2)}",
            )
        scores = tuple((name[len(prefix) :], name) for name in names)
        for name in names:
            if not is_number(schema.field(name).type):
                raise _cannot_be(source, "scores", name, schema.field(name).type, "numbers")
        return TopK(roles.truth, None, scores, k, notes=(_of_classes(sample, roles.truth, scores), said))
    if roles.prediction is None:
        raise _without(source, "prediction", schema)
    kind = schema.field(roles.prediction).type
    if not can_be_lists(kind):
        raise _cannot_be(source, "prediction", roles.prediction, kind, "a ranked list, or --scores 'p_*'")
    separator, notes = _separator(source, sample, roles, (roles.prediction,))
    return TopK(roles.truth, roles.prediction, (), k, separator, (*notes, said))


def _of_classes(sample: pa.Table, truth: str, scores: tuple[tuple[str, str], ...]) -> str:
    import pyarrow.compute as pc

    known = {name for name, _ in scores}
    values = [value.as_py() for value in pc.unique(sample.column(truth)) if value.is_valid]
    others = sorted({class_text(value) for value in values} - known)
    ranked = f"{len(scores)} classes are ranked by their scores, equal ones against the true class"
    return ranked + (f"; {', '.join(others[:3])} {'has' if len(others) == 1 else 'have'} no score" if others else "")


def _generation(source: str, schema: pa.Schema, sample: pa.Table, roles: Roles) -> Rule:
    missing: dict[str, str] = {}
    notes: list[str] = []

    def needs(kind: str, *wanted: str) -> None:
        words = {"prediction": "answer", "truth": "reference", "tools": "tool calls"}
        absent = [f"no {words.get(one, one)} (--{one})" for one in wanted if getattr(roles, one) is None]
        if absent:
            missing[kind] = ", ".join(absent)

    needs("no-answer", "prediction")
    needs("refused", "prediction")
    needs("format", "prediction")
    needs("tool-error", "tools")
    needs("retrieval-miss", "contexts", "truth")
    needs("irrelevant-context", "contexts", "question")
    needs("reference-miss", "prediction", "truth")
    if roles.faithfulness is None:
        needs("unfaithful", "prediction", "contexts")
    elif not is_number(schema.field(roles.faithfulness).type):
        held = type_words(schema.field(roles.faithfulness).type)
        missing["unfaithful"] = f"{roles.faithfulness} holds {held}, no numbers"
    if roles.format is None and "format" not in missing:
        missing["format"] = "no --format"
    if roles.tools is not None and (reason := unreadable(roles.tools, schema.field(roles.tools).type)):
        missing["tool-error"] = reason
    if roles.format is not None:
        _check_format(roles)
    judged = _judged(source, sample, roles, notes)
    both = roles.prediction is not None and roles.truth is not None
    measured = [
        *(("token_f1", "exact_match") if both else ()),
        *(
            ("judge_score",)
            if roles.judge is not None and (judged or is_number(schema.field(roles.judge).type))
            else ()
        ),
        *(("unsupported_share",) if roles.prediction is not None and roles.contexts is not None else ()),
    ]
    names = tuple(name for name in ALL_KINDS if name not in missing)
    if both:
        notes.append("the loss is 1 − token F1 of answer and reference")
    return Generation(
        kinds=Kinds(names, tuple(True if name == "format" else None for name in names), tuple(missing.items())),
        answer=roles.prediction,
        reference=roles.truth,
        question=roles.question,
        contexts=roles.contexts,
        judge=roles.judge,
        judged=judged,
        graded=judged
        and is_number(schema.field(roles.judge or "").type)
        and _is_graded(sample.column(roles.judge or "")),
        faithfulness=roles.faithfulness if "unfaithful" in names else None,
        tools=roles.tools if "tool-error" in names else None,
        format=roles.format if "format" in names else None,
        measured=tuple(measured),
        notes=tuple(notes),
    )


def _judged(source: str, sample: pa.Table, roles: Roles, notes: list[str]) -> bool:
    """Whether the judge's scores say by themselves what failed; what is worth knowing goes into ``notes``."""
    import pyarrow as pa

    if roles.judge is None:
        return False
    column = sample.column(roles.judge)
    if is_number(column.type):
        values = floats(column)
        known = values[np.isfinite(values)]
        if len(known) and (known.min() < 0 or known.max() > 1):
            notes.append(
                f"{roles.judge} runs from {number(float(known.min()))} to {number(float(known.max()))}: which of its "
                f"scores are failures is for --failed to say ('{roles.judge} < …')"
            )
            return False
        notes.append(f"a row failed when {roles.judge} is below 0.5 (--failed '{roles.judge} < …' says otherwise)")
        return True
    if is_list(column.type) or pa.types.is_struct(column.type):
        raise _cannot_be(source, "judge", roles.judge, column.type, "a score, true and false, or a word")
    strange = unknown_verdicts(column)
    if strange:
        raise ValueFault(
            "unknown-verdict",
            f"the judge {roles.judge!r} says {strange[0]!r}, which is no verdict that is known here",
            where=f"{source}, column {roles.judge}",
            expected="a number, true and false, or words such as correct and incorrect, pass and fail, C and I",
            found=", ".join(repr(one[:40]) for one in strange[:5]),
            next=f"--failed \"{roles.judge} = '{strange[0][:20]}'\" with the words that are failures, and --exclude "
            f"{roles.judge}",
        )
    notes.append(f"a row failed when {roles.judge} says so")
    return True


def _is_graded(column: pa.ChunkedArray) -> bool:
    values = floats(column)
    return bool(((values > 0) & (values < 1)).any())


def _check_format(roles: Roles) -> None:
    assert roles.format is not None
    if roles.prediction is None:
        raise UsageError(
            "bad-option", "--format is about answers, and no column holds them", next="--prediction COLUMN"
        )
    try:
        re.compile(roles.format)
    except re.error as error:
        raise UsageError(
            "bad-option",
            f"--format {roles.format} is neither json nor a pattern",
            expected="json, or a regular expression that a whole answer matches",
            found=str(error),
            next="--format json",
        ) from None


def _pair(source: str, schema: pa.Schema, roles: Roles) -> tuple[str, str]:
    for role, name in (("truth", roles.truth), ("prediction", roles.prediction)):
        if name is None:
            raise _without(source, role, schema)
        if not can_be_lists(schema.field(name).type):
            raise _cannot_be(source, role, name, schema.field(name).type, "lists, or texts with a separator")
    assert roles.truth is not None and roles.prediction is not None
    return roles.truth, roles.prediction


def _separator(
    source: str, sample: pa.Table, roles: Roles, names: tuple[str, ...]
) -> tuple[str | None, tuple[str, ...]]:
    if roles.separator is not None:
        return roles.separator, ()
    found, note = separator_in([sample.column(name) for name in names], source)
    return found, (note,) if note else ()


def _k(roles: Roles, usual: int) -> int:
    if roles.k is None:
        return usual
    if not 1 <= roles.k <= MOST_K:
        raise UsageError("bad-option", f"--k cannot be {roles.k}", expected=f"1 to {MOST_K:,}", next=f"--k {usual}")
    return roles.k


def _matching(schema: pa.Schema, scores: str | tuple[str, ...]) -> tuple[str, ...]:
    from fnmatch import fnmatchcase

    return scores if isinstance(scores, tuple) else tuple(name for name in schema.names if fnmatchcase(name, scores))


def _without(source: str, role: str, schema: pa.Schema) -> ColumnError:
    return ColumnError(
        f"no-{role}",
        f"no column of {source} is called like a {role}",
        expected=f"--{role} COLUMN",
        found=", ".join(schema.names[:30]),
        where=source,
        next=f"--{role} COLUMN",
    )


def _cannot_be(source: str, role: str, name: str, kind: pa.DataType, expected: str) -> ValueFault:
    return ValueFault(
        "type-mismatch",
        f"column {name!r} cannot be the {role}: its values are of type {value_type(kind)}",
        where=f"{source}, column {name}",
        expected=expected,
        found=str(value_type(kind)),
        next=f"--{role} COLUMN",
    )
