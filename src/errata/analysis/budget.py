"""How many slices can be tried in reasonable time: past that a search stops at fewer conditions, and says so.

Work is measured in words of 64 rows that are combined; a machine combines some five thousand million a second.
"""

from __future__ import annotations

from errata.analysis.null import draws_of
from errata.analysis.requests import Population

MOST_WORK = 100_000_000_000
MOST_SLICES = 2_000_000
"""Each takes about 200 bytes while the search goes on."""
WORDS_PER_LOSS = 8
"""A sum of losses costs about so many counts."""
WORDS_PER_CLUSTER = 30
"""To look at each row of a slice for its group costs about so many counts."""
MULTIPLIED = 24
"""Dealt losses are summed over the rows of a slice, which are few: so many sampled rows cost as much as a word."""


def most_slices(population: Population) -> int:
    """How many slices of this population may be tried."""
    words, sampled = population.rows / 64, population.sampled_rows / 64
    each = words if population.grouped else sampled
    each += WORDS_PER_LOSS * words if population.of != "failed" else population.total / 64
    each += WORDS_PER_CLUSTER * sampled if population.grouped else 0
    if draws := draws_of(population):
        each += draws * (population.sampled_rows / MULTIPLIED if population.of != "failed" else sampled)
    return int(min(MOST_SLICES, MOST_WORK / max(each, 1)))


def most_counted(population: Population) -> int:
    """How many slices' rows may be counted, to see which of them have enough."""
    words = (population.rows if population.grouped else population.sampled_rows) / 64
    return int(min(MOST_SLICES, MOST_WORK / max(words, 1)))
