"""Two versions ask to go out: ``digits@2``, made by the plan, and ``digits@3``, which pays for one fix with another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from errata.cli.demo import recipe
from errata.cli.demo.recipe import adjectives
from errata.cli.demo.story import Story, guard, log, make, span, write_plan
from errata.core import units
from errata.core.errors import Conflict
from errata.perturb.image import PERTURBATIONS

if TYPE_CHECKING:
    from errata.nouns.plan import MeasuredSlice
    from errata.nouns.record import Record

FIELD = "field@2"


def repaired(story: Story) -> None:
    """Make ``digits@2`` by the plan, measure it on digits and levels never used for it, gate it, close what passes."""
    telling = story.telling
    about = [name for key in story.planned for name in story.factors[key]]
    telling.step(f"digits@2 is retrained with {adjectives(about)} digits, and both meet a field that neither has seen")
    telling.say("Its digits and its levels are new: none was used to find, to plan or to train.")
    make(story, "digits@2", recipe.planned(about))
    log(story, "digits@1", FIELD)
    log(story, "digits@2", FIELD)
    telling.step("What did the plan bring? Counted on the same pictures")
    measure(story, story.plans[0], "digits@1", "digits@2")
    for key in story.waiting:
        story.meanwhile[key] = paired(story, key, "digits@1", "digits@2")
        telling.say(f"{key}, not planned: {change(story.meanwhile[key])}. No check guards it yet.")
    telling.step("May digits@2 go out?")
    gate(story, "digits@2", "digits@1")
    run = story.run("digits@2", FIELD)
    for key in story.planned:
        telling.command("errata", "case", "close", key, "--by", run.ref)
        try:
            case = story.catalog.cases.close(key, run.number)
        except Conflict as refused:
            reasons = "; ".join(refused.details) or refused.message
            telling.say(f"{key} stays open: {reasons}")
        else:
            story.closed.append(key)
            telling.say(f"✓ {key} is closed by the verdict in gate:{case.closed_by.gate}")
    telling.say("What fails most now?")
    analyze(story, "digits@2")


def spoiled(story: Story) -> None:
    """Make ``digits@3``: pictures for what still fails take the place of those for what looks mended."""
    telling = story.telling
    wanted = _wanted(story)
    dropped = _looks_mended(story)
    story.dropped = dropped
    kept = [name for key in story.planned for name in story.factors[key] if name != dropped]
    telling.step(f"digits@3 goes for {adjectives(wanted)} digits, at no extra cost")
    if got_worse(story):
        telling.say("What nothing guards can get worse unheard; so it gets a check now.")
    why = "that looks mended, after all" if story.closed else "they brought little"
    telling.say(
        f"The training set may not grow, so {adjectives(wanted)} copies take the place of the "
        f"{recipe.ADJECTIVES[dropped]} ones: {why}."
    )
    for key in story.waiting:
        guard(story, key)
    if story.waiting:
        actions = [
            f"augment: {recipe.COPIES} {adjectives(wanted)} copies of each training picture",
            f"drop: the {recipe.ADJECTIVES[dropped]} copies",
        ]
        title = f"{adjectives(wanted).capitalize()} digits instead of {recipe.ADJECTIVES[dropped]} ones"
        write_plan(story, story.waiting, title, actions, cost="none", on=story.run("digits@2", FIELD))
    make(story, "digits@3", recipe.planned([*kept, *wanted]))
    log(story, "digits@3", FIELD)
    if story.waiting:
        measure(story, story.plans[1], "digits@2", "digits@3")
    telling.step("May digits@3 go out?")
    gate(story, "digits@3", "digits@2")
    result = story.gates["digits@3"]
    story.came_back = [case.key for case in story.catalog.cases.list("reopened")]
    story.mended = [check.case for check in result.of("pass") if check.case in story.waiting]
    for key in story.came_back:
        telling.say(f"▲ {key} came back: {story.case(key).slice}")
    for key in story.mended:
        telling.say(f"✓ {key} holds on digits@3, but nothing closes by a version that does not go out.")
    analyze(story, "digits@3")


def analyze(story: Story, name: str) -> None:
    """Analyse a version in the field, and say what fails and which cases that is."""
    telling, run = story.telling, story.run(name, FIELD)
    telling.command("errata", "analyze", run.ref)
    found = story.catalog.runs.analyze(run.number).slices()
    if not found:
        telling.say("No slice beats chance.")
    for one in found:
        rates = f"{units.percent(one.error_rate)} {units.interval(one.low, one.high)} of {units.count(one.rows)}"
        telling.say(f"{one.slice}  {rates}, rest {units.percent(one.rest_error_rate)} · {one.status}")


def measure(story: Story, plan: Record, before: str, after: str) -> None:
    """Measure what a plan brought between two versions, and say it."""
    telling = story.telling
    old, new = story.run(before, FIELD), story.run(after, FIELD)
    telling.command("errata", "plan", "measure", plan.key, "--before", old.ref, "--after", new.ref)
    plan = story.catalog.plans.measure(plan.key, old.number, new.number, seed=story.seed)
    story.plans[[one.key for one in story.plans].index(plan.key)] = plan
    for one in plan.measured.slices:
        telling.say(f"{one.case or 'everything'}: {change(one)}")


def paired(story: Story, key: str, before: str, after: str) -> MeasuredSlice:
    """Errors in a case's slice under two versions on the same pictures, as a plan measures them."""
    import numpy as np

    from errata.analysis.gain import measured_gain
    from errata.nouns.plan import MeasuredSlice
    from errata.nouns.slice import Slice

    case, digits = story.case(key), story.sets[FIELD]
    old, new = story.tables[before, FIELD], story.tables[after, FIELD]
    inside = Slice.parse(case.slice).mask(old.column, len(digits))
    wrong = [(table["prediction"].to_numpy() != digits.truth)[inside] for table in (old, new)]
    groups = np.unique(digits.base[inside], return_inverse=True)[1].astype(np.int64)
    gain = measured_gain(wrong[0], wrong[1], groups, story.seed)
    counts = {"rows": int(inside.sum()), "before": int(wrong[0].sum()), "after": int(wrong[1].sum())}
    return MeasuredSlice(slice=case.slice, case=key, **counts, gain=int(gain.errors), low=gain.low, high=gain.high)


