"""What can be done from a page: the steps of a case, and what stands beside them."""

from __future__ import annotations

import re

import pytest

from errata.client.transport import Local
from errata.nouns.lifecycle import STATES, STEPS
from errata.web.case_acts import _STEPS
from tests.web.conftest import HOSTILE
from tests.web.forms import LEVELS, WHOLE, pages

__all__ = ["pages"]


def offered(text: str) -> list[str]:
    """The buttons in the line of next actions."""
    line = text.partition('<nav class="moves"')[2].partition("</nav>")[0]
    return [re.sub(" <span.*", "", one) for one in re.findall(r"<summary[^>]*>(.*?)</summary>", line)]


def test_every_step_of_the_table_has_its_form():
    assert list(_STEPS) == [step.name for step in STEPS]


def test_the_next_actions_are_those_of_the_table_in_every_state(pages):
    key = pages.draft()
    seen = {}

    def look() -> None:
        seen[pages.ada.cases.get(key).state] = offered(pages.get(f"/cases/{key}").text)

    look()
    assert pages.send(f"/cases/{key}/withdraw", reason="no case").status_code == 303
    look()
    pages.send(f"/cases/{key}/restore", reason="it is one")
    pages.ada.cases.edit(key, reason="whole", **WHOLE)
    pages.ada.cases.rate(key, LEVELS)
    pages.send(f"/cases/{key}/submit", reason="")
    look()
    pages.bob.cases.verify(key, reran="by hand")
    look()
    pages.bob.cases.give_back(key, "which scanner?")
    look()
    pages.send(f"/cases/{key}/merge", into=pages.draft("Another"), reason="")
    look()
    assert set(seen) == {"draft", "withdrawn", "submitted", "verified", "returned", "merged"} <= set(STATES)
    assert seen["draft"] == ["Submit", "Plan", "Close", "Withdraw", "Merge"]
    assert seen["merged"] == []
    for state, buttons in seen.items():
        assert [one.casefold() for one in buttons] == [step.name for step in STEPS if state in step.before]


def test_what_a_draft_lacks_is_listed_and_leads_to_its_field(pages):
    key = pages.draft("Half a case", why="It may come back.")
    text = pages.get(f"/cases/{key}").text
    assert "· 5 missing" in text
    for href in ("edit#field-summary", "edit#field-models", "edit#field-expected", "rate", "edit#field-owner"):
        assert f'<a href="/cases/{key}/{href}">' in text
    assert f'action="/cases/{key}/submit' not in text
    form = pages.get(f"/cases/{key}/edit").text
    for name in ("summary", "models", "expected", "owner"):
        assert f'id="field-{name}"' in form


def test_a_case_that_lacks_something_is_not_submitted_from_an_old_page(pages):
    key = pages.draft("Half a case")
    answer = pages.send(f"/cases/{key}/submit", reason="please <look>")
    assert answer.status_code == 409
    assert "incomplete" in answer.text and "owner: who answers for it?" in answer.text
    assert "please &lt;look&gt;</textarea>" in answer.text
    assert pages.ada.cases.get(key).state == "draft"


def test_a_step_is_done_and_said_on_the_page_of_the_case(pages):
    key = pages.submitted("bob")
    answer = pages.send(f"/cases/{key}/verify", reran="run:1", digest="", verdict="reproduced", note="the same")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/cases/{key}?done=verify#happened")
    case = pages.ada.cases.get(key)
    assert (case.state, case.verification.actor, case.verification.note) == ("verified", "ada", "the same")
    assert case.verification.digest == pages.ada.runs.get(1).digest
    said = pages.get(answer.headers["location"]).text
    assert 'role="status" tabindex="-1"><span aria-hidden="true">✓</span> What you ran again is kept' in said


def test_what_was_not_reproduced_goes_back(pages):
    key = pages.submitted("bob")
    pages.send(f"/cases/{key}/verify", reran="by hand", verdict="not reproduced")
    assert pages.ada.cases.get(key).state == "returned"


