"""A query: words and fields, with one canonical text. The same language everywhere that records are searched.

    night rain -snow severity>=high model:resnet50@>=3 failure-mode:localization/* slice:"contrast < 0.4" sort:date

Words are all to be found (``-`` before one: not to be found), in any order, without case and accents; a text in double
quotes is its words. A field has a value, or one of several with commas between them; a value with spaces or commas
stands in double quotes, a double quote in it twice, and ``*`` in it is anything.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from errata.core.names import nearest
from errata.core.words import asked_words, spelled
from errata.nouns.query_fields import FIELDS, SORT, checked, refusal

LONGEST = 1_000
MOST = 50
"""How many words and values a query may have."""

_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9_-]*)(>=|<=|[:=<>])")
_QUOTED = re.compile(r'"((?:[^"]|"")*)"')
_BARE = re.compile(r'[^\s,"]+')
_WORD = re.compile(r'[^\s"]+')
_SPACE = re.compile(r"\s*")
_SPACE_IN = re.compile(r"\s")
_ODD = re.compile(r'[\s,"]')
_ORDER = {name: at for at, name in enumerate(FIELDS)}


@dataclass(frozen=True, slots=True)
class Term:
    """A field with the values it may have; ``negated``: with none of them."""

    field: str
    sign: str
    values: tuple[str, ...]
    negated: bool = False

    @property
    def text(self) -> str:
        """As it is written."""
        return f"{'-' * self.negated}{self.field}{self.sign}{','.join(map(_quoted, self.values))}"


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked: ``words`` that are all there, no group of ``without`` whole, ``terms``, and the order.

    ``sort`` is one of ``query_fields.SORTS``, turned round by ``-``; empty for the usual one.
    """

    words: tuple[str, ...] = ()
    without: tuple[tuple[str, ...], ...] = ()
    terms: tuple[Term, ...] = ()
    sort: str = ""

    @staticmethod
    def parse(text: str) -> Query:
        """Read a query. Raises GrammarError with the position, what was expected and the nearest name."""
        return _parse(text)

    @staticmethod
    def joined(parts: Sequence[str]) -> str:
        """One text of what a shell gave as several words: the quotes that it took away are put back."""
        return parts[0] if len(parts) == 1 else " ".join(map(_requoted, parts))

    @property
    def text(self) -> str:
        """The canonical text, which reads as this query."""
        without = [f"-{group[0]}" if len(group) == 1 else f'-"{" ".join(group)}"' for group in self.without]
        sort = [f"sort:{self.sort}"] if self.sort else []
        return " ".join([*self.words, *without, *(term.text for term in self.terms), *sort])

    @property
    def asked(self) -> list[str]:
        """The words as they are indexed."""
        return asked_words(" ".join(self.words))

    @property
    def asked_without(self) -> list[list[str]]:
        """The groups that are not to be found whole, as they are indexed."""
        return [asked_words(" ".join(group)) for group in self.without]

    def has(self, field: str, value: str) -> bool:
        """Whether it asks for this value of a field, and no other."""
        return _exactly(field, value) in self.terms

    def toggled(self, field: str, value: str) -> Query:
        """The query that asks for this value too; no longer, if it did."""
        term = _exactly(field, value)
        return replace(self, terms=_ordered({*self.terms} ^ {term}))

    def without_term(self, term: Term) -> Query:
        """The same without a term."""
        return replace(self, terms=tuple(one for one in self.terms if one != term))

    def sorted_by(self, sort: str) -> Query:
        """The same in another order."""
        return replace(self, sort=sort)


def _exactly(field: str, value: str) -> Term:
    return Term(field, ":", (value,))


def _ordered(terms: Iterable[Term]) -> tuple[Term, ...]:
    return tuple(sorted(terms, key=lambda term: (_ORDER.get(term.field, len(_ORDER)), term.text)))


def _quoted(value: str) -> str:
    return '"' + value.replace('"', '""') + '"' if not value or _ODD.search(value) else value


def _requoted(part: str) -> str:
    if '"' in part or not _SPACE_IN.search(part):
        return part
    field = _FIELD.match(part, part.startswith("-"))
    end = field.end() if field else int(part.startswith("-"))
    return f'{part[:end]}"{part[end:]}"'


