"""A vocabulary: the terms that labels are taken from, each with a meaning that is written down.

Its concepts are those of SKOS, with one broader concept at most, so that every concept has one path:
``localization/shift``. A concept never goes away: one that was renamed, split or merged says what replaced it.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any
from urllib.parse import quote

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from errata.core.errors import GrammarError, NotFound
from errata.core.names import is_key, nearest
from errata.core.words import fold
from errata.nouns.record import Body, Kind

ACTIVE, RETIRED = "active", "retired"
MOVES = {ACTIVE: (RETIRED,), RETIRED: (ACTIVE,)}
LANGUAGE = "en"
SHIPPED = ("failure-mode",)
RESERVED = frozenset(
    {
        "actor", "after", "alias", "author", "before", "case", "changed", "check", "created", "dataset", "date",
        "deployment", "duplicate-of", "excess", "finding", "fingerprint", "is", "key", "kind", "label", "metric",
        "model", "owner", "plan", "project", "round",
        "run", "sensitivity", "severity", "since", "slice", "sort", "state", "subject", "system", "task", "template",
        "term", "text", "title", "until", "verified", "vocabulary",
    }
)  # fmt: skip
"""Names that a search has for something else, so that no vocabulary can have them."""
_SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*\Z")
_TAG = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{1,8})*\Z")
_MATCH = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+\Z")


def is_slug(text: str) -> bool:
    """Whether ``text`` can be the name of a vocabulary or the id of a concept: ``context-misidentification``."""
    return len(text) <= 60 and bool(_SLUG.match(text))


def _by_language(value: Any) -> Any:
    return {LANGUAGE: value} if isinstance(value, str | list | tuple) else value


Texts = Annotated[dict[str, str], BeforeValidator(_by_language)]
"""A text in each language; one without a language is English."""
TextLists = Annotated[dict[str, tuple[str, ...]], BeforeValidator(_by_language)]


class Concept(BaseModel):
    """What a term means. ``deprecated`` is why it is not to be used any more, empty while it is; ``replaced_by`` are
    the ids of what is used instead. Matches are CURIEs or URIs of concepts elsewhere."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_max_length=10_000)

    pref_label: Texts
    alt_labels: TextLists = Field(default_factory=dict)
    definition: Texts = Field(default_factory=dict)
    examples: tuple[str, ...] = ()
    counter_examples: tuple[str, ...] = ()
    broader: str | None = None
    related: tuple[str, ...] = ()
    exact_match: tuple[str, ...] = ()
    close_match: tuple[str, ...] = ()
    replaced_by: tuple[str, ...] = ()
    deprecated: str = ""

    def said(self, language: str = LANGUAGE) -> str:
        """Its preferred label in a language, else in English, else in any."""
        return in_language(self.pref_label, language)

    def meaning(self, language: str = LANGUAGE) -> str:
        """Its definition in a language, else in English, else in any; empty when it has none."""
        return in_language(self.definition, language)

    def names(self) -> Iterator[str]:
        """Every label that it has, in every language."""
        yield from self.pref_label.values()
        for alternatives in self.alt_labels.values():
            yield from alternatives


