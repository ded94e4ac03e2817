"""Who is not cleared for a record gets every answer as if it had never been opened."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from inspect import Parameter, signature
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from errata.client.answers import written
from errata.client.catalog import Catalog
from errata.client.operations import OPERATIONS
from errata.core.errors import ErrataError, NotFound, UsageError
from errata.store.catalog import Store, open_store
from errata.store.making import init_store
from errata.store.places import Server
from errata.verbs.actor import edit_actor, list_actors
from errata.verbs.gate_run import gate_run
from errata.verbs.token import add_token
from tests.catalogs import log, predictions
from tests.conftest import empty_database
from tests.serving import served

SECRET, OPEN = "restricted", "internal"
SLICES = {SECRET: "camera = 'a'", OPEN: "source = 'night'"}
NOBODY = "PET-999"
STEPS = ("told", "counted", "raised", "alike", "label", "comment", "answer", "link", "check", "plan", "suite", "round",
         "merge", "submit", "watch", "duplicate")  # fmt: skip
TOLD = ["Zürich lamp is missed", "Walkers vanish at dusk by the lamp", "Zürich tram is a bus", "Dusk blinds the tram"]


class Made:
    """A catalog in the making: cases of both sorts by the order in which they were opened."""

    def __init__(self, store: Store, secrets: bool) -> None:
        self.ada, self.secrets = Catalog(store.acting("ada")), secrets
        self.reader = store.acting("reader", clearance="confidential")
        self.keys: dict[tuple[str, int], str | None] = {}
        self.counts = {SECRET: 0, OPEN: 0}
        self.raise_later: list[str] = []
        log(store, predictions(300), "pets@1")
        self.ada.vocabularies.add("failure-mode")

    def case(self, level: str, at: int) -> str | None:
        """One of the cases of a level; None when there is none, or secret ones are left away."""
        many = self.counts[level]
        return self.keys[level, at % many] if many else None

    def step(self, what: str, level: str, at: int) -> None:
        """Do one thing to a case of this level, unless secrets are left away and it is one."""
        if what in ("told", "counted", "raised", "alike"):
            self.open(what, level, at)
            return
        key = self.case(level, at)
        if key is None:
            return
        other = self.case(level, at + 1)
        assert other is not None
        do: dict[str, Callable[[], Any]] = {
            "label": lambda: self.ada.labels.add(key, "failure-mode:detection/duplicate", note="a lamp"),
            "comment": lambda: self.ada.comments.add(key, "It was the lamp of Zürich."),
            "answer": lambda: (
                self.ada.comments.list(key)
                and self.ada.comments.add(key, "No.", answers=self.ada.comments.list(key)[0].number)
            ),
            "link": lambda: self.ada.cases.link(self.case(OPEN, at) or key, "wasInfluencedBy", key),
            "check": lambda: self.ada.checks.add(case=key, criterion="<= 0.99", name=f"{level} {at}"),
            "plan": lambda: self.ada.plans.open(cases=[key], action="more lamps", title="Lamps"),
            "suite": lambda: (
                self.ada.checks.list(key)
                and self.ada.suites.make(title="All", checks=[one.key for one in self.ada.checks.list(key)])
            ),
            "round": lambda: self.ada.rounds.open(
                title="Which?", vocabulary="failure-mode", subjects=[key], actors=["reader", "ada"]
            ),
            "merge": lambda: key != other and self.ada.cases.merge(key, other),
            "submit": lambda: self.ada.cases.submit(key),
            "watch": lambda: Catalog(self.reader).subscriptions.watch(key) if level == OPEN else None,
            "duplicate": lambda: self.ada.cases.edit(other, duplicate_of=key),
        }
        try:
            do[what]()
        except ErrataError as error:  # what a state does not allow is left
            assert error.code in ("bad-move", "no-slice", "incomplete", "bad-merge", "name-taken", "not-ready"), (
                error.code
            )

    def open(self, what: str, level: str, at: int) -> None:
        number = self.counts[level]
        self.counts[level] += 1
        if level == SECRET and not self.secrets:
            self.keys[level, number] = None
            return
        about: dict[str, Any] = {}
        if what in ("counted", "raised"):
            about = {"slice": SLICES[level], "run": 1}
        first = OPEN if what == "raised" else level
        case = self.ada.cases.open(title=TOLD[at % len(TOLD)], summary="Seen in Zürich.", sensitivity=first, **about)
        self.keys[level, number] = case.key
        if what == "raised" and level == SECRET:
            self.raise_later.append(case.key)

    def end(self) -> None:
        """What is said of runs once all cases are there."""
        Catalog(self.reader).subscriptions.watch("lamp")
        for key in self.raise_later:
            self.ada.cases.edit(key, sensitivity=SECRET)
        self.ada.runs.analyze(1)
        if self.ada.checks.list():
            try:
                self.ada.gates.run(1)
            except NotFound as error:  # every check is about a merged case
                raise AssertionError from error


def asked(made: Made) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every operation that reads, with what to ask it."""
    store = made.reader
    with store.read() as connection:
        from errata.store import sight

        every = [store.key(row.number) for row in connection.exec_driver_sql("SELECT number FROM record")]
        hidden = [row for (row,) in connection.execute(sight.hidden_keys(store))]
    seen = [key for key in every if key not in hidden]
    # The order by rank weighs words by how rare they are in the whole catalog: it alone may tell, and docs say so.
    words: dict[str, list[dict[str, Any]]] = {
        "case list": [{"q": q} for q in ("", "zurich sort:key", "lamp sort:key", "dusk tram sort:date",
                                         "state:draft", "sensitivity:restricted",
                                         "-label:duplicate", "sort:key", "finding:1")] + [{"state": "draft"}, {}],
        "case alike": [{"title": title, "summary": "Seen in Zürich"} for title in TOLD],
        "event list": [{}, *({"subject": key} for key in [*seen, NOBODY])],
        "label list": [{}, {"vocabulary": "failure-mode"}],
    }  # fmt: skip
    keys = [*seen, NOBODY]
    several: dict[str, list[Any]] = {"key": keys, "subject": keys, "named": ["failure-mode"], "name": ["incident"],
                                     "run": [1], "a": [1], "b": [1], "id": ["s1"], "rows": ["0,1"]}  # fmt: skip
    for name, operation in sorted(OPERATIONS.items()):
        if operation.writes:
            continue
        if name in words:
            yield from ((name, arguments) for arguments in words[name])
            continue
        several["number"] = [1] if name.startswith(("run", "finding")) else []
        wanted = [one.name for one in [*signature(operation.function()).parameters.values()][1:]
                  if one.default is Parameter.empty and one.kind is not Parameter.VAR_KEYWORD
                  and one.name not in operation.fixed]  # fmt: skip
        for values in itertools.product(*(several[one] for one in wanted)):
            yield name, dict(zip(wanted, values, strict=True))


