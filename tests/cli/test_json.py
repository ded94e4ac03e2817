"""Every command with ``--json`` prints an object that names a schema, and is of the schema that it names."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import click
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from errata.cli import root
from errata.nouns.record import KINDS
from tests.catalogs import NIGHT, predictions
from tests.cli.typed import errata, said, told
from tests.schemas import agrees_by_name

ROOT = Path(__file__).parents[2]
PUBLISHED = {
    one.name.removesuffix("-1.json") + "/1" for one in resources.files("errata.nouns").joinpath("schemas").iterdir()
}
ELSEWHERE = {
    "serve": "it does not end; tests/cli/test_serve.py starts it",
    "demo": "it takes half a minute; tests/cli/test_demo.py runs it",
    "import atlas": "printed as import cases is",
    "import avid": "printed as import cases is",
    "import gmf": "printed as import cases is",
    "import osv": "printed as import cases is",
}

STORY = f"""
init --project pets
log v1.parquet --model pets@1 --dataset field@1
log v2.parquet --model pets@2 --dataset field@1
log both.csv --model-from version --model pets --dataset new@1
log blind.csv --model pets@3 --dataset late@1 --allow-unknown
log truth.csv --truth-for run:5
log --model pets@9 --state failed --error "out of memory"
run list
run show run:1
analyze run:1
finding list
finding show finding:1
finding show finding:1 --samples 2
compare run:1 run:2
drift run:1 run:2
case open finding:1 --title Night --summary "Boxes lie beside it."
case new --title Told --set models=pets@1
case new --title Twice
case list
case show PET-1
case attach PET-2 --slice "{NIGHT}" --run run:1
case edit PET-1 --file case.yaml --reason said
case rate PET-1
case rate PET-1 harm=2 reach=1 detectability=1 recoverability=0
case lint PET-1
case mute PET-1 CASE101 --reason "it is small"
case unmute PET-1 CASE101
case link PET-1 wasInfluencedBy ticket:OPS-1
vocabulary add failure-mode
label add PET-1 failure-mode:localization/shift --confidence 0.8 --quote "summary:beside it"
label add run:1 failure-mode:duplicate
label show label:1
label list PET-1
case show PET-1 --evidence
case unlink PET-1 wasInfluencedBy ticket:OPS-1
case submit PET-1
bob: case return PET-1 --reason "say more"
case submit PET-1
bob: case verify PET-1 --reran run:1
check add PET-1 --criterion "<= 0.2"
check list
check show PET-6
check edit PET-6 --criterion "<= 0.3"
check history PET-6
check export
check export --out errata.yaml
plan open --case PET-1 --title More --do "collect walks by night"
plan list
plan show PET-7
plan edit PET-7 --title "More walks"
plan measure PET-7 --before run:1 --after run:2
plan history PET-7
gate run:2
case close PET-1 --by run:2
check retire PET-6
case history PET-1
case merge PET-3 --into PET-1 --reason "the same"
case withdraw PET-2 --reason "no failure"
case restore PET-2 --reason "one after all"
case search night
search save nights night
search list
search run nights
patterns
profile
profile pets
needs
rule add --title Wrong --when failed --sample reservoir --size 5
rule list
rule show PET-9
rule edit PET-9 --size 7 --reason more
rule history PET-9
capture run:1 --dry-run
capture run:1
candidates list
candidates show run:1
candidates show run:1 --estimate "{NIGHT}"
case open --candidates run:1 --title Wrong
rule add --title "Slow ones" --when "latency > 5"
capture run:1
rule retire PET-9
vocabulary list
vocabulary show failure-mode
vocabulary show failure-mode:localization/shift
vocabulary edit failure-mode --title "How models fail" --reason plainer
vocabulary term add failure-mode:glare --label Glare --definition "Light in the lens"
vocabulary term edit failure-mode:glare --definition "The sun in the lens"
vocabulary term rename failure-mode:duplicate counted-twice --reason plainer
label moves
label move failure-mode --reason renamed
vocabulary term split failure-mode:glare sun-glare lamp-glare --reason "two causes"
vocabulary term merge failure-mode:sun-glare --into lamp-glare --reason "one cause"
vocabulary term deprecate failure-mode:lamp-glare --reason "never used"
vocabulary history failure-mode
vocabulary export failure-mode --out modes.jsonld
round open PET-1 run:1#s00001 --actor ada --actor bob --title "How?"
round list
round show PET-12
round label PET-12 PET-1 shift
round label PET-12 run:1#s00001 leakage
bob: round label PET-12 PET-1 shift
bob: round label PET-12 run:1#s00001 confusion
round close PET-12
round adjudicate PET-12 run:1#s00001 leakage --reason "one cat twice"
round history PET-12
vocabulary health failure-mode
vocabulary retire failure-mode --reason "another is used"
vocabulary restore failure-mode --reason "it is used again"
label retract label:1 --reason "it was the camera"
rota list
rota add --title Reviews --owner ada --owner bob --starts 2020-01-05
rota list
rota show PET-13
rota edit PET-13 --days 2
rota retire PET-13
rota history PET-13
rubric list
rubric show
rubric add --file rubric.yaml
rubric show risk
rubric list
rubric history PET-14
template list
template show incident
template add --file template.yaml
template show ours
template list
template history PET-15
comment add PET-1 "Is it the lamp?"
comment add PET-1 "It is lit." --answers comment:1
comment list PET-1
comment retract comment:1 --reason "another case"
watch PET-1
watch "night state:open"
watch --list
bob: comment add PET-1 "the lamp"
inbox
inbox --mark
unwatch PET-1
import cases cases.jsonl --source ops
job submit analyze run:2
job submit reindex
job list
job cancel job:2
work --once
job show job:1
job prune
token add ci
token list
token revoke ci
actor list
actor edit bob --clearance internal
reindex
doctor
backup pets.tar
restore pets.tar --to again
"""


def with_json(command: click.Command, path: tuple[str, ...], ctx: click.Context) -> Iterator[str]:
    """Every command that has ``--json``, as it is typed."""
    if isinstance(command, click.Group):
        for name in command.list_commands(ctx):
            sub = command.get_command(ctx, name)
            assert sub is not None
            yield from with_json(sub, (*path, name), ctx)
    elif any("--json" in one.opts for one in command.params):
        yield " ".join(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Predictions of two versions, of two in one file, without their truth, and what is read of files besides."""
    pq.write_table(predictions(1200), tmp_path / "v1.parquet")
    pq.write_table(predictions(1200, night=0.03, seed=1), tmp_path / "v2.parquet")
    both = [predictions(100, seed=seed).append_column("version", [[f"v{seed}"] * 100]) for seed in (1, 2)]
    pacsv.write_csv(pa.concat_tables(both), tmp_path / "both.csv")
    pacsv.write_csv(predictions(100).drop_columns("truth"), tmp_path / "blind.csv")
    pacsv.write_csv(predictions(100).select(["id", "truth"]), tmp_path / "truth.csv")
    (tmp_path / "case.yaml").write_text(
        "why: walks are by night\nsummary: Boxes lie beside it.\nexpected: a walker\nobserved: nothing\nowner: grace\n"
        "occurred: 2026-03\ntimeline: [{at: 2026-03-01, what: It was seen.}]\n"
        "hypotheses: [{claim: It is the lamp.}]\nremedies: [{what: A lamp.}]\n"
        "impact: [{on: people, what: walkers, estimate: 3, basis: a count}]\n"
    )
    levels = "levels: [{level: 0, name: none, anchor: Nothing.}, {level: 1, name: some, anchor: Something.}]"
    (tmp_path / "rubric.yaml").write_text(
        f"title: Risk\nname: risk\naxes: [{{axis: harm, question: 'How bad?', {levels}}}]\n"
        "bands: [{band: low, at: 0}]\n"
    )
    (tmp_path / "template.yaml").write_text("title: Ours\nname: ours\nasks: {summary: 'What happened?'}\n")
    line = {"schema": "errata.case-import/1", "id": "OPS-1", "title": "Dosage", "summary": "It was misread."}
    (tmp_path / "cases.jsonl").write_text(json.dumps(line) + "\n")
    return tmp_path


