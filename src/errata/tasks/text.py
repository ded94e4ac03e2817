"""Answers as tokens, and how much of one text stands in another.

Tokens are those of SQuAD's evaluation (Rajpurkar et al. 2016): lower case, ASCII punctuation dropped, without the
articles a, an, the, split at white space. Scripts without spaces (Chinese, Japanese, Korean) are split character by
character, as MLQA does (Lewis et al. 2020). Content tokens leave out the function words of ``FUNCTION_WORDS`` besides.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

_PUNCTUATION = {ord(sign): None for sign in string.punctuation + "’‘“”…–—"}
_ARTICLES = frozenset({"a", "an", "the"})
_UNSPACED = re.compile(r"([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7af])")
_FUNCTION_WORDS = (
    "about after all also am and any are as at be because been before being between both but by can could did do does "
    "doing during each few for from further had has have having he her here hers him his how i if in into is it its "
    "itself just me more most my no nor not now of off on once only or other our out over own same she should so some "
    "such than that their them then there these they this those through to too under until up very was we were what "
    "when where which while who whom why will with would you your"
)
FUNCTION_WORDS = frozenset(_FUNCTION_WORDS.split())
VERDICTS = frozenset({"yes", "no", "true", "false"})
"""Answers that say nothing of what they are about: no context has to hold them."""
REFUSALS = (
    "i cannot", "i can not", "i cant", "im unable", "i am unable", "im not able", "i am not able", "i will not",
    "i wont",
    "i must decline", "i have to decline", "i decline to", "im sorry but", "i am sorry but", "i apologize but",
    "i dont know", "i do not know", "i dont have enough information", "i do not have enough information",
    "i dont have access", "i do not have access", "as an ai language model", "cannot assist with", "cant assist with",
    "cannot help with", "cant help with", "cannot be answered", "not enough information to answer",
)  # fmt: skip
"""Phrases of a refusal, in lower case and without punctuation; after the prefixes of Zou et al. (2023), appendix B."""
_REFUSAL = re.compile(rf"(?<!\S)(?:{'|'.join(REFUSALS)})(?!\S)")
REFUSED_WITHIN = 200
"""A refusal comes first: only so many characters are looked at."""


def tokens(text: str) -> list[str]:
    """The tokens of SQuAD's evaluation."""
    plain = text.lower().translate(_PUNCTUATION)
    if not plain.isascii():
        plain = _UNSPACED.sub(r" \1 ", plain)
    return [one for one in plain.split() if one not in _ARTICLES]


@lru_cache(maxsize=4096)
def content(text: str) -> frozenset[str]:
    """The different tokens that are no function words."""
    return frozenset(tokens(text)) - FUNCTION_WORDS


def token_f1(answer: str, references: Sequence[str]) -> float:
    """The harmonic mean of token precision and recall, with repeats; of several references the best (SQuAD)."""
    return max(_f1(tokens(answer), tokens(one)) for one in references)


def exact_match(answer: str, references: Sequence[str]) -> bool:
    """Whether the answer's tokens are a reference's."""
    said = tokens(answer)
    return any(said == tokens(one) for one in references)


def _f1(said: list[str], true: list[str]) -> float:
    if not said or not true:
        return float(said == true)
    same = sum((Counter(said) & Counter(true)).values())
    return 2 * same / (len(said) + len(true))


def share_in(wanted: frozenset[str], texts: Iterable[frozenset[str]]) -> float:
    """The share of ``wanted`` (at least one token) that stands in any of the texts."""
    return len(wanted & frozenset().union(*texts)) / len(wanted)


@lru_cache(maxsize=4096)
def refused(answer: str) -> bool:
    """Whether one of ``REFUSALS`` stands in the first ``REFUSED_WITHIN`` characters."""
    start = " ".join(answer[:REFUSED_WITHIN].lower().translate(_PUNCTUATION).split())
    return _REFUSAL.search(start) is not None
