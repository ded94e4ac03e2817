"""How the SDK reaches a catalog: in this process it calls the verbs, over the network it posts the same request."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Protocol

from errata.client.operations import OPERATIONS
from errata.core.errors import UsageError
from errata.store.catalog import Store


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

    def upload(self, data: Any, about: dict[str, Any]) -> Any:
        """Log a path or a table as a run of which ``about`` says the rest; the run."""
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
    def _store(self) -> Store:
        """For what is done where the catalog is alone. Raises UsageError ``not-remote`` where it is not."""
        return self._transport.store


def not_remote(what: str) -> UsageError:
    """What is only done where the catalog is."""
    return UsageError(
        "not-remote",
        f"{what} is done where the catalog is, not over the network",
        expected="a catalog in a folder or in PostgreSQL",
        next="errata.open(FOLDER)",
    )