def hidden_keys(made: Made) -> list[str]:
    """The keys that the reader may not see."""
    from errata.store import sight

    with made.reader.read() as connection:
        return sorted(connection.execute(sight.hidden_keys(made.reader)).scalars())


def answer(store: Store, name: str, arguments: dict[str, Any]) -> str:
    """An answer as the text that is published; of an error its problem document."""
    operation = OPERATIONS[name]
    try:
        value = operation.function()(store, **operation.fixed, **arguments)
        said = written(operation.answers, value)
    except ErrataError as error:
        said = error.to_problem()
    return json.dumps(said, ensure_ascii=False, default=str)


_NUMBERED = re.compile(r"\b(PET-|label:|comment:|gate:|job:)(\d+)\b")
_BARE = re.compile(r'"(seq|upto|number|seen)": \d+')
_TIMES = re.compile(r"\d{4}-\d\d-\d\dT[0-9:.+Z]+")
_DIGEST = re.compile(r"\b[0-9a-f]{64}\b")


def alike(answers: Sequence[str]) -> list[str]:
    """Answers with numbers that count what there is put in their order, and without times and digests."""
    ranks: dict[str, list[int]] = {}
    for sort, number in {one for text in answers for one in _NUMBERED.findall(text)}:
        ranks.setdefault(sort, []).append(int(number))
    order = {(sort, n): at for sort, numbers in ranks.items() for at, n in enumerate(sorted(numbers))}

    def plain(text: str) -> str:
        text = _NUMBERED.sub(lambda m: f"{m[1]}#{order[m[1], int(m[2])]}", text)
        text = _BARE.sub(lambda m: f'"{m[1]}": 0', text)
        return _DIGEST.sub("DIGEST", _TIMES.sub("TIME", text))

    return [plain(text) for text in answers]


