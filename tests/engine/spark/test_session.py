"""A session needs Java and pyspark, and says what to install."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from errata.core.errors import MissingExtra
from errata.engine.spark import session


def _java(folder: Path, version: str) -> Path:
    java = folder / "java"
    java.write_text(f"#!/bin/sh\necho '{version}' >&2\n")
    java.chmod(0o755)
    return java


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('openjdk version "21" 2023-09-19', 21),
        ('java version "1.8.0_292"', 8),
        ('openjdk version "25-ea" 2025-09-16', 25),
        ("what?", 0),
    ],
)
def test_a_java_says_its_version(tmp_path: Path, said: str, version: int) -> None:
    assert session._version(str(_java(tmp_path, said))) == version


def test_without_java_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingExtra) as caught:
        session.check_java()
    assert caught.value.code == "no-java"
    assert caught.value.found == "no java on the PATH"
    assert "default-jre-headless" in caught.value.next


def test_a_java_that_is_too_old_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    _java(tmp_path / "bin", 'openjdk version "11.0.2"')
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(MissingExtra) as caught:
        session.check_java()
    assert caught.value.code == "no-java"
    assert caught.value.found == f"Java 11 in {tmp_path} (JAVA_HOME)"


def test_a_java_home_without_java_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "nowhere"))
    with pytest.raises(MissingExtra) as caught:
        session.check_java()
    assert str(tmp_path / "nowhere") in caught.value.found


def test_without_pyspark_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "pyspark"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(MissingExtra) as caught:
        session.session()
    assert caught.value.code == "missing-extra"
    assert caught.value.next == "pip install 'errata[spark]'"
