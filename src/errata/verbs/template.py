"""Templates: those that ship with Errata and a project's own, which stand before them; cases that begin with one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from errata.core.errors import NotFound
from errata.core.names import nearest
from errata.nouns.case import KIND as KIND_OF_CASE
from errata.nouns.form import write_form
from errata.nouns.lint import missing
from errata.nouns.record import Record
from errata.nouns.shipped import shipped
from errata.nouns.template import ACTIVE, KIND, TemplateBody
from errata.store import records
from errata.store.catalog import Store
from errata.verbs.case import open_case


def templates(store: Store) -> dict[str, tuple[TemplateBody, Record | None]]:
    """Every template by name, with its record where it is a project's own."""
    with store.read() as connection:
        return _templates(connection, store)


def template_named(store: Store, name: str) -> TemplateBody:
    """The template of this name. Raises NotFound ``no-such-template``."""
    return of_name(templates(store), name)


def of_name(found: Mapping[str, tuple[TemplateBody, Record | None]], name: str) -> TemplateBody:
    """The one of this name among templates. Raises NotFound ``no-such-template``."""
    if name not in found:
        close = nearest(name, list(found), 1)
        raise NotFound(
            "no-such-template",
            f"there is no template {name!r}",
            expected=", ".join(found),
            next=f"--template {(close or list(found))[0]}",
        )
    return found[name][0]


def form_of(store: Store, name: str) -> str:
    """The template's form, to be filled in. Raises NotFound."""
    template = template_named(store, name)
    return write_form(template.asks, template.fills, template.requires)


def new_case(store: Store, template: str, **given: Any) -> Record:
    """A case of a template: what it fills in, and what ``open_case`` takes. Raises as that, NotFound."""
    body = template_named(store, template)
    return open_case(store, template=body.name, **{**body.fills, **given})


def open_case_by(
    store: Store,
    *,
    title: str,
    finding: int | None = None,
    slice: str | None = None,
    run: int | None = None,
    metric: str = "error",
    positive: str | None = None,
    template: str | None = None,
    fields: Mapping[str, Any] | None = None,
) -> Record:
    """As ``open_case``, or ``new_case`` with a ``template``; what people write stands in ``fields``."""
    about = {"finding": finding, "slice": slice, "run": run, "metric": metric, "positive": positive}
    KIND_OF_CASE.check_editable(fields or {})
    given = {**(fields or {}), **about, "title": title}
    return open_case(store, **given) if template is None else new_case(store, template, **given)


def add_template(store: Store, values: Mapping[str, Any], reason: str = "") -> Record:
    """Enter a template, or revise the project's own of the same name. Raises ValueFault ``bad-body``."""
    body = KIND.make(values)
    assert isinstance(body, TemplateBody)
    with store.write("template add") as transaction:
        own = _templates(transaction.connection, store).get(body.name, (body, None))[1]
        if own is None:
            return records.create(transaction, KIND, body, reason=reason or "added")
        return own if own.body == body else records.revise(transaction, own, body, reason=reason or "revised")


def requires_of(connection: Any, store: Store, name: str) -> tuple[str, ...]:
    """The fields that a template of this name asks for; none when there is none of this name any more."""
    found = _templates(connection, store).get(name)
    return found[0].requires if found else ()


def missing_of(store: Store, case: Record) -> list[str]:
    """What a case lacks before it can be submitted, a line each."""
    with store.read() as connection:
        return missing(case.body, requires_of(connection, store, case.body.template))


def _templates(connection: Any, store: Store) -> dict[str, tuple[TemplateBody, Record | None]]:
    found: dict[str, tuple[TemplateBody, Record | None]] = {}
    for values in shipped("template"):
        body = KIND.make(values)
        assert isinstance(body, TemplateBody)
        found[body.name] = body, None
    for record in records.records(connection, store, "template", states=(ACTIVE,)):
        found[record.body.name] = record.body, record
    return found
