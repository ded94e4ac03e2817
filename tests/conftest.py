"""What every test may ask for."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is not a failure: examples may take as long as they need.
settings.register_profile("errata", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("errata")


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
