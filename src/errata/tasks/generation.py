"""Generation: logs of question, contexts, answer, reference, judge and tool calls; each kind from what is there.

A kind whose columns a log lacks is not computed, and the reason is kept; in a row whose values are missing it is
unknown. Kinds are no verdicts: an agent may recover from a tool's error and rightly refuse. What failed is for the
judge, the format or the failure criterion to say.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from errata.core.columns import floats, is_number, value_type
from errata.core.errors import ValueFault
from errata.core.units import plural
from errata.nouns.outcome import UNKNOWN, Kinds
from errata.tasks.rule import Told, coded, either, spoken
from errata.tasks.text import VERDICTS, content, exact_match, refused, share_in, token_f1
from errata.tasks.tools import erred

if TYPE_CHECKING:
    import pyarrow as pa

HALF = 0.5
"""A retrieval missed, a reference is missed, an answer is unfaithful: beyond half of the content tokens."""
IRRELEVANT = 0.25
"""A context that holds fewer of the question's content tokens is not about it."""
ALL_KINDS = (
    "no-answer", "refused", "format", "tool-error", "retrieval-miss", "irrelevant-context", "unfaithful",
    "reference-miss",
)  # fmt: skip
MEASURES = ("token_f1", "exact_match", "judge_score", "unsupported_share")
_RIGHT = frozenset({"c", "correct", "pass", "passed", "yes", "true", "good", "right", "ok"})
_WRONG = frozenset({"i", "n", "incorrect", "fail", "failed", "no", "false", "bad", "wrong"})
_TEXT_FIELDS = ("text", "content", "page_content", "passage", "chunk", "document", "body")

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Generation:
    """One log: which columns it has, and so which kinds it can tell. ``judged`` says that the judge's own scale says
    what failed (below a half, or in words), ``graded`` that it is finer than right and wrong; ``kinds`` are among
    ``ALL_KINDS``."""

    kinds: Kinds
    answer: str | None = None
    reference: str | None = None
    question: str | None = None
    contexts: str | None = None
    judge: str | None = None
    judged: bool = False
    graded: bool = False
    faithfulness: str | None = None
    tools: str | None = None
    format: str | None = None
    measured: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    task: str = "generation"

    @property
    def columns(self) -> tuple[str, ...]:
        """Those of the roles that are there."""
        named = (self.answer, self.reference, self.question, self.contexts, self.judge, self.faithfulness, self.tools)
        return tuple(dict.fromkeys(name for name in named if name is not None))

    @property
    def decides(self) -> tuple[str, ...]:
        """The judge: an expression about it says what its scores mean."""
        return () if self.judge is None else (self.judge,)

    @property
    def judges(self) -> bool:
        """Whether a judge or a format says what failed."""
        return self.judged or self.format is not None

    def only(self, names: frozenset[str]) -> Generation:
        """The rule for what failed alone: with those of its kinds and measures that are named."""
        asked = [(name, one) for name, one in zip(self.kinds.names, self.kinds.failing, strict=True)]
        kept = [(name, one) for name, one in asked if one or spoken(name) in names]
        measured = tuple(name for name in self.measured if name in names)
        of_texts = bool(measured) or any(name not in ("tool-error", "format") for name, _ in kept)
        return replace(
            self,
            kinds=Kinds(tuple(name for name, _ in kept), tuple(one for _, one in kept)),
            measured=measured,
            answer=self.answer if of_texts or self.format is not None else None,
            reference=self.reference if of_texts else None,
            question=self.question if of_texts else None,
            contexts=self.contexts if of_texts else None,
            judge=self.judge if self.judged or "judge_score" in measured else None,
            faithfulness=self.faithfulness if of_texts else None,
            tools=self.tools if any(name == "tool-error" for name, _ in kept) else None,
        )

    def tell(self, batch: pa.RecordBatch) -> Told:
        """The kinds, the token F1 and the judge's verdict of each row."""
        rows = batch.num_rows
        log = _Log.of(self, batch)
        found = {name: log.kind(name) for name in self.kinds.names}
        measures = log.measures(self.measured)
        failed = np.full(rows, UNKNOWN, np.int8)
        if self.judged:
            failed = log.judged()
        if self.format is not None:
            holds, known = found["format"]
            wrong = np.where(known, holds, UNKNOWN).astype(np.int8)
            failed = either(failed, wrong) if self.judged else wrong
        f1, score = measures.get("token_f1"), measures.get("judge_score")
        loss = 1 - f1 if f1 is not None else 1 - score if score is not None and self.graded else None
        return Told(failed, loss, coded([found[name] for name in self.kinds.names], rows), measures)