def _parse(text: str) -> Query:
    if len(text) > LONGEST:
        raise refusal(f"the query is {len(text):,} characters long", LONGEST, expected=f"at most {LONGEST:,}")
    for at, letter in enumerate(text):
        if unicodedata.category(letter) in ("Cc", "Cs") and not letter.isspace():
            raise refusal(f"character U+{ord(letter):04X} in the query", at, expected="printable text")
    words: dict[str, None] = {}
    without: dict[tuple[str, ...], None] = {}
    terms: dict[Term, None] = {}
    sorts: list[str] = []
    at = _skip(text, 0)
    while at < len(text):
        start, negated = at, text[at] == "-"
        at += negated
        if match := _FIELD.match(text, at):
            name, sign = _field(text, match, negated)
            values, at = _values(text, match.end(), name, sign)
            if name == "sort":
                sorts += values
            else:
                terms[Term(name, sign, values, negated)] = None
        else:
            said, at = _said(text, at)
            if negated and said:
                without[tuple(dict.fromkeys(said))] = None
            else:
                words.update(dict.fromkeys(said))
        if len(sorts) > 1:
            raise refusal("a second order", start, expected="one sort", found=text[start:at])
        if len(words) + sum(map(len, without)) + sum(len(term.values) for term in terms) > MOST:
            raise refusal("the query has too many words", start, expected=f"at most {MOST} words and values")
        at = _skip(text, at)
    query = Query(tuple(words), tuple(without), _ordered(terms), sorts[0] if sorts else "")
    if text.strip() and query == Query():
        raise refusal("the query has neither word nor field", 0, expected="letters or digits", found=repr(text[:40]))
    if len(query.text) > LONGEST:
        raise refusal("the query is too long", LONGEST, expected=f"at most {LONGEST:,} characters")
    return query


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    assert match is not None
    return match.end()


def _field(text: str, match: re.Match[str], negated: bool) -> tuple[str, str]:
    name, sign = match[1].lower().replace("_", "-"), match[2]
    at = match.start()
    field = FIELDS.get(name)
    if field is None:
        close = nearest(name, list(FIELDS), 1)
        word = _WORD.match(text, at)
        raise refusal(
            f"there is no field {match[1]!r}", at, expected=f"one of {', '.join(FIELDS)}; words with {sign} in quotes",
            found=match[0], unknown=True,
            next=close[0] + text[match.end(1) :].split()[0] if close else f'"{word[0] if word else name}"',
        )  # fmt: skip
    sign = ":" if sign == "=" else sign
    if sign not in field.signs:
        raise refusal(
            f"{name} is not compared by {sign}", at + len(match[1]), expected=f"{name}{' or '.join(field.signs)}",
            found=match[0], next=f"{name}:{text[match.end() :].split()[0] if text[match.end() :].split() else '…'}",
        )  # fmt: skip
    if negated and field.compares == SORT:
        raise refusal(
            "an order is not negated", at - 1, expected="sort:-changed for the other way round", found="-sort"
        )
    return name, sign


def _values(text: str, at: int, name: str, sign: str) -> tuple[tuple[str, ...], int]:
    field = FIELDS[name]
    found: dict[str, None] = {}
    while True:
        if quoted := _QUOTED.match(text, at):
            value, end = quoted[1].replace('""', '"'), quoted.end()
        elif bare := _BARE.match(text, at):
            value, end = bare[0], bare.end()
        else:
            opened = text[at : at + 1] == '"'
            missing = "a quote is not closed" if opened else f"a value of {name} is missing"
            raise refusal(missing, at, expected='"' if opened else f"{name}{sign}VALUE")
        found[checked(field, sign, value, at)] = None
        at = end
        if text[at : at + 1] != ",":
            break
        at += 1
        if sign != ":" or field.compares == SORT or name in ("since", "until"):
            raise refusal(f"{name}{sign} takes one value", at - 1, expected="no comma", found=text[at - 1 : at + 20])
    if at < len(text) and not text[at].isspace():
        raise refusal("two values run into each other", at, expected="a space or a comma", found=text[at : at + 20])
    return tuple(sorted(found)), at


def _said(text: str, at: int) -> tuple[list[str], int]:
    """The words of a text in quotes, or of what stands up to the next space; and where they end."""
    if text[at : at + 1] == '"':
        quoted = _QUOTED.match(text, at)
        if quoted is None:
            raise refusal("a quote is not closed", at, expected='"')
        return spelled(quoted[1]), quoted.end()
    word = _WORD.match(text, at)
    if word is None:
        return [], at
    if "*" in word[0].strip("*") or (word[0] != word[0].strip("*") and spelled(word[0])):
        raise refusal(
            "a word has no *", at + word[0].index("*"), expected="a whole word; a field may have one",
            found=word[0], next=word[0].replace("*", "") or "",
        )  # fmt: skip
    return spelled(word[0]), word.end()
