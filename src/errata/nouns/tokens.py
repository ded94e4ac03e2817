"""The words that slices, failure expressions and criteria are written in: one small alphabet, read in one place.

Texts come from files, from the command line and from requests, so what may stand in one is a whitelist: names, strings
in single quotes, numbers, comparison signs, parentheses, commas and eight keywords. No comments, no control characters,
no number that is not finite.
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from typing import NoReturn

from errata.core.errors import GrammarError

MAX_TEXT = 10_000
MAX_WORD = 1_000
"""The longest name or string value: a text is to be read by people."""

KEYWORDS = frozenset({"and", "or", "not", "is", "null", "in", "true", "false"})

_EXAMPLES = {
    "bad-slice": """such as "contrast < 0.4 and source = 'night'\"""",
    "bad-expression": 'such as "latency_ms > 500 or refused"',
    "bad-criterion": "such as '<= 0.05' or '<= baseline + 0.01'",
    "bad-derivation": """such as --derive 'hour(time), length(question)'""",
}
"""What to type instead, where nothing nearer is known."""

_SPACE = re.compile(r"[ \t\n]+")
_NUMBER = re.compile(r"-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_STRING = re.compile(r"'((?:[^']|'')*)'")
_QUOTED = re.compile(r'"((?:[^"]|"")+)"')
_SIGN = re.compile(r"<=|>=|!=|<>|[<>=(),+-]")
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_INTEGER_LIMIT = 2**64

