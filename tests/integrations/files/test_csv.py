"""CSV: what is missing, what is text, and which rows are at fault."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from errata.core.errors import ColumnError, ErrataError, FileError
from errata.integrations.files import open_source
from errata.nouns.source import BadRow


@pytest.fixture
def read(tmp_path: Path):
    def opened(content: bytes | str, name: str = "preds.csv", **options):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return open_source(path, **options)

    return opened


def refused(read, content: bytes | str, code: str, **options) -> ErrataError:
    with pytest.raises((FileError, ColumnError)) as caught:
        read(content, **options)
    assert caught.value.code == code
    assert caught.value.next
    return caught.value


def values(source, name: str) -> list:
    return source.column(name).to_pylist()


def test_seven_texts_are_missing_unless_they_are_quoted(read):
    plain = ["", "NA", "N/A", "null", "NULL", "NaN", "nan"]
    source = read("i,t\n" + "".join(f"{i},{text}\n" for i, text in enumerate(plain)) + "7,x\n")
    assert values(source, "t") == [None] * 7 + ["x"]
    source = read("i,t\n" + "".join(f'{i},"{text}"\n' for i, text in enumerate(plain)))
    assert values(source, "t") == plain


def test_numbers_may_be_missing_and_stay_numbers(read):
    source = read("a,b,c\n1,0.5,true\nNA,nan,\n3,1.5,false\n")
    assert source.schema.types == [pa.int64(), pa.float64(), pa.bool_()]
    assert [values(source, name) for name in "abc"] == [[1, None, 3], [0.5, None, 1.5], [True, None, False]]


def test_text_of_many_values_comes_as_one_dictionary_too(read):
    source = read("id,x\n" + "".join(f"sample-{i},{i % 3}\n" for i in range(5000)))
    column = source.column("id")
    assert column.type == source.schema.field("id").type == pa.dictionary(pa.int32(), pa.string())
    assert len({chunk.dictionary.to_string() for chunk in column.chunks}) == 1
    assert column[4999].as_py() == "sample-4999"


def test_whole_numbers_beyond_64_bits_are_text_and_stay_apart(read):
    source = read("id,x\n99999999999999999999,1\n99999999999999999998,2\n")
    assert values(source, "id") == ["99999999999999999999", "99999999999999999998"]
    assert read("x\n1e300\n2\n").schema.types == [pa.float64()]


def test_a_column_without_a_name_is_called_by_its_place(read):
    source = read(',a b,"c,d",é €,\n0,1,2,3,4\n')
    assert source.schema.names == ["column_1", "a b", "c,d", "é €", "column_5"]
    assert values(source, "c,d") == [2]


def test_line_breaks_inside_quotes_belong_to_the_value(read):
    source = read('id,text\r\n1,"two\r\nlines"\r\n\r\n2,"a ""quoted"" word"\r\n')
    assert values(source, "text") == ["two\r\nlines", 'a "quoted" word']


def test_an_inch_mark_inside_a_value_is_a_character(read):
    assert values(read('id,text\n1,5" pipe\n2,x\n'), "text") == ['5" pipe', "x"]


def test_a_row_longer_than_a_block_is_read(read):
    long = "x" * (5 << 20)
    source = read(f"id,text\n1,{long}\n2,short\n")
    assert [len(text) for text in values(source, "text")] == [5 << 20, 5]


def test_blank_lines_alone_are_an_empty_file(read):
    refused(read, "\n \n\n", "empty-file")


@pytest.mark.parametrize("content", ["id,label", "id,label\n", "id,label\r\n\r\n"])
def test_a_header_alone(read, content):
    assert refused(read, content, "no-rows").found == "0 rows"


def test_duplicate_names_are_all_listed_with_their_places(read):
    error = refused(read, "id,a,b,a,b,c\n1,2,3,4,5,6\n", "duplicate-columns")
    assert error.details == ["'a': columns 2, 4", "'b': columns 3, 5"]


RAGGED = 'id,label,pred\n1,"a\nb",x\n2,b\n3,c,d\n\n4,1,2,3\n'


def test_ragged_rows_are_listed_by_row_and_line(read):
    error = refused(read, RAGGED, "ragged-rows")
    assert error.details == ["row 2 (line 4): 2 values instead of 3", "row 4 (line 7): 4 values instead of 3"]
    assert error.where.endswith("preds.csv, row 2 (line 4)")
    assert error.next == "--quarantine keeps bad rows aside and counts them"


def test_quarantine_keeps_ragged_rows_aside(read):
    source = read(RAGGED, quarantine=True)
    assert source.rows == 2
    assert values(source, "label") == ["a\nb", "c"]
    assert source.quarantined == (
        BadRow(2, "2 values instead of 3 (line 4)"),
        BadRow(4, "4 values instead of 3 (line 7)"),
    )


def test_a_thousand_ragged_rows_are_counted_and_twenty_listed(read):
    error = refused(read, "a,b\n" + "1,2\n1\n" * 1000, "ragged-rows")
    assert error.message.endswith("has 1,000 rows of another length than its header")
    assert len(error.details) == 21
    assert error.details[-1] == "and 980 more"


def test_text_that_is_not_utf8_is_found_by_byte_and_row(read):
    content = b"id,label\n1,a\n2,caf\xe9\n3,\xff\n"
    error = refused(read, content, "invalid-utf8")
    assert error.details == [
        "row 2 (line 3): not UTF-8: byte 0xE9 at byte 18 of the file",
        "row 3 (line 4): not UTF-8: byte 0xFF at byte 22 of the file",
    ]
    assert content[18] == 0xE9 and content[22] == 0xFF
    assert "iconv -f LATIN1" in error.next
    source = read(content, quarantine=True)
    assert (source.rows, [bad.row for bad in source.quarantined]) == (1, [2, 3])


def test_a_header_that_is_not_utf8(read):
    assert refused(read, b"id,caf\xe9\n1,2\n", "invalid-utf8").where.endswith("line 1, column 2")


def test_a_quote_that_is_never_closed_does_not_swallow_the_rest(read):
    content = 'id,label,pred\n1,a,b\n2,b,"b\n3,x,d\n'
    error = refused(read, content, "unclosed-quote")
    assert error.details == ["row 2 (line 3): a quote that is never closed"]
    source = read(content, quarantine=True)
    assert values(source, "id") == [1, 3]
    assert source.quarantined == (BadRow(2, "a quote that is never closed (line 3)"),)


def test_a_quote_that_closes_in_another_row_does_not_swallow_the_rows_between(read):
    content = 'id,label,pred\n1,"a,b\n2,b,b\n3,"x",d\n'
    error = refused(read, content, "unclosed-quote")
    assert error.details == ["row 1 (line 2): a quote that is only closed 2 lines later, inside another value"]
    assert values(read(content, quarantine=True), "id") == [2, 3]


def test_a_file_cut_off_inside_a_quote(read):
    assert refused(read, 'id,label\n1,a\n2,"bb', "unclosed-quote").where.endswith("row 2 (line 3)")


def test_too_many_open_quotes_end_the_reading_even_with_quarantine(read):
    error = refused(read, "id,label\n" + '1,"a\n' * 2003, "unclosed-quote", quarantine=True)
    assert error.message.endswith("has 1,001 quotes that are never closed")


def test_a_header_whose_quote_is_never_closed(read):
    assert refused(read, 'id,"label\n1,a\n', "bad-header").where.endswith("line 1")


def test_when_every_row_is_bad_quarantine_does_not_help(read):
    error = refused(read, "a,b\n1\n2\n", "no-rows", quarantine=True)
    assert error.found == "0 rows that can be used, 2 that cannot"


cells = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8)


@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=8))
def test_quoted_text_comes_back_as_it_was(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("csv") / "preds.csv"
    quoted = [[f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row] for row in rows]
    path.write_bytes(("n,a,b\n" + "".join(f"z{i},{a},{b}\n" for i, (a, b) in enumerate(quoted))).encode())
    source = open_source(path)
    found = [tuple(str(value) for value in pair) for pair in zip(*(values(source, name) for name in "ab"), strict=True)]
    if all(pa.types.is_dictionary(source.schema.field(name).type) for name in "ab"):
        assert found == rows
    else:  # a column whose every value reads as a number, a date or a truth value is one
        assert source.rows == len(rows)
