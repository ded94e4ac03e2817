"""The options that several commands share, and what they build."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from typing import Any, TypeVar

import click

from errata.nouns.roles import TASKS, Roles

F = TypeVar("F", bound=Callable[..., Any])

_ROLE_OPTIONS = (
    click.option("--truth", metavar="COLUMN", help="What was right."),
    click.option("--prediction", metavar="COLUMN", help="What the model said."),
    click.option("--score", metavar="COLUMN", help="Confidence in the prediction, in [0, 1]."),
    click.option(
        "--scores", metavar="COLUMNS", help="P(class) for each class: a pattern ('p_*') or names with commas."
    ),
    click.option("--id", metavar="COLUMN", help="Names each row; read only from id or sample_id unless given."),
    click.option("--loss", metavar="COLUMN", help="A loss per row, 0 or more."),
    click.option(
        "--failed", metavar="EXPRESSION", help="A row also failed when this holds: 'latency_ms > 500 or refused'."
    ),
    click.option("--time", metavar="COLUMN", help="When the prediction was made."),
    click.option("--group", metavar="COLUMN", help="What makes rows dependent (video, user): resampled as a whole."),
    click.option("--image", metavar="COLUMN", help="The picture that was predicted on: bytes, or a path."),
    click.option(
        "--factors",
        metavar="COLUMNS",
        multiple=True,
        help="Columns to search, with commas; may repeat. Otherwise all that can be one.",
    ),
    click.option("--exclude", metavar="COLUMNS", multiple=True, help="Columns to leave out, with commas; may repeat."),
    click.option(
        "--derive",
        metavar="FACTORS",
        multiple=True,
        help="Factors derived from columns, with commas: 'hour(time), length(question)'; may repeat.",
    ),
    click.option("--positive", metavar="CLASS", help="The class that fpr and fnr are about."),
    click.option(
        "--task",
        type=click.Choice(TASKS),
        help="What the model does; otherwise read from the types of truth and prediction.",
    ),
    click.option("--k", type=click.IntRange(1), metavar="K", help="The first K count: of top-k 5, of retrieval 10."),
    click.option("--separator", metavar="TEXT", help="What stands between labels in one text; otherwise ; or |."),
    click.option("--format", metavar="FORMAT", help="Generation: what an answer has to be, json or a pattern."),
    click.option("--question", metavar="COLUMN", help="Generation: what was asked."),
    click.option("--contexts", metavar="COLUMN", help="Generation: the texts that were retrieved for it."),
    click.option("--judge", metavar="COLUMN", help="Generation: a judge's score in [0, 1], or its verdict."),
    click.option("--faithfulness", metavar="COLUMN", help="Generation: a score of it in [0, 1]."),
    click.option("--tools", metavar="COLUMN", help="Generation: tool calls with results, their errors, or a trace."),
    click.option(
        "--quarantine", is_flag=True, help="Keep bad rows aside and count them, instead of refusing the file."
    ),
    click.option(
        "--tz", metavar="ZONE", help="The zone of times that name none, such as Europe/Berlin; otherwise UTC."
    ),
    click.option(
        "--allow-unknown", is_flag=True, help="Take rows without truth as unknown, instead of refusing the file."
    ),
)

engine_option = click.option(
    "--engine",
    type=click.Choice(["local", "spark"]),
    default="local",
    show_default=True,
    help="Who counts: this machine, or Spark, which reads Parquet and table:NAME.",
)

_CATALOG_OPTIONS = (
    click.option(
        "--catalog",
        metavar="PLACE",
        envvar="ERRATA_CATALOG",
        show_envvar=True,
        help="The catalog: a folder, or postgresql://…; otherwise the nearest .errata/ upward.",
    ),
    click.option(
        "--project",
        metavar="KEY",
        envvar="ERRATA_PROJECT",
        show_envvar=True,
        help="The project in it; otherwise the only one.",
    ),
)

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object (errors too, on stderr).")
"""``--json``, given to the command as ``as_json``."""


def refuse_with_engine(engine: str, given: Mapping[str, bool]) -> None:
    """Raise UsageError for the first of what is ``given`` that goes with the local engine alone."""
    from errata.core.errors import UsageError

    for name, there in given.items():
        if there:
            raise UsageError(
                "bad-option",
                f"--engine {engine} and {name} exclude each other",
                expected=f"with --engine {engine}, Parquet or table:NAME that is counted anew",
                found=name,
                next="leave --engine away",
            )


def role_options(function: F) -> F:
    """Add ``--truth`` … ``--allow-unknown``; the command receives them by name and gives them to ``roles_from``."""
    return _apply(_ROLE_OPTIONS, function)


def catalog_options(function: F) -> F:
    """Add ``--catalog`` and ``--project``, which the environment may set."""
    return _apply(_CATALOG_OPTIONS, function)


def roles_from(options: Mapping[str, Any]) -> Roles:
    """The roles among a command's options; others are ignored, what was not given stays unset."""
    given = {field.name: options[field.name] for field in fields(Roles) if options.get(field.name)}
    given["factors"] = split_names(options.get("factors") or ()) or None
    given["exclude"] = split_names(options.get("exclude") or ())
    if options.get("derive"):
        from errata.factors.derivation import parse_all

        given["derive"] = parse_all(options["derive"])
    scores = options.get("scores")
    if scores and "," in scores:
        given["scores"] = split_names([scores])
    return Roles(**given)


def split_names(texts: Iterable[str]) -> tuple[str, ...]:
    """``("a, b", "c")`` → ``("a", "b", "c")``, each once; a name with a comma stands in double quotes."""
    names = (name.strip() for row in csv.reader(texts, skipinitialspace=True) for name in row)
    return tuple(dict.fromkeys(name for name in names if name))


def _apply(options: tuple[Callable[[F], F], ...], function: F) -> F:
    for option in reversed(options):
        function = option(function)
    return function
