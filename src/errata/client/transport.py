"""How the SDK reaches a catalog: in this process it calls the verbs, over the network it posts the same request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any, Protocol

from errata.client.operation import verb_of
from errata.client.operations import OPERATIONS
from errata.client.operations_facts import TOLD, WORKS
from errata.core.errors import UsageError
from errata.core.names import names_run
from errata.store.catalog import Store

Progress = Callable[[str], None]


class Transport(Protocol):
    """What answers an operation by its name."""

    @property
    def address(self) -> str:
        """Where the catalog is, as people may see it."""
        ...

    @property
    def store(self) -> Store:
        """The catalog, when it is opened in this process. Raises UsageError ``not-remote`` when it is not."""
        ...

    def ask(self, name: str, /, **arguments: Any) -> Any:
        """What the operation of this name answers. Raises as its verb does."""
        ...

    def work(self, kind: str, progress: Progress | None = None, /, **arguments: Any) -> Any:
        """What takes long, done: here, or as a job of the server, whose progress is told. Raises as its verb does."""
        ...

    def lend(self, data: Any, *, quarantine: bool = False, tz: str | None = None) -> Any:
        """A run by its number or name, a path or a table, as operations and works take rows."""
        ...

    def upload(self, data: Any, about: dict[str, Any]) -> Any:
        """Log a path or a table as a run of which ``about`` says the rest; the run."""
        ...

    def blob(self, digest: str) -> bytes:
        """The bytes of a blob. Raises NotFound, StorageError."""
        ...

    def picture(self, run: int, row: int) -> tuple[bytes, str] | None:
        """The picture of a row of a run and its media type, if it has one that a page can show."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class Local:
    """A catalog that is opened in this process."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.address = store.home.address

    def ask(self, name: str, /, **arguments: Any) -> Any:
        """Call the verb."""
        operation = OPERATIONS[name]
        return operation.function()(self.store, **operation.fixed, **arguments)

    def work(self, kind: str, progress: Progress | None = None, /, **arguments: Any) -> Any:
        """Call the verb."""
        given = {name: value for name, value in arguments.items() if value is not None}
        if kind in TOLD:
            given["progress"] = progress
        return verb_of(WORKS[kind][0])(self.store, **given)

    def lend(self, data: Any, *, quarantine: bool = False, tz: str | None = None) -> Any:
        """The rows; a run stays its name."""
        from errata.client.analyze import source_of

        name = run_name(data)
        if name is not None or data is None or hasattr(data, "batches"):
            return name or data
        return source_of(data, quarantine=quarantine, tz=tz)

    def blob(self, digest: str) -> bytes:
        """Read it."""
        from errata.verbs.finding import blob

        return blob(self.store, digest)[0]

    def picture(self, run: int, row: int) -> tuple[bytes, str] | None:
        """Read it out of the run."""
        from errata.verbs.finding import picture

        return picture(self.store, run, row)

    def upload(self, data: Any, about: dict[str, Any]) -> Any:
        """Log it with the verb."""
        from errata.client.analyze import source_of
        from errata.client.roles import roles_of
        from errata.verbs.log import LogOptions, log_run

        reading = {name: about.pop(name) for name in ("quarantine", "tz")}
        said = {one.name: about.pop(one.name) for one in fields(LogOptions) if one.name in about}
        source = None if data is None else source_of(data, **reading)
        return log_run(self.store, source, roles_of(about), LogOptions(**said))

    def close(self) -> None:
        """Let go of the database."""
        self.store.close()


class Collection:
    """Records or facts of one sort, asked through a transport."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @property
    def _remote(self) -> bool:
        return not isinstance(self._transport, Local)

    @property
    def _store(self) -> Store:
        """For what is done where the catalog is alone. Raises UsageError ``not-remote`` where it is not."""
        return self._transport.store


def run_name(data: Any) -> str | None:
    """``run:3`` of a run that is named so, or by its number; None of anything else."""
    if isinstance(data, int) and not isinstance(data, bool):
        return f"run:{data}"
    return data if isinstance(data, str) and names_run(data) else None


def not_remote(what: str, instead: str = "") -> UsageError:
    """What is only done where the catalog is, and what to do ``instead``."""
    return UsageError(
        "not-remote",
        f"{what} is done where the catalog is, not over the network",
        expected="a catalog in a folder or in PostgreSQL",
        next=instead or "errata.open(FOLDER), on the machine of the catalog",
    )
