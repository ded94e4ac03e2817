"""Factors of numbers: transforms of one, and of two against each other. What is not finite is missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from errata.core.columns import floats
from errata.factors.function import NUMBER, Argument, Function, Parameter, a_float, finite

if TYPE_CHECKING:
    import pyarrow as pa

Floats = NDArray[np.float64]


def _of(transform: Callable[..., Floats]) -> Callable[[Sequence[Argument]], pa.Array]:
    def apply(arguments: Sequence[Argument]) -> pa.Array:
        with np.errstate(all="ignore"):
            return finite(transform(*(floats(one) for one in arguments)))

    return apply


_X, _Y = Parameter("x", NUMBER), Parameter("y", NUMBER)
FUNCTIONS = (
    Function("abs", (_X,), a_float, _of(np.abs)),
    Function("log", (_X,), a_float, _of(np.log)),
    Function("difference", (_X, _Y), a_float, _of(np.subtract)),
    Function("ratio", (_X, _Y), a_float, _of(np.divide)),
)
