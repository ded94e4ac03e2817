"""What rows are compared by: embeddings, numbers, or the words of a text, as points of a space.

A space reads rows of a batch as they are (``read``), is fitted to a few of them (``fitted``), and from then on makes
points of any. Distances are Euclidean.

- Vectors: a list column, or several numeric ones. Taken as they are, but for one unit for all dimensions; along their
  main axes when there are many.
- Numbers: numeric factors, each less its median over the interquartile range of the rows that passed (as a normal
  deviate, IQR / 1.349), cut off at ±6. A missing value counts as the median.
- Words: TF-IDF of words and pairs of words (Salton and Buckley 1988), its main axes (latent semantic analysis;
  Deerwester et al. 1990), each row of length 1.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from errata.core.columns import floats

if TYPE_CHECKING:
    import pyarrow as pa

MOST_DIMENSIONS = 20_000
MOST_AXES = 50
"""Points have at most so many dimensions."""
AS_THEY_ARE = 64
"""Vectors of so many dimensions need no main axes."""
CUT_OFF = 6.0
_LARGEST = 3e38
MOST_TERMS = 20_000
_IQR_OF_NORMAL = 1.3489795003921634

Matrix = NDArray[np.float32]
Raw = NDArray[Any]
"""Rows as they were read: float32 (rows × dimensions), or texts."""


class NoSpace(Exception):
    """Raised where rows cannot be compared; its text is the reason."""


class Space(Protocol):
    """How rows are read and made points of."""

    @property
    def kind(self) -> str:
        """``embedding``, ``numbers`` or ``text``."""

    @property
    def columns(self) -> tuple[str, ...]:
        """What it reads."""

    def read(self, batch: pa.RecordBatch, rows: NDArray[np.int64]) -> tuple[Raw, NDArray[np.bool_]]:
        """These rows of a batch, and which of them can be used; only those are in the first."""

    def fitted(self, failed: Raw, passed: Raw, seed: int, most_axes: int = MOST_AXES) -> Fitted:
        """The space of some rows that failed and that passed, of ``most_axes`` axes. Raises NoSpace."""


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """Makes points: ``dimensions`` is what rows have, ``axes`` what is kept of them, ``kept`` the share of variance."""

    dimensions: int
    axes: int
    kept: float
    scale: Scale | Words
    mean: NDArray[np.float64] | None = None
    along: NDArray[np.float64] | None = None
    notes: tuple[str, ...] = ()

    def points(self, raw: Raw) -> Matrix:
        """Shape (rows, axes)."""
        scaled = self.scale.of(raw)
        if self.along is None or self.mean is None:
            return scaled
        found: Matrix = ((scaled - self.mean.astype(np.float32)) @ self.along.astype(np.float32).T).astype(np.float32)
        return found

    @property
    def terms(self) -> list[str]:
        """The terms of a text; none of numbers."""
        return self.scale.names if isinstance(self.scale, Words) else []

    def held(self, raw: Raw) -> Any:
        """Which terms stand in which text: a sparse matrix of rows × terms, 0 or 1."""
        assert isinstance(self.scale, Words)
        return self.scale.held(raw)


@dataclass(frozen=True, slots=True, eq=False)
class Scale:
    """``(x − middle) / width``: of an embedding all dimensions over one width, so that distances stay what they are; of
    the ``used`` numbers each over its own, what is missing 0, cut off."""

    middle: NDArray[np.float64]
    width: NDArray[np.float64]
    used: NDArray[np.int64] | None = None

    def of(self, raw: Raw) -> Matrix:
        """Shape (rows, used)."""
        if self.used is None:
            found = (raw - self.middle.astype(np.float32)) / self.width.astype(np.float32)
            return np.clip(found, -_FAR, _FAR).astype(np.float32, copy=False)
        values = (raw[:, self.used].astype(np.float64) - self.middle) / self.width
        return np.clip(np.nan_to_num(values, nan=0.0), -CUT_OFF, CUT_OFF).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """TF-IDF with its main axes."""

    weights: Any
    axes: Any
    names: list[str]

    def of(self, raw: Raw) -> Matrix:
        """Rows of length 1; 0 where no known word stands."""
        found = self.axes.transform(self.weights.transform(raw))
        length = np.linalg.norm(found, axis=1, keepdims=True)
        unit: Matrix = np.divide(found, length, out=np.zeros_like(found), where=length > 1e-12).astype(np.float32)
        return unit

    def held(self, raw: Raw) -> Any:
        """0 and 1."""
        found = self.weights.transform(raw)
        found.data[:] = 1
        return found


@dataclass
class Vectors:
    """A list column. ``lengths`` seen so far, each with the first row (from 0) that has it."""

    column: str
    as_text: bool = False
    lengths: dict[int, int] = field(default_factory=dict)
    kind: str = "embedding"

    @property
    def columns(self) -> tuple[str, ...]:
        """The column."""
        return (self.column,)

    def look(self, batch: pa.RecordBatch, start: int) -> None:
        """Note the lengths in a batch whose first row is ``start``. Raises NoSpace where they differ."""
        import pyarrow as pa

        column = batch.column(self.column)
        if pa.types.is_fixed_size_list(column.type):
            return
        if self.as_text:
            found = np.array([0 if one is None else len(one) for one in self._parsed(column)], np.int64)
        else:
            found = np.asarray(column.value_lengths().fill_null(0)).astype(np.int64)
        for length in np.unique(found[found > 0]).tolist():
            self.lengths.setdefault(length, start + int(np.argmax(found == length)))
        if len(self.lengths) > 1:
            seen = sorted(self.lengths.items(), key=lambda one: one[1])[:4]
            said = ", ".join(f"{length:,} in row {row + 1:,}" for length, row in seen)
            raise NoSpace(f"the embeddings in {self.column} differ in length: {said}")

    def read(self, batch: pa.RecordBatch, rows: NDArray[np.int64]) -> tuple[Raw, NDArray[np.bool_]]:
        """Rows that have a list of finite numbers."""
        import pyarrow as pa

        column = batch.column(self.column).take(pa.array(rows))
        if self.as_text:
            column = pa.array(self._parsed(column), pa.list_(pa.float32()))
        valid = np.asarray(column.is_valid())
        if not pa.types.is_fixed_size_list(column.type):
            valid = valid & (np.asarray(column.value_lengths().fill_null(0)) > 0)
        kept = np.flatnonzero(valid)
        if not len(kept):
            return np.zeros((0, 0), np.float32), np.zeros(len(rows), bool)
        flat = column.take(pa.array(kept)).flatten()
        return _finite(floats(flat).reshape(len(kept), -1), kept, len(rows))

    def _parsed(self, column: pa.Array) -> list[list[float] | None]:
        return [_numbers(text) for text in column.to_pylist()]

    def fitted(self, failed: Raw, passed: Raw, seed: int, most_axes: int = MOST_AXES) -> Fitted:
        """Along the main axes of the failed rows where there are many dimensions. Raises NoSpace."""
        return _along(_in_one_unit(failed), failed, seed, most_axes)


@dataclass(frozen=True)
class Columns:
    """Numeric columns: the dimensions of an embedding (``scaled`` False), or factors (True)."""

    columns: tuple[str, ...]
    scaled: bool

    @property
    def kind(self) -> str:
        """What it is."""
        return "numbers" if self.scaled else "embedding"

    def read(self, batch: pa.RecordBatch, rows: NDArray[np.int64]) -> tuple[Raw, NDArray[np.bool_]]:
        """Of an embedding, rows without a missing or infinite value; of factors, every row that has any value."""
        import pyarrow as pa

        index = pa.array(rows)
        values = np.empty((len(rows), len(self.columns)), np.float64)
        for at, name in enumerate(self.columns):
            values[:, at] = floats(batch.column(name).take(index))
        if not self.scaled:
            return _finite(values, np.arange(len(rows)), len(rows))
        values[~np.isfinite(values)] = np.nan
        ok: NDArray[np.bool_] = np.asarray(np.isfinite(values).any(axis=1))
        return values[ok], ok

    def fitted(self, failed: Raw, passed: Raw, seed: int, most_axes: int = MOST_AXES) -> Fitted:
        """Each factor by the rows that passed. Raises NoSpace where none varies."""
        if not self.scaled:
            return _along(_in_one_unit(failed), failed, seed, most_axes)
        usual = passed if len(passed) >= _FEW else np.concatenate([passed, failed])
        middle, width, used, constant = [], [], [], []
        for at, name in enumerate(self.columns):
            known = usual[:, at][~np.isnan(usual[:, at])]
            spread = _spread(known)
            if spread <= 0:
                constant.append(name)
                continue
            used.append(at)
            middle.append(float(np.median(known)))
            width.append(spread)
        if not used:
            raise NoSpace(f"no number varies: {_listed(self.columns)}")
        found = _along(Scale(np.array(middle), np.array(width), np.array(used)), failed, seed, most_axes)
        return replace(found, notes=(f"constant, left out: {_listed(constant)}",) if constant else ())


@dataclass(frozen=True)
class Text:
    """A text column."""

    column: str
    kind: str = "text"

    @property
    def columns(self) -> tuple[str, ...]:
        """The column."""
        return (self.column,)

    def read(self, batch: pa.RecordBatch, rows: NDArray[np.int64]) -> tuple[Raw, NDArray[np.bool_]]:
        """Rows that have a text that is not blank."""
        import pyarrow as pa

        texts = batch.column(self.column).take(pa.array(rows)).to_pylist()
        ok = np.array([bool(text and text.strip()) for text in texts], bool)
        return np.array([text for text, good in zip(texts, ok, strict=True) if good], object), ok

    def fitted(self, failed: Raw, passed: Raw, seed: int, most_axes: int = MOST_AXES) -> Fitted:
        """The words of all these rows, the main axes of those that failed. Raises NoSpace where there are no words."""
        from sklearn.decomposition import TruncatedSVD
        from sklearn.feature_extraction.text import TfidfVectorizer

        everything = np.concatenate([failed, passed])
        weights = TfidfVectorizer(
            sublinear_tf=True, ngram_range=(1, 2), max_features=MOST_TERMS, max_df=0.7, min_df=_LEAST_TEXTS,
            token_pattern=r"(?u)\b[^\W\d_][\w'’]+\b", dtype=np.float64,
        )  # fmt: skip
        try:
            weights.fit(everything)
        except ValueError:
            raise NoSpace(f"no word stands in {_LEAST_TEXTS} texts of {self.column} and not in nearly all") from None
        table = weights.transform(failed)
        rank = min(most_axes, len(failed) - 1, table.shape[1] - 1)
        if rank < 2:
            raise NoSpace(f"too few texts or words in {self.column} to compare")
        axes = TruncatedSVD(rank, random_state=seed).fit(table)
        names = [str(one) for one in weights.get_feature_names_out()]
        return Fitted(len(names), rank, float(axes.explained_variance_ratio_.sum()), Words(weights, axes, names))


_FEW = 20
_FAR = np.float32(1e6)
"""What lies further out than so many times the usual lies there, so that squares stay finite."""
_LEAST_TEXTS = 3


def _along(scale: Scale, failed: Raw, seed: int, most_axes: int) -> Fitted:
    scaled = scale.of(failed)
    rows, dimensions = scaled.shape
    if not rows or not (scaled != scaled[0]).any():
        raise NoSpace("all failed rows have the same values")
    if dimensions > MOST_DIMENSIONS:
        raise NoSpace(f"{dimensions:,} dimensions are too many to compare by ({MOST_DIMENSIONS:,} at most)")
    if dimensions <= (AS_THEY_ARE if most_axes == MOST_AXES else most_axes):
        return Fitted(dimensions, dimensions, 1.0, scale)
    mean = scaled.mean(axis=0, dtype=np.float64)
    centred = scaled - mean.astype(np.float32)
    if min(rows, dimensions) > 4 * most_axes:
        from sklearn.utils.extmath import randomized_svd

        _, sizes, along = randomized_svd(centred, most_axes, random_state=seed)
    else:
        _, sizes, along = np.linalg.svd(centred, full_matrices=False)
    whole = float(np.einsum("ij,ij->", centred, centred, dtype=np.float64))
    some = min(most_axes, int((sizes > sizes[0] * 1e-6).sum()))
    kept = min(1.0, float((sizes[:some].astype(np.float64) ** 2).sum()) / whole)
    return Fitted(dimensions, some, kept, scale, mean, along[:some].astype(np.float64))


def _in_one_unit(failed: Raw) -> Scale:
    """An embedding about the middle of these rows, its widest dimension of standard deviation 1."""
    values = failed.astype(np.float64)
    return Scale(values.mean(axis=0), np.array([float(values.std(axis=0).max(initial=0.0)) or 1.0]))


def _finite(values: NDArray[np.float64], kept: NDArray[np.int64], rows: int) -> tuple[Matrix, NDArray[np.bool_]]:
    """Those without a missing number, or one that single precision does not hold."""
    good = (np.abs(values) < _LARGEST).all(axis=1)
    ok = np.zeros(rows, bool)
    ok[kept[good]] = True
    return values[good].astype(np.float32), ok


def _spread(known: NDArray[np.float64]) -> float:
    """The standard deviation of a normal with this interquartile range; where that is 0, its own."""
    if not len(known):
        return 0.0
    low, high = np.quantile(known, [0.25, 0.75])
    return float((high - low) / _IQR_OF_NORMAL) or float(known.std())


def _numbers(text: str | None) -> list[float] | None:
    """A list of numbers that is written as JSON; None for anything else."""
    if text is None:
        return None
    try:
        found = json.loads(text)
        return [float(one) for one in found] if isinstance(found, list) else None
    except (ValueError, TypeError, OverflowError, RecursionError):
        return None


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:6]) + (f" and {len(names) - 6:,} more" if len(names) > 6 else "")
