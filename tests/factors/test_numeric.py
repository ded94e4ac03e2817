"""Transforms of numbers: what is not finite is missing."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from errata.factors.derivation import Derivation


def of(text: str, **columns: Any) -> list[Any]:
    made = Derivation.parse(text).of({name: pa.array(values) for name, values in columns.items()})
    return made.to_pylist()  # type: ignore[no-any-return]


def test_one_number_is_transformed() -> None:
    x = [1.0, np.e, 0.0, -2.0, np.inf, np.nan, None]
    assert of("log(x)", x=x) == [0.0, 1.0, None, None, None, None, None]
    assert of("abs(x)", x=x) == [1.0, np.e, 0.0, 2.0, None, None, None]
    assert of("abs(x)", x=[-3, 2, None]) == [3.0, 2.0, None]
    assert of("log(x)", x=[Decimal("1.00"), None]) == [0.0, None]


def test_two_numbers_stand_against_each_other() -> None:
    x, y = [6.0, 1.0, 0.0, None, np.inf], [3, 0, 0, 1, 2]
    assert of("ratio(x, y)", x=x, y=y) == [2.0, None, None, None, None]
    assert of("difference(x, y)", x=x, y=y) == [3.0, 1.0, 0.0, None, None]
