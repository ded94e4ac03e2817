"""Rows that Spark reads: Parquet (a file, a folder, a glob, an address such as ``s3a://…``), or ``table:NAME``.

What is asked of all rows is answered where they are; what is looked at here is the footers of files that this machine
can see, the heads of partitions where it cannot.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

from errata.core.errors import FileError, UsageError, ValueFault
from errata.core.units import count, plural
from errata.integrations.files.columns import check_zone, normal, normal_batch, normal_schema, refuse_duplicates
from errata.integrations.files.parquet import ParquetSource
from errata.integrations.files.table import no_columns, no_rows
from errata.nouns.source import BATCH_ROWS

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

    from errata.nouns.source import BadRow

TABLE = "table:"
ROW, FILE = "@row", "@file"
MOST_COLLECTED = 5_000_000
"""A column of more rows is not fetched: everything about it is counted where it is."""
_SETTINGS = {
    "spark.sql.caseSensitive": "true",
    "spark.sql.legacy.parquet.nanosAsLong": "true",
    "spark.sql.sources.partitionColumnTypeInference.enabled": "false",
}


@dataclass(frozen=True, slots=True)
class Normal:
    """Batches as Spark hands them on, in the normal form of ``schema``. ``raw`` are the types as they were written:
    Spark has no unsigned integers and no nanoseconds. Columns come by number, for Spark reads names in its own way."""

    schema: pa.Schema
    raw: pa.Schema
    tz: str | None = None

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Those of its columns that the batch has, in their normal form. Raises ArrowInvalid for text that is none."""
        import pyarrow as pa

        places = {_numbered(at): field for at, field in enumerate(self.schema)}
        there = [name for name in batch.schema.names if name in places]
        fields = [places[name] for name in there]
        columns = [_as_written(batch.column(name), self.raw.field(places[name].name).type) for name in there]
        return normal_batch(
            pa.RecordBatch.from_arrays(columns, [one.name for one in fields]), pa.schema(fields), self.tz
        )


