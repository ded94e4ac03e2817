"""What can be asked of a catalog, in one table: by the SDK in this process, or over the network by the same names.

An operation names a verb. Its request is the verb's signature, so nothing is declared twice: what is in the path by
name, the rest in the body, or in the query where nothing is written.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from pydantic import BaseModel

Answers = Literal[
    "record", "records", "revisions", "evidence", "link", "links", "run", "runs", "finding", "findings", "gate",
    "gates", "events", "alikes", "rubric", "templates", "linted", "report", "label", "labels", "comment",
    "comments", "subscription", "subscriptions", "inbox", "job", "jobs", "patterns", "text", "plain",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Operation:
    """One thing to ask: its name, its place on the network, the verb behind it, and what that answers.

    ``fixed`` are arguments that the name stands for. ``makes`` says that a record or fact is new afterwards.
    """

    name: str
    method: Literal["GET", "POST", "PATCH", "DELETE"]
    path: str
    verb: str
    answers: Answers
    fixed: Mapping[str, Any] = field(default_factory=dict)
    makes: bool = False

    @property
    def writes(self) -> bool:
        """Whether it may change the catalog."""
        return self.method != "GET"

    def function(self) -> Callable[..., Any]:
        """The verb."""
        module, _, name = self.verb.partition(":")
        found: Callable[..., Any] = getattr(import_module(module), name)
        return found


def _of_kind(kind: str, plural: str) -> list[Operation]:
    """What every kind of record has."""
    path = f"/{plural}"
    return [
        Operation(
            name=f"{kind} list", method="GET", path=path, verb="errata.verbs.search:listed", answers="records",
            fixed={"kind": kind},
        ),
        Operation(
            name=f"{kind} get", method="GET", path=f"{path}/{{key}}", verb="errata.verbs.record:get_record",
            answers="record", fixed={"kind": kind},
        ),
        Operation(
            name=f"{kind} edit", method="PATCH", path=f"{path}/{{key}}", verb="errata.verbs.record:edit_record",
            answers="record", fixed={"kind": kind},
        ),
        Operation(
            name=f"{kind} history", method="GET", path=f"{path}/{{key}}/history", verb="errata.verbs.record:history",
            answers="revisions", fixed={"kind": kind},
        ),
    ]  # fmt: skip


def _step(name: str, verb: str, *, method: Literal["POST", "DELETE"] = "POST", path: str = "") -> Operation:
    return Operation(
        name=f"case {name}", method=method, path=f"/cases/{{key}}/{path or name}", verb=verb, answers="record"
    )


def _vocabulary() -> list[Operation]:
    """What a vocabulary has besides: it is also named by its name, and its terms change one by one."""
    verb, terms = "errata.verbs.vocabulary", "/vocabulary-terms"
    return [
        Operation(
            name="vocabulary get", method="GET", path="/vocabularies/{named}", verb=f"{verb}:get_vocabulary",
            answers="record",
        ),
        Operation(
            name="vocabulary add", method="POST", path="/vocabularies", verb=f"{verb}:add_vocabulary",
            answers="record", makes=True,
        ),
        Operation(
            name="vocabulary counts", method="GET", path="/vocabularies/{named}/counts", verb=f"{verb}:counts",
            answers="plain",
        ),
        *(
            Operation(
                name=f"vocabulary {step}", method="POST", path=f"/vocabularies/{{named}}/{step}",
                verb=f"{verb}:{step}_vocabulary", answers="record",
            )
            for step in ("retire", "restore")
        ),
        *(
            Operation(
                name=f"vocabulary {step}-term", method="POST", path=f"{terms}/{step}", verb=f"{verb}:{function}",
                answers="record",
            )
            for step, function in (
                ("add", "add_term"), ("edit", "edit_term"), ("rename", "rename_term"), ("split", "split_term"),
                ("merge", "merge_terms"), ("deprecate", "deprecate_term"),
            )
        ),
    ]  # fmt: skip


_CASE = "errata.verbs.case"
_LABEL = "errata.verbs.label"
_REVIEW = "errata.verbs.review"
_WITHDRAW = "errata.verbs.withdraw"

PLURALS = {
    "case": "cases", "check": "checks", "suite": "suites", "plan": "plans", "rubric": "rubrics",
    "template": "templates", "rule": "rules", "saved-search": "saved-searches",
    "vocabulary": "vocabularies", "round": "rounds", "rota": "rotas",
}  # fmt: skip

_ALL = [
    *(one for kind, plural in PLURALS.items() for one in _of_kind(kind, plural)),
    Operation(
        name="case open", method="POST", path="/cases", verb="errata.verbs.template:open_case_by", answers="record",
        makes=True,
    ),
    Operation(
        name="case open-candidates", method="POST", path="/candidate-cases",
        verb="errata.verbs.case_of_candidates:open_of_candidates", answers="records", makes=True,
    ),
    _step("attach", f"{_CASE}:attach"),
    _step("rate", "errata.verbs.rate:rate_case"),
    _step("mute", "errata.verbs.lint:mute_lint"),
    _step("submit", f"{_REVIEW}:submit_case"),
    _step("verify", f"{_REVIEW}:verify_case"),
    _step("return", f"{_REVIEW}:return_case"),
    _step("withdraw", f"{_WITHDRAW}:withdraw_case"),
    _step("restore", f"{_WITHDRAW}:restore_case"),
    _step("merge", f"{_WITHDRAW}:merge_case"),
    _step("close", "errata.verbs.close:close_case"),
    Operation(
        name="case link", method="POST", path="/cases/{key}/links", verb="errata.verbs.link:link_record", answers="link"
    ),
    Operation(
        name="case unlink", method="POST", path="/cases/{key}/unlink", verb="errata.verbs.link:unlink_record",
        answers="plain",
    ),
    Operation(
        name="case links", method="GET", path="/cases/{key}/links", verb="errata.verbs.link:links_of",
        answers="links",
    ),
    Operation(
        name="case lint", method="GET", path="/cases/{key}/lint", verb="errata.verbs.lint:lint_case", answers="linted"
    ),
    Operation(
        name="case review", method="GET", path="/cases/{key}/review", verb=f"{_REVIEW}:review_case", answers="plain"
    ),
    Operation(
        name="case evidence", method="GET", path="/cases/{key}/evidence", verb=f"{_CASE}:evidence_of",
        answers="evidence",
    ),
    Operation(
        name="case shared", method="GET", path="/cases/{key}/shared", verb="errata.verbs.case_of_candidates:shared_of",
        answers="plain",
    ),
    Operation(
        name="case alike", method="GET", path="/alike-cases", verb="errata.verbs.seen:alike", answers="alikes"
    ),
    Operation(
        name="rubric named", method="GET", path="/rubric", verb="errata.verbs.rate:rubric_of", answers="rubric"
    ),
    Operation(
        name="template all", method="GET", path="/all-templates", verb="errata.verbs.template:templates",
        answers="templates",
    ),
    Operation(
        name="check add", method="POST", path="/checks", verb="errata.verbs.check:add_check", answers="record",
        makes=True,
    ),
    Operation(
        name="check active", method="GET", path="/active-checks", verb="errata.verbs.judge:checks_of",
        answers="records",
    ),
    Operation(
        name="check retire", method="POST", path="/checks/{key}/retire", verb="errata.verbs.check:retire_check",
        answers="record",
    ),
    Operation(
        name="check export", method="GET", path="/checkfile", verb="errata.verbs.check:export_checks", answers="text"
    ),
    Operation(
        name="suite make", method="POST", path="/suites", verb="errata.verbs.check:make_suite", answers="record",
        makes=True,
    ),
    Operation(
        name="plan open", method="POST", path="/plans", verb="errata.verbs.plan:open_plan", answers="record",
        makes=True,
    ),
    Operation(
        name="plan measure", method="POST", path="/plans/{key}/measure", verb="errata.verbs.plan:measure_plan",
        answers="record",
    ),
    Operation(
        name="rubric add", method="POST", path="/rubrics", verb="errata.verbs.rate:add_rubric", answers="record",
        makes=True,
    ),
    Operation(
        name="template add", method="POST", path="/templates", verb="errata.verbs.template:add_template",
        answers="record", makes=True,
    ),
    Operation(
        name="template form", method="GET", path="/forms/{name}", verb="errata.verbs.template:form_of", answers="text"
    ),
    *_vocabulary(),
    Operation(
        name="label add", method="POST", path="/labels", verb=f"{_LABEL}:add_label", answers="label", makes=True
    ),
    Operation(name="label list", method="GET", path="/labels", verb=f"{_LABEL}:list_labels", answers="labels"),
    Operation(name="label get", method="GET", path="/labels/{number}", verb=f"{_LABEL}:get_label", answers="label"),
    Operation(
        name="label retract", method="POST", path="/labels/{number}/retract", verb=f"{_LABEL}:retract_label",
        answers="label",
    ),
    Operation(name="label moves", method="GET", path="/label-moves", verb=f"{_LABEL}:moves", answers="labels"),
    Operation(
        name="label move", method="POST", path="/labels/{number}/move", verb=f"{_LABEL}:move_label", answers="label"
    ),
    Operation(name="label move-all", method="POST", path="/label-moves", verb=f"{_LABEL}:move_all", answers="labels"),
    Operation(
        name="comment add", method="POST", path="/comments", verb="errata.verbs.comment:add_comment",
        answers="comment", makes=True,
    ),
    Operation(
        name="comment list", method="GET", path="/comments", verb="errata.verbs.comment:list_comments",
        answers="comments",
    ),
    Operation(
        name="comment retract", method="POST", path="/comments/{number}/retract",
        verb="errata.verbs.comment:retract_comment", answers="comment",
    ),
    Operation(
        name="subscription watch", method="POST", path="/subscriptions", verb="errata.verbs.watch:watch",
        answers="subscription",
    ),
    Operation(
        name="subscription unwatch", method="POST", path="/subscriptions/end", verb="errata.verbs.watch:unwatch",
        answers="plain",
    ),
    Operation(
        name="subscription list", method="GET", path="/subscriptions", verb="errata.verbs.watch:list_subscriptions",
        answers="subscriptions",
    ),
    Operation(name="inbox", method="GET", path="/inbox", verb="errata.verbs.watch:inbox", answers="inbox"),
    Operation(
        name="inbox mark", method="POST", path="/inbox/mark", verb="errata.verbs.watch:mark_inbox", answers="plain"
    ),
    Operation(
        name="round open", method="POST", path="/rounds", verb="errata.verbs.round:open_round", answers="record",
        makes=True,
    ),
    Operation(
        name="round label", method="POST", path="/rounds/{key}/labels", verb="errata.verbs.round:label_in_round",
        answers="labels",
    ),
    Operation(
        name="rota add", method="POST", path="/rotas", verb="errata.verbs.rota:add_rota", answers="record", makes=True
    ),
    Operation(
        name="rota retire", method="POST", path="/rotas/{key}/retire", verb="errata.verbs.rota:retire_rota",
        answers="record",
    ),
    Operation(name="rota duty", method="GET", path="/duty", verb="errata.verbs.rota:duty", answers="plain"),
    Operation(
        name="rule add", method="POST", path="/rules", verb="errata.verbs.rule:add_rule", answers="record", makes=True
    ),
    Operation(
        name="rule retire", method="POST", path="/rules/{key}/retire", verb="errata.verbs.rule:retire_rule",
        answers="record",
    ),
    Operation(
        name="saved-search save", method="POST", path="/saved-searches", verb="errata.verbs.saved_search:save_search",
        answers="record", makes=True,
    ),
    Operation(
        name="saved-search find", method="GET", path="/saved-search/{name}",
        verb="errata.verbs.saved_search:saved_search", answers="record",
    ),
    Operation(name="run list", method="GET", path="/runs", verb="errata.verbs.run:list_runs", answers="runs"),
    Operation(name="run get", method="GET", path="/runs/{number}", verb="errata.verbs.run:get_run", answers="run"),
    Operation(
        name="run report", method="GET", path="/runs/{number}/report", verb="errata.verbs.run:stored_report",
        answers="report",
    ),
    Operation(
        name="finding list", method="GET", path="/findings", verb="errata.verbs.finding:list_findings",
        answers="findings",
    ),
    Operation(
        name="finding get", method="GET", path="/findings/{number}", verb="errata.verbs.finding:get_finding",
        answers="finding",
    ),
    Operation(name="gate list", method="GET", path="/gates", verb="errata.verbs.run:list_gates", answers="gates"),
    Operation(name="gate get", method="GET", path="/gates/{number}", verb="errata.verbs.run:get_gate", answers="gate"),
    Operation(
        name="job submit", method="POST", path="/jobs", verb="errata.verbs.job:submit_job", answers="job", makes=True
    ),
    Operation(name="job list", method="GET", path="/jobs", verb="errata.verbs.job:list_jobs", answers="jobs"),
    Operation(name="job get", method="GET", path="/jobs/{number}", verb="errata.verbs.job:get_job", answers="job"),
    Operation(
        name="job cancel", method="POST", path="/jobs/{number}/cancel", verb="errata.verbs.job:cancel_job",
        answers="job",
    ),
    Operation(
        name="record get", method="GET", path="/records/{key}", verb="errata.verbs.record:get_record",
        answers="record", fixed={"kind": None},
    ),
    Operation(name="catalog", method="GET", path="/catalog", verb="errata.verbs.overview:about", answers="plain"),
    Operation(name="overview", method="GET", path="/overview", verb="errata.verbs.overview:overview", answers="plain"),
    Operation(
        name="patterns", method="GET", path="/patterns", verb="errata.verbs.patterns:patterns", answers="patterns"
    ),
    Operation(name="needs", method="GET", path="/needs", verb="errata.verbs.needs:needs", answers="plain"),
    Operation(
        name="review-queue", method="GET", path="/review-queue", verb="errata.verbs.needs:review_queue",
        answers="plain",
    ),
    Operation(name="event list", method="GET", path="/events", verb="errata.store.events:events", answers="events"),
]  # fmt: skip

OPERATIONS = {one.name: one for one in _ALL}
"""Every operation by its name."""


@cache
def request_of(operation: Operation) -> type[BaseModel]:
    """The request of an operation as a strict model: the arguments of its verb, but the store and what is fixed."""
    from pydantic import ConfigDict, create_model

    function = operation.function()
    fields: dict[str, Any] = {}
    for name, parameter in list(inspect.signature(function).parameters.items())[1:]:
        if name in operation.fixed or name == "progress":
            continue
        wanted = eval(parameter.annotation, function.__globals__)  # annotations are text in every module of ours
        if "Iterable" in str(wanted):
            wanted = list[Any] | None  # an iterable is read once, and a request is looked at more often than that
        wanted = _storable(wanted)
        fields[name] = (wanted, ... if parameter.default is parameter.empty else parameter.default)
    made: type[BaseModel] = create_model(
        "".join(word.capitalize() for word in operation.name.replace("-", " ").split()),
        __config__=ConfigDict(extra="forbid", strict=True, arbitrary_types_allowed=False, str_max_length=1_000_000),
        **fields,
    )
    return made


def _storable(wanted: Any) -> Any:
    """The same type with whole numbers that a database can hold."""
    from typing import Annotated

    from pydantic import Field

    number = Annotated[int, Field(ge=-(2**63), lt=2**63)]
    plain: dict[Any, Any] = {int: number, int | None: number | None, Mapping[str, int]: Mapping[str, number]}
    return plain.get(wanted, wanted)


def in_path(operation: Operation) -> list[str]:
    """The names that stand in the path."""
    return [piece.partition("}")[0] for piece in operation.path.split("{")[1:]]