def test_who_wrote_a_case_is_told_that_somebody_else_verifies_it(pages):
    key = pages.submitted("ada")
    text = pages.get(f"/cases/{key}").text
    assert text.count("ada wrote it, so somebody else has to") == 2
    assert f'action="/cases/{key}/verify' not in text
    assert pages.send(f"/cases/{key}/verify", reran="run:1", verdict="reproduced").status_code == 409


def test_a_case_is_planned_measured_guarded_and_closed_from_its_page(pages):
    key = pages.ada.cases.open(title="Fails by night", slice="source = 'night'", run=1).key
    assert "It has no check yet" in pages.get(f"/cases/{key}").text
    assert (
        pages.send(f"/cases/{key}/check", criterion="<= 0.3").headers["location"] == f"/cases/{key}?done=check#guards"
    )
    answer = pages.send(f"/cases/{key}/plan", title="More nights", actions="label 500\r\n\r\ntrain", cost="a day")
    assert answer.status_code == 303
    [plan] = [one for one in pages.ada.plans.list() if key in one.cases]
    assert plan.actions == ("label 500", "train")
    assert f'<option value="{plan.key}" selected>' in pages.get(f"/cases/{key}").text
    pages.send(f"/cases/{key}/measure", plan=plan.key, before="run:1", after="run:2")
    assert pages.ada.cases.get(key).state == "remediated"
    refused = pages.send(f"/cases/{key}/close", by="run:1")
    assert refused.status_code == 409
    assert "cannot-close" in refused.text and 'value="run:1"' in refused.text
    pages.send(f"/cases/{key}/close", by="run:2", reason="more nights")
    assert pages.ada.cases.get(key).state == "closed"
    assert "It reopens by itself" in pages.get(f"/cases/{key}").text
    assert offered(pages.get(f"/cases/{key}").text) == ["Reopen", "Merge"]
    assert pages.get(f"/cases/{key}/reopen").status_code == 404


@pytest.mark.parametrize(
    ("path", "fields", "status", "code"),
    [
        ("withdraw", {"reason": "  "}, 422, "not-filled"),
        ("withdraw", {"reason": "x" * 10_001}, 422, "not-filled"),
        ("merge", {"into": "PET-999"}, 404, "no-such-record"),
        ("verify", {"reran": "run:1", "verdict": "reproduced"}, 409, "not-submitted"),
        ("close", {"by": "the last one"}, 422, "bad-reference"),
        ("verify", {"reran": "run:99999999999999999999", "verdict": "reproduced"}, 409, "not-submitted"),
        ("attach", {"finding": "finding:99999999999999999999"}, 422, "bad-reference"),
        ("attach", {"slice": "source = 'night'", "run": "run:99999999999999999999"}, 422, "bad-reference"),
        ("merge", {"into": "PET-99999999999999999999"}, 404, "no-such-record"),
        ("label", {"term": "failure-mode:nope"}, 404, "no-such-term"),
        ("link", {"predicate": "likes", "target": "run:1"}, 422, "no-such-predicate"),
        ("link", {"predicate": "used", "target": "nothing at all"}, 422, "bad-object"),
        ("attach", {"finding": "", "slice": "", "run": ""}, 422, "case-of-what"),
        ("restore", {"reason": "after all"}, 409, "bad-move"),
    ],
)
def test_what_cannot_be_done_is_said_over_the_form_that_was_sent(pages, path, fields, status, code):
    key = pages.draft("Refused")
    answer = pages.send(f"/cases/{key}/{path}", **fields)
    assert (answer.status_code, code in answer.text) == (status, True)
    assert 'id="happened" role="alert"' in answer.text
    assert pages.ada.cases.get(key).revision == 1


