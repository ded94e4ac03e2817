"""What can be done to a case from its page: a form for every step of its life, in the order of the one table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from errata.core.names import is_key, parse_fact
from errata.nouns.lifecycle import CLOSED, ENDED, STEPS
from errata.nouns.link import KINDS, PREDICATES
from errata.web.acts import Act, Blank, Known, Offer, Shown, Where, shown
from errata.web.writing import Form

MOST = 50
"""So many runs are offered, the newest first; any other can be typed."""


def runs(catalog: Any, _: Where) -> list[Offer]:
    """The newest runs."""
    return [(run.ref, f"{run.model} on {run.dataset or 'no dataset'}") for run in catalog.runs.list(limit=MOST)]


def _others(catalog: Any, where: Where) -> list[Offer]:
    case = catalog.cases.get(where["key"])
    like = catalog.cases.alike(case.title, fingerprint=case.fingerprint, but=case.key, limit=20)
    return [(one.record.key, one.record.title) for one in like]


def plans_of(catalog: Any, key: str, links: Sequence[Any]) -> list[Any]:
    """The plans that a case is in, the oldest first: each of them links to it."""
    users = dict.fromkeys(one.subject for one in links if one.object == key and one.predicate == "used")
    return [found for one in users if is_key(one) and (found := catalog.record(one)).kind == "plan"]


def _plans(catalog: Any, where: Where) -> list[Offer]:
    key = where["key"]
    return _named(plans_of(catalog, key, catalog.cases.links(key)))


def _named(plans: Sequence[Any]) -> list[Offer]:
    return [(plan.key, f"{plan.key} {plan.title}") for plan in plans[::-1]]


def _terms(catalog: Any, _: Where) -> list[Offer]:
    return [
        (f"{one.body.name}:{one.body.path(term)}", one.body.concepts[term].said())
        for one in catalog.vocabularies.list()
        for term in one.body.living()
    ]


def _predicates(_: Any, __: Where) -> list[Offer]:
    return [(name, f"{name}: {meaning}") for name, meaning in PREDICATES.items()]


def _targets(catalog: Any, where: Where) -> list[Offer]:
    return [*((f"{kind}:", meaning) for kind, meaning in KINDS.items()), *runs(catalog, where)]


def _home(where: Where) -> str:
    return f"/cases/{where['key']}"


def _submit(catalog: Any, where: Where, form: Form) -> str:
    catalog.cases.submit(where["key"], form.one("reason"))
    return _home(where)


def _verify(catalog: Any, where: Where, form: Form) -> str:
    catalog.cases.verify(
        where["key"],
        reran=form.one("reran"),
        digest=form.one("digest") or None,
        reproduced=form.one("verdict") != "not reproduced",
        note=form.one("note"),
    )
    return _home(where)


def _return(catalog: Any, where: Where, form: Form) -> str:
    catalog.cases.give_back(where["key"], form.one("reason"))
    return _home(where)


def _plan(catalog: Any, where: Where, form: Form) -> str:
    actions = [line for one in form.one("actions").splitlines() if (line := one.strip())]
    catalog.plans.open(cases=[where["key"]], action=actions, title=form.one("title"), cost=form.one("cost"))
    return _home(where)


def measure(catalog: Any, plan: str, form: Form) -> None:
    """Count what a plan gained, by the two runs of a form."""
    before, after = (parse_fact(form.one(name), "run") for name in ("before", "after"))
    catalog.plans.measure(plan, before=before, after=after)


def _measure(catalog: Any, where: Where, form: Form) -> str:
    measure(catalog, form.one("plan"), form)
    return _home(where)


def _close(catalog: Any, where: Where, form: Form) -> str:
    catalog.cases.close(where["key"], parse_fact(form.one("by"), "run"), form.one("reason"))
    return _home(where)


def _withdraw(catalog: Any, where: Where, form: Form) -> str:
    catalog.cases.withdraw(where["key"], form.one("reason"))
    return _home(where)


def _restore(catalog: Any, where: Where, form: Form) -> str:
    catalog.cases.restore(where["key"], form.one("reason"))
    return _home(where)


def _merge(catalog: Any, where: Where, form: Form) -> str:
    catalog.cases.merge(where["key"], form.one("into"), form.one("reason"))
    return _home(where)


def _attach(catalog: Any, where: Where, form: Form) -> str:
    finding, slice_, run = (form.one(name) for name in ("finding", "slice", "run"))
    catalog.cases.attach(
        where["key"],
        finding=parse_fact(finding, "finding") if finding else None,
        slice=slice_ or None,
        run=parse_fact(run, "run") if run else None,
        reason=form.one("reason"),
    )
    return f"{_home(where)}#evidence"


def _check(catalog: Any, where: Where, form: Form) -> str:
    catalog.checks.add(case=where["key"], criterion=form.one("criterion") or None, name=form.one("name") or None)
    return f"{_home(where)}#guards"


def _label(catalog: Any, where: Where, form: Form) -> str:
    number = catalog.labels.add(where["key"], form.one("term"), note=form.one("note")).number
    return f"{_home(where)}#label-{number}"


def _link(catalog: Any, where: Where, form: Form) -> str:
    catalog.cases.link(where["key"], form.one("predicate"), form.one("target"))
    return f"{_home(where)}#links"


def _unlink(catalog: Any, where: Where, form: Form) -> str:
    catalog.cases.unlink(where["key"], form.one("predicate"), form.one("target"), form.one("reason"))
    return f"{_home(where)}#links"


def _why(label: str = "Reason", hint: str = "", *, needed: bool = True) -> Blank:
    return Blank("reason", label, "long", needed=needed, hint=hint)


TWO_RUNS = (
    Blank("before", "Run before", needed=True, hint="run:N", offers=runs),
    Blank("after", "Run after", needed=True, hint="run:N", offers=runs),
)
_RERAN = "run:N, whose digest is kept; or in words, with the digest of its result"
_STEPS = {
    "submit": Act(
        name="submit", path="/cases/{key}/submit", button="Submit", command="errata case submit {key}", do=_submit,
        words="Hand it in for verification by somebody who neither wrote nor labelled it.",
        done="Submitted: somebody else may verify it now.",
        blanks=(_why("What the reviewer should know", needed=False),),
    ),
    "verify": Act(
        name="verify", path="/cases/{key}/verify", button="Verify", do=_verify,
        command="errata case verify {key} --reran run:N",
        words="Say what you ran again, and what came of it. One that was not reproduced goes back to its author.",
        done="What you ran again is kept with the case.",
        blanks=(
            Blank("reran", "What was run again", needed=True, hint=_RERAN, offers=runs),
            Blank("digest", "Digest of its result", hint="SHA-256, only when it was no logged run", longest=64),
            Blank(
                "verdict", "What came of it", "select", needed=True,
                offers=lambda *_: [("reproduced", "reproduced"), ("not reproduced", "not reproduced")],
            ),
            Blank("note", "What you saw", "long"),
        ),
    ),
    "return": Act(
        name="return", path="/cases/{key}/return", button="Return", do=_return,
        command="errata case return {key} --reason TEXT", words="Give it back to its author with what it needs.",
        done="Returned to its author.", blanks=(_why("What it needs"),),
    ),
    "plan": Act(
        name="plan", path="/cases/{key}/plan", button="Plan", do=_plan,
        command="errata plan open --case {key} --title TEXT --do TEXT",
        words="Say what will be changed; the most that it can gain is counted.", done="Planned.",
        blanks=(
            Blank("title", "Title", needed=True, longest=300),
            Blank("actions", "What will be done", "long", needed=True, hint="one action a line"),
            Blank("cost", "Cost", hint="in your own words"),
        ),
    ),
    "measure": Act(
        name="measure", path="/cases/{key}/measure", button="Measure", do=_measure,
        command="errata plan measure PLAN --before run:N --after run:N",
        words="Count what its plan gained: errors before and after, on the same samples, none of which the plan used.",
        done="Measured.",
        blanks=(
            Blank("plan", "Plan", "select", needed=True, offers=_plans),
            *TWO_RUNS,
        ),
    ),
    "close": Act(
        name="close", path="/cases/{key}/close", button="Close", do=_close,
        command="errata case close {key} --by run:N",
        words="Judge its checks on a run of a newer model. It closes if all of them pass.",
        done="Closed: every check of it passed.",
        blanks=(
            Blank("by", "By run", needed=True, hint="run:N, of a newer version of the model", offers=runs),
            _why("What was done", "otherwise what passed", needed=False),
        ),
    ),
    "reopen": Act(
        name="reopen", path="/cases/{key}/reopen", button="Reopen", do=None,
        command="errata gate run:N", words="A gate in which one of its checks fails reopens it.", done="",
    ),
    "withdraw": Act(
        name="withdraw", path="/cases/{key}/withdraw", button="Withdraw", do=_withdraw,
        command="errata case withdraw {key} --reason TEXT",
        words="Say that it is no case. It stays readable, with the reason.", done="Withdrawn; nothing is deleted.",
        blanks=(_why("Why it is no case"),),
    ),
    "restore": Act(
        name="restore", path="/cases/{key}/restore", button="Restore", do=_restore,
        command="errata case restore {key} --reason TEXT", words="Say that it is a case after all.",
        done="Restored: it is a draft again.", blanks=(_why("Why it is one after all"),),
    ),
    "merge": Act(
        name="merge", path="/cases/{key}/merge", button="Merge", do=_merge,
        command="errata case merge {key} --into KEY",
        words="Say that it is part of another case, which takes over its name and its findings.", done="Merged.",
        blanks=(
            Blank("into", "Into", needed=True, hint="the key of the other case", offers=_others, longest=40),
            _why("How they were found to be one", needed=False),
        ),
    ),
}  # fmt: skip

ATTACH = Act(
    name="attach", path="/cases/{key}/attach", button="Attach evidence", do=_attach,
    command="errata case attach {key} finding:N",
    words="Let it rest on a finding, or on a slice of a run: the samples that failed there are frozen as its evidence.",
    done="The samples that failed are frozen as its evidence.",
    blanks=(
        Blank("finding", "Finding", hint="finding:N"),
        Blank("slice", "Or a slice", hint="contrast < 0.4 and source = 'night'"),
        Blank("run", "of a run", hint="run:N", offers=runs),
        _why("How it was found to be the same failure", needed=False),
    ),
)  # fmt: skip
CHECK = Act(
    name="check", path="/cases/{key}/check", button="Add a check", do=_check,
    command="errata check add {key} --criterion '<= 0.05'",
    words="What a newer model must satisfy on its slice; from then on every gate asks it.", done="A check guards it.",
    blanks=(
        Blank("criterion", "Criterion", hint="<= 0.05; halfway to the rest where nothing is said", longest=200),
        Blank("name", "Name", hint="otherwise the title of the case", longest=300),
    ),
)  # fmt: skip
LABEL = Act(
    name="label", path="/cases/{key}/label", button="Label", do=_label,
    command="errata label add {key} failure-mode:TERM", words="Say what kind of failure it is.", done="Labelled.",
    blanks=(
        Blank("term", "Term", needed=True, hint="VOCABULARY:TERM", offers=_terms, longest=400),
        Blank("note", "Note", hint="why"),
    ),
)  # fmt: skip
LINK = Act(
    name="link", path="/cases/{key}/link", button="Link", do=_link,
    command="errata case link {key} PREDICATE OBJECT",
    words="Say what it has to do with a run, a change, a ticket, another case.", done="Linked.",
    blanks=(
        Blank("predicate", "How", "select", needed=True, offers=_predicates),
        Blank(
            "target", "To what", needed=True, offers=_targets, longest=1_000,
            hint="a key, run:N, an address, or ticket:OPS-12 and the like",
        ),
    ),
)  # fmt: skip
UNLINK = Act(
    name="unlink", path="/cases/{key}/unlink", button="Take back", do=_unlink,
    command="errata case unlink {key} PREDICATE OBJECT",
    words="Take a link back; that it was said stays in the log.", done="The link is taken back.",
    blanks=(
        Blank("predicate", "How", "hidden", needed=True), Blank("target", "To what", "hidden", needed=True),
        _why("Why it does not hold", needed=False),
    ),
)  # fmt: skip
CASE_ACTS = (*_STEPS.values(), ATTACH, CHECK, LABEL, LINK, UNLINK)


def moves(
    catalog: Any,
    case: Any,
    known: Known,
    *,
    review: Any,
    checks: Sequence[Any],
    plans: Sequence[Any],
    missing: Sequence[str],
    writes: bool,
) -> list[Shown]:
    """The steps that lead on from the state of a case, in the order of the table, with what stands in their way."""
    where = {"key": case.key}
    known[_plans] = _named(plans)
    allowed = [_STEPS[step.name] for step in STEPS if case.state in step.before]
    return [
        shown(
            act,
            catalog,
            where,
            _already(act, case, plans),
            blocked=_blocked(act.name, catalog.actor, case, review, checks, plans),
            lacks=[mends(case.key, line) for line in missing] if act.name == "submit" else (),
            known=known,
            writes=writes,
        )
        for act in allowed
    ]


def beside(catalog: Any, case: Any, known: Known, *, writes: bool) -> dict[str, Shown | None]:
    """What can be done to a case besides its steps, by name; None for what its state does not allow."""
    where = {"key": case.key}
    allowed = {
        LABEL: True,
        LINK: True,
        ATTACH: case.slice is None and case.state not in (CLOSED, *ENDED),
        CHECK: case.slice is not None and case.state not in ENDED,
    }
    return {
        act.name: shown(act, catalog, where, known=known, writes=writes) if may else None
        for act, may in allowed.items()
    }


def mends(key: str, line: str) -> Offer:
    """Something that a case lacks, and where it is mended: the field of its form, its rating, or its evidence."""
    field = line.partition(":")[0]
    if field == "severity":
        return f"/cases/{key}/rate", line.replace(" (errata case rate)", "")
    if field.startswith("evidence"):
        return f"/cases/{key}/edit#field-expected", line
    return f"/cases/{key}/edit#field-{field.partition(' ')[0]}", line


def _already(act: Act, case: Any, plans: Sequence[Any]) -> Form:
    """What a form begins with."""
    if act.name == "measure" and plans:
        return Form({"plan": [plans[-1].key], "before": [f"run:{plans[-1].predicted.run}"]})
    return Form({"title": [case.title]}) if act.name == "plan" else Form()


def _blocked(step: str, actor: str, case: Any, review: Any, checks: Sequence[Any], plans: Sequence[Any]) -> str:
    """Why a step that the state allows cannot be taken now; nothing where it can."""
    if step in ("verify", "return"):
        for did, names in (("wrote", review["authors"]), ("labelled", review["labellers"])):
            if actor in names:
                return f"{actor} {did} it, so somebody else has to: a review is by somebody who did neither."
    if step in ("plan", "close") and case.slice is None:
        return "It rests on no run yet, so nothing of it can be counted. Attach evidence first."
    if step == "close" and not checks:
        return "It has no check yet. It closes when all of its checks pass."
    if step == "measure" and not plans:
        return "It is in no plan yet whose gain could be measured."
    if step == "reopen":
        return "It reopens by itself, when one of its checks fails in a gate."
    return ""