@dataclass(frozen=True, slots=True)
class _Log:
    """The texts of a batch, None where a row or the log has none."""

    rule: Generation
    rows: int
    answers: list[str | None]
    references: list[list[str] | None]
    questions: list[str | None]
    contexts: list[list[frozenset[str]] | None]
    batch: pa.RecordBatch

    @classmethod
    def of(cls, rule: Generation, batch: pa.RecordBatch) -> _Log:
        def texts(name: str | None) -> list[list[str] | None]:
            return [None] * batch.num_rows if name is None else [_texts(one) for one in batch.column(name).to_pylist()]

        def one_text(name: str | None) -> list[str | None]:
            return [None if one is None else "\n".join(one) for one in texts(name)]

        of_contexts: list[list[frozenset[str]] | None] = [
            None if one is None else [content(text) for text in one] for one in texts(rule.contexts)
        ]
        return cls(
            rule,
            batch.num_rows,
            one_text(rule.answer),
            [one or None for one in texts(rule.reference)],
            one_text(rule.question),
            of_contexts,
            batch,
        )

    def kind(self, name: str) -> tuple[Flags, Flags]:
        """The rows of a kind, and those where that is known."""
        one = {
            "no-answer": self._no_answer, "refused": self._refused, "format": self._format,
            "tool-error": self._tool_error, "retrieval-miss": self._retrieval_miss,
            "irrelevant-context": self._irrelevant, "unfaithful": self._unfaithful,
            "reference-miss": self._reference_miss,
        }[name]  # fmt: skip
        if name == "unfaithful" and self.rule.faithfulness is not None:
            score = _score(self.batch, self.rule.faithfulness)
            return score < HALF, ~np.isnan(score)
        values = [one(row) for row in range(self.rows)]
        return np.array([value is True for value in values], bool), np.array([v is not None for v in values], bool)

    def measures(self, names: tuple[str, ...]) -> dict[str, NDArray[np.float64]]:
        """Figures of each row, NaN where they are unknown."""
        one: dict[str, Any] = {
            "token_f1": lambda row: self._against(row, token_f1),
            "exact_match": lambda row: self._against(row, exact_match),
            "unsupported_share": self._unsupported,
        }
        found: dict[str, NDArray[np.float64]] = {}
        for name in names:
            if name == "judge_score":
                assert self.rule.judge is not None
                found[name] = judge_scores(self.batch.column(self.rule.judge))
                continue
            values = [one[name](row) for row in range(self.rows)]
            found[name] = np.array([np.nan if value is None else float(value) for value in values], np.float64)
        return found

    def judged(self) -> NDArray[np.int8]:
        """1 where the judge says wrong, −1 where it says nothing."""
        assert self.rule.judge is not None
        score = judge_scores(self.batch.column(self.rule.judge))
        if (score > 1).any() or (score < 0).any():
            raise ValueFault(
                "score-out-of-range",
                f"the judge {self.rule.judge!r} leaves [0, 1], so it does not say by itself what failed",
                expected="a score from 0 to 1, or --failed that says which scores are failures",
                found=f"{score[(score > 1) | (score < 0)][0]:g}",
                next=f"--failed '{self.rule.judge} < …'",
            )
        return np.where(np.isnan(score), UNKNOWN, score < HALF).astype(np.int8)

    def _against(self, row: int, measure: Any) -> float | None:
        answer, references = self.answers[row], self.references[row]
        return None if answer is None or references is None else float(measure(answer, references))

    def _no_answer(self, row: int) -> bool | None:
        answer = self.answers[row]
        return None if answer is None else not answer.strip()

    def _refused(self, row: int) -> bool | None:
        answer = self.answers[row]
        return None if answer is None else refused(answer)

    def _format(self, row: int) -> bool | None:
        answer = self.answers[row]
        return None if answer is None else not in_format(answer, self.rule.format or "")

    def _tool_error(self, row: int) -> bool | None:
        assert self.rule.tools is not None
        return erred(self.batch.column(self.rule.tools)[row].as_py(), self.rule.tools)

    def _retrieval_miss(self, row: int) -> bool | None:
        contexts, references = self.contexts[row], self.references[row]
        if contexts is None or references is None:
            return None
        wanted = [tokens for one in references if (tokens := content(one) - VERDICTS)]
        return all(share_in(one, contexts) < HALF for one in wanted) if wanted else None

    def _irrelevant(self, row: int) -> bool | None:
        contexts, question = self.contexts[row], self.questions[row]
        wanted = frozenset() if question is None else content(question)
        if not contexts or not wanted:
            return None
        return all(share_in(wanted, [one]) < IRRELEVANT for one in contexts)

    def _unsupported(self, row: int) -> float | None:
        """The share of the answer's content tokens that stand in no context and not in the question."""
        contexts, answer = self.contexts[row], self.answers[row]
        if contexts is None or answer is None or refused(answer):
            return None
        said = content(answer) - VERDICTS
        known = [*contexts, content(self.questions[row] or "")]
        return 1 - share_in(said, known) if said else None

    def _unfaithful(self, row: int) -> bool | None:
        share = self._unsupported(row)
        return None if share is None else share > HALF

    def _reference_miss(self, row: int) -> bool | None:
        answer, references = self.answers[row], self.references[row]
        if answer is None or references is None:
            return None
        wanted = [tokens for one in references if (tokens := content(one))]
        return all(share_in(one, [content(answer)]) < HALF for one in wanted) if wanted else None


