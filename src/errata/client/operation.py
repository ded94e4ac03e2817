"""One thing that can be asked of a catalog: its name, its place on the network, the verb behind it, what that answers.

The request of an operation is its verb's signature, so nothing is declared twice: what is in the path by name, the rest
in the body, or in the query where nothing is written.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from pydantic import BaseModel

Answers = Literal[
    "record", "records", "revisions", "evidence", "link", "links", "run", "runs", "finding", "findings", "gate",
    "gates", "events", "alikes", "rubric", "templates", "linted", "report", "label", "labels", "comment",
    "comments", "subscription", "subscriptions", "inbox", "job", "jobs", "patterns", "round", "health", "described",
    "captures", "candidates", "captured", "estimate", "profile", "samples", "elsewheres", "late-truth", "comparison",
    "drift", "diagnosis", "imported", "text", "plain",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Operation:
    """One thing to ask: its name, its place on the network, the verb behind it, and what that answers.

    ``fixed`` are arguments that the name stands for. ``makes`` says that a record or fact is new afterwards. ``media``
    is the type of its answer on the network.
    """

    name: str
    method: Literal["GET", "POST", "PATCH", "DELETE"]
    path: str
    verb: str
    answers: Answers
    fixed: Mapping[str, Any] = field(default_factory=dict)
    makes: bool = False
    media: str = "application/json"

    @property
    def writes(self) -> bool:
        """Whether it may change the catalog."""
        return self.method != "GET"

    def function(self) -> Callable[..., Any]:
        """The verb."""
        return verb_of(self.verb)


def verb_of(named: str) -> Callable[..., Any]:
    """The function of ``errata.verbs.case:attach``."""
    module, _, name = named.partition(":")
    found: Callable[..., Any] = getattr(import_module(module), name)
    return found


@cache
def request_of(operation: Operation) -> type[BaseModel]:
    """The request of an operation as a strict model: the arguments of its verb, but the store and what is fixed."""
    from pydantic import ConfigDict, create_model

    function = operation.function()
    fields: dict[str, Any] = {}
    for name, parameter in list(inspect.signature(function).parameters.items())[1:]:
        if name in operation.fixed or name == "progress":
            continue
        wanted = eval(parameter.annotation, function.__globals__)  # annotations are text in every module of ours
        if "Iterable" in str(wanted):
            wanted = list[Any] | None  # an iterable is read once, and a request is looked at more often than that
        wanted = _storable(wanted)
        fields[name] = (wanted, ... if parameter.default is parameter.empty else parameter.default)
    made: type[BaseModel] = create_model(
        "".join(word.capitalize() for word in operation.name.replace("-", " ").split()),
        __config__=ConfigDict(extra="forbid", strict=True, arbitrary_types_allowed=False, str_max_length=1_000_000),
        **fields,
    )
    return made


def _storable(wanted: Any) -> Any:
    """The same type with whole numbers that a database can hold."""
    from typing import Annotated

    from pydantic import Field

    number = Annotated[int, Field(ge=-(2**63), lt=2**63)]
    if wanted == "str | Source":  # rows that stand for themselves do not travel
        return Annotated[str, Field(pattern=r"^(run|upload):")]
    plain: dict[Any, Any] = {int: number, int | None: number | None, Mapping[str, int]: Mapping[str, number]}
    return plain.get(wanted, wanted)


def in_path(operation: Operation) -> list[str]:
    """The names that stand in the path."""
    return [piece.partition("}")[0] for piece in operation.path.split("{")[1:]]