def test_labels_and_links_are_given_and_taken_back(pages):
    key = pages.draft("Labelled")
    assert 'value="failure-mode:localization/shift">Shifted</option>' in pages.get(f"/cases/{key}").text
    answer = pages.send(f"/cases/{key}/label", term="failure-mode:shift", note=HOSTILE)
    [label] = pages.ada.labels.list(key)
    assert answer.headers["location"] == f"/cases/{key}?done=label#label-{label.number}"
    assert HOSTILE not in pages.get(f"/cases/{key}").text
    assert f'href="/labels/{label.number}/retract"' in pages.get(f"/cases/{key}").text
    pages.send(f"/labels/{label.number}/retract", reason="it was the scan")
    assert pages.ada.labels.list(key) == []
    pages.send(f"/cases/{key}/link", predicate="wasInfluencedBy", target="ticket:OPS-12")
    text = pages.get(f"/cases/{key}").text
    assert f'href="/cases/{key}/unlink?predicate=wasInfluencedBy&amp;target=ticket%3AOPS-12"' in text
    pages.send(f"/cases/{key}/unlink", predicate="wasInfluencedBy", target="ticket:OPS-12")
    assert list(pages.ada.cases.links(key)) == []


@pytest.mark.parametrize("subject", ["PET-2", "run:1", "finding:1"])
def test_a_record_a_run_and_a_finding_are_discussed_and_watched(pages, subject):
    home = pages.send(f"/about/{subject}/watch").headers["location"].partition("?")[0]
    assert f'action="/about/{subject}/unwatch#happened"' in pages.get(home).text
    assert subject in [one.subject for one in pages.ada.subscriptions.list()]
    first = pages.bob.comments.add(subject, "a lamp?").number
    assert f'name="answers" value="{first}"' in pages.get(home).text
    answer = pages.send(f"/about/{subject}/comment", text=f"no lamp\r\n{HOSTILE}", answers=str(first))
    said = pages.ada.comments.list(subject)[-1]
    assert (said.text, said.answers) == (f"no lamp\n{HOSTILE}", first)
    assert answer.headers["location"] == f"{home}?done=comment#comment-{said.number}"
    text = pages.get(home).text
    assert f'answers <a href="#comment-{first}">' in text and HOSTILE not in text
    assert f'href="/comments/{said.number}/retract"' in text
    assert f'href="/comments/{first}/retract"' not in text
    pages.send(f"/comments/{said.number}/retract", reason="wrong run")
    assert "Taken back by ada: wrong run" in pages.get(home).text
    pages.send(f"/about/{subject}/unwatch")
    assert subject not in [one.subject for one in pages.ada.subscriptions.list()]


@pytest.mark.parametrize(
    ("path", "fields", "status", "code"),
    [
        ("/about/nobody/comment", {"text": "hello"}, 422, "not-discussed"),
        ("/about/PET-999/comment", {"text": "hello"}, 404, "no-such-record"),
        ("/about/PET-2/comment", {"text": ""}, 422, "not-filled"),
        ("/about/PET-2/comment", {"text": "hello", "answers": "x"}, 422, "bad-request"),
        ("/about/PET-2/comment", {"text": "hello", "answers": "999"}, 404, "no-such-comment"),
        ("/about/PET-2/comment", {"text": "a\0b"}, 422, "bad-request"),
        ("/about/PET-2/unwatch", {}, 404, "not-watched"),
        ("/labels/999/retract", {"reason": "x"}, 404, "no-such-label"),
        ("/labels/" + "9" * 30 + "/retract", {"reason": "x"}, 422, "bad-request"),
        ("/comments/" + "0" * 20 + "9" * 30 + "/retract", {"reason": "x"}, 422, "bad-request"),
        ("/about/run:99999999999999999999/comment", {"text": "x"}, 422, "not-discussed"),
        ("/about/finding:99999999999999999999/watch", {}, 422, "not-discussed"),
        ("/checks/PET-2/retire", {"reason": "x"}, 404, "wrong-kind"),
        ("/plans/PET-999/measure", {"before": "run:1", "after": "run:2"}, 404, "no-such-record"),
    ],
)
def test_what_cannot_be_said_is_refused(pages, path, fields, status, code):
    answer = pages.send(path, **fields)
    assert (answer.status_code, code in answer.text) == (status, True)


