"""``errata demo``: the whole path on real data, from predictions to a guarded fix."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from errata.cli.options import json_option

if TYPE_CHECKING:
    from errata.cli.demo.story import Story
    from errata.cli.demo.telling import Telling


@click.command("demo")
@click.option("--out", default="demo", show_default=True, metavar="DIR", help="Where it writes; made anew each time.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Another seed, another truth.")
@json_option
def command(out: str, seed: int, as_json: bool) -> None:
    """Walk the whole path on real data, from predictions to a guarded fix.

    Trains a small classifier on scikit-learn's scanned digits, logs it, finds where it fails, opens cases, plans,
    retrains, measures, gates, and catches the version that breaks what was mended. Each step prints the command that
    does the same. Nothing is scripted to a number. It exits 0 whatever the verdicts. It needs the extra 'demo'.
    """
    import json

    from errata.cli.demo.ending import as_json as plain_values
    from errata.cli.demo.telling import Telling
    from errata.show.terminal import wants_colour

    _check_extra()
    width = min(shutil.get_terminal_size((100, 24)).columns, 110)
    telling = Telling(width=width, colour=wants_colour(), silent=as_json)
    with _acting_as("demo"):
        story = _run(Path(out), seed, telling)
    if as_json:
        click.echo(json.dumps(plain_values(story), ensure_ascii=False))


def _run(out: Path, seed: int, telling: Telling) -> Story:
    from errata.cli.demo import place
    from errata.cli.demo.ending import four_lines, look_next
    from errata.cli.demo.story import Story, tell
    from errata.client.catalog import init_catalog

    place.claim(out)
    telling.plain("Errata on real data: handwritten digits, from predictions to a guarded fix.")
    telling.plain("The lines after $ do the same by hand, after:")
    for words in _beforehand(out):
        telling.command(*words)
    telling.command("errata", "init", str(out), "--project", "digits", "--key", "DIG")
    with init_catalog(out, project="digits", key="DIG") as catalog:
        story = Story(catalog, out, seed, telling)
        tell(story)
        if story.gates:
            (out / place.CHECKS).write_text(catalog.checks.export(), encoding="utf-8")
        telling.plain()
        for line in four_lines(story):
            telling.point(line)
        telling.plain()
        telling.plain(f"Done in {telling.seconds():.0f} s. Look next:")
        for what, shown in look_next(story):
            telling.look(what, shown)
    return story


def _beforehand(out: Path) -> list[tuple[str, ...]]:
    """What to type before the commands of the demo work as they are printed."""
    activate = Path(sys.prefix) / "bin" / "activate"
    found = shutil.which("errata")
    there = found is not None and Path(found).resolve().parent == activate.parent.resolve()
    lines = [] if there or not activate.is_file() else [(".", os.path.relpath(activate))]
    return [*lines, ("export", f"ERRATA_CATALOG={out}")]


@contextmanager
def _acting_as(name: str) -> Iterator[None]:
    """Act under ``name`` for the block, unless the environment names somebody."""
    if os.environ.get("ERRATA_ACTOR", "").strip():
        yield
        return
    before = os.environ.get("ERRATA_ACTOR")
    os.environ["ERRATA_ACTOR"] = name
    try:
        yield
    finally:
        if before is None:
            del os.environ["ERRATA_ACTOR"]
        else:
            os.environ["ERRATA_ACTOR"] = before


def _check_extra() -> None:
    """Raise MissingExtra unless scikit-learn and Pillow are there."""
    from importlib.util import find_spec

    from errata.core.errors import MissingExtra

    missing = [name for name, module in (("scikit-learn", "sklearn"), ("Pillow", "PIL")) if find_spec(module) is None]
    if missing:
        raise MissingExtra(
            "missing-extra",
            "the demo needs an optional part of Errata",
            expected="the extra 'demo' (scikit-learn, Pillow, charts and pages)",
            found=f"no {' and no '.join(missing)}",
            next="pip install 'errata[demo]'",
        )
