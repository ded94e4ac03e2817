"""Parquet, one file or many parts: the schema at once, each column when it is asked for."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from errata.core.canonical import digest_of
from errata.core.errors import ColumnError, FileError
from errata.integrations.files.columns import (
    damage,
    normal,
    normal_batch,
    normal_schema,
    one_dictionary,
    refuse_duplicates,
)
from errata.integrations.files.table import every, no_columns, no_rows
from errata.integrations.files.text import refuse_invalid_text
from errata.integrations.files.times import refuse_mixed_times
from errata.nouns.source import BATCH_ROWS

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from errata.nouns.source import BadRow

_SUFFIXES = (".parquet", ".pq", ".parq")
_GLANCED = 8
PART_ROWS = 1 << 23
"""A file of more rows is counted, and can be resumed, in pieces of about so many."""
_BUFFER = 1 << 18
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"


class ParquetSource:
    """Parquet parts with one schema, read column by column; nothing is kept, so memory is what is asked for."""

    def __init__(
        self,
        name: str,
        parts: list[tuple[str, Path | pa.Buffer]],
        *,
        tz: str | None = None,
        root: Path | None = None,
        identities: Sequence[str] | None = None,
    ) -> None:
        """``parts`` are names with a path or the bytes, in the order of their rows; ``identities`` what each of them
        is known by, such as the digest of a sealed part.

        ``root`` is the folder that was named: folders under it called ``key=value`` become columns. Raises FileError
        for a part that is no sound Parquet, ColumnError for duplicate names or parts whose columns differ.
        """
        import pyarrow as pa

        self._name = name
        self._tz = tz
        self._parts = [(part, _open(part, data)) for part, data in parts]
        self._data = [data for _, data in parts]
        self._identities = identities
        schemas = [normal_schema(file.schema_arrow, tz) for _, file in self._parts]
        for (part, _), schema in zip(self._parts, schemas, strict=True):
            refuse_duplicates(part, schema.names)
        self._folders = folder_columns(root, [data for _, data in parts]) if root else {}
        merged = _agreed([part for part, _ in self._parts], schemas)
        clash = [key for key in self._folders if key in merged.names]
        if clash:
            refuse_duplicates(name, [*merged.names, *clash])
        text = pa.dictionary(pa.int32(), pa.string())
        self._schema = pa.schema([*merged, *(pa.field(key, text) for key in self._folders)])
        if len(self._schema) == 0:
            raise no_columns(name)
        self._rows: int = sum(file.metadata.num_rows for _, file in self._parts)
        if self._rows == 0:
            raise no_rows(name)

    @property
    def name(self) -> str:
        """What the user typed, for messages."""
        return self._name

    @property
    def rows(self) -> int:
        """Rows of all parts."""
        return self._rows

    @property
    def schema(self) -> pa.Schema:
        """Names and normal types, in the order of the first part."""
        return self._schema

    @property
    def quarantined(self) -> tuple[BadRow, ...]:
        """Nothing: Parquet has no bad rows, only bad files."""
        return ()

    def column(self, name: str) -> pa.ChunkedArray:
        """One column of all parts. Raises KeyError for an unknown name, FileError for damaged pages, ValueFault for
        mixed times."""
        import pyarrow as pa

        if name in self._folders:
            return self._folder_column(name)
        kind = self._schema.field(name).type
        chunks: list[pa.Array] = []
        for part, file in self._parts:
            column = _column(part, file, name, self._tz)
            chunks += (column if column.type == kind else column.cast(kind)).chunks  # nulls take the others' type
        column = pa.chunked_array(chunks, kind)
        if len(column) != self._rows:
            raise _corrupt(self._name, f"column {name!r} has {len(column)} rows, the footer says {self._rows}")
        if pa.types.is_dictionary(kind):
            column = one_dictionary(column)
        refuse_invalid_text(self._name, name, column)
        refuse_mixed_times(self._name, name, column)
        return column

    def batches(self, columns: Sequence[str], rows: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
        """These columns part by part, at most ``rows`` rows at a time; no part is held whole. Raises FileError for
        damaged pages and text that is no UTF-8."""
        for part, (name, file) in enumerate(self._parts):
            left = file.metadata.num_rows
            for batch in self._read(columns, part, None, rows):
                left -= batch.num_rows
                yield batch
            if left:
                raise _corrupt(name, f"{left} rows fewer than the footer says")

    def parts(self) -> list[ParquetPart]:
        """The rows in pieces that can be counted one at a time: each file, a long one by its row groups."""
        found = []
        for part, (_, file) in enumerate(self._parts):
            identity = self._identities[part] if self._identities else _identity(file, self._data[part])
            folders = {key: values[part] for key, values in self._folders.items()}
            whole = digest_of({"file": identity, "folders": folders, "tz": self._tz})
            groups: list[int] = []
            rows = 0
            for group in range(file.num_row_groups):
                groups.append(group)
                rows += file.metadata.row_group(group).num_rows
                if rows >= PART_ROWS or group == file.num_row_groups - 1:
                    alone = len(groups) == file.num_row_groups
                    piece = whole if alone else digest_of({"of": whole, "groups": [groups[0], groups[-1]]})
                    if rows:
                        found.append(ParquetPart(self, part, tuple(groups), piece, rows))
                    groups, rows = [], 0
        return found

    def part_batches(self, part: ParquetPart, columns: Sequence[str], rows: int) -> Iterator[pa.RecordBatch]:
        """The batches of one of ``parts``. Raises what ``batches`` raises."""
        left = part.rows
        for batch in self._read(columns, part.file, list(part.groups), rows):
            left -= batch.num_rows
            yield batch
        if left:
            raise _corrupt(self._parts[part.file][0], f"{left} rows fewer than the footer says")

    def glance(self, columns: Sequence[str], rows: int) -> pa.Table:
        """Rows of these columns from at most eight row groups, at equal distances. Raises what ``batches`` raises."""
        import pyarrow as pa

        groups = [
            (part, group)
            for part, (_, file) in enumerate(self._parts)
            for group in range(file.num_row_groups)
            if file.metadata.row_group(group).num_rows
        ]
        heads = len(groups) > _GLANCED and self._rows > rows
        if heads:
            groups = [groups[at * (len(groups) - 1) // (_GLANCED - 1)] for at in range(_GLANCED)]
        tables = []
        for part, group in groups:
            for batch in self._read(columns, part, [group], BATCH_ROWS):
                wanted = rows // _GLANCED if heads else -(-rows * batch.num_rows // self._rows)
                tables.append(every(pa.Table.from_batches([batch]), wanted))
                if heads:
                    break  # of many row groups, the head of one is enough
        return pa.concat_tables(tables).unify_dictionaries()

    def _read(self, columns: Sequence[str], part: int, groups: list[int] | None, rows: int) -> Iterator[pa.RecordBatch]:
        """Batches of these row groups of a part, in their normal form."""
        import pyarrow as pa

        stored = [name for name in columns if name not in self._folders]
        read = stored or [name for name in self._schema.names if name not in self._folders][:1]  # something has rows
        schema = pa.schema([self._schema.field(name) for name in read])
        name, file = self._parts[part]
        try:
            file = _streaming(file, self._data[part])
            for batch in file.iter_batches(rows, row_groups=groups, columns=read, use_threads=False):
                yield self._with_folders(normal_batch(batch, schema, self._tz), columns, part)
        except damage() as error:
            for column in stored:
                self.column(column)  # says which column it is, and the row of text that is none
            raise _corrupt(name, str(error)) from None

    def _with_folders(self, batch: pa.RecordBatch, columns: Sequence[str], part: int) -> pa.RecordBatch:
        import pyarrow as pa

        text = pa.dictionary(pa.int32(), pa.string())
        arrays = [
            pa.repeat(pa.scalar(self._folders[name][part], pa.string()), batch.num_rows).cast(text)
            if name in self._folders
            else batch.column(name)
            for name in columns
        ]
        return pa.RecordBatch.from_arrays(arrays, schema=pa.schema([self._schema.field(name) for name in columns]))

    def _folder_column(self, name: str) -> pa.ChunkedArray:
        import pyarrow as pa

        counts = [file.metadata.num_rows for _, file in self._parts]
        values = self._folders[name]
        text = pa.dictionary(pa.int32(), pa.string())
        chunks = [pa.repeat(pa.scalar(v, pa.string()), n).cast(text) for v, n in zip(values, counts, strict=True)]
        return pa.chunked_array(chunks, text).unify_dictionaries()


@dataclass(frozen=True, slots=True)
class ParquetPart:
    """Some row groups of a file of a source."""

    source: ParquetSource
    file: int
    groups: tuple[int, ...]
    identity: str
    rows: int

    @property
    def schema(self) -> pa.Schema:
        """Names and types of the source."""
        return self.source.schema

    def batches(self, columns: Sequence[str], rows: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
        """These columns from its first row to its last."""
        return self.source.part_batches(self, columns, rows)


def _identity(file: pq.ParquetFile, data: Path | pa.Buffer) -> str:
    """What a file is known by that is not sealed: its size, when it was written, and all that its footer says."""
    if not isinstance(data, Path):
        return hashlib.sha256(memoryview(data)).hexdigest()
    status = data.stat()
    groups = [file.metadata.row_group(at).to_dict() for at in range(file.metadata.num_row_groups)]
    footer = hashlib.sha256(repr((str(file.schema_arrow), groups)).encode()).hexdigest()
    return digest_of({"size": status.st_size, "written": status.st_mtime_ns, "footer": footer})


def parts_of(folder: Path) -> list[Path]:
    """The Parquet files under ``folder``, sorted; hidden files and those that begin with ``_`` are left alone."""
    found = [path for path in folder.rglob("*") if path.suffix.lower() in _SUFFIXES and path.is_file()]
    return sorted(path for path in found if not any(p[0] in "._" for p in path.relative_to(folder).parts))


def folder_columns(root: Path, parts: list[Any]) -> dict[str, list[str | None]]:
    """Columns that folders named ``key=value`` stand for, one value a part; only keys that every part has."""
    from urllib.parse import unquote

    read = []
    for part in parts:
        folders = [piece.partition("=") for piece in part.relative_to(root).parts[:-1] if "=" in piece]
        read.append({key: None if value == _NO_VALUE else unquote(value) for key, _, value in folders})
    return {key: [one[key] for one in read] for key in read[0] if all(key in one for one in read)} if read else {}


def _open(name: str, data: Path | pa.Buffer) -> pq.ParquetFile:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        source: Any = str(data) if isinstance(data, Path) else pa.BufferReader(data)
        file = pq.ParquetFile(source, memory_map=isinstance(data, Path))
        return pq.ParquetFile(
            str(data) if isinstance(data, Path) else pa.BufferReader(data),
            memory_map=isinstance(data, Path),
            metadata=file.metadata,
            read_dictionary=_text_columns(file),
            page_checksum_verification=True,
        )
    except PermissionError as error:
        raise FileError(
            "unreadable",
            f"{name} cannot be read: {error.strerror or error}",
            expected="a file that you may read",
            where=name,
            next=f"ls -l {shlex.quote(name)}",
        ) from None
    except damage() as error:
        raise _corrupt(name, str(error)) from None


def _streaming(file: pq.ParquetFile, data: Path | pa.Buffer) -> pq.ParquetFile:
    """The file anew, read a buffer at a time: what a mapped file has shown stays in memory, and counts as ours."""
    import pyarrow.parquet as pq

    if not isinstance(data, Path):
        return file
    # Not mapped, not fetched ahead and on one thread: a third of the memory and of the CPU that reading else takes.
    return pq.ParquetFile(
        str(data),
        metadata=file.metadata,
        read_dictionary=_text_columns(file),
        buffer_size=_BUFFER,
        pre_buffer=False,
        page_checksum_verification=True,
    )


def _text_columns(file: pq.ParquetFile) -> list[str]:
    leaves = [file.schema.column(position) for position in range(len(file.schema))]
    return [leaf.path for leaf in leaves if leaf.path == leaf.name and leaf.logical_type.type == "STRING"]


def _column(part: str, file: pq.ParquetFile, name: str, tz: str | None) -> pa.ChunkedArray:

    try:
        table = file.read(columns=[name])
        return normal(table.column(name), tz)
    except damage() as error:
        raise _corrupt(part, str(error), name) from None


def _agreed(names: list[str], schemas: list[pa.Schema]) -> pa.Schema:
    """One schema for all parts, in the order of the first; a column of nulls takes the type that others have."""
    import pyarrow as pa

    kinds: dict[str, tuple[str, pa.DataType]] = {field.name: (names[0], field.type) for field in schemas[0]}
    for part, schema in zip(names[1:], schemas[1:], strict=True):
        odd = [column for column in kinds if column not in schema.names]
        odd += [column for column in schema.names if column not in kinds]
        if odd:
            lacking = part if odd[0] in kinds else names[0]
            raise _differ(part, odd[0], f"{lacking} has no column {odd[0]!r}, {_other(names[0], part, lacking)} has")
        for field in schema:
            first, kind = kinds[field.name]
            if kind == field.type or pa.types.is_null(field.type):
                continue
            if not pa.types.is_null(kind):
                times = [one for one in (kind, field.type) if pa.types.is_timestamp(one)]
                if len({one.tz is None for one in times}) == 2:
                    raise _mixed(first, part, field.name)
                raise _differ(part, field.name, f"{kind} in {first}, {field.type} in {part}")
            kinds[field.name] = (part, field.type)
    return pa.schema([(column, kind) for column, (_, kind) in kinds.items()])


def _differ(part: str, column: str, found: str) -> ColumnError:
    return ColumnError(
        "schemas-differ",
        f"column {column!r} of {part} is not as in the other files",
        expected="the same columns of the same types in every file",
        found=found,
        where=f"{part}, column {column!r}",
        next=f"write {shlex.quote(part)} with the schema of the others, or name the files that belong together",
    )


def _mixed(first: str, part: str, column: str) -> ColumnError:
    return ColumnError(
        "mixed-times",
        f"column {column!r} has times with a zone in one file and without one in another",
        expected="times that all have a zone, or none of which has one",
        found=f"{first} and {part} differ",
        where=f"{part}, column {column!r}",
        next="write every file with UTC times, or give the zone of the naive ones: --tz UTC",
    )


def _other(one: str, two: str, lacking: str) -> str:
    return two if lacking == one else one


def _corrupt(name: str, reason: str, column: str | None = None) -> FileError:
    return FileError(
        "corrupt-parquet",
        f"{name} is cut short or damaged",
        expected="a whole Parquet file: PAR1 … footer … PAR1",
        found=" ".join(reason.split())[:200],
        where=f"{name}, column {column!r}" if column else name,
        next="write or fetch it again; compare its size with the original",
    )
