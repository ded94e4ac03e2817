"""The form by which a record is changed: what was wrong stands at its field, and what others changed beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response

from errata.client.operations import PLURALS
from errata.core.errors import Conflict, ErrataError, UsageError
from errata.nouns.case import EDITABLE, CaseBody
from errata.nouns.form import LONGEST
from errata.nouns.lifecycle import DRAFT, RETURNED
from errata.nouns.lint import missing
from errata.nouns.record import kind_named
from errata.web.acts import Offer
from errata.web.body_form import changed, fields, grouped, label_of, read
from errata.web.case_acts import mends
from errata.web.page import after, form_page
from errata.web.pages.reading import catalog_of, written
from errata.web.record_acts import form_home
from errata.web.writing import Form, check_write, read_form

router = APIRouter()
EDITED = ("case", "plan", "check")
USUAL = ("evaluation", "incident")
"""The templates whose questions help where a case names none; the last of them has the last word."""
MOST = 50
"""So many models, datasets and people are offered."""


def _routes(kind: str) -> None:
    def show(request: Request, key: str) -> HTMLResponse:
        record = _collection(request, kind).get(key)
        return _page(request, record, record.body.model_dump(mode="json"), record.revision)

    async def do(request: Request, key: str) -> Response:
        check_write(request, f"errata {kind} edit {key} --set FIELD=TEXT --reason TEXT")
        return await run_in_threadpool(_change, request, kind, key, await read_form(request, LONGEST))

    show.__name__, do.__name__ = f"show_edit_{kind}", f"do_edit_{kind}"
    path = f"/{PLURALS[kind]}/{{key}}/edit"
    router.add_api_route(path, show, methods=["GET"])
    router.add_api_route(path, do, methods=["POST"])


for one in EDITED:
    _routes(one)


def _collection(request: Request, kind: str) -> Any:
    return getattr(catalog_of(request), PLURALS[kind])


def _change(request: Request, kind: str, key: str, form: Form) -> Response:
    """Write it. Where somebody was faster, both changes stand on the page, and nothing is written."""
    collection = _collection(request, kind)
    head = collection.get(key)
    seen = _seen(form, head.revision)
    base = next(one for one in collection.history(key) if one.revision == seen)
    before = kind_named(kind).read(base.schema, dict(base.body)).model_dump(mode="json")
    typed = read(kind_named(kind), form)
    mine = changed(before, typed)
    reason = form.one("reason")
    try:
        if not mine:
            raise UsageError("no-change", "nothing is changed yet", expected="another text in one of the fields")
        if not reason:
            raise UsageError("no-reason", "say why you change it", expected="a reason, which stays in its history")
        collection.edit(key, reason=reason, revision=seen, **mine)
    except Conflict as exc:
        if exc.code != "edit-conflict":
            raise
        return _conflict(request, kind, key, before, seen, mine, reason)
    except ErrataError as error:
        return _page(request, head, {**before, **typed}, seen, reason=reason, error=error)
    return after(request, form_home(head), "edit")


def _seen(form: Form, newest: int) -> int:
    """The revision that the form was made of. Raises UsageError ``bad-request``."""
    text = form.one("revision")
    if not text.isdecimal() or len(text) > 12 or not 1 <= int(text) <= newest:
        raise UsageError(
            "bad-request",
            "this form says not which revision it was made of",
            expected=f"1 to {newest}",
            found=text[:40],
        )
    return int(text)


def _conflict(
    request: Request, kind: str, key: str, before: Mapping[str, Any], seen: int, mine: Mapping[str, Any], reason: str
) -> HTMLResponse:
    """The form once more, with theirs where you changed nothing, and yours where you did: nothing is lost."""
    collection = _collection(request, kind)
    head = collection.get(key)
    theirs = head.body.model_dump(mode="json")
    since = [one for one in collection.history(key) if one.revision > seen]
    other = changed(before, {name: theirs[name] for name in kind_named(kind).editable})
    both = [
        (label_of(name), name, told(before.get(name)), told(value), told(mine[name]) if name in mine else None)
        for name, value in other.items()
    ]
    who = " and ".join(dict.fromkeys(one.actor for one in since))
    error = Conflict(
        "edit-conflict",
        f"{key} was changed by {who} while you wrote",
        expected=f"revision {seen} to be the newest",
        found=f"revision {head.revision}",
        next="look at both below, then save again",
    )
    return _page(request, head, {**theirs, **mine}, head.revision, reason=reason, error=error, since=since, both=both)


def _page(
    request: Request,
    record: Any,
    values: Mapping[str, Any],
    revision: int,
    *,
    reason: str = "",
    error: ErrataError | None = None,
    since: Sequence[Any] = (),
    both: Sequence[Any] = (),
) -> HTMLResponse:
    catalog = catalog_of(request)
    kind = kind_named(record.kind)
    asks: dict[str, str] = {}
    requires: Sequence[str] = ()
    lacks: Sequence[Offer] = ()
    if record.kind == "case":
        asks, requires = asked(catalog, record.template, told=record.evidence is None)
        if record.state in (DRAFT, RETURNED):
            lacks = [mends(record.key, line) for line in catalog.cases.lint(record.key).missing]
    faults = error.details if error is not None and error.code == "bad-body" else []
    given = offers(catalog, record.key) if record.kind == "case" else {}
    groups = [
        (title, fields(kind, names, values, asks=asks, requires=requires, offers=given, faults=faults))
        for title, names in grouped(kind)
    ]
    return form_page(
        request,
        "edit.html",
        here="/gates" if record.kind == "check" else f"/{PLURALS[record.kind]}",
        record=record,
        plural=PLURALS[record.kind],
        back=form_home(record),
        groups=groups,
        revision=revision,
        reason=reason,
        error=error,
        lacks=lacks,
        since=since,
        both=both,
    )


def asked(catalog: Any, template: str, told: bool) -> tuple[dict[str, str], Sequence[str]]:
    """The questions that help with the fields of a case, and those without which it cannot be submitted.

    ``told`` is whether it has no evidence, so that words stand for it.
    """
    known = catalog.templates.all()
    asks: dict[str, str] = {}
    for name in (*USUAL, template):
        if name in known:
            asks |= known[name][0].asks
    requires = known[template][0].requires if template in known else ()
    bare = CaseBody(title="?", evidence=None if told else "?")
    words = " ".join(line.partition(":")[0] for line in missing(bare, requires))
    return asks, [name for name in EDITABLE if name in re.findall(r"\w+", words)]


def offers(catalog: Any, key: str | None = None) -> dict[str, Sequence[Offer]]:
    """What is suggested while people type: the models and datasets of runs, who acts here, what is alike."""
    runs = catalog.runs.list()
    models = list(dict.fromkeys(run.model for run in runs if run.model))[:MOST]
    datasets = list(dict.fromkeys(run.dataset for run in runs if run.dataset))[:MOST]
    people = [catalog.actor]
    if key is not None:
        review = catalog.cases.review(key)
        people += [*review["authors"], *review["labellers"], *review["may_verify"]]
    return {
        "models": [(one, "") for one in models],
        "datasets": [(one, "") for one in datasets],
        "owner": [(one, "") for one in dict.fromkeys(people)][:MOST],
    }


def told(value: Any) -> str:
    """A value of a field in a few lines: texts as they are, lists an entry a line."""
    if isinstance(value, (list, tuple)):
        return "\n".join(told(one) for one in value)
    if isinstance(value, Mapping):
        return " · ".join(text for one in value.values() if (text := told(one)))
    return written(value)