def in_format(answer: str, wanted: str) -> bool:
    """Whether an answer is JSON (``json``), or matches the pattern from its first to its last character."""
    if wanted != "json":
        return re.fullmatch(wanted, answer.strip(), re.DOTALL) is not None
    try:
        json.loads(answer)
    except (ValueError, RecursionError):
        return False
    return True


def judge_scores(column: pa.Array) -> NDArray[np.float64]:
    """A judge's scores: numbers as they are, booleans and words of a verdict as 1 and 0, NaN where there is none."""
    import pyarrow as pa

    if pa.types.is_boolean(column.type) or is_number(column.type):
        plain = column.cast(pa.int8()) if not is_number(column.type) else column
        scores = floats(plain)
        return np.where(np.isinf(scores), np.nan, scores)
    words = [None if one is None else str(one).strip().lower() for one in column.to_pylist()]
    return np.array([1.0 if one in _RIGHT else 0.0 if one in _WRONG else np.nan for one in words], np.float64)


def unknown_verdicts(column: pa.ChunkedArray) -> list[str]:
    """Words of a judge that are no verdicts known here."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if is_number(column.type) or pa.types.is_boolean(value_type(column.type)) or pa.types.is_null(column.type):
        return []
    words = [str(one) for one in pc.unique(column).to_pylist() if one is not None]
    return [one for one in words if one.strip().lower() not in _RIGHT | _WRONG]


def _score(batch: pa.RecordBatch, name: str) -> NDArray[np.float64]:
    score = floats(batch.column(name))
    wrong = (score < 0) | (score > 1)
    if wrong.any():
        raise ValueFault(
            "score-out-of-range",
            f"{plural(int(wrong.sum()), 'score')} of {name!r} outside [0, 1]",
            expected="a faithfulness from 0 to 1",
            found=f"{score[wrong][0]:g}",
            next=f"--exclude {name}",
        )
    return score


def _texts(value: Any) -> list[str] | None:
    """The texts in a cell: a text, a list of texts, objects with a field of text, or these as JSON."""
    if value is None:
        return None
    if isinstance(value, str):
        if value.lstrip()[:1] == "[":
            try:
                found = json.loads(value)
            except (ValueError, RecursionError):
                return [value]
            if isinstance(found, list) and all(isinstance(one, str | dict) for one in found):
                return _texts(found)
        return [value]
    if isinstance(value, dict):
        found = next((value[one] for one in _TEXT_FIELDS if isinstance(value.get(one), str)), None)
        return [json.dumps(value, ensure_ascii=False) if found is None else found]
    if isinstance(value, list):
        return [text for one in value for text in (_texts(one) or [])]
    return [str(value)]
