"""What the demo leaves a reader with: four lines for whoever owns the product, and where to look next."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from errata.cli.demo.place import CHECKS, PREDICTIONS
from errata.cli.demo.recipe import adjectives, listing
from errata.cli.demo.releases import FIELD, change, got_worse
from errata.cli.demo.story import Story
from errata.core import units
from errata.show.gate_words import difference, span

SCHEMA = "errata.demo/1"


def four_lines(story: Story) -> list[str]:
    """What happened, for a product owner; of what did not happen, that."""
    return [_first(story), _second(story), _third(story), _fourth(story)]


def as_json(story: Story) -> dict[str, Any]:
    """The story as plain values of the schema ``errata.demo/1``."""
    cases = [story.case(key) for key in story.cases]
    return {
        "schema": SCHEMA,
        "seed": story.seed,
        "catalog": str(story.catalog.path),
        "project": {"name": story.catalog.project, "key": story.catalog.key},
        "runs": [run.ref for run in story.runs.values()],
        "cases": [
            {"key": one.key, "slice": one.slice, "factors": story.factors[one.key], "state": one.state} for one in cases
        ],
        "plans": [one.key for one in story.plans],
        "gates": {name: result.verdict for name, result in story.gates.items()},
        "closed": story.closed,
        "came_back": story.came_back,
        "mended": story.mended,
        "summary": four_lines(story),
        "seconds": round(story.telling.seconds(), 1),
    }


def look_next(story: Story) -> list[tuple[str, tuple[str, ...]]]:
    """What there is to see, and the command that shows it."""
    out, files = str(story.out), story.out / PREDICTIONS
    serve = ("make", "serve") if out == "demo" and Path("Makefile").is_file() else ("errata", "serve", "--catalog", out)
    shown: list[tuple[str, tuple[str, ...]]] = [("all of this as pages", serve)]
    key = next(iter([*story.came_back, *story.closed, *story.cases]), None)
    if key:
        shown.append(("what a case rests on and what guards it", ("errata", "case", "show", key, "--catalog", out)))
        shown.append(("who changed it, when and why", ("errata", "case", "history", key, "--catalog", out)))
    first = str(files / "digits@1-on-field@1.parquet")
    shown.append(("the analysis of a file, without a catalog", ("errata", "analyze", first, "--group", "base")))
    if story.gates:
        old, new = (str(files / f"digits@{n}-on-{FIELD}.parquet") for n in (2, 3))
        by = ("--checks", str(story.out / CHECKS), "--group", "base")
        shown.append(("the gate as CI would ask it", ("errata", "gate", new, "--baseline", old, *by)))
    return shown


def _first(story: Story) -> str:
    clean, rough = story.run("digits@1", "val@1"), story.run("digits@1", "field@1")
    return (
        f"digits@1 misreads {_rate(clean)} of {units.count(clean.rows or 0)} clean pictures and {_rate(rough)} of "
        f"{units.count(rough.rows or 0)} from the field"
        + (f", {adjectives(_of(story, story.cases))} digits above all." if story.cases else ".")
    )


def _second(story: Story) -> str:
    if not story.gates:
        return "No slice stands out, so there was nothing to plan."
    assert story.plans[0].measured is not None
    gain = change(story.plans[0].measured.slices[0])
    about = adjectives(_of(story, story.planned))
    line = f"digits@2, retrained with {about} ones, makes {gain}, on digits new to it"
    open_still = [key for key in story.planned if key not in story.closed]
    worse = got_worse(story)
    aside = f" {adjectives(_of(story, worse)).capitalize()} ones got worse, which no check guarded." if worse else ""
    if not open_still:
        return f"{line}: {_closed(story.closed)}.{aside}"
    if not story.closed:
        return f"{line}; that is not enough to close {listing(open_still)}.{aside}"
    return f"{line}: {_closed(story.closed)}, {listing(open_still)} not yet.{aside}"


def _third(story: Story) -> str:
    if not story.gates:
        return "Nothing was retrained."
    overall = next(check for check in story.gates["digits@3"].checks if check.slice == "all")
    better, worse = (overall.high or 0) < 0, (overall.low or 0) > 0
    said = "better" if better else "worse" if worse else "neither better nor worse"
    change = (
        f"{units.percent(overall.baseline)} → {units.percent(overall.value)}, {difference(overall)} {span(overall)}"
    )
    line = f"digits@3 is {said} on the whole, {change}"
    if story.came_back:
        fails = f"{adjectives(_of(story, story.came_back))} digits fail again: {listing(story.came_back)} came back."
        return f"{line}; {'yet ' if better else ''}{fails}"
    return f"{line}; nothing that was mended came back."


def _fourth(story: Story) -> str:
    if not story.gates:
        return "Another seed deals the digits anew: errata demo --seed 1"
    said = {"pass": "may go out", "fail": "may not", "inconclusive": "needs more samples before anyone can tell"}
    two, three = (said[story.gates[f"digits@{n}"].verdict] for n in (2, 3))
    both = "neither of them may go out" if two == three == said["fail"] else ""
    return f"So {both or f'digits@2 {two}, digits@3 {three}'}; whatever comes next is asked the same."


def _of(story: Story, keys: list[str]) -> list[str]:
    return list(dict.fromkeys(name for key in keys for name in story.factors[key]))


def _closed(keys: list[str]) -> str:
    return f"{listing(keys)} {'is' if len(keys) == 1 else 'are'} closed"


def _rate(run: Any) -> str:
    return f"{units.percent(run.error_rate)} {units.interval(run.low, run.high)}"
