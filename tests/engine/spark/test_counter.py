"""What the counter leaves behind on Spark."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest

from errata.analysis.requests import Count
from errata.engine.spark.counter import SparkCounter


def test_what_was_sent_for_a_job_is_taken_back_when_the_job_fails() -> None:
    def failing(_: Any) -> list[Any]:
        raise OSError("a worker was lost")

    context = Mock()
    counter: Any = SimpleNamespace(
        _known=(None, np.zeros(0)), _of_loss=False, _say=lambda _: None, _context=context, _step=0.0, _each=failing
    )
    with pytest.raises(OSError, match="a worker was lost"):
        SparkCounter._counted(counter, Count(np.zeros((1, 1), np.int32), "rows"))
    context.broadcast.return_value.destroy.assert_called_once_with()