@pytest.mark.parametrize("path", ["/cases/{}/withdraw", "/checks/{}/retire", "/plans/{}/measure"])
def test_a_form_is_shown_for_its_own_kind_of_record_alone(pages, path):
    [vocabulary] = [one.key for one in pages.ada.vocabularies.list()]
    for answer in (pages.get(path.format(vocabulary)), pages.send(path.format(vocabulary), reason="x")):
        assert (answer.status_code, "wrong-kind" in answer.text, "<textarea" in answer.text) == (404, True, False)


def test_a_check_is_discussed_on_its_own_page(pages):
    key = pages.ada.cases.open(title="Guarded and discussed", slice="source = 'night'", run=1).key
    check = pages.ada.checks.add(case=key, criterion="<= 0.3").key
    assert f'<p class="crumbs"><a href="/checks/{check}">' in pages.get(f"/about/{check}/comment").text
    for _ in range(2):
        answer = pages.send(f"/about/{check}/comment", text="why so strict?", once="k")
        assert answer.headers["location"].startswith(f"/checks/{check}?")


def test_a_check_is_changed_and_retired(pages):
    key = pages.ada.cases.open(title="Guarded", slice="source = 'night'", run=1).key
    check = pages.ada.checks.add(case=key, criterion="<= 0.3")
    assert f'href="/checks/{check.key}/edit"' in pages.get(f"/cases/{key}").text
    form = {"title": check.title, "criterion": "<= 0.2", "reason": "stricter", "revision": "1"}
    assert pages.send(f"/checks/{check.key}/edit", **form).headers["location"].startswith(f"/cases/{key}?done=edit")
    assert pages.ada.checks.get(check.key).criterion == "<= 0.2"
    pages.send(f"/checks/{check.key}/retire", reason="another one asks it")
    assert pages.ada.checks.get(check.key).state == "retired"


def test_the_rubric_is_filled_in_by_its_anchors(pages):
    key = pages.draft("Rated")
    text = pages.get(f"/cases/{key}/rate").text
    assert text.count('type="radio"') == 17
    assert "Somebody is injured or dies" in text
    some = pages.send(f"/cases/{key}/rate", **{"axis.harm": "3", "reason": "seen twice"})
    assert some.status_code == 422
    assert "reach is not rated: How many does it meet" in some.text
    assert 'name="axis.harm" value="3" required checked' in some.text and 'value="seen twice"' in some.text
    answer = pages.send(f"/cases/{key}/rate", **{f"axis.{axis}": str(level) for axis, level in LEVELS.items()})
    assert answer.headers["location"] == f"/cases/{key}?done=rate#happened"
    assert pages.ada.cases.get(key).severity.band == "high"
    assert pages.get(f"/cases/{key}/rate").text.count(" checked") == 4
    assert pages.send(f"/cases/{key}/rate", **{"axis.harm": "high"}).status_code == 422


def test_a_page_that_may_not_write_shows_what_to_type(pages):
    key = pages.draft("Read only")
    there = {"headers": {"host": "10.0.0.5"}}
    for path in ("", "/edit", "/rate", "/withdraw"):
        text = pages.get(f"/cases/{key}{path}", **there).text
        assert 'method="post"' not in text
        assert "errata case " in text
    assert f"errata case withdraw {key} --reason TEXT" in pages.get(f"/cases/{key}", **there).text
    for path in ("/cases/new?template=incident", "/about/run:1/comment"):
        assert 'method="post"' not in pages.get(path, **there).text


