"""The forms by which a case is opened and changed."""

from __future__ import annotations

import re

import pytest

from errata.nouns.case import EDITABLE, KIND
from errata.web.body_form import GROUPS, changed, fields, plain, read
from errata.web.writing import Form
from tests.web.conftest import HOSTILE
from tests.web.forms import WHOLE, pages

__all__ = ["pages"]


def sent(text: str) -> dict[str, list[str]]:
    """What a browser sends of the form on a page that nobody touched."""
    import html

    body = text.partition('<form class="body"')[2].partition("</form>")[0]
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="(?:text|hidden)"[^>]*? name="([^"]+)" value="([^"]*)"', body):
        found.setdefault(html.unescape(name), []).append(html.unescape(value))
    for name, value in re.findall(r'<textarea[^>]*? name="([^"]+)"[^>]*>\n(.*?)</textarea>', body, re.DOTALL):
        found.setdefault(name, []).append(html.unescape(value).replace("\n", "\r\n"))
    for name, inside in re.findall(r'<select[^>]*? name="([^"]+)"[^>]*>(.*?)</select>', body, re.DOTALL):
        found.setdefault(name, []).append(re.findall(r'value="([^"]*)" selected', inside)[0])
    return found


FULL = {
    **WHOLE,
    "title": "Dosage read as tablets",
    "case_kind": "incident",
    "why": "  two\n\nlines  ",
    "occurred": "2026-03",
    "models": ["qa@4", "qa@5"],
    "timeline": [{"at": "2026-03-01", "what": "a scan\nof two lines"}, {"at": "2026-03-04", "what": "a call"}],
    "hypotheses": [{"claim": "the line break", "test": "join the lines", "verdict": "supported"}],
    "remedies": [{"what": "join lines", "outcome": "partly", "learnt": "tables break", "plan": "PET-9"}],
    "impact": [
        {"on": "safety", "what": "doses", "estimate": 3.5, "low": 1.0, "high": 1e7, "unit": "doses", "basis": "calls"}
    ],
    "duplicate_of": None,
}


def test_every_field_that_people_write_has_its_place_in_the_form():
    assert sorted(name for _, names in GROUPS["case"] for name in names) == sorted(EDITABLE)


def test_a_form_that_nobody_touched_changes_nothing(pages):
    key = pages.draft(**FULL)
    form = sent(pages.get(f"/cases/{key}/edit").text)
    before = pages.ada.cases.get(key).body.model_dump(mode="json")
    typed = read(KIND, Form({name: [one.replace("\r\n", "\n") for one in texts] for name, texts in form.items()}))
    assert sorted(typed) == sorted(EDITABLE)
    assert changed(before, typed) == {}
    answer = pages.send(f"/cases/{key}/edit", **{**form, "reason": "nothing"})
    assert (answer.status_code, "no-change" in answer.text) == (422, True)


def test_a_case_is_changed_with_a_reason(pages):
    key = pages.draft(**FULL)
    form = sent(pages.get(f"/cases/{key}/edit").text)
    form |= {"summary": ["one\r\ntwo"], "models": ["qa@5", "", " qa@6 "], "occurred": ["2026-03-05"]}
    form |= {"timeline.1.at": [""], "timeline.1.what": [""], "timeline.3.at": ["2026-03-06"], "timeline.3.what": ["x"]}
    form |= {"impact.0.estimate": [""], "impact.0.low": ["0.5"]}
    answer = pages.send(f"/cases/{key}/edit", **{**form, "reason": "found in the log"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/cases/{key}?done=edit#happened")
    case = pages.ada.cases.get(key)
    assert (case.summary, case.models, case.occurred) == ("one\ntwo", ("qa@5", "qa@6"), "2026-03-05")
    assert [one.at for one in case.timeline] == ["2026-03-01", "2026-03-06"]
    assert (case.impact[0].estimate, case.impact[0].low, case.impact[0].high) == (None, 0.5, 1e7)
    assert case.why == FULL["why"], "what was not touched keeps its white space"
    last = pages.ada.cases.history(key)[-1]
    assert (last.reason, last.actor) == ("found in the log", "ada")
    assert {one.field for one in last.changes} == {"impact", "models", "occurred", "summary", "timeline"}


def test_what_was_wrong_stands_at_its_field_and_nothing_is_lost(pages):
    key = pages.draft(**FULL)
    form = sent(pages.get(f"/cases/{key}/edit").text)
    form |= {"occurred": ["2026-13"], "impact.0.estimate": ["many"], "impact.0.what": [""], "title": [""]}
    answer = pages.send(f"/cases/{key}/edit", **{**form, "cause": HOSTILE, "reason": "a <b>try</b>"})
    text = answer.text
    assert (answer.status_code, "bad-body" in text) == (422, True)
    assert 'id="fault-occurred">&#39;2026-13&#39; is no date' in text
    assert 'id="impact.0.estimate-fault">it is no number' in text
    assert 'id="impact.0.what-fault">it is empty' in text
    assert '<a href="#field-title">Title</a>: it is empty' in text
    assert 'value="2026-13"' in text and 'value="many"' in text
    assert 'value="a &lt;b&gt;try&lt;/b&gt;"' in text and HOSTILE not in text
    assert pages.ada.cases.get(key).revision == 1


def test_a_change_needs_a_reason(pages):
    key = pages.draft()
    form = sent(pages.get(f"/cases/{key}/edit").text)
    answer = pages.send(f"/cases/{key}/edit", **{**form, "cause": "a scan", "reason": " "})
    assert (answer.status_code, "no-reason" in answer.text) == (422, True)
    assert ">\na scan</textarea>" in answer.text


def test_who_was_slower_sees_both_changes_and_saves_again(pages):
    key = pages.draft(**{**FULL, "why": "a scan"})
    mine = sent(pages.get(f"/cases/{key}/edit").text)
    pages.bob.cases.edit(key, reason="asked the ward", why="bob's why", owner="bob")
    mine |= {"why": ["ada's why"], "cause": ["the scanner"], "reason": ["seen again"]}
    answer = pages.send(f"/cases/{key}/edit", **mine)
    text = answer.text
    assert (answer.status_code, "edit-conflict" in text) == (409, True)
    assert f"{key} was changed by bob while you wrote" in text and "asked the ward" in text
    assert "<del>a scan</del> <ins>bob&#39;s why</ins>" in text
    assert "Yours, which stands in the form:</strong> <ins>ada&#39;s why</ins>" in text
    assert '<del>ada</del> <ins>bob</ins> <p class="soft">You did not touch it' in text
    assert pages.ada.cases.get(key).revision == 2
    again = sent(text)
    assert (again["why"], again["owner"], again["cause"]) == (["ada's why"], ["bob"], ["the scanner"])
    assert (again["revision"], again["reason"]) == (["2"], ["seen again"])
    assert pages.send(f"/cases/{key}/edit", **again).status_code == 303
    case = pages.ada.cases.get(key)
    assert (case.why, case.owner, case.cause, case.revision) == ("ada's why", "bob", "the scanner", 3)


@pytest.mark.parametrize("revision", ["", "0", "9", "x", "-1", "1" * 40, "0" * 20 + "9"])
def test_a_form_of_no_revision_is_refused(pages, revision):
    answer = pages.send("/cases/PET-2/edit", title="x", reason="x", revision=revision)
    assert (answer.status_code, "bad-request" in answer.text) == (422, True)


def test_a_form_may_leave_fields_out(pages):
    key = pages.draft(**FULL)
    pages.send(f"/cases/{key}/edit", title="Only this", revision="1", reason="shorter")
    case = pages.ada.cases.get(key)
    assert (case.title, case.models, len(case.timeline)) == ("Only this", ("qa@4", "qa@5"), 2)


def test_a_plan_is_changed_by_the_same_form(pages):
    key = pages.ada.cases.open(title="By day", slice="source = 'day'", run=1).key
    plan = pages.ada.plans.open(cases=[key], action=["label", "train"], title="More nights")
    form = sent(pages.get(f"/plans/{plan.key}/edit").text)
    form |= {"actions": ["label 500", "train"], "reason": ["said better"]}
    assert pages.send(f"/plans/{plan.key}/edit", **form).headers["location"] == f"/plans/{plan.key}?done=edit#happened"
    assert pages.ada.plans.get(plan.key).actions == ("label 500", "train")
    assert 'aria-label="Next actions"' not in pages.get(f"/plans/{plan.key}").text
    pages.send(f"/plans/{plan.key}/measure", before="run:1", after="run:2")
    assert pages.ada.plans.get(plan.key).state == "measured"


def test_templates_are_offered_and_their_questions_asked(pages):
    chooser = pages.get("/cases/new").text
    for name in ("incident", "near-miss", "evaluation", "regression", "data-quality", "red-team"):
        assert f'href="/cases/new?template={name}"' in chooser
    form = pages.get("/cases/new?template=incident").text
    assert "How was it noticed, by whom, and how long after?" in form
    assert '<option value="incident" selected>incident: it did harm' in form
    assert form.index('id="field-detection"') < form.index('id="field-datasets"')
    assert re.search(r"Detection <span class=\"soft\">needed to submit it</span>", form)
    assert not re.search(r"Trigger <span", form)
    assert pages.get("/cases/new?template=incidents").status_code == 404


def test_a_case_is_opened_by_a_template(pages):
    form = sent(pages.get("/cases/new?template=incident").text)
    form |= {"title": ["Ward gets the leaflet of another drug"], "occurred": ["2026"], "systems": ["leaflets", ""]}
    answer = pages.send("/cases/new", **form)
    assert answer.status_code == 303, answer.text
    case = pages.ada.cases.list()[-1]
    assert answer.headers["location"] == f"/cases/{case.key}?done=open#happened"
    assert (case.template, case.case_kind, case.sensitivity) == ("incident", "incident", "confidential")
    assert (case.occurred, case.systems) == ("2026", ("leaflets",))


def test_what_a_template_fills_in_can_be_changed(pages):
    form = sent(pages.get("/cases/new?template=incident").text)
    form |= {"title": ["Quiet zebra crossing"], "sensitivity": ["internal"]}
    pages.send("/cases/new", **form)
    assert pages.ada.cases.list()[-1].sensitivity == "internal"


def test_what_is_like_it_is_shown_before_a_case_is_opened(pages):
    for word in ("umbrella", "ladder", "kettle"):
        pages.draft(f"An unrelated {word}")
    seen = pages.draft("Cyclist with panniers taken for a motorbike")
    form = sent(pages.get("/cases/new?template=").text)
    assert (form["case_kind"], form["sensitivity"]) == (["evaluation"], ["internal"])
    form |= {"title": ["Cyclist with panniers missed"], "cause": ["dusk"]}
    before = len(pages.ada.cases.list())
    answer = pages.send("/cases/new", **form)
    assert (answer.status_code, "Seen before?" in answer.text) == (200, True)
    assert f'<a href="/cases/{seen}"' in answer.text and "shares" in answer.text
    assert len(pages.ada.cases.list()) == before
    again = sent(answer.text)
    assert again["cause"] == ["dusk"]
    assert pages.send("/cases/new", **again).status_code == 303
    assert len(pages.ada.cases.list()) == before + 1


def test_a_case_is_opened_of_a_finding_with_its_evidence(pages):
    finding = next(one for one in pages.ada.findings.list(1) if one.slice == "source = 'night'")
    assert f'href="/cases/new?finding={finding.id}"' in pages.get(f"/findings/{finding.number}").text
    form = pages.get(f"/cases/new?finding={finding.id}").text
    assert "The samples that failed there are frozen as its evidence." in form
    answer = pages.send("/cases/new", finding=finding.id, title="Zigzag of the first model", template="evaluation")
    case = pages.ada.cases.list()[-1]
    assert (case.finding, case.run, case.template) == (finding.number, 1, "evaluation")
    assert answer.headers["location"].startswith(f"/cases/{case.key}?")
    like = pages.get(f"/cases/new?finding={finding.id}").text
    assert "the same fingerprint" in like and f'name="seen" value="{case.key} ' in like


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"title": ""}, 422, "it is empty"),
        ({"title": "x", "occurred": "yesterday"}, 422, "is no date"),
        ({"title": "x", "template": "nope"}, 404, "no-such-template"),
        ({"title": "x", "finding": "finding:999"}, 404, "no-such-finding"),
        ({"title": "x", "finding": "the first"}, 422, "bad-reference"),
        ({"title": "x", "slice": "source =", "run": "run:1"}, 422, "bad-slice"),
    ],
)
def test_what_cannot_be_opened_is_said(pages, fields, status, code):
    answer = pages.send("/cases/new", **fields)
    assert (answer.status_code, code in answer.text) == (status, True)


@pytest.mark.parametrize(
    ("text", "same"),
    [("a\r\nb", "a\nb"), (" a ", "a"), ("", None), (("x", " y"), ["x", "y"]), ({"at": "", "n": 1}, {"n": 1})],
)
def test_white_space_that_a_form_cannot_keep_is_no_change(text, same):
    assert plain(text) == same


def test_a_field_of_rows_has_two_empty_ones_more():
    [field] = fields(KIND, ["timeline"], {"timeline": [{"at": "2026", "what": "x"}]}, asks={})
    assert [cell.name for row in field.cells for cell in row] == [
        f"timeline.{at}.{column}" for at in range(3) for column in ("at", "what")
    ]
