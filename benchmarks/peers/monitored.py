"""The two halves of a log as monitors take them: in pandas, with the columns whose drift is asked for."""

from __future__ import annotations

import pandas as pd

NUMBERS = [f"x{k}" for k in range(10)]
WORDS = ["site", "lens", "weather", "firmware", "operator"]
CLASSES = ["truth", "prediction"]


def halves(path: str, *more: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The earlier and the later half of a log, with these columns beside NUMBERS and WORDS."""
    frame = pd.read_parquet(path, columns=[*NUMBERS, *WORDS, *more])
    half = len(frame) // 2
    return frame.iloc[:half], frame.iloc[half:]
