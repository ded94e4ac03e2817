"""What failures are compared by: what ``--embedding`` names, else the one column of lists, else numeric factors."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from errata.core.columns import is_list, is_number, is_text, value_type
from errata.core.errors import ColumnError
from errata.factors.space import Columns, Space, Text, Vectors
from errata.nouns.slice import type_words
from errata.tasks.columns import check_columns, listed
from errata.verbs.audits import Impossible
from errata.verbs.subject import Subject

if TYPE_CHECKING:
    import pyarrow as pa

    from errata.nouns.source import Source

_PATTERN = "*?["
_SEEN = 64


def named_columns(source: Source, given: tuple[str, ...]) -> tuple[str, ...]:
    """The columns that ``--embedding`` names, patterns written out. Raises ColumnError for one that is not there."""
    patterns = [name for name in given if name not in source.schema.names and any(sign in name for sign in _PATTERN)]
    check_columns(source, given, "embedding", also=patterns)
    found: list[str] = []
    for name in given:
        if name in patterns:
            matching = [column for column in source.schema.names if fnmatchcase(column, name)]
            if not matching:
                raise ColumnError(
                    "no-such-column",
                    f"no column matches --embedding {name!r}",
                    where=source.name,
                    expected="one numeric column for each dimension",
                    found=listed(source.schema.names),
                    next="--embedding 'e_*'",
                )
            found += matching
        else:
            found.append(name)
    return tuple(dict.fromkeys(found))


def space_of(subject: Subject) -> Space:
    """Where rows are compared. Raises Impossible where there is nothing to compare them by."""
    schema = subject.source.schema
    names = named_columns(subject.source, subject.options.embedding)
    if not names:
        lists = [field.name for field in schema if _is_vector(field.type, whole=False)]
        if len(lists) == 1:
            return Vectors(lists[0])
        numeric = [
            one for one in subject.factors if one.name in schema.names and is_number(schema.field(one.name).type)
        ]
        # A number of few values is rather a name, unless there are no others.
        if numbers := [one.name for one in numeric if one.edges is not None] or [one.name for one in numeric]:
            return Columns(tuple(numbers), scaled=True)
        if lists:
            raise Impossible(f"several columns hold lists of numbers: --embedding {' or '.join(lists)}")
        raise Impossible(
            "nothing to compare failures by: no column of embeddings, no numeric factor (--embedding COLUMN)"
        )
    if len(names) == 1:
        return _of_one(subject.source, names[0])
    odd = [name for name in names if not is_number(schema.field(name).type)]
    if odd:
        held = type_words(schema.field(odd[0]).type)
        raise Impossible(f"{odd[0]} holds {held}, and is no dimension of an embedding: it takes numbers")
    return Columns(names, scaled=False)


def not_taken(subject: Subject, space: Space) -> list[str]:
    """What might have been meant instead, in words."""
    if subject.options.embedding or space.kind == "embedding":
        return []
    lists = [field.name for field in subject.source.schema if _is_vector(field.type, whole=False)]
    return (
        [f"several columns hold lists of numbers, so none is taken: --embedding {' or '.join(lists)}"] if lists else []
    )


def _of_one(source: Source, name: str) -> Space:
    kind = source.schema.field(name).type
    if _is_vector(kind, whole=True):
        return Vectors(name)
    if is_text(kind):
        return Vectors(name, as_text=True) if _written_lists(source, name) else Text(name)
    if is_number(kind):
        return Columns((name,), scaled=False)
    raise Impossible(f"{name} is {kind}: an embedding is a list of numbers, several columns of numbers, or a text")


def _is_vector(kind: pa.DataType, *, whole: bool) -> bool:
    """Whether it is a list of floats, or of any numbers if ``whole``."""
    from pyarrow import types

    if not is_list(kind):
        return False
    inner = value_type(kind.value_type)
    return bool(types.is_floating(inner)) or (whole and is_number(inner))


def _written_lists(source: Source, name: str) -> bool:
    """Whether a text column holds lists of numbers as JSON, as CSV has them."""
    batch = next(iter(source.batches([name], _SEEN)))
    texts = [text for text in batch.column(0).to_pylist() if text]
    return bool(texts) and all(text.lstrip().startswith("[") and text.rstrip().endswith("]") for text in texts)


def dimensions(source: Source, space: Space) -> int:
    """About how many numbers a row has, from the first rows."""
    if isinstance(space, Columns):
        return len(space.columns)
    if isinstance(space, Text):
        return 512
    batch = next(iter(source.batches(list(space.columns), _SEEN)))
    lengths = [len(one) for one in batch.column(0).to_pylist() if one is not None]
    return max(lengths, default=1) or 1