def printed(folder: Path, line: str) -> list[Any]:
    """The objects that a line of the story prints."""
    who, _, words = line.rpartition(": ") if re.match(r"\w+: ", line) else ("ada", "", line)
    done = errata(folder, *shlex.split(words), "--json", ERRATA_ACTOR=who)
    assert done.returncode in (0, 1) and done.stderr == "", (line, done.stderr)
    return [json.loads(text) for text in (done.stdout.splitlines() if words == "work --once" else [done.stdout])]


def test_what_every_command_prints_is_of_the_schema_that_it_names(folder: Path) -> None:
    lines = STORY.strip().splitlines()
    named: set[str] = set()
    for line in lines:
        for value in printed(folder, line):
            named |= agrees_by_name(value)
    with click.Context(root) as ctx:
        every = set(with_json(root, (), ctx))
    typed = {re.sub(r"^\w+: ", "", line) for line in lines}
    assert {one for one in every if not any(f"{line} ".startswith(f"{one} ") for line in typed)} == ELSEWHERE.keys()
    assert PUBLISHED - named == {
        "errata.backup/1", "errata.case-import/1", "errata.catalog/1", "errata.demo/1", "errata.evidence/1",
        "errata.overview/1", "errata.review-queue/1", "errata.serve/1", "errata.stored-gate/1", "errata.suite/1",
    }  # fmt: skip


def test_what_show_prints_of_a_rubric_can_be_edited_and_entered(tmp_path: Path) -> None:
    said(tmp_path, "init", "--project", "pets")
    for revision in (1, 2):  # the one that ships, then the project's own
        words = said(tmp_path, "rubric", "show", "--json").replace('title": "', 'title": "Our ')
        (tmp_path / "severity.yaml").write_text(words)
        assert told(tmp_path, "rubric", "add", "--file", "severity.yaml")["revision"] == revision


def test_every_schema_that_the_code_names_is_published() -> None:
    named = {f"errata.{kind}/1" for kind in KINDS}
    for path in (ROOT / "src/errata").rglob("*.py"):
        named |= set(re.findall(r'(?<!b)"(errata\.[a-z-]+/[0-9]+)"', path.read_text()))
    assert named == PUBLISHED
