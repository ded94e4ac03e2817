"""What can be done from the pages of any record, run or finding: discuss it, watch it; retire a check, take back."""

from __future__ import annotations

from typing import Any

from errata.core.errors import UsageError
from errata.core.names import is_key
from errata.nouns.comment import MOST, threaded
from errata.web.acts import Act, Blank, Shown, Where, shown
from errata.web.case_acts import TWO_RUNS, measure
from errata.web.pages.reading import case_link, record_link
from errata.web.pages.vocabulary import subject_link
from errata.web.writing import Form, may_write


def home_of(catalog: Any, subject: str) -> str:
    """The page of a record, a run or a finding. Raises NotFound for a record that there is not."""
    return subject_link(subject, catalog.record(subject).kind if is_key(subject) else "")


def form_home(record: Any) -> str:
    """The page from which a form changes a record: its own; of a check that guards a case, the page of the case."""
    if record.kind == "check" and record.case:
        return case_link(record.case)
    return record_link(record.kind, record.key)


def _comment(catalog: Any, where: Where, form: Form) -> str:
    answers = form.one("answers")
    if answers and not (answers.isdecimal() and len(answers) < 16):
        raise UsageError("bad-request", "this answers no comment", expected="the number of one", found=answers[:40])
    said = catalog.comments.add(where["subject"], form.one("text"), int(answers) if answers else None)
    return f"{home_of(catalog, where['subject'])}#comment-{said.number}"


def _uncomment(catalog: Any, where: Where, form: Form) -> str:
    gone = catalog.comments.retract(int(where["number"]), form.one("reason"))
    return f"{home_of(catalog, gone.subject)}#comment-{gone.number}"


def _watch(catalog: Any, where: Where, _: Form) -> str:
    catalog.subscriptions.watch(where["subject"])
    return home_of(catalog, where["subject"])


def _unwatch(catalog: Any, where: Where, _: Form) -> str:
    catalog.subscriptions.unwatch(where["subject"])
    return home_of(catalog, where["subject"])


def _unlabel(catalog: Any, where: Where, form: Form) -> str:
    gone = catalog.labels.retract(int(where["number"]), form.one("reason"))
    return f"{home_of(catalog, gone.subject)}#labels"


def _retire(catalog: Any, where: Where, form: Form) -> str:
    check = catalog.checks.retire(where["key"], form.one("reason"))
    return f"{case_link(check.case)}#guards" if check.case else "/gates"


def _measure(catalog: Any, where: Where, form: Form) -> str:
    measure(catalog, where["key"], form)
    return f"/plans/{where['key']}#measured"


COMMENT = Act(
    name="comment", path="/about/{subject}/comment", button="Say it", do=_comment,
    command="errata comment add {subject} TEXT", words="Everybody who reads the page can read it.", done="Said.",
    blanks=(Blank("text", "Comment", "long", needed=True, longest=MOST), Blank("answers", "Answers", "hidden")),
)  # fmt: skip
UNCOMMENT = Act(
    name="uncomment", path="/comments/{number}/retract", button="Take back", do=_uncomment,
    command="errata comment retract comment:{number} --reason TEXT",
    words="Its text is shown no more; who, when and why stay.", done="Taken back.",
    blanks=(Blank("reason", "Reason", needed=True),),
)  # fmt: skip
WATCH = Act(
    name="watch", path="/about/{subject}/watch", button="Watch", do=_watch, command="errata watch {subject}",
    words="What others do to it comes to your inbox.", done="You watch it: what others do to it comes to your inbox.",
)  # fmt: skip
UNWATCH = Act(
    name="unwatch", path="/about/{subject}/unwatch", button="Unwatch", do=_unwatch,
    command="errata unwatch {subject}", words="What others do to it comes to your inbox no more.",
    done="You do not watch it any more.",
)  # fmt: skip
UNLABEL = Act(
    name="unlabel", path="/labels/{number}/retract", button="Take back", do=_unlabel,
    command="errata label retract label:{number} --reason TEXT",
    words="The label stays in the log, with who took it back, when and why.", done="The label is taken back.",
    blanks=(Blank("reason", "Reason", needed=True),),
)  # fmt: skip
RETIRE = Act(
    name="retire", path="/checks/{key}/retire", button="Retire", do=_retire,
    command="errata check retire {key} --reason TEXT", words="No gate asks it any more; what it said stays.",
    done="Retired.", blanks=(Blank("reason", "Reason", needed=True),),
)  # fmt: skip
MEASURE = Act(
    name="measure-plan", path="/plans/{key}/measure", button="Measure", do=_measure,
    command="errata plan measure {key} --before run:N --after run:N",
    words="Count what it gained: errors before and after, on the same samples, none of which the plan used.",
    done="Measured.", blanks=TWO_RUNS,
)  # fmt: skip
RECORD_ACTS = (COMMENT, UNCOMMENT, WATCH, UNWATCH, UNLABEL, RETIRE, MEASURE)


def discussed(request: Any, catalog: Any, subject: str) -> dict[str, Any]:
    """What a page needs to show a discussion and to be watched."""
    where = {"subject": subject}
    writes = may_write(request)
    watched = writes and any(one.subject == subject for one in catalog.subscriptions.list())
    say: Shown = shown(COMMENT, catalog, where)
    return {
        "discussion": threaded(catalog.comments.list(subject)),
        "say": say,
        "watch": shown(UNWATCH if watched else WATCH, catalog, where),
        "writes": writes,
        "actor": catalog.actor,
    }
