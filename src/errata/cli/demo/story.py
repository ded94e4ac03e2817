"""The demo's path: a model, the field, what fails there, cases, a plan, the fix, and a fix that breaks another."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from errata.cli.demo import pictures, place, recipe
from errata.cli.demo.model import Model, predictions, train
from errata.cli.demo.pictures import PER_FACTOR, Digits
from errata.cli.demo.recipe import adjectives, factors_of
from errata.cli.demo.telling import Telling
from errata.core import units
from errata.core.names import parse_fact
from errata.perturb.image import PERTURBATIONS

if TYPE_CHECKING:
    import pyarrow as pa

    from errata.client.catalog import Catalog
    from errata.nouns.finding import Finding
    from errata.nouns.plan import MeasuredSlice
    from errata.nouns.record import Record
    from errata.nouns.report import Report
    from errata.nouns.run import Run
    from errata.nouns.verdict import GateResult

MOST_CASES = 3


@dataclass
class Story:
    """What has happened so far. ``cases`` stand in the order in which they were opened; ``factors`` are theirs."""

    catalog: Catalog
    out: Path
    seed: int
    telling: Telling
    sets: dict[str, Digits] = field(default_factory=dict)
    models: dict[str, Model] = field(default_factory=dict)
    runs: dict[tuple[str, str], Run] = field(default_factory=dict)
    tables: dict[tuple[str, str], pa.Table] = field(default_factory=dict)
    report: Report | None = None
    cases: list[str] = field(default_factory=list)
    factors: dict[str, list[str]] = field(default_factory=dict)
    plans: list[Record] = field(default_factory=list)
    gates: dict[str, GateResult] = field(default_factory=dict)
    closed: list[str] = field(default_factory=list)
    came_back: list[str] = field(default_factory=list)
    planned: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    mended: list[str] = field(default_factory=list)
    dropped: str | None = None
    meanwhile: dict[str, MeasuredSlice] = field(default_factory=dict)

    def case(self, key: str) -> Record:
        """A case as it stands now."""
        return self.catalog.cases.get(key)

    def run(self, model: str, dataset: str) -> Run:
        """The run of a model on a dataset."""
        return self.runs[model, dataset]


def tell(story: Story) -> None:
    """The whole path. Nothing here knows a number beforehand; where the data say otherwise, so does the story."""
    from errata.cli.demo.releases import repaired, spoiled

    first_model(story)
    first_failures(story)
    if open_cases(story):
        checks(story)
        plan(story)
        repaired(story)
        spoiled(story)


def first_model(story: Story) -> None:
    """Train ``digits@1`` on clean pictures and log it on clean pictures that it has not seen."""
    telling = story.telling
    telling.step("A model: digits@1 learns to read handwritten digits")
    digits = pictures.scanned()
    dealt = pictures.dealt(digits, story.seed)
    story.sets = {"train": dealt["train"], "val@1": dealt["val"]}
    for part in ("field@1", "field@2"):
        story.sets[part] = pictures.field(dealt[part], part, story.seed)
    make(story, "digits@1", {})
    learned = units.count(story.models["digits@1"].pictures)
    telling.say(
        f"{units.count(len(digits))} scanned digits of 8 × 8 pixels. It learns from {learned} of them; "
        f"{units.count(len(dealt['val']))} others are held out, and it misreads few of those:"
    )
    log(story, "digits@1", "val@1")


def first_failures(story: Story) -> None:
    """Log ``digits@1`` on the first field set and find where it fails."""
    telling = story.telling
    telling.step("The field is not so kind")
    copies = PER_FACTOR * len(PERTURBATIONS)
    telling.say(
        f"Other digits as a camera might deliver them: each as it is, and {copies} times with one thing wrong, "
        f"{recipe.listing(list(PERTURBATIONS))} at many levels, which are columns of the file."
    )
    log(story, "digits@1", "field@1")
    telling.step("Where does it fail more than elsewhere, by more than chance?")
    run = story.run("digits@1", "field@1")
    telling.command("errata", "analyze", run.ref)
    story.report = story.catalog.runs.analyze(run.number)
    show_report(telling, story.report, run.ref)


def open_cases(story: Story) -> bool:
    """Open a case for the foremost finding of each factor; say whether there is any."""
    assert story.report is not None
    telling = story.telling
    chosen: list[tuple[Finding, list[str]]] = []
    for finding in story.report.slices():
        about = factors_of(finding.slice)
        if about and not any(set(about) & set(known) for _, known in chosen):
            chosen.append((finding, about))
    if not chosen:
        telling.say("Nothing that a plan could mend beats chance with this seed, so the story ends here.")
        return False
    telling.step("What is worth mending becomes a case, with its failed pictures as evidence")
    for finding, about in chosen[:MOST_CASES]:
        title = f"{adjectives(about).capitalize()} digits are misread"
        above, least = units.count(finding.excess_errors), units.count(finding.excess_errors_low)
        why = f"{above} errors above the rest, at least {least}"
        case = story.catalog.cases.open(finding=parse_fact(finding.id, "finding"), title=title, reason=why)
        telling.command("errata", "case", "open", finding.id, "--title", title, "--why", why)
        telling.say(f"{case.key}  {case.slice} · {units.count(case.samples)} failed pictures kept")
        story.cases.append(case.key)
        story.factors[case.key] = about
    # A small plan: what it leaves for later shows how one fix can undo another.
    story.planned = story.cases[:-1] or story.cases
    story.waiting = [key for key in story.cases if key not in story.planned]
    return True


def checks(story: Story) -> None:
    """A check of each planned case, and one of everything against the version before."""
    telling = story.telling
    telling.step("Checks say when a case is mended, and guard it from then on")
    telling.say("A mended slice fails no more than the rest did when it was found.")
    for key in story.planned:
        guard(story, key)
    telling.say("All pictures together may fail at most one percent point more than with the version before.")
    criterion = "<= baseline + 0.01"
    story.catalog.checks.add(slice="all", metric="error", criterion=criterion, name="Overall")
    telling.command(
        *("errata", "check", "add", "--slice", "all", "--metric", "error"),
        *("--criterion", criterion, "--name", "Overall"),
    )


def guard(story: Story, key: str) -> None:
    """A check of a case: its slice may fail as often as the rest did when it was found, two digits."""
    case = story.case(key)
    criterion = f"<= {math.ceil(100 * (case.figures.rest_error_rate or 0)) / 100:g}"
    story.catalog.checks.add(case=key, criterion=criterion)
    story.telling.command("errata", "check", "add", key, "--criterion", criterion)


def plan(story: Story) -> None:
    """Plan to retrain with what the planned cases are about."""
    telling = story.telling
    about = [name for key in story.planned for name in story.factors[key]]
    telling.step(f"A plan: retrain with {adjectives(about)} digits, and what that can bring at most")
    title = f"Retrain with {adjectives(about)} digits"
    actions = [f"augment: {recipe.COPIES} {adjectives([name])} copies of each training picture" for name in about]
    write_plan(story, story.planned, title, actions, cost="a minute of one core; no new labels")
    if story.waiting:
        telling.say(f"It is a small plan: {recipe.listing(story.waiting)} waits.")


def write_plan(
    story: Story, keys: list[str], title: str, actions: list[str], *, cost: str, on: Run | None = None
) -> None:
    """Write a plan for cases, which uses every training picture; its gain is predicted on a run."""
    telling, training = story.telling, story.sets["train"]
    file = story.out / place.TRAINING
    rows = [f"{name},{base}" for name, base in zip(training.ids(), training.base, strict=True)]
    file.write_text("\n".join(["id,group", *rows]) + "\n", encoding="utf-8")
    made = story.catalog.plans.open(
        cases=keys,
        action=actions,
        title=title,
        cost=cost,
        samples=training.ids(),
        groups=[int(base) for base in training.base],
        run=on.number if on else None,
        seed=story.seed,
    )
    story.plans.append(made)
    does = [word for action in actions for word in ("--do", action)]
    which = [word for key in keys for word in ("--case", key)]
    where = ("--run", on.ref) if on else ()
    used = ("--samples", str(file), "--cost", cost, "--seed", str(story.seed))
    telling.command("errata", "plan", "open", *which, "--title", title, *does, *used, *where)
    gain = made.predicted
    rest = units.percent(gain.rest_failed / gain.rest_rows)
    telling.say(
        f"{made.key}  at most {units.count(gain.errors)} {span(gain.low, gain.high)} fewer of "
        f"{units.count(gain.failed + gain.rest_failed)} errors: the ceiling, if what is planned fails like the rest, "
        f"{rest}"
    )


def make(story: Story, name: str, copies: dict[str, int]) -> None:
    """Train a version on the training pictures and their augmented copies."""
    training = pictures.augmented(story.sets["train"], copies, story.seed)
    story.models[name] = train(name, training, copies, story.seed)


def log(story: Story, name: str, dataset: str) -> Run:
    """Write the predictions of a version on a set as a file, and log it."""
    import pyarrow.parquet as pq

    model = story.models[name]
    file = story.out / place.PREDICTIONS / f"{name}-on-{dataset}.parquet"
    table = predictions(model, story.sets[dataset])
    pq.write_table(table, file)
    story.tables[name, dataset] = table
    roles: dict[str, Any] = {"group": "base"}
    run = story.catalog.runs.log(file, model=name, dataset=dataset, params=model.params(), seed=story.seed, **roles)
    story.runs[name, dataset] = run
    made_with = [word for key, value in model.params().items() for word in ("--param", f"{key}={value}")]
    story.telling.command(
        *("errata", "log", str(file), "--model", name, "--dataset", dataset, "--group", "base"),
        *made_with,
        *("--seed", str(story.seed)),
    )
    story.telling.say(_run_line(run))
    return run


def show_report(telling: Telling, report: Report, ref: str) -> None:
    """A report as ``errata analyze`` prints it."""
    from errata.show.terminal import report_text

    telling.show(report_text(report, width=telling.room, colour=telling.colour, command_file=ref))


def span(low: float, high: float) -> str:
    """An interval of errors: ``[151, 219]``."""
    return f"[{low:,.0f}, {high:,.0f}]"


def _run_line(run: Run) -> str:
    from errata.show.run_text import run_line

    return run_line(run)
