"""What the user typed becomes a source, or one clear sentence about why not."""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

from errata.core.errors import ColumnError, FileError, UsageError
from errata.integrations.files import open_source

TABLE = pa.table({"id": [1, 2, 3], "label": ["cat", "dog", "cat"], "conf": [0.5, 0.25, None]})
ROWS = TABLE.to_pylist()
CSV = b"id,label,conf\n1,cat,0.5\n2,dog,0.25\n3,cat,\n"
JSONL = b'{"id":1,"label":"cat","conf":0.5}\n{"id":2,"label":"dog","conf":0.25}\n{"id":3,"label":"cat"}\n'


def rows_of(source):
    """All rows as dictionaries, once the types and lengths have been checked against the schema."""
    columns = {name: source.column(name) for name in source.schema.names}
    assert all(len(column) == source.rows for column in columns.values())
    assert [column.type for column in columns.values()] == source.schema.types
    return pa.table(columns).to_pylist()


def parquet_bytes(table: pa.Table = TABLE) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return sink.getvalue().to_pybytes()


def arrow_bytes(kind) -> bytes:
    sink = pa.BufferOutputStream()
    with kind(sink, TABLE.schema) as writer:
        writer.write_table(TABLE)
    return sink.getvalue().to_pybytes()


FILES = {
    "preds.csv": CSV,
    "preds.tsv": CSV.replace(b",", b"\t"),
    "preds.txt": CSV,
    "preds": CSV.replace(b",", b"\t"),
    "semicolons.csv": CSV.replace(b",", b";"),
    "marked.csv": b"\xef\xbb\xbf" + CSV,
    "windows.csv": CSV.replace(b"\n", b"\r\n"),
    "quoted.csv": b'"id","label","conf"\n"1","cat","0.5"\n"2","dog","0.25"\n"3","cat",\n',
    "preds.csv.gz": gzip.compress(CSV[:20]) + gzip.compress(CSV[20:]),
    "preds.csv.zst": pa.Codec("zstd").compress(CSV, asbytes=True),
    "preds.jsonl": JSONL,
    "preds.ndjson": b"\xef\xbb\xbf" + JSONL.replace(b"\n", b"\n\n"),
    "preds.json": JSONL,
    "preds.jsonl.gz": gzip.compress(JSONL),
    "preds.parquet": parquet_bytes(),
    "preds.arrow": arrow_bytes(pa.ipc.new_file),
    "stream.arrow": arrow_bytes(pa.ipc.new_stream),
}


@pytest.mark.parametrize("name", FILES)
def test_every_format_says_the_same(tmp_path: Path, name: str):
    path = tmp_path / name
    path.write_bytes(FILES[name])
    source = open_source(path)
    assert source.name == str(path)
    assert source.schema.field("label").type == pa.dictionary(pa.int32(), pa.string())
    assert source.quarantined == ()
    assert rows_of(source) == ROWS


@pytest.mark.parametrize("name", ["preds.csv", "preds.jsonl", "preds.parquet", "preds.arrow", "stream.arrow"])
def test_standard_input_is_told_by_its_first_bytes(name: str):
    read = "from errata.integrations.files import open_source; s = open_source('-'); print(s.rows, s.schema.names)"
    done = subprocess.run([sys.executable, "-c", read], input=FILES[name], capture_output=True, check=True)
    assert done.stdout == b"3 ['id', 'label', 'conf']\n"


def test_a_compressed_feather_file_is_read(tmp_path: Path):
    pyarrow.feather.write_feather(TABLE, str(tmp_path / "preds.feather"), compression="zstd")
    assert rows_of(open_source(tmp_path / "preds.feather")) == ROWS


def test_a_process_substitution_is_read(tmp_path: Path):
    read, write = os.pipe()
    with open(write, "wb") as pipe:
        pipe.write(CSV)
    try:
        assert rows_of(open_source(f"/dev/fd/{read}")) == ROWS
    finally:
        os.close(read)


def error_of(path: Path | str, code: str, **options) -> FileError | ColumnError:
    with pytest.raises((FileError, ColumnError)) as caught:
        source = open_source(path, **options)
        for name in source.schema.names:
            source.column(name)
    assert caught.value.code == code
    assert caught.value.next
    return caught.value


