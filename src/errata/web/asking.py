"""What an address asks of an analysis: its options, checked, as the client and as the terminal take them."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import Path
from pydantic import BaseModel, BeforeValidator, Field

from errata.core.errors import NotFound, UsageError
from errata.core.names import nearest, parse_fact, written_names
from errata.verbs.audits import AUDITS, chosen, read_costs

COLUMN = 400
"""The longest name of a column that an address may hold."""


def _given(value: Any) -> Any:
    """A form sends what was not filled in as an empty text."""
    return None if value == "" else value


def _listed(value: Any) -> Any:
    return [one for one in ([value] if isinstance(value, str) else value or ()) if one != ""]


Column = Annotated[str | None, Field(max_length=COLUMN), BeforeValidator(_given)]
Columns = Annotated[
    list[Annotated[str, Field(max_length=COLUMN)]], Field(max_length=50), BeforeValidator(_listed)
]  # fmt: skip
Name = Annotated[
    str,
    Path(max_length=40, description="An analysis, as --only names it", json_schema_extra={"enum": list(AUDITS)}),
]


class Asked(BaseModel, extra="forbid"):
    """The options that analyses take; each its own, and none that it does not know."""

    time: Column = Field(default=None, description="The column of the time of each prediction.")
    group: Column = Field(
        default=None, description="The column of what makes rows dependent: the task that is tried again."
    )
    score: Column = Field(default=None, description="The column of the confidence in the prediction.")
    positive: Annotated[str | None, BeforeValidator(_given)] = Field(
        default=None, max_length=200, description="The class that FPR and FNR are about."
    )
    bucket: Literal["auto", "hour", "day"] = Field(default="auto", description="What the trend is told by.")
    model_from: Column = Field(default=None, description="The column of the model's version.")
    nodes: Columns = Field(default=[], description="Columns that name a machine, hardware or software; may repeat.")
    strata: Columns = Field(default=[], description="Factors that tell the traffic of nodes apart; may repeat.")
    fairness: Columns = Field(default=[], description="Columns whose values are groups; may repeat.")
    heatmap: Columns = Field(default=[], description="A factor of the heatmap; twice, or not at all.")
    precision: Annotated[float | None, BeforeValidator(_given)] = Field(
        default=None, gt=0, lt=0.5, description="The half-width of an interval that suffices, a share."
    )
    strength: Annotated[int | None, BeforeValidator(_given)] = Field(
        default=None, ge=1, le=3, description="The most factors in a combination."
    )
    traffic: Annotated[str | None, BeforeValidator(_given)] = Field(
        default=None, max_length=40, description="run:N, whose rows say how often a combination occurs."
    )
    costs: Annotated[str | None, BeforeValidator(_given)] = Field(
        default=None, max_length=80, description="What a false positive and a false negative cost: fp=1,fn=5."
    )

    embedding: Columns = Field(
        default=[], description="What failures are clustered by: columns, or a pattern; may repeat."
    )
    clusters: Literal["kmeans", "hdbscan"] = Field(default="kmeans", description="How failures are clustered.")
    split: Annotated[str | None, BeforeValidator(_given)] = Field(
        default=None,
        max_length=COLUMN,
        description="COLUMN or COLUMN=TRAIN: what tells training rows from held-out ones.",
    )
    train: Annotated[str | None, BeforeValidator(_given)] = Field(
        default=None, max_length=40, description="run:N of the same model on the rows that it learned from."
    )
    stages: Columns = Field(default=[], description="What the stages of a pipeline gave, in their order; may repeat.")
    sizes: Annotated[str | None, BeforeValidator(_given)] = Field(
        default=None,
        max_length=COLUMN,
        description="On how many examples the model was trained: a column, or a parameter.",
    )

    def set(self) -> dict[str, Any]:
        """What was asked for beyond the usual, by name."""
        return {
            name: value
            for name in type(self).model_fields
            if (value := getattr(self, name)) not in (None, [], "auto", "kmeans")
        }

    def query(self) -> str:
        """The same as the end of an address, with its question mark; nothing where nothing was asked for."""
        values = self.set()
        return f"?{urlencode(values, doseq=True)}" if values else ""


@dataclass(frozen=True, slots=True)
class About:
    """An analysis on a page: its title, what it answers, the options it takes, what to say where it lacks one, and
    what to say if the run has no column that could be chosen."""

    title: str
    question: str
    options: tuple[str, ...] = ()
    lacking: Mapping[str, str] | None = None
    without: str = ""


_NO_TIME = {
    "--time names no column": "This run does not say when each prediction was made. Choose the column that does."
}
_NO_TIMES = (
    "This run does not say when each prediction was made, and none of its columns holds times. Log it again with one: "
    "errata log FILE --time COLUMN."
)
ABOUT: dict[str, About] = {
    "calibration": About("Calibration", "Is it as sure as it is right?", ("score",)),
    "operating-points": About(
        "Operating points", "Where to cut, and what does abstaining gain?", ("positive", "costs", "score")
    ),
    "trend": About("Trend", "Did it fail more at some time?", ("time", "bucket", "model_from"), _NO_TIME, _NO_TIMES),
    "nodes": About(
        "Nodes",
        "Is a machine, a device or a version at fault, or its traffic?",
        ("nodes", "strata"),
        {"--nodes names no column": "No column is named as one of machines, hardware or versions. Choose some."},
    ),
    "drift": About("Drift", "How do later rows differ from earlier ones?", ("time",), _NO_TIME, _NO_TIMES),
    "kinds": About("Kinds of error", "What kinds of error are the failures?", ("positive",)),
    "repeats": About(
        "Repeats",
        "Does it fail always, or now and then?",
        ("group",),
        {
            "--group names no column: the task that is tried again and again": "This run does not say which rows are "
            "trials of the same task. Choose the column that does."
        },
    ),
    "fairness": About(
        "Fairness",
        "Is it worse for one group than for the others?",
        ("fairness", "positive", "precision"),
        {"--fairness names no column": "No column is named as one of groups. Choose some."},
    ),
    "adequacy": About(
        "Adequacy", "Which combinations does the test leave out?", ("strength", "precision", "traffic")
    ),
    "heatmap": About("Heatmap", "Where do two factors fail together?", ("heatmap",)),
    "residuals": About("Residuals", "How are the errors of a regression made?"),
    "holdout": About("Holdout", "Does it fail more on rows that it did not learn from?", ("split", "train")),
    "causes": About("Causes", "Is it the labels, the data, or the size of the training set?", ("sizes",)),
    "clusters": About("Clusters", "Which failures are alike?", ("embedding", "clusters")),
    "stages": About(
        "Stages",
        "Where do failing paths first depart from passing ones?",
        ("stages",),
        {"--stages names no column": "No column is named as a stage of a pipeline. Choose some, in their order."},
    ),
}  # fmt: skip


def usual() -> list[str]:
    """The analyses that ``--all`` makes; the others take long, and are made when they are asked for."""
    return [name for name in chosen(every=True) if name in AUDITS]


def about(name: str) -> About:
    """An analysis on a page. Raises NotFound for one that there is not."""
    if name not in AUDITS:
        near = nearest(name, list(AUDITS))
        raise NotFound(
            "no-such-analysis",
            f"there is no analysis {name!r}",
            expected=", ".join(AUDITS),
            found=name,
            next=near[0] if near else next(iter(AUDITS)),
        )
    return ABOUT.get(name) or About(name.replace("-", " ").capitalize(), "")


def options_of(name: str, asked: Asked) -> dict[str, Any]:
    """What ``catalog.runs.analyze`` takes. Raises UsageError for an option that the analysis does not have."""
    takes = about(name).options
    found = asked.set()
    for one in found:
        if one not in takes:
            said = f"it takes {', '.join(takes)}" if takes else "it takes none"
            raise UsageError("bad-option", f"the analysis {name} has no option {one}", expected=said, found=one)
    if "costs" in found:
        found["costs"] = read_costs(found["costs"])
    if "train" in found:
        found["train"] = parse_fact(found["train"], "run")
    if "traffic" in found:
        found["traffic"] = parse_fact(found["traffic"], "run")
    return found


def command(number: int, names: str, asked: Asked) -> str:
    """The same in the terminal."""
    words = ["errata", "analyze", f"run:{number}", "--only", names]
    for name, value in asked.set().items():
        text = written_names(value) if isinstance(value, list) else str(value)
        words += [f"--{name.replace('_', '-')}", text]
    return shlex.join(words)