class SparkSource:
    """A DataFrame as a source. ``frame`` is asked for the columns that are needed, never for all."""

    def __init__(self, name: str, frame: DataFrame, *, tz: str | None = None) -> None:
        """Raises ColumnError for duplicate names, FileError where there are no columns."""
        from pyspark.sql.pandas.types import to_arrow_schema

        check_zone(tz)
        self._name = name
        self._frame = frame
        self._tz = tz
        refuse_duplicates(name, list(frame.columns))
        if not frame.columns:
            raise no_columns(name)
        self._raw = to_arrow_schema(frame.schema, timezone="UTC")
        self._schema = normal_schema(self._raw, tz)

    @property
    def name(self) -> str:
        """What the user typed, for messages."""
        return self._name

    @cached_property
    def rows(self) -> int:
        """All rows. Raises FileError where there is none."""
        found = int(self._frame.count())
        if not found:
            raise no_rows(self._name)
        return found

    @property
    def schema(self) -> pa.Schema:
        """Names and normal types, in the order of the table."""
        return self._schema

    @property
    def quarantined(self) -> tuple[BadRow, ...]:
        """Nothing: what Spark reads has no bad rows."""
        return ()

    @property
    def normal(self) -> Normal:
        """What puts a batch of ``frame`` into its normal form, there or here."""
        return Normal(self._schema, self._raw, self._tz)

    @property
    def most_fetched(self) -> int:
        """Columns of more rows are not fetched."""
        return MOST_COLLECTED

    @property
    def numbered(self) -> bool:
        """Whether each row has a number that does not depend on how Spark cuts the rows."""
        return False

    def frame(self, columns: Sequence[str], *, numbers: bool = False) -> DataFrame:
        """These columns of all rows, by number as ``normal`` takes them, and each row's number (``@row``) where it is
        asked for and there is one.

        Raises KeyError for an unknown name.
        """
        return self._frame.select(self._columns(columns))

    def _columns(self, names: Sequence[str], nothing: frozenset[str] = frozenset()) -> list[Any]:
        """Columns by number: ``c3`` is the fourth; those in ``nothing`` are null. KeyError for an unknown one."""
        from pyspark.sql import functions

        places = {name: at for at, name in enumerate(self._schema.names)}
        found = []
        for name in names:
            number = _numbered(places[name])
            if name in nothing:
                found.append(functions.lit(None).cast(_type_of(self._raw.field(name).type)).alias(number))
            else:
                found.append(functions.col(_quoted(name)).alias(number))
        return found

    def column(self, name: str) -> pa.ChunkedArray:
        """One column, fetched. Raises KeyError for an unknown name, UsageError where there are too many rows."""
        import pyarrow as pa

        self._refuse_many(name)
        batches = list(self.batches([name]))
        whole = pa.Table.from_batches(batches, pa.schema([self._schema.field(name)]))
        return normal(whole.column(name))

    def batches(self, columns: Sequence[str], rows: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
        """These columns, fetched; where nothing numbers the rows, in the order of Spark's partitions."""
        self._refuse_many(", ".join(columns))
        for batch in self.frame(columns).toArrow().to_batches(max_chunksize=rows):
            yield self.normal(batch)

    def glance(self, columns: Sequence[str], rows: int) -> pa.Table:
        """The heads of all partitions, about ``rows`` rows together: no partition is read further."""
        import pyarrow as pa

        frame = self.frame(columns)
        each = -(-rows // max(1, frame.rdd.getNumPartitions())) if self.rows > rows else self.rows
        schema = pa.schema([self._schema.field(name) for name in columns])
        table = frame.mapInArrow(_Head(each), frame.schema).toArrow()
        batches = [self.normal(batch) for batch in table.to_batches()]
        return pa.Table.from_batches(batches, schema).unify_dictionaries()

    def refuse_repeated(self, name: str) -> None:
        """Raise ValueFault if a value of the id column stands in two rows, or in none: counted on Spark."""
        from pyspark.sql import functions as sql

        times = self.frame([name]).toDF("id").groupBy("id").agg(sql.count(sql.lit(1)).alias("times"))
        missing = times.where("id is null").collect()
        if missing:
            raise ValueFault(
                "null-id",
                f"{plural(missing[0]['times'], 'row')} without an id",
                where=f"{self._name}, column {name}",
                expected="an id in every row",
                next=f"--exclude {name} to do without ids",
            )
        repeated = times.where("times > 1")
        total = repeated.count()
        if not total:
            return
        first = repeated.orderBy("id").first()
        raise ValueFault(
            "repeated-id",
            f"{plural(total, 'id')} {'stands' if total == 1 else 'stand'} in more than one row",
            where=f"{self._name}, column {name}",
            expected="one row for each id",
            found=f"{first['id']!r} in {plural(first['times'], 'row')}" if first else "",
            next=f"drop the copies; or, if rows of one {name} belong together, --group {name}",
        )

    def _refuse_many(self, what: str) -> None:
        if self.rows > MOST_COLLECTED:
            raise UsageError(
                "too-many-rows",
                f"{self._name} has {count(self.rows)} rows: too many to fetch {what} from Spark",
                expected=f"at most {count(MOST_COLLECTED)} rows for what looks at every row here",
                found=f"{count(self.rows)} rows",
                next="--only with analyses that are counted (docs/engines.md), or a part of the rows",
            )


class SparkParquet(SparkSource):
    """Parquet files that this machine sees, too: what is said of them is what is said without Spark.

    ``unread`` are the columns of types that Spark does not read, with these types; they are not in the schema.
    """

    def __init__(self, session: SparkSession, files: ParquetSource, *, tz: str | None = None) -> None:
        import pyarrow as pa

        self._files = files
        self._name = files.name
        self._tz = tz
        self._raw = files.written_schema
        self.unread = {field.name: str(field.type) for field in self._raw if _type_of(field.type) is None}
        self._schema = pa.schema([field for field in files.schema if field.name not in self.unread])
        # Settings of its own: those of the session that is there are its owner's.
        self._session = session.newSession()
        for name, value in _SETTINGS.items():
            self._session.conf.set(name, value)

    @cached_property
    def _frames(self) -> list[tuple[DataFrame, frozenset[str]]]:
        """The files, those of which the same columns hold nothing but nulls together, and these columns: to Spark they
        are of another type there."""
        from pyspark.sql.types import StructField, StructType

        kinds: dict[frozenset[str], list[str]] = {}
        for (path, rows), nothing in zip(self._files.paths, self._files.null_columns, strict=True):
            if rows:
                kinds.setdefault(nothing, []).append(_escaped(path))
        found = []
        for nothing, paths in kinds.items():
            reader = self._session.read
            if self._files.root is not None:
                reader = reader.option("basePath", str(self._files.root.resolve()))
            # Types are said, not inferred, so that no type that Spark does not know is in its way.
            names = [name for name in self._schema.names if name not in nothing]
            said = StructType([StructField(name, _type_of(self._raw.field(name).type)) for name in names])
            found.append((reader.schema(said).parquet(*paths), nothing))
        return found

    @property
    def rows(self) -> int:
        """Rows of all files, by their footers."""
        return self._files.rows

    @property
    def numbered(self) -> bool:
        """A row's number is its place in the files, in the order of their names."""
        return True

    def frame(self, columns: Sequence[str], *, numbers: bool = False) -> DataFrame:
        """As of any DataFrame; ``@row`` is the number of the row in all files."""
        from pyspark.sql import functions

        place = [functions.col("_metadata.row_index").alias(ROW), _path().alias(FILE)] if numbers else []
        parts = [frame.select(*self._columns(columns, nothing), *place) for frame, nothing in self._frames]
        whole = reduce(lambda one, two: one.unionAll(two), parts)
        if not numbers:
            return whole
        starts, start = [], 0
        for path, rows in self._files.paths:
            starts.append(functions.struct(functions.lit(str(path.resolve())), functions.lit(start).cast("long")))
            start += rows
        # Not createDataFrame: it would make this session the one that is active for everybody.
        begins = self._session.range(1).select(functions.inline(functions.array(*starts)).alias(FILE, "@start"))
        joined = whole.join(functions.broadcast(begins), FILE, "left")
        number = functions.col(f"`{ROW}`") + functions.col("`@start`")
        names = [name for name in whole.columns if name not in (ROW, FILE)]
        return joined.select(*names, number.alias(ROW))

    def column(self, name: str) -> pa.ChunkedArray:
        """One column, read here. Raises what ``ParquetSource.column`` raises, UsageError for too many rows."""
        self._refuse_many(name)
        return self._files.column(name)

    def batches(self, columns: Sequence[str], rows: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
        """These columns, read here, file by file."""
        return self._files.batches(columns, rows)

    def glance(self, columns: Sequence[str], rows: int) -> pa.Table:
        """Rows from at most eight row groups, read here."""
        return self._files.glance(columns, rows)


@dataclass(frozen=True, slots=True)
class _Head:
    rows: int

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        left = self.rows
        for batch in batches:
            if left > 0:
                yield batch.slice(0, left)
            left -= batch.num_rows
            if left <= 0:
                return


def open_spark(session: SparkSession, what: str, *, quarantine: bool = False, tz: str | None = None) -> SparkSource:
    """The source that a user names for ``--engine spark``.

    Raises FileError for a file that is not there or no Parquet, UsageError for a table that Spark does not know.
    """
    from pyspark.errors import AnalysisException

    check_zone(tz)
    if what.startswith(TABLE):
        try:
            return SparkSource(what, session.read.table(what.removeprefix(TABLE)), tz=tz)
        except AnalysisException as error:
            raise UsageError(
                "no-such-table",
                f"Spark knows no table {what.removeprefix(TABLE)!r}",
                expected="a table or view of Spark's catalog: table:NAME or table:DATABASE.NAME",
                found=str(error).splitlines()[0][:300],
                next="spark-sql -e 'show tables'",
            ) from None
    if "://" in what:
        try:
            return SparkSource(what, session.read.parquet(what), tz=tz)
        except AnalysisException as error:
            raise FileError(
                "file-missing",
                f"Spark finds no Parquet at {what}",
                expected="a file or folder of Parquet that Spark may read",
                found=str(error).splitlines()[0][:300],
                next=f"hadoop fs -ls {what}",
            ) from None
    from errata.integrations.files import open_source

    files = open_source(what, quarantine=quarantine, tz=tz)
    if not isinstance(files, ParquetSource) or not files.on_disk:
        raise UsageError(
            "not-for-spark",
            f"--engine spark reads Parquet and tables, and {what} is neither",
            expected="a Parquet file, a folder or glob of them, an address such as s3a://…, or table:NAME",
            found=f"{type(files).__name__.removesuffix('Source')}",
            next="write it as Parquet, or leave --engine away",
        )
    return SparkParquet(session, files, tz=tz)


def _as_written(column: pa.Array, kind: pa.DataType) -> pa.Array:
    """The column in the type in which it was written, as far as Spark has changed that."""
    import pyarrow as pa

    if pa.types.is_null(kind):
        return pa.nulls(len(column))
    if column.type == kind:
        return column
    if pa.types.is_integer(kind) and (pa.types.is_decimal(column.type) or pa.types.is_integer(column.type)):
        return column.cast(kind)
    if pa.types.is_timestamp(kind) and pa.types.is_integer(column.type):
        return column.cast(pa.timestamp(kind.unit)).cast(kind) if kind.tz is None else column.cast(kind)
    if (
        pa.types.is_timestamp(kind)
        and pa.types.is_timestamp(column.type)
        and (kind.tz is None) == (column.type.tz is None)
    ):
        return column.cast(kind)
    if pa.types.is_floating(kind) and pa.types.is_floating(column.type):
        return column.cast(kind)
    return column


def _type_of(kind: pa.DataType) -> Any:
    """The type as which Spark reads one that Parquet was written with; None where it does not."""
    import pyarrow as pa
    from pyspark.errors import PySparkException
    from pyspark.sql import types as spark
    from pyspark.sql.pandas.types import from_arrow_type

    if isinstance(kind, pa.BaseExtensionType):
        return _type_of(kind.storage_type)
    if pa.types.is_dictionary(kind):
        return _type_of(kind.value_type)
    wider = {"uint8": spark.ShortType(), "uint16": spark.IntegerType(), "uint32": spark.LongType()}
    others = {"uint64": spark.DecimalType(20, 0), "null": spark.StringType(), "halffloat": None}
    known: dict[str, Any] = wider | others
    if str(kind) in known:
        return known[str(kind)]
    if pa.types.is_timestamp(kind):
        if kind.unit == "ns":
            return spark.LongType()
        return spark.TimestampNTZType() if kind.tz is None else spark.TimestampType()
    if pa.types.is_time(kind) or pa.types.is_duration(kind):
        return None
    if pa.types.is_string_view(kind) or pa.types.is_binary_view(kind):
        return spark.StringType() if pa.types.is_string_view(kind) else spark.BinaryType()
    if pa.types.is_date(kind):
        return spark.DateType()
    try:
        return from_arrow_type(kind)
    except PySparkException:
        return None


def _path() -> Any:
    """The path of the file that a row stands in, as the operating system has it."""
    from pyspark.sql import functions

    uri = functions.col("_metadata.file_path")
    return functions.url_decode(
        functions.replace(functions.regexp_replace(uri, "^file:(//)?", ""), functions.lit("+"), functions.lit("%2B"))
    )


def _numbered(place: int) -> str:
    return f"c{place}"


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _escaped(path: Path) -> str:
    """A path in which Hadoop sees no pattern."""
    return "".join("\\" + one if one in "*?[]{}\\" else one for one in str(path.resolve()))


__all__ = ["MOST_COLLECTED", "ROW", "TABLE", "Normal", "SparkParquet", "SparkSource", "open_spark"]