def test_a_missing_file_names_the_one_that_was_meant(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("preds.csv").write_bytes(CSV)
    error = error_of("pred.csv", "file-missing")
    assert error.expected == "one like it: preds.csv"
    assert error.next == "the same line with preds.csv"


def test_a_missing_file_in_a_missing_folder_says_so(tmp_path: Path):
    error = error_of(tmp_path / "no" / "preds.csv", "file-missing")
    assert error.found == f"no folder {tmp_path / 'no'} either"
    assert error.next == f"ls {tmp_path}"


def test_a_dangling_link_is_told_from_a_missing_file(tmp_path: Path):
    (tmp_path / "preds.csv").symlink_to("gone.csv")
    assert error_of(tmp_path / "preds.csv", "file-missing").found == "a link to gone.csv, which is not there"


def test_a_pattern_that_matches_nothing(tmp_path: Path):
    assert error_of(tmp_path / "*.parquet", "file-missing").message == f"nothing matches {tmp_path / '*.parquet'}"


@pytest.mark.parametrize("name", ["preds.csv", "preds.jsonl", "preds.parquet", "preds.arrow", "preds"])
def test_an_empty_file(tmp_path: Path, name: str):
    (tmp_path / name).write_bytes(b"")
    assert error_of(tmp_path / name, "empty-file").found == "0 bytes"


def test_an_empty_file_in_an_archive(tmp_path: Path):
    (tmp_path / "preds.csv.gz").write_bytes(gzip.compress(b""))
    error_of(tmp_path / "preds.csv.gz", "empty-file")


def test_empty_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    assert error_of("-", "empty-file").message == "standard input is empty"


def test_a_folder_without_parquet_names_what_is_in_it(tmp_path: Path):
    (tmp_path / "preds.csv").write_bytes(CSV)
    error = error_of(tmp_path, "folder-without-parquet")
    assert error.found == "preds.csv"
    assert error.next == f"the same line with {tmp_path / 'preds.csv'}"


def test_an_empty_folder(tmp_path: Path):
    assert error_of(tmp_path, "folder-without-parquet").found == "nothing"


def test_a_file_that_may_not_be_read(tmp_path: Path):
    path = tmp_path / "preds.csv"
    path.write_bytes(CSV)
    path.chmod(0)
    for folder in (tmp_path, *tmp_path.parents[:3]):
        if folder.stat().st_uid == os.getuid() and folder != Path("/tmp"):
            folder.chmod(0o755)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)  # root may read anything; nobody may not
    try:
        error = error_of(path, "unreadable")
    finally:
        if root:
            os.seteuid(0)
    assert "Permission denied" in error.message
    assert error.next == f"ls -l {path}"


def test_a_pipe_with_a_name_is_not_waited_for(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    error = error_of(tmp_path / "pipe", "not-a-file")
    assert error.message == f"{tmp_path / 'pipe'} is a pipe, not a file"


def test_a_device_without_end_is_not_read():
    assert error_of("/dev/zero", "not-a-file").message == "/dev/zero is a device or a socket, not a file"


@pytest.mark.parametrize(
    ("name", "content", "looks"),
    [
        ("preds.csv", parquet_bytes(), "Parquet"),
        ("preds.parquet", CSV, "CSV"),
        ("preds.parquet", JSONL, "JSON lines"),
        ("preds.csv", JSONL, "JSON lines"),
        ("preds.jsonl", CSV, "CSV"),
        ("preds.parquet", arrow_bytes(pa.ipc.new_file), "an Arrow file"),
    ],
)
def test_a_file_under_a_wrong_name_says_what_it_looks_like(tmp_path: Path, name: str, content: bytes, looks: str):
    (tmp_path / name).write_bytes(content)
    error = error_of(tmp_path / name, "not-what-its-name-says")
    assert error.message.endswith(f"looks like {looks}")
    assert error.next.startswith(f"mv {tmp_path / name} {tmp_path}")


@pytest.mark.parametrize(
    ("name", "content", "found", "advice"),
    [
        ("preds.json", b'[\n{"id": 1}]', "a JSON array", "jq -c '.[]'"),
        ("preds.json", b'{\n  "id": 1\n}\n', "one JSON document over several lines", "jq -c ."),
        ("preds.csv", "id,label\n1,cat\n".encode("utf-16"), "UTF-16 text", "iconv -f UTF-16"),
        ("preds.xlsx", b"PK\x03\x04....", "a zip archive (an Excel workbook is one too)", "unpack it"),
        ("preds.csv", b"id,label\n1,\x00\x01\x02\n", "binary data", "write the predictions"),
        ("preds.pkl", b"\x80\x04\x95abc", "pickle", "write the predictions"),
        ("preds.db", b"SQLite format 3\x00....", "an SQLite database", "write the predictions"),
    ],
)
def test_what_is_not_read_is_named(tmp_path: Path, name: str, content: bytes, found: str, advice: str):
    (tmp_path / name).write_bytes(content)
    error = error_of(tmp_path / name, "unknown-format")
    assert error.found == found
    assert error.next.startswith(advice)


def test_an_archive_that_is_cut_short(tmp_path: Path):
    (tmp_path / "preds.csv.gz").write_bytes(gzip.compress(CSV * 1000)[:-30])
    error = error_of(tmp_path / "preds.csv.gz", "corrupt-archive")
    assert error.next == f"gzip -t {tmp_path / 'preds.csv.gz'}"


def test_a_zone_that_does_not_exist(tmp_path: Path):
    (tmp_path / "preds.csv").write_bytes(CSV)
    with pytest.raises(UsageError, match="there is no time zone 'Mars/Olympus'"):
        open_source(tmp_path / "preds.csv", tz="Mars/Olympus")


def test_reading_csv_loads_neither_pandas_nor_sqlalchemy(tmp_path: Path):
    (tmp_path / "preds.csv").write_bytes(CSV)
    read = (
        "import sys\n"
        "from errata.integrations.files import open_source\n"
        "assert 'pyarrow' not in sys.modules\n"
        f"open_source({str(tmp_path / 'preds.csv')!r}).column('label')\n"
        "print(sorted({'pandas', 'sqlalchemy', 'pydantic', 'scipy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", read], capture_output=True, check=True).stdout == b"[]\n"