def every_answer(made: Made) -> list[tuple[str, str]]:
    """All that the reader can be told: what was asked, and the answer."""
    return [(f"{name} {sorted(told.items())}", answer(made.reader, name, told)) for name, told in asked(made)]


def comparable(answers: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Answers that may be compared with those of another catalog."""
    named, texts = alike([ask for ask, _ in answers]), alike([text for _, text in answers])
    return {f"{at} {ask}": text for at, (ask, text) in enumerate(zip(named, texts, strict=True))}


def made_of(store: Store, steps: Sequence[tuple[str, str, int]], *, secrets: bool) -> Made:
    made = Made(store, secrets)
    for what, level, at in steps:
        made.step(what, level, at)
    made.end()
    return made


scripts = st.lists(
    st.tuples(st.sampled_from(STEPS), st.sampled_from([SECRET, OPEN]), st.integers(0, 3)), min_size=8, max_size=14
)


def differing(one: str, other: str) -> tuple[str, str]:
    """Two answers from shortly before they differ."""
    at = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), 0)
    return one[max(0, at - 150) : at + 100], other[max(0, at - 150) : at + 100]


def compare(stores: Callable[[], Store], steps: Sequence[tuple[str, str, int]]) -> None:
    begin = [("counted", OPEN, 0), ("told", SECRET, 0), ("raised", SECRET, 1), ("told", OPEN, 2)]
    full, plain = (made_of(stores(), [*begin, *steps], secrets=secrets) for secrets in (True, False))
    answers = every_answer(full)
    for key in hidden_keys(full):
        telling = [(ask, differing(text, text.replace(key, "")))
                   for ask, text in answers if re.search(rf"\b{key}\b", text)]  # fmt: skip
        assert telling == []
    told, wanted = comparable(answers), comparable(every_answer(plain))
    assert list(told) == list(wanted)
    assert [differing(told[ask], wanted[ask]) for ask in told if told[ask] != wanted[ask]] == []
    for key in hidden_keys(full):
        for name, operation in OPERATIONS.items():
            if "{key}" in operation.path and not operation.writes:
                there, nowhere = (answer(full.reader, name, {"key": one}) for one in (key, NOBODY))
                assert there == nowhere.replace(NOBODY, key), name


@pytest.mark.parametrize(("home", "examples"), [("folder", 2), ("postgresql", 1)])
def test_who_is_not_cleared_is_told_what_a_catalog_without_the_secrets_would_tell(
    home: str, examples: int, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ERRATA_ACTOR", "ada")
    monkeypatch.setattr("errata.verbs.log.snapshot", dict)  # the code under test, with its keys, is in the environment
    numbers = itertools.count(1)

    @settings(max_examples=examples, phases=[Phase.generate])  # to shrink takes minutes
    @given(scripts)
    def holds(steps: list[tuple[str, str, int]]) -> None:
        with ExitStack() as stack:

            def fresh() -> Store:
                place: Any = tmp_path / f"pets-{next(numbers)}"
                if home == "postgresql":
                    address = stack.enter_context(empty_database(request.getfixturevalue("postgresql_server")))
                    place = Server(address, place)
                store, _ = init_store(place, "pets")
                stack.callback(store.close)
                return store

            compare(fresh, steps)

    holds()


@pytest.mark.homes("folder", "postgresql")
def test_what_is_about_a_secret_case_is_as_secret_and_follows_it(store: Store) -> None:
    ada, reader = Catalog(store), Catalog(store.acting("reader", clearance="confidential"))
    log(store, predictions(300), "pets@1")
    case = ada.cases.open(title="Night", slice="source = 'night'", run=1).key
    check = ada.checks.add(case=case, criterion="<= 0.99").key
    suite = ada.suites.make(title="Nights", checks=[check]).key
    twin = ada.cases.open(title="Dusk", duplicate_of=case).key
    seen = [reader.record(key).key for key in (case, check, suite, twin)]
    ada.cases.edit(case, sensitivity="restricted")
    for key in seen:
        with pytest.raises(NotFound):
            reader.record(key)
    assert (reader.cases.search().total, len(reader.checks.list()), reader.checks.list()) == (0, 0, [])
    ada.cases.edit(twin, duplicate_of=None)
    assert [one.key for one in reader.cases.list()] == [twin]
    ada.cases.edit(case, sensitivity="public")
    assert [reader.record(key).key for key in seen] == seen


def test_a_gate_asks_checks_that_the_asker_may_not_see_and_does_not_tell_of_them(store: Store) -> None:
    ada, reader = Catalog(store), Catalog(store.acting("reader", clearance="confidential"))
    log(store, predictions(300), "pets@1")
    secret = ada.cases.open(title="Night", slice="source = 'night'", run=1, sensitivity="restricted").key
    ada.checks.add(case=secret, criterion="<= 0.01")
    ada.checks.add(slice="all", criterion="<= 0.99", name="whole")
    result, gate, back = gate_run(reader.store, 1)
    assert (result.verdict, [one.name for one in result.checks], back) == ("pass", ["whole"], [])
    assert (reader.gates.get(gate).verdict, ada.gates.get(gate).verdict) == ("pass", "fail")
    assert [one.reason for one in reader.events(f"gate:{gate}")] == ["gate, run:1: pass"]
    assert [one.reason for one in ada.events(f"gate:{gate}")] == ["gate, run:1: fail"]


def test_a_case_that_takes_over_a_secret_one_is_as_secret(store: Store) -> None:
    ada = Catalog(store)
    plain, secret = ada.cases.open(title="Lamp").key, ada.cases.open(title="Zeppelin", sensitivity="restricted").key
    assert ada.cases.merge(secret, plain).sensitivity == "restricted"


def test_who_is_cleared_for_less_sees_less_when_they_open_the_catalog(store: Store) -> None:
    ada = Catalog(store)
    ada.cases.open(title="Lamp", sensitivity="confidential")
    ada.cases.open(title="Zeppelin", sensitivity="restricted")
    Catalog(store.acting("bob")).cases.open(title="Tram")
    assert edit_actor(store, "bob", "internal", reason="a guest").clearance == "internal"
    with Catalog(open_store(store.root, actor="bob")) as bob:
        assert [one.title for one in bob.cases.list()] == ["Tram"]
        with pytest.raises(UsageError, match="cleared for internal") as refused:
            edit_actor(bob.store, "bob", "restricted")
        assert refused.value.code == "above-clearance"
    assert len(Catalog(open_store(store.root, actor="eve")).cases.list()) == 3
    assert [(one.name, one.clearance) for one in list_actors(store)] == [("ada", None), ("bob", "internal")]
    with pytest.raises(NotFound, match="nobody called 'bbo'") as unknown:
        edit_actor(store, "bbo", "public")
    assert unknown.value.next == "errata actor edit bob --clearance public"
    with pytest.raises(UsageError) as level:
        edit_actor(store, "bob", "intern")
    assert level.value.next == "--clearance internal"


def test_over_the_network_a_token_sees_as_far_as_it_is_cleared_and_no_token_all_but_the_restricted(
    store: Store,
) -> None:
    pytest.importorskip("uvicorn", reason="the extra serve is not installed")
    import httpx

    ada = Catalog(store)
    ada.cases.open(title="Lamp", sensitivity="confidential")
    ada.cases.open(title="Zeppelin", sensitivity="restricted")
    tokens = {level: add_token(store, f"to-{level}", clearance=level) for level in ("internal", "restricted")}
    tokens["given"] = add_token(store, "given")

    def titles(client: Any, token: str = "") -> list[str]:
        headers = {"authorization": f"Bearer {tokens[token]}"} if token else {}
        return [one["title"] for one in client.get("/api/cases", headers=headers).json()["records"]]

    with served(ada) as address, httpx.Client(base_url=address) as client:
        assert titles(client) == titles(client, "given") == ["Lamp"]
        assert (titles(client, "internal"), titles(client, "restricted")) == ([], ["Lamp", "Zeppelin"])
        missing, secret = client.get("/cases/PET-9"), client.get("/cases/PET-2")
        cookies = {}
        for level in ("internal", "restricted"):
            own = {"sec-fetch-site": "same-origin"}
            kept = client.post("/sign-in", data={"token": tokens[level]}, headers=own).headers["set-cookie"]
            cookies[level] = {"cookie": kept.partition(";")[0]}
            client.cookies.clear()
        assert "Zeppelin" in client.get("/cases", headers=cookies["restricted"]).text
        assert "Lamp" not in client.get("/cases", headers=cookies["internal"]).text
        assert (secret.status_code, secret.text.replace("PET-2", "PET-9")) == (404, missing.text)
        for path in ("/", "/cases", "/cases?q=zep", "/review", "/patterns"):
            assert "Zeppelin" not in client.get(path).text
    with served(ada, clearance="restricted") as address, httpx.Client(base_url=address) as client:
        assert titles(client) == ["Lamp", "Zeppelin"]
        assert client.get("/cases/PET-2").status_code == 200


def test_a_job_is_done_with_the_clearance_of_who_asked(store: Store) -> None:
    log(store, predictions(300), "pets@1")
    ada, reader = Catalog(store), Catalog(store.acting("reader", clearance="confidential"))
    secret = ada.cases.open(title="Night", slice="source = 'night'", run=1, sensitivity="restricted").key
    check = ada.checks.add(case=secret, criterion="<= 0.01").key
    ada.checks.add(slice="all", criterion="<= 0.99", name="whole")
    asked = reader.jobs.submit("gate", run=1)
    named = ada.jobs.submit("gate", run=1, checks=[check])
    reader.jobs.worker().run(once=True)
    assert (reader.jobs.get(asked.number).result["verdict"], ada.jobs.get(asked.number).result["verdict"]) == (
        "pass", "fail",
    )  # fmt: skip
    assert [one.number for one in reader.jobs.list()] == [asked.number]
    assert [one.number for one in ada.jobs.list()] == [named.number, asked.number]


def test_a_report_that_waits_for_one_reader_does_not_answer_who_sees_more(store: Store) -> None:
    log(store, predictions(300), "pets@1")
    ada, reader = Catalog(store), Catalog(store.acting("reader", clearance="confidential"))
    secret = ada.cases.open(title="Night", slice="source = 'night'", run=1, sensitivity="restricted").key
    asked = [catalog.jobs.submit("report", run=1) for catalog in (reader, ada)]
    assert [one.known for one in asked] == [False, False]
    assert ada.jobs.submit("report", run=1).number == asked[1].number
    ada.jobs.worker().run(once=True)
    told = [str(catalog.jobs.get(one.number).result) for catalog, one in zip((reader, ada), asked, strict=True)]
    assert [secret in one for one in told] == [False, True]
