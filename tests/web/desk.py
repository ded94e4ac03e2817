"""A catalog of people at work on texts: a case that was labelled, discussed, reviewed; rounds, a rota, a watch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pyarrow as pa
import pytest

from errata.client.catalog import Catalog, init_catalog, open_catalog
from tests.serving import served
from tests.web.conftest import HOSTILE

ROWS = 120
ANSWER = "Your flight is booked, and the fee is waived as the rules of the airline allow in no case whatever. "
WHY = "Customers pay for flights that they cannot take."


def answers(version: int) -> pa.Table:
    """Long answers of which those of long talks are wrong; the same samples each time."""
    turns = [row % 12 for row in range(ROWS)]
    wrong = [turn > 5 + version for turn in turns]
    return pa.table(
        {
            "id": [f"t{row:03}" for row in range(ROWS)],
            "question": [f"May I change my flight {row} to the one on the day after tomorrow?" for row in range(ROWS)],
            "answer": [f"{ANSWER * 4}Number {row}. {HOSTILE}" for row in range(ROWS)],
            "turns": turns,
            "reward": [0.0 if one else 1.0 for one in wrong],
        }
    )  # fmt: skip


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Catalog]]:
    """The catalog as ada, grace and linus have it.

    AIR-1 is a case on run:1, AIR-2 the failure modes, AIR-3 a rota, AIR-4 a closed round, AIR-5 an open one, AIR-6 a
    saved search, AIR-7 the check of the case, AIR-8 a suite, AIR-9 a rubric.
    """
    folder = tmp_path_factory.mktemp("desk")
    with ExitStack() as stack:
        init_catalog(folder, project="air", key="AIR").close()
        made = {
            name: stack.enter_context(open_catalog(folder / ".errata", actor=name))
            for name in ("ada", "grace", "linus")
        }
        _fill(**made)
        yield made


def _fill(ada: Catalog, grace: Catalog, linus: Catalog) -> None:
    for version in (1, 2):
        ada.runs.log(answers(version), model=f"agent@{version}", dataset="talks@1", failed="reward < 1")
    impact = [{"on": "money", "what": "refunds", "estimate": 1200, "basis": "invoices"}]
    timeline = [
        {"at": "2026-01-03", "what": "First complaint"},
        {"at": "2026-01-05", "what": "Found again"},
        {"at": "some day", "what": "Forgotten"},
        {"at": "2026-02", "what": "Watched"},
    ]
    case = ada.cases.open(
        title=f"Long talks go wrong {HOSTILE}", slice="turns >= 7", run=1, why=WHY, owner="ada", impact=impact,
        timeline=timeline, summary="It books what is forbidden.", observed="It books.", expected="It refuses.",
    )  # fmt: skip
    ada.vocabularies.add("failure-mode")
    ada.rotas.add(title="Weekly", owners=["ada", "grace"], starts="2026-01-05")
    for title in ("closed", "open"):
        ada.rounds.open(title=title, vocabulary="failure-mode", subjects=["AIR-1", "run:1#t007", "run:1#t008"],
                        actors=["ada", "grace"])  # fmt: skip
    ada.saved_searches.save("dear", "severity>=low")
    ada.checks.add(case=case.key, criterion="<= 0.3")
    ada.suites.make(title="All", checks=["AIR-7"])
    ada.cases.rate(case.key, {"harm": 2, "reach": 1, "detectability": 1, "recoverability": 0})
    ada.labels.add("AIR-1", "failure-mode:shift", spans=[("why", 0, 13)])
    ada.labels.add("run:1#t007", "failure-mode:wrong-arguments", spans=[("answer", 400, 404, "Numb")])
    for subject, mine, hers in (
        ("AIR-1", "shift", "shift"),
        ("run:1#t007", "shift", "leakage"),
        ("run:1#t008", "confusion", "leakage"),
    ):
        ada.rounds.label("AIR-4", subject, mine)
        grace.rounds.label("AIR-4", subject, hers, note="as I see it")
    ada.rounds.close("AIR-4")
    grace.rounds.label("AIR-5", "AIR-1", "duplicate")
    for what in ("AIR-1", "run:1", "severity>=low"):
        ada.subscriptions.watch(what)
    ada.cases.submit("AIR-1", "the whole of it")
    linus.cases.give_back("AIR-1", "which airline?")
    ada.cases.submit("AIR-1", "the one in the docs")
    linus.cases.verify("AIR-1", reran="run:2", note="as told")
    grace.comments.add("AIR-1", f"The same in the other airline.\n{HOSTILE}")
    grace.comments.add("run:1", "Made on the old box.")
    ada.runs.analyze(1)


@pytest.fixture(scope="module")
def desk(people: dict[str, Catalog]) -> Iterator[str]:
    """Where it is served, as ada."""
    with served(people["ada"]) as found:
        yield found


def folder_of(catalog: Catalog) -> Path:
    """Where its files are."""
    return catalog.path