class VocabularyBody(Body):
    """What a vocabulary says. ``name`` is the facet under which its labels are found, and never changes;
    ``prefixes`` say what the CURIEs of its matches stand for, ``instead`` which other is used once it is retired."""

    title: str = Field(min_length=1, max_length=300)
    name: str
    description: str = ""
    source: str = ""
    licence: str = ""
    instead: str = ""
    prefixes: dict[str, str] = Field(default_factory=dict)
    concepts: dict[str, Concept] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _whole(self) -> VocabularyBody:
        if found := list(self.faults()):
            more = f"; and {len(found) - 10} more" if len(found) > 10 else ""
            raise PydanticCustomError("vocabulary", "{text}", {"text": "; ".join(found[:10]) + more})
        return self

    def faults(self) -> Iterator[str]:
        """What is wrong with it, one sentence each."""
        if not is_slug(self.name):
            yield f"name {self.name!r} is not small letters, digits and hyphens"
        elif self.name in RESERVED:
            yield f"name {self.name!r} means something else in a search"
        for at, concept in self.concepts.items():
            yield from self._faults_of(at, concept)

    def _faults_of(self, at: str, concept: Concept) -> Iterator[str]:
        if not is_slug(at):
            yield f"term {at!r} is not small letters, digits and hyphens"
        if not concept.pref_label or not all(text.strip() for text in concept.pref_label.values()):
            yield f"{at} has no label"
        for tag in {*concept.pref_label, *concept.alt_labels, *concept.definition}:
            if not _TAG.match(tag):
                yield f"{at}: {tag!r} is no language, such as en or pt-BR"
        for other in (concept.broader, *concept.related, *concept.replaced_by):
            if other is not None and other not in self.concepts:
                yield f"{at} names {other!r}, which is no term of it"
            elif other == at:
                yield f"{at} names itself"
        for match in (*concept.exact_match, *concept.close_match):
            if not _MATCH.match(match):
                yield f"{at}: {match!r} is no CURIE or URI"
        if self._circles(at, lambda one: [one.broader] if one.broader else []):
            yield f"{at} is broader than itself"
        if self._circles(at, lambda one: one.replaced_by):
            yield f"{at} is replaced by itself"
        if concept.replaced_by and not concept.deprecated:
            yield f"{at} is replaced, and nothing says why"

    def _circles(self, start: str, following: Any) -> bool:
        seen: set[str] = set()
        waiting = [start]
        while waiting:
            for other in following(self.concepts[waiting.pop()]):
                if other == start:
                    return True
                if other in self.concepts and other not in seen:
                    seen.add(other)
                    waiting.append(other)
        return False

    def path(self, term: str) -> str:
        """From the top to the concept: ``localization/shift``."""
        steps = [term]
        while broader := self.concepts[steps[-1]].broader:
            steps.append(broader)
        return "/".join(reversed(steps))

    def narrower(self, term: str | None) -> list[str]:
        """The concepts right below one, or at the top for None, by their labels."""
        found = [at for at, concept in self.concepts.items() if concept.broader == term]
        return sorted(found, key=lambda at: (fold(self.concepts[at].said()), at))

    def descendants(self, term: str) -> list[str]:
        """Every concept below one, depth first."""
        return [found for below in self.narrower(term) for found in (below, *self.descendants(below))]

    def ordered(self) -> list[str]:
        """Every concept, each after its broader one."""
        return [found for top in self.narrower(None) for found in (top, *self.descendants(top))]

    def depth(self, term: str) -> int:
        """How many concepts are above it."""
        return self.path(term).count("/")

    def related(self, term: str) -> list[str]:
        """What is related to a concept, whichever of both says so."""
        said = {at for at, concept in self.concepts.items() if term in concept.related}
        return sorted({*self.concepts[term].related, *said})

    def living(self) -> list[str]:
        """The concepts that may be used."""
        return [at for at in self.ordered() if not self.concepts[at].deprecated]

    def replacements(self, term: str) -> list[str]:
        """What a concept that was replaced stands as today: the usable ends of the chain; of another one, nothing."""
        found: dict[str, None] = {}
        for other in self.concepts[term].replaced_by:
            further = self.replacements(other)
            found.update(dict.fromkeys(further or ([] if self.concepts[other].deprecated else [other])))
        return list(found)

    def resolve(self, text: str) -> str:
        """The id of what is written as an id or a path. Raises NotFound ``no-such-term`` with the nearest ones."""
        at = text.rsplit("/", 1)[-1]
        if at in self.concepts and text in (at, self.path(at)):
            return at
        if at in self.concepts:
            close = [at]
        else:
            names = {fold(name): one for one, concept in self.concepts.items() for name in concept.names()}
            asked = [names[fold(text)]] if fold(text) in names else []
            close = asked or nearest(at, [*self.concepts], 3)
        paths = [self.path(one) for one in close]
        raise NotFound(
            "no-such-term",
            f"{self.name} has no term {text!r}",
            expected=f"one like {', '.join(paths)}" if paths else "a term of it",
            next=f"errata vocabulary show {self.name}:{paths[0]}" if paths else f"errata vocabulary show {self.name}",
        )

    def meaning_of(self, text: str) -> list[str]:
        """The concepts that have a text as a label, in any language, or as an exact match (``gmf:Concept%20Drift``)."""
        wanted, match = fold(text.strip()), quote(text, safe=":/#?&=%+@,;!$'()*~.-_")
        return [
            at
            for at, concept in self.concepts.items()
            if match in concept.exact_match or wanted in {fold(name) for name in concept.names()}
        ]

    def address(self, match: str) -> str:
        """The URI that a match stands for; an unknown prefix is left as it is."""
        prefix, _, rest = match.partition(":")
        return f"{self.prefixes[prefix]}{rest}" if prefix in self.prefixes else match


def in_language(texts: Mapping[str, str], language: str) -> str:
    """The text of a language, else English, else any, else nothing."""
    for tag in (language, LANGUAGE, *sorted(texts)):
        if tag in texts:
            return texts[tag]
    return ""


def parse_term(text: str) -> tuple[str, str]:
    """``failure-mode:localization/shift`` → the vocabulary's name or key, and its term. Raises GrammarError."""
    vocabulary, found, term = text.partition(":")
    if not found or not term or not (is_slug(vocabulary) or is_key(vocabulary)):
        raise GrammarError(
            "bad-term",
            f"{text!r} is not a term",
            expected="VOCABULARY:TERM, such as failure-mode:localization/shift",
            found=repr(text),
            next=f"failure-mode:{text}" if re.match(r"[a-z][a-z0-9/-]*\Z", text) else "errata vocabulary list",
        )
    return vocabulary, term


def words(body: VocabularyBody) -> Iterable[str]:
    """The texts by which free text finds a vocabulary."""
    yield body.name
    yield body.description
    for concept in body.concepts.values():
        yield from concept.names()
        yield from concept.definition.values()


@functools.cache
def shipped(name: str) -> VocabularyBody | None:
    """A vocabulary that comes with Errata; None when there is none of this name."""
    from importlib.resources import files

    import yaml

    if name not in SHIPPED:
        return None
    place = files("errata.nouns") / "vocabularies" / f"{name}.yaml"
    body = KIND.make(yaml.safe_load(place.read_text(encoding="utf-8")))
    assert isinstance(body, VocabularyBody)
    return body


KIND = Kind(
    name="vocabulary",
    version=1,
    body=VocabularyBody,
    moves=MOVES,
    editable=("title", "description", "source", "licence"),
    facets=lambda body: [("vocabulary", body.name)],
    words=words,
)
