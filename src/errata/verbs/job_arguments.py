"""What every kind of job is made of: its arguments, what it is done with, and how it is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Protocol

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from errata.nouns.job import Job
from errata.store.catalog import Store, Transaction

Result = dict[str, Any]


class Work(Protocol):
    """What a job is done with: ``store`` acts for whoever asked."""

    store: Store
    job: Job

    def say(self, text: str) -> None:
        """What is being done. Stops the work when the job was cancelled, or taken by somebody else."""
        ...

    def reached(self, done: int, total: int, checkpoint: Mapping[str, Any] | None = None) -> None:
        """How many of how many steps are done, and from where the next worker would go on."""
        ...

    def finish(self, transaction: Transaction, result: Result) -> None:
        """Say in the transaction of the work that it is done; Conflict when the job is no longer this worker's."""
        ...


def _run(value: Any) -> Any:
    return f"run:{value}" if isinstance(value, int) and not isinstance(value, bool) else value


def one_or_many(value: Any) -> Any:
    """Runs by their names, of one or several names or numbers; anything else as it is."""
    values = [value] if isinstance(value, (str, int)) else value
    return [_run(one) for one in values] if isinstance(values, (list, tuple)) else values


def _names(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


RunName = Annotated[str, BeforeValidator(_run), Field(pattern=r"^run:[1-9][0-9]{0,17}$")]
RowsName = Annotated[
    str, BeforeValidator(_run), Field(pattern=r"^(run:[1-9][0-9]{0,17}|upload:[0-9a-f]{64}/[^/\x00-\x1f\x7f]{1,200})$")
]
UploadName = Annotated[str, Field(pattern=r"^upload:[0-9a-f]{64}/[^/\x00-\x1f\x7f]{1,200}$")]
Names = Annotated[tuple[str, ...], BeforeValidator(_names), Field(max_length=1000)]


class Arguments(BaseModel):
    """What a job is asked with."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_max_length=10_000)


@dataclass(frozen=True, slots=True)
class JobKind:
    """One kind of job; ``does`` says what it does in a line.

    ``stands_for`` reads what the arguments mean today: when that is the same and the result is ``lasting``, a job that
    is done answers whoever asks again.
    """

    does: str
    arguments: type[Arguments]
    stands_for: Callable[[Store, Any], Any]
    lasting: bool
    run: Callable[[Work, Any], Result]