def change(one: MeasuredSlice) -> str:
    """``280 [226, 335] fewer errors, 841 → 561 of 3,960 pictures``."""
    if one.gain == 0:
        return f"as many errors as before, {units.count(one.after)} of {units.count(one.rows)} pictures"
    words = "fewer" if one.gain > 0 else "more"
    low, high = (one.low, one.high) if one.gain >= 0 else (-one.high, -one.low)
    counts = f"{units.count(one.before)} → {units.count(one.after)} of {units.count(one.rows)} pictures"
    return f"{units.count(abs(one.gain))} {span(low, high)} {words} errors, {counts}"


def gate(story: Story, name: str, baseline: str) -> None:
    """Ask every check of the project on a version, and show the verdicts."""
    from errata.show.gate_text import gate_text

    telling = story.telling
    run, other = story.run(name, FIELD), story.run(baseline, FIELD)
    telling.command("errata", "gate", run.ref, "--baseline", other.ref)
    result = story.catalog.gates.run(run.number, baseline=other.number)
    story.gates[name] = result
    telling.show(gate_text(result, width=telling.room, colour=telling.colour))


def got_worse(story: Story) -> list[str]:
    """The cases that waited while ``digits@2`` was made, and got worse by more than chance."""
    return [key for key, one in story.meanwhile.items() if one.high < 0]


def _wanted(story: Story) -> list[str]:
    """What ``digits@3`` is for: the case that waits, else whatever else the field does that was not planned."""
    if story.waiting:
        return story.factors[story.waiting[0]]
    planned = {name for key in story.planned for name in story.factors[key]}
    return next(([name] for name in PERTURBATIONS if name not in planned), [next(iter(PERTURBATIONS))])


def _looks_mended(story: Story) -> str:
    """The factor of the planned case with the lowest error rate left, of a closed one if any is."""
    assert story.plans[0].measured is not None
    left = {one.case: one.after / one.rows for one in story.plans[0].measured.slices if one.case and one.rows}
    candidates = [key for key in story.closed or story.planned if key in left] or story.planned
    return story.factors[min(candidates, key=lambda key: left.get(key, 0.0))][0]
