"""A catalog behind an address: the same operations, sent to ``errata serve`` with a token."""

from __future__ import annotations

import json
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from errata.client.answers import read
from errata.client.operations import OPERATIONS, in_path
from errata.client.transport import not_remote
from errata.core import errors
from errata.core.errors import ErrataError, StorageError

if TYPE_CHECKING:
    import httpx

    from errata.store.catalog import Store

TRIES = 4
TIMEOUT = 60.0


class Http:
    """The transport over HTTP. What is sent again after the connection broke is done once: it has a key of its own."""

    def __init__(self, address: str, token: str | None = None, *, client: httpx.Client | None = None) -> None:
        import httpx

        self.address = address.rstrip("/")
        headers = {"authorization": f"Bearer {token}"} if token else {}
        self._client = client or httpx.Client(timeout=TIMEOUT, follow_redirects=False)
        self._client.headers.update({**headers, "accept": "application/json"})

    @property
    def store(self) -> Store:
        """There is none on this side."""
        raise not_remote("this")

    def ask(self, name: str, /, **arguments: Any) -> Any:
        """Send the request; its answer is read back as the verb would have given it."""
        from urllib.parse import quote

        operation = OPERATIONS[name]
        path = operation.path
        for part in in_path(operation):
            path = path.replace(f"{{{part}}}", quote(str(arguments.pop(part)), safe=""))
        given = {key: _plain(value) for key, value in arguments.items() if value is not None}
        if operation.writes:
            values = self.send(operation.method, path, content=json.dumps(given).encode())
        else:
            values = self.send("GET", path, params={key: _query(value) for key, value in given.items()})
        return read(operation.answers, values)

    def upload(self, data: Any, about: dict[str, Any]) -> Any:
        """Log a path or a table as a run; the run as the server answers it."""
        said = json.dumps({name: _plain(value) for name, value in about.items() if value is not None})
        with _file_of(data) as path:
            how = {"params": {"about": said, "name": path.name}}
            return read("run", self.send("POST", "/runs", content=path, **how))

    def send(self, method: str, path: str, **how: Any) -> Any:
        """One request, as often as it takes for the connection to hold. Raises the error that the server answers."""
        import httpx

        headers = {}
        if method != "GET":
            headers = {"idempotency-key": uuid.uuid4().hex, "content-type": "application/json"}
        body = how.pop("content", None)
        for attempt in range(1, TRIES + 1):
            content = (
                _chunks(body) if isinstance(body, Path) else body
            )  # a stream is read once, so each try has its own
            try:
                answer = self._client.request(
                    method, f"{self.address}/api{path}", headers=headers, content=content, **how
                )
                break
            except httpx.TransportError as exc:
                if attempt == TRIES:
                    raise StorageError(
                        "no-server",
                        f"the catalog at {self.address} does not answer",
                        expected="a running `errata serve`",
                        found=str(exc) or type(exc).__name__,
                        next=f"errata serve, and look at {self.address}",
                    ) from exc
                time.sleep(0.1 * 2**attempt)
        if answer.status_code >= 400:
            raise _raised(answer, self.address)
        return answer.json() if answer.content else None

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()


@contextmanager
def _file_of(data: Any) -> Iterator[Path]:
    """A path as it is; a table in memory as Parquet for the block; nothing as an empty file."""
    if isinstance(data, (str, Path)):
        path = Path(data)
        if not path.is_file():
            raise not_remote("logging a folder, a glob or standard input")
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="errata-log-") as folder:
        path = Path(folder) / "table.parquet"
        if data is None:
            path.touch()
        else:
            import pyarrow as pa
            import pyarrow.parquet as pq

            from errata.client.analyze import source_of

            source = source_of(data)
            pq.write_table(pa.Table.from_batches(source.batches(source.schema.names)), path)
        yield path


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            yield chunk


def _plain(value: Any) -> Any:
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(one) for one in value]
    return value.item() if hasattr(value, "item") else value


def _query(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _raised(answer: httpx.Response, address: str) -> Exception:
    """The error of the problem document, as the same class that the verb raised."""
    try:
        problem = answer.json()
        kind = getattr(errors, str(problem.get("kind")), None)
    except (ValueError, AttributeError):
        problem, kind = {}, None
    if not (isinstance(kind, type) and issubclass(kind, ErrataError)):
        return StorageError(
            "bad-answer",
            f"{address} did not answer as a catalog does",
            expected="a catalog, as `errata serve` shows it",
            found=f"status {answer.status_code}",
            next="errata.open('http://HOST:8151', token=…)",
        )
    texts = {name: problem[name] for name in ("expected", "found", "where", "next") if name in problem}
    return kind(problem["code"], problem["title"], details=problem.get("details", []), **texts)
