"""What every test may ask for."""

from __future__ import annotations

import os
from pathlib import Path

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
