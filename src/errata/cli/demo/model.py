"""The demo's classifier: a hundred randomised trees over 64 greys, and what it predicts as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from errata.cli.demo.pictures import Digits, png

if TYPE_CHECKING:
    import pyarrow as pa

TREES = 100


@dataclass(frozen=True, slots=True)
class Model:
    """A trained version: ``digits@1``, from how many pictures, with the copies by factor that it was augmented with."""

    name: str
    pictures: int
    copies: dict[str, int]
    trees: Any

    def params(self) -> dict[str, Any]:
        """What it was made with, as a run's parameters."""
        return {"pictures": self.pictures, "augment": ",".join(self.copies) or "none"}


def train(name: str, digits: Digits, copies: dict[str, int], seed: int) -> Model:
    """Fit extremely randomised trees (Geurts, Ernst and Wehenkel 2006) to ``digits``, on one core."""
    from sklearn.ensemble import ExtraTreesClassifier

    trees = ExtraTreesClassifier(TREES, random_state=seed, n_jobs=1)
    trees.fit(digits.pictures.reshape(len(digits), -1), digits.truth)
    return Model(name, len(digits), copies, trees)


def predictions(model: Model, digits: Digits) -> pa.Table:
    """One row a picture: id, truth, prediction, a score for each class, what was done to it, and the picture itself."""
    import pyarrow as pa

    scores = model.trees.predict_proba(digits.pictures.reshape(len(digits), -1))
    best = scores.argmax(axis=1)
    return pa.table(
        {
            "id": digits.ids(),
            "truth": digits.truth,
            "prediction": model.trees.classes_[best].astype(np.int64),
            "confidence": scores.max(axis=1),
            **{f"score_{name}": scores[:, column] for column, name in enumerate(model.trees.classes_)},
            "base": digits.base,
            "perturbation": digits.perturbation.tolist(),
            **digits.levels,
            "image": [png(picture) for picture in digits.pictures],
        }
    )