def test_what_a_form_offers_is_looked_up_once_and_only_for_who_may_write(pages, monkeypatch):
    key = pages.ada.cases.open(title="Read by many", slice="source = 'night'", run=1).key
    pages.ada.plans.open(cases=[key], action=["label 500"], title="More nights")
    asked, ask = [], Local.ask
    monkeypatch.setattr(Local, "ask", lambda self, name, /, **more: asked.append(name) or ask(self, name, **more))
    offering = ("vocabulary list", "case alike", "subscription list")
    counts = []
    for headers in ({}, {"host": "10.0.0.5"}):
        asked.clear()
        assert "More nights" in pages.get(f"/cases/{key}", headers=headers).text
        counts.append([asked.count(name) for name in offering])
    assert counts == [[1, 1, 1], [0, 0, 0]]
    assert "run list" not in asked and "plan list" not in asked


@pytest.mark.parametrize("headers", [{}, {"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}])
def test_a_form_of_another_site_changes_nothing(pages, headers):
    key = pages.draft("Foreign")
    sent = {
        f"/cases/{key}/withdraw": {"reason": "x"},
        f"/cases/{key}/edit": {"title": "x", "reason": "x", "revision": "1"},
        f"/cases/{key}/rate": {"axis.harm": "1"},
        f"/about/{key}/comment": {"text": "x"},
        f"/about/{key}/watch": {},
        "/cases/new": {"title": "x"},
    }
    before = len(pages.ada.cases.list())
    for path, form in sent.items():
        answer = pages.client.post(path, data=form, headers=headers)
        assert (answer.status_code, "not-from-here" in answer.text) == (403, True)
    assert pages.ada.cases.get(key).revision == 1
    assert pages.ada.comments.list(key) == []
    assert len(pages.ada.cases.list()) == before


def test_only_what_was_done_is_said(pages):
    assert 'id="happened"' not in pages.get("/cases/PET-2?done=<b>paid</b>").text
    assert "paid" not in pages.get("/cases/PET-2?done=paid").text
    assert 'id="happened"' not in pages.get("/cases/PET-2?done=close").text
    page = pages.send(f"/cases/{pages.draft('Said once')}/withdraw", reason="no case").headers["location"]
    assert "Withdrawn; nothing is deleted." in pages.get(page).text
    assert 'id="happened"' not in pages.get(page.replace("done=withdraw", "done=restore")).text


def test_a_label_of_a_sample_is_taken_back_to_the_page_of_the_sample(pages):
    [sample] = pages.ada.runs.rows(1, [0])
    label = pages.ada.labels.add(f"run:1#{sample['id']}", "failure-mode:shift").number
    answer = pages.send(f"/labels/{label}/retract", reason="it was the scan")
    assert answer.headers["location"] == f"/runs/1/sample?id={sample['id']}&done=unlabel#labels"
    assert pages.get(answer.headers["location"], follow_redirects=True).status_code == 200


def test_a_form_that_is_sent_twice_is_done_once(pages):
    key = pages.draft("Said twice")
    first, *others = re.findall(r'name="once" value="([^"]+)"', pages.get(f"/cases/{key}").text)
    assert others and first not in others
    answers = [pages.send(f"/about/{key}/comment", text=text, once=first) for text in ("seen", "seen", "seen, too")]
    assert [one.status_code for one in answers] == [303, 303, 303]
    assert answers[1].headers["location"] == f"/cases/{key}?done=comment#happened"
    assert pages.send(f"/about/{key}/comment", text="seen", once=others[0]).status_code == 303
    assert [one.text for one in pages.ada.comments.list(key)] == ["seen", "seen, too", "seen"]


def test_a_form_that_was_wrong_can_be_sent_again(pages):
    key = pages.draft("Wrong at first")
    for _ in range(2):
        assert pages.send(f"/cases/{key}/link", predicate="references", target="nothing", once="k").status_code == 422
    assert pages.send(f"/cases/{key}/withdraw", reason="none", once="k").status_code == 303
