from __future__ import annotations

import resource

import pytest

from errata.core.errors import FileError, StorageError
from errata.show.files import write_text


def test_a_report_replaces_the_one_before(tmp_path):
    target = tmp_path / "out.html"
    write_text(target, "one")
    write_text(target, "zwei ✓")
    assert target.read_text(encoding="utf-8") == "zwei ✓"
    assert [path.name for path in tmp_path.iterdir()] == ["out.html"]


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileError) as caught:
        write_text(tmp_path / "no" / "out.html", "x")
    assert caught.value.code == "cannot-write"
    assert caught.value.next == f"mkdir -p {tmp_path / 'no'}"


def test_a_folder_in_the_way_is_refused_and_nothing_is_left(tmp_path):
    (tmp_path / "out.html").mkdir()
    with pytest.raises(FileError):
        write_text(tmp_path / "out.html", "x")
    assert [path.name for path in tmp_path.iterdir()] == ["out.html"]


def test_a_full_disk_says_what_to_do_and_leaves_nothing(tmp_path):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, limits[1]))
    try:
        with pytest.raises(StorageError) as caught:
            write_text(tmp_path / "out.html", "x" * 10_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (caught.value.code, caught.value.next) == ("disk-full", "free some space, then run the same line again")
    assert list(tmp_path.iterdir()) == []
