"""A catalog behind an address: the same operations, sent to ``errata serve`` with a token."""

from __future__ import annotations

import json
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from errata.client.answers import read
from errata.client.jobs import ended
from errata.client.operation import in_path
from errata.client.operations import OPERATIONS
from errata.client.operations_facts import WORKS
from errata.client.transport import Progress, not_remote, run_name
from errata.core import errors
from errata.core.errors import Conflict, ErrataError, StorageError

if TYPE_CHECKING:
    import httpx

    from errata.store.catalog import Store

TRIES = 4
TIMEOUT = 60.0
PATIENCE = 600.0
"""Seconds in which an answer begins: what reads a large run is done when its answer comes."""


class Http:
    """The transport over HTTP. What is sent again after the connection broke is done once: it has a key of its own."""

    def __init__(self, address: str, token: str | None = None, *, client: httpx.Client | None = None) -> None:
        import httpx

        self.address = address.rstrip("/")
        headers = {"authorization": f"Bearer {token}"} if token else {}
        self._client = client or httpx.Client(timeout=httpx.Timeout(TIMEOUT, read=PATIENCE), follow_redirects=False)
        self._client.headers.update({**headers, "accept": "application/json"})

    @property
    def store(self) -> Store:
        """There is none on this side."""
        raise not_remote("this")  # whoever knows what, says so before

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

    def work(self, kind: str, progress: Progress | None = None, /, **arguments: Any) -> Any:
        """Ask for the job, and wait until a worker of the server has done it. Raises what it failed with."""
        given = {name: _plain(value) for name, value in arguments.items() if value is not None}
        job = ended(self, self.ask("job submit", kind=kind, arguments=given), progress)
        if job.error:
            raise error_of(job.error)
        if job.result is None:
            raise Conflict(
                "job-cancelled", f"{job.ref} was cancelled", found=job.title, next="ask again, or errata job list"
            )
        return read(WORKS[kind][1], job.result) if kind in WORKS else job.result

    def lend(self, data: Any, *, quarantine: bool = False, tz: str | None = None) -> Any:
        """A run stays its name; a file is sent, and so is a table, as Parquet. What it is called from then on."""
        if data is None or (name := run_name(data)) is not None:
            return None if data is None else name
        with _file_of(data, quarantine, tz) as path:
            return self.lend_file(path)

    def lend_file(self, path: Path) -> str:
        """Send a file as it is; ``upload:DIGEST/NAME``."""
        return str(self.send("POST", "/uploads", content=path, params={"name": path.name})["upload"])

    def upload(self, data: Any, about: dict[str, Any]) -> Any:
        """Log a path or a table as a run; the run as the server answers it."""
        said = json.dumps({name: _plain(value) for name, value in about.items() if value is not None})
        with _file_of(data, about.get("quarantine", False), about.get("tz")) as path:
            how = {"params": {"about": said, "name": path.name}}
            return read("run", self.send("POST", "/runs", content=path, **how))

    def blob(self, digest: str) -> bytes:
        """Its bytes, as the server holds them."""
        return self._answer("GET", f"/blobs/{digest}").content

    def picture(self, run: int, row: int) -> tuple[bytes, str] | None:
        """The picture, as the server reads it out of the run."""
        answer = self._answer("GET", f"/runs/{run}/rows/{row}/picture")
        return (answer.content, answer.headers["content-type"]) if answer.status_code == 200 else None

    def send(self, method: str, path: str, **how: Any) -> Any:
        """What is answered. Raises the error that the server answers."""
        answer = self._answer(method, path, **how)
        return answer.json() if answer.content else None

    def _answer(self, method: str, path: str, **how: Any) -> httpx.Response:
        """One request, as often as it takes for the connection to hold."""
        import httpx

        headers = {}
        if method != "GET":
            headers = {"idempotency-key": uuid.uuid4().hex, "content-type": "application/json"}
        body = how.pop("content", None)
        if isinstance(body, Path):
            headers["content-length"] = str(body.stat().st_size)
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
        return answer

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()


@contextmanager
def _file_of(data: Any, quarantine: bool = False, tz: str | None = None) -> Iterator[Path]:
    """A file as it is; a folder, a glob, standard input or a table in memory as Parquet for the block; nothing as an
    empty file."""
    if isinstance(data, (str, Path)) and Path(data).is_file():
        yield Path(data)
        return
    if type(data).__module__.startswith("pyspark."):
        raise not_remote("reading a Spark DataFrame", "data.write.parquet(FOLDER), then the folder")
    with tempfile.TemporaryDirectory(prefix="errata-log-") as folder:
        path = Path(folder) / "table.parquet"
        if data is None:
            path.touch()
        else:
            import pyarrow as pa
            import pyarrow.parquet as pq

            from errata.client.analyze import source_of

            source = data if hasattr(data, "batches") else source_of(data, quarantine=quarantine, tz=tz)
            names = source.schema.names
            with pq.ParquetWriter(path, source.schema) as writer:
                for batch in source.batches(names):
                    writer.write_batch(pa.RecordBatch.from_arrays(batch.columns, names).cast(source.schema))
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
        return error_of(answer.json())
    except (ValueError, AttributeError, KeyError):
        return StorageError(
            "bad-answer",
            f"{address} did not answer as a catalog does",
            expected="a catalog, as `errata serve` shows it",
            found=f"status {answer.status_code}",
            next="errata.open('http://HOST:8151', token=…)",
        )


def error_of(problem: Mapping[str, Any]) -> ErrataError:
    """The error that a problem document tells of. Raises KeyError for what is none."""
    kind = getattr(errors, str(problem["kind"]), None)
    if not (isinstance(kind, type) and issubclass(kind, ErrataError)):
        raise KeyError(problem["kind"])
    texts = {name: problem[name] for name in ("expected", "found", "where", "next") if name in problem}
    return kind(problem["code"], problem["title"], details=problem.get("details", []), **texts)