Literal = str | bool | int | float


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a text: ``kind`` is ``name``, ``string``, ``number``, ``sign``, ``keyword`` or ``end``.

    ``value`` is what it stands for (a keyword in lower case), ``at`` its 0-based position.
    """

    kind: str
    value: Literal
    at: int


def tokenize(text: str, code: str) -> list[Token]:
    """The words of ``text``, ending with one of kind ``end``. Raises GrammarError(``code``) with the position."""
    if len(text) > MAX_TEXT:
        raise GrammarError(
            code,
            f"the text is {len(text):,} characters long",
            expected=f"at most {MAX_TEXT:,}",
            found=f"{text[:40]}…" if not _first_unwritable(text[:40]) else "",
            next=_EXAMPLES.get(code, ""),
        )
    if bad := _first_unwritable(text, allowed="\t\n"):
        raise GrammarError(
            code,
            f"control character U+{ord(text[bad - 1]):04X} in the text",
            expected="printable text",
            found=ascii(text[max(bad - 20, 0) : bad + 20]),
            where=f"character {bad}",
            next=_EXAMPLES.get(code, ""),
        )
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        if space := _SPACE.match(text, at):
            at = space.end()
            continue
        token, at = _next(text, at, code)
        tokens.append(token)
    tokens.append(Token("end", "", len(text)))
    return tokens


def _next(text: str, at: int, code: str) -> tuple[Token, int]:
    if text.startswith(("--", "/*"), at) or text[at] in "#;":
        fault(code, "comments and several statements are not part of the grammar", text, at)
    if match := _STRING.match(text, at):
        return Token("string", _short(match[1].replace("''", "'"), text, at, code), at), match.end()
    if match := _QUOTED.match(text, at):
        return Token("name", _short(match[1].replace('""', '"'), text, at, code), at), match.end()
    if match := _NUMBER.match(text, at):
        end = match.end()
        if end < len(text) and (text[end].isalnum() or text[end] in "_."):
            fault(code, "a number runs into a name", text, at, expected="a space after the number")
        return Token("number", _number(match[0], text, at, code), at), end
    if match := _NAME.match(text, at):
        word = match[0].lower()
        if word in KEYWORDS:
            return Token("keyword", word, at), match.end()
        return Token("name", _short(match[0], text, at, code), at), match.end()
    if match := _SIGN.match(text, at):
        if text.startswith("==", at):
            fault(code, "'==' is not a sign here", text, at, expected="'='")
        return Token("sign", match[0], at), match.end()
    if text[at] in "'\"":
        what = "string" if text[at] == "'" else "column name"
        fault(code, f"the {what} that starts here does not end", text, at, expected=f"a closing {text[at]}")
    hint = 'a column name with letters outside A–Z, a space or a sign in double quotes: "größe"'
    fault(code, f"{text[at]!r} is not part of the grammar", text, at, expected=hint)


def _short(word: str, text: str, at: int, code: str) -> str:
    if len(word) > MAX_WORD:
        fault(code, f"a name or value of {len(word):,} characters", text, at, expected=f"at most {MAX_WORD:,}")
    return word


def _number(word: str, text: str, at: int, code: str) -> int | float:
    exact = not set(word) & set(".eE")
    value: int | float = int(word) if exact and len(word.lstrip("-0")) <= 20 else float(word)
    if not math.isfinite(value):
        fault(code, f"{word} is not a finite number", text, at)
    if exact and not -_INTEGER_LIMIT < value < _INTEGER_LIMIT:
        fault(code, f"{word} is beyond the whole numbers that a column can hold", text, at)
    return plain_number(value)


def plain_number(value: int | float) -> int | float:
    """One value for one quantity: ``3.0`` → ``3``, ``-0.0`` → ``0``. Raises GrammarError when it is not finite."""
    if not math.isfinite(value):
        raise GrammarError("bad-number", f"{value} is not a finite number")
    return int(value) if isinstance(value, int) or (value.is_integer() and abs(value) < _INTEGER_LIMIT) else value


def write_literal(value: Literal) -> str:
    """The value as it stands in a text: ``'night'``, ``0.4``, ``3``, ``true``."""
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(plain_number(value))


def write_name(name: str) -> str:
    """The column name as it stands in a text: bare when it can be, else in double quotes."""
    if _NAME.fullmatch(name) and name.lower() not in KEYWORDS | {"all", "baseline"}:
        return name
    return '"' + name.replace('"', '""') + '"'


def can_be_written(word: str) -> bool:
    """Whether ``word`` can be a column name or a value of a text: short and without control characters."""
    return len(word) <= MAX_WORD and not _first_unwritable(word)


def _first_unwritable(text: str, allowed: str = "") -> int:
    """The 1-based position of the first control character, 0 when there is none."""
    if text.isascii() and text.isprintable():
        return 0
    for at, char in enumerate(text, 1):
        if char in allowed:
            continue
        if char in _BIDI or unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"}:
            return at
    return 0


def fault(code: str, message: str, text: str, at: int, *, expected: str = "", next: str = "") -> NoReturn:
    """Raise GrammarError(``code``) that shows ``text`` around position ``at`` with a caret under it."""
    start = max(at - 50, 0)
    shown = text[start : at + 25].replace("\n", " ").replace("\t", " ")
    head = "…" if start else ""
    where = f"character {at + 1}\n{head}{shown}\n{' ' * (len(head) + at - start)}^"
    raise GrammarError(code, message, expected=expected, where=where, next=next or _EXAMPLES.get(code, ""))


class Reader:
    """Walks over the words of a text, one ahead."""

    def __init__(self, text: str, code: str) -> None:
        self.text = text
        self.code = code
        self.tokens = tokenize(text, code)
        self.position = 0

    @property
    def ahead(self) -> Token:
        """The word that comes next."""
        return self.tokens[self.position]

    def take(self) -> Token:
        """The next word, which is then behind; the end stays ahead."""
        token = self.ahead
        if token.kind != "end":
            self.position += 1
        return token

    def accept(self, kind: str, *values: str) -> Token | None:
        """The next word, taken, when it is of this kind and one of these values (any without values)."""
        token = self.ahead
        if token.kind == kind and (not values or token.value in values):
            return self.take()
        return None

    def expect(self, kind: str, *values: str, what: str) -> Token:
        """``accept``, or a GrammarError that says ``what`` was expected here."""
        token = self.accept(kind, *values)
        if token is None:
            self.refuse(f"{what} was expected, not {self.seen()}")
        return token

    def seen(self) -> str:
        """The next word as a message calls it."""
        token = self.ahead
        if token.kind == "end":
            return "the end of the text"
        return f"'{token.value}'" if token.kind in {"sign", "keyword"} else f"the {token.kind} {token.value!r}"

    def refuse(self, message: str, *, expected: str = "", at: int | None = None) -> NoReturn:
        """Raise GrammarError at the next word, or at ``at``."""
        fault(self.code, message, self.text, self.ahead.at if at is None else at, expected=expected)
