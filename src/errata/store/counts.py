"""Counts kept by part, so that what was counted once is not counted again.

A part is a sealed piece of rows with an identity of its own. Its counts lie in sheets, one file for all that was
counted of it in one pass; a sheet is written under a temporary name and renamed, so a part is either counted or not,
and a count that was interrupted goes on after the last part. The edges of bins that were once chosen are kept beside
them, or the counts of a new part would not add up with the others. All of it may be deleted: it is made of the parts.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from errata.analysis.draw import Draw, Drawn
from errata.analysis.tally import Counts
from errata.core.canonical import digest_of
from errata.core.columns import narrowest
from errata.core.errors import UsageError
from errata.core.units import count, plural
from errata.engine.local.answers import Answered, Asked, answers, columns_of, together_of
from errata.store.faults import instant
from errata.store.files import temporary_name
from errata.store.lock import alone

if TYPE_CHECKING:
    import pyarrow as pa

    from errata.nouns.source import Part, Source
    from errata.tasks.reserved import View

VERSION = 1
"""Of the way in which rows are counted. Counts of another version no longer apply, and are made anew."""
_MAGIC = b"errata.counts\n"
_HEAD = struct.Struct("<32sQ")
Progress = Callable[[str], None]


def key_of(asked: Asked, view: View) -> str:
    """What a request asks of a part: equal where the answer must be."""
    columns = view.to_json(asked.columns)
    if isinstance(asked, Draw):
        return digest_of({"asked": asked.to_json(), "columns": columns})
    named = {"by": [axis.to_json() for axis in asked.by], "sums": list(asked.sums)}
    return digest_of({"asked": named, "columns": columns})


class StoredCounts:
    """An engine that counts each part of a source once, and keeps the counts in ``folder``.

    ``scope`` is what has edges in common: a dataset's name. ``recount``: what is kept is made anew. ``counted`` are the
    parts that were read, ``kept`` those that were not.
    """

    def __init__(self, folder: Path, scope: str = "", *, recount: bool = False) -> None:
        self.folder = folder
        self.recount = recount
        self._edges = folder / "edges" / f"{digest_of(scope)}.json"
        self.counted = 0
        self.kept = 0
        self._said: dict[str, None] = {}

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be said of what was kept."""
        return tuple(self._said)

    @property
    def reference(self) -> dict[str, list[float]]:
        """The edges that are fixed, by column."""
        try:
            found: dict[str, list[float]] = json.loads(self._edges.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return found

    def edges(self, name: str, make: Callable[[], tuple[float, ...]]) -> tuple[float, ...]:
        """The edges of a column: those that were fixed, else those that ``make`` makes, which are then fixed.

        Of two processes that make edges at once, both get those of the first.
        """
        if (fixed := self.reference.get(name)) is not None:
            return tuple(fixed)
        made = make()
        if not made:
            return made  # nothing was there to cut; there may be later
        with alone(self._edges.with_suffix(".lock")):
            known = self.reference
            if name not in known:
                known[name] = list(made)
                self._replace(self._edges, json.dumps(known, sort_keys=True).encode())
        return tuple(known[name])

    def glance(self, source: Source, rows: int) -> pa.Table:
        """About ``rows`` rows of every column, from all over: kept, where there are more."""
        import pyarrow as pa

        if source.rows <= rows:
            return source.glance(source.schema.names, rows).combine_chunks()
        whole = digest_of([[part.identity for part in parts_of(source)], rows])
        path = self.folder / whole[:2] / whole / "glance.arrow"
        try:
            if not self.recount:
                with pa.memory_map(str(path)) as file, pa.ipc.open_file(file) as reader:
                    return reader.read_all()
        except (OSError, pa.ArrowInvalid):
            pass  # not kept yet, or not whole
        found = source.glance(source.schema.names, rows).combine_chunks()
        sink = pa.BufferOutputStream()
        with pa.ipc.new_file(sink, found.schema) as writer:
            writer.write_table(found)
        self._replace(path, memoryview(sink.getvalue()))
        return found

    def answers(self, source: Source, requests: Sequence[Asked], view: View, say: Progress) -> list[Answered]:
        """The answer to every request over all rows of ``source``; only parts whose counts are not kept are read."""
        parts = parts_of(source)
        keys = {key_of(one, view): one for one in requests}
        total: dict[str, list[Answered]] = {key: [] for key in keys}
        outdated = damaged = done = read = 0
        start = time.monotonic()
        for part in parts:
            shelf = self.folder / part.identity[:2] / part.identity
            found: dict[str, Answered] = {}
            if not self.recount:
                found, old, broken = _read_sheets(shelf, keys)
                outdated, damaged = outdated + old, damaged + broken
            lacking = {key: one for key, one in keys.items() if key not in found}
            if lacking:
                told = _telling(source, done, read, start, say)
                made = _counted(part, list(lacking.values()), view, told)
                found |= dict(zip(lacking, made, strict=True))
                self._write(shelf, {key: found[key] for key in lacking})
                self.counted += 1
                read += part.rows
            else:
                self.kept += 1
            done += part.rows
            for key in keys:
                total[key].append(found[key])
        self._tell(outdated, damaged)
        together = {key: together_of(found) for key, found in total.items()}
        return [together[key_of(one, view)] for one in requests]

    def _tell(self, outdated: int, damaged: int) -> None:
        if outdated:
            said = f"the stored counts of {plural(outdated, 'part')} were made by another version of the counting"
            self._said[f"{said} and no longer apply: counted anew"] = None
        if damaged:
            self._said[f"stored counts of {plural(damaged, 'part')} are not what was written: counted anew"] = None

    def _write(self, shelf: Path, found: Mapping[str, Answered]) -> None:
        """Keep counts; where nothing can be written they are not kept, which is said."""
        self._replace(shelf / digest_of(sorted(found)), b"".join(_sheet(found)))

    def _replace(self, path: Path, data: bytes | memoryview) -> None:
        temporary = path.parent / f".{temporary_name()}"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with temporary.open("xb") as handle:
                handle.write(data)
                handle.flush()
                os.fsync(handle.fileno())
            instant("counts-written")
            temporary.replace(path)
        except OSError as error:
            _remove(temporary)
            self._said[f"counts are not kept in {self.folder}: {error.strerror or error}"] = None


def parts_of(source: Source) -> Sequence[Part]:
    """The parts of a source. Raises UsageError for one that has none: a table in memory, a file that is no Parquet."""
    found = getattr(source, "parts", None)
    if found is None:
        raise UsageError(
            "no-parts",
            f"{source.name} has no parts whose counts could be kept",
            expected="Parquet: a file, a folder or a glob",
            next="leave --counts away, or write the rows as Parquet",
        )
    parts: Sequence[Part] = found()
    return parts


def _telling(source: Source, done: int, read: int, start: float, say: Progress) -> Callable[[int], None]:
    def told(rows: int) -> None:
        passed = time.monotonic() - start
        speed = f", {count(round((read + rows) / passed, -3))} rows/s" if passed > 1 else ""
        say(f"counting {source.name}: {count(done + rows)} of {count(source.rows)} rows{speed}")

    return told


def _counted(part: Part, requests: list[Asked], view: View, told: Callable[[int], None]) -> list[Answered]:
    columns = columns_of(requests)
    read = view.read(columns, part.schema.names) or [narrowest(part.schema)]
    batches = (view.of(batch, columns) for batch in part.batches(read))
    # Two parts must not draw alike, and a part has to draw the same whatever stands before it.
    return answers(batches, requests, told, part=int(part.identity[:8], 16))


def _sheet(found: Mapping[str, Answered]) -> Iterator[bytes]:
    """A sheet: a digest of what follows, an index by key, and a body for each."""
    bodies = {key: _body(one) for key, one in found.items()}
    index: dict[str, Any] = {}
    at = 0
    for key, body in bodies.items():
        index[key] = [at, len(body)]
        at += len(body)
    head = json.dumps({"version": VERSION, "index": index}).encode()
    rest = b"".join(bodies.values())
    digest = hashlib.sha256(head)
    digest.update(rest)
    yield _MAGIC
    yield _HEAD.pack(digest.digest(), len(head))
    yield head
    yield rest


def _read_sheets(shelf: Path, keys: Mapping[str, Asked]) -> tuple[dict[str, Answered], bool, bool]:
    """What stands on a shelf of these keys, and whether a sheet was of another version, or damaged."""
    found: dict[str, Answered] = {}
    outdated = damaged = False
    try:
        sheets = sorted(path for path in shelf.iterdir() if not path.name.startswith("."))
    except OSError:
        return found, False, False
    for path in sheets:
        try:
            data = memoryview(path.read_bytes())
            start = len(_MAGIC)
            digest, size = _HEAD.unpack_from(data, start)
            begin = start + _HEAD.size
            if bytes(data[:start]) != _MAGIC or hashlib.sha256(data[begin:]).digest() != digest:
                raise ValueError("not what was written")
            head = json.loads(bytes(data[begin : begin + size]))
        except (OSError, ValueError, struct.error):
            damaged = True
            _remove(path)
            continue
        if head["version"] != VERSION:
            outdated = True
            _remove(path)
            continue
        body = data[begin + size :]
        for key, (at, length) in head["index"].items():
            if key in keys and key not in found:
                found[key] = _answer(keys[key], body[at : at + length])
    return found, outdated, damaged


def _remove(path: Path) -> None:
    # Counts may lie where they can be read only: then what is of no use stays there.
    with suppress(OSError):
        path.unlink(missing_ok=True)


def _body(answered: Answered) -> bytes:
    import pyarrow as pa

    if isinstance(answered, Drawn):
        table = answered.table.append_column("@priority", pa.array(answered.priorities))
    else:
        cells = {f"c{at}": pa.array(answered.cells[:, at]) for at in range(len(answered.tally.by))}
        sums = {f"s{at}": pa.array(answered.sums[:, at]) for at in range(len(answered.tally.sums))}
        said = {"labels": [list(axis) for axis in answered.labels], "too_many": answered.too_many}
        table = pa.table({**cells, "rows": pa.array(answered.rows), **sums})
        table = table.replace_schema_metadata({"errata.counts": json.dumps(said)})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    body: bytes = sink.getvalue().to_pybytes()
    return body


def _answer(asked: Asked, body: memoryview) -> Answered:
    import pyarrow as pa

    with pa.ipc.open_stream(pa.py_buffer(body)) as reader:
        table: pa.Table = reader.read_all()
    if isinstance(asked, Draw):
        priorities = table.column("@priority").to_numpy()
        return Drawn(asked, table.drop_columns("@priority"), priorities)
    said = json.loads(table.schema.metadata[b"errata.counts"])
    if said["too_many"] is not None:
        return Counts.given_up(asked, said["too_many"])
    rows = table.column("rows").to_numpy()
    cells = [table.column(f"c{at}").to_numpy() for at in range(len(asked.by))]
    sums = [table.column(f"s{at}").to_numpy() for at in range(len(asked.sums))]
    return Counts(
        asked,
        tuple(tuple(axis) for axis in said["labels"]),
        np.array(cells, np.int64).reshape(len(cells), len(rows)).T,
        rows,
        np.array(sums, np.float64).reshape(len(sums), len(rows)).T,
    )
