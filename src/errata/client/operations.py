"""What can be asked of a catalog, in one table: by the SDK in this process, or over the network by the same names."""

from __future__ import annotations

from typing import Literal

from errata.client.operation import Operation
from errata.client.operations_facts import FACTS


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
        Operation(
            name="vocabulary health", method="GET", path="/vocabularies/{named}/health",
            verb="errata.verbs.vocabulary_health:vocabulary_health", answers="health",
        ),
        Operation(
            name="vocabulary skos", method="GET", path="/vocabularies/{named}/skos", verb=f"{verb}:skos",
            answers="plain", media="application/ld+json",
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
    _step("unmute", "errata.verbs.lint:unmute_lint"),
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
    Operation(
        name="label about", method="GET", path="/label-subject", verb="errata.verbs.labelled:describe",
        answers="described",
    ),
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
        name="round view", method="GET", path="/rounds/{key}/view", verb="errata.verbs.round:view_round",
        answers="round",
    ),
    Operation(
        name="round close", method="POST", path="/rounds/{key}/close", verb="errata.verbs.round:close_round",
        answers="round",
    ),
    Operation(
        name="round adjudicate", method="POST", path="/rounds/{key}/adjudicate",
        verb="errata.verbs.round:adjudicate", answers="round",
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
    *FACTS,
    Operation(
        name="record get", method="GET", path="/records/{key}", verb="errata.verbs.record:get_record",
        answers="record", fixed={"kind": None},
    ),
    Operation(name="catalog", method="GET", path="/catalog", verb="errata.verbs.overview:about", answers="plain"),
    Operation(name="projects", method="GET", path="/projects", verb="errata.verbs.overview:projects", answers="plain"),
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
