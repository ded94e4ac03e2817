"""Which column plays which role in a file of predictions."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

TASKS = ("classification", "multilabel", "top-k", "regression", "retrieval", "generation")
OF_GENERATION = ("question", "contexts", "judge", "faithfulness", "tools")
"""The roles that a generation has beside those of every task."""
COLUMN_ROLES = ("truth", "prediction", "score", "id", "loss", "time", "group", "image", *OF_GENERATION)
"""The roles that one column plays."""
SETTINGS = ("task", "k", "separator", "format")
"""What stands among the roles and is no column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """The role of each column, as given by the user or read from names and types; None is unset.

    ``scores`` is a pattern (``p_*``) or a tuple of columns in the order of the classes; ``score`` is the confidence in
    the prediction. ``failed`` is a failure expression that is ORed with the task's own outcome. ``factors`` None means
    every column that can be one. ``positive`` is the class that the metrics ``fpr`` and ``fnr`` are about. ``derive``
    are factors derived from columns, by name (``hour(time)``).

    ``task`` is one of ``TASKS``; None is read from the types. ``k`` is how many of a ranked list count, ``separator``
    what stands between the labels of a text, ``format`` what an answer has to be (``json`` or a pattern). Of a
    generation, ``truth`` is the reference and ``prediction`` the answer.
    """

    truth: str | None = None
    prediction: str | None = None
    score: str | None = None
    scores: str | tuple[str, ...] | None = None
    id: str | None = None
    loss: str | None = None
    failed: str | None = None
    time: str | None = None
    group: str | None = None
    image: str | None = None
    factors: tuple[str, ...] | None = None
    exclude: tuple[str, ...] = ()
    positive: str | None = None
    derive: tuple[str, ...] = ()
    task: str | None = None
    k: int | None = None
    separator: str | None = None
    format: str | None = None
    question: str | None = None
    contexts: str | None = None
    judge: str | None = None
    faithfulness: str | None = None
    tools: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The roles that are set."""
        named = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {name: list(v) if isinstance(v, tuple) else v for name, v in named if v is not None and v != ()}
