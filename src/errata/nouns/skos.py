"""A vocabulary as SKOS in JSON-LD, out and in: a public form that other tools read, and that nothing is lost in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from errata.core.errors import ValueFault
from errata.nouns.vocabulary import KIND, LANGUAGE, VocabularyBody, is_slug

SKOS = "http://www.w3.org/2004/02/skos/core#"
_TERMS = "http://purl.org/dc/terms/"
_PREFIXES = {"skos": SKOS, "dct": _TERMS, "owl": "http://www.w3.org/2002/07/owl#", "errata": "urn:errata:terms:"}
_TEXTS = {"prefLabel": "skos:prefLabel", "altLabel": "skos:altLabel", "definition": "skos:definition"}
_NODES = {
    "broader": "skos:broader", "narrower": "skos:narrower", "related": "skos:related", "inScheme": "skos:inScheme",
    "exactMatch": "skos:exactMatch", "closeMatch": "skos:closeMatch", "hasTopConcept": "skos:hasTopConcept",
    "isReplacedBy": "dct:isReplacedBy",
}  # fmt: skip
_PLAIN = {
    "example": "skos:example", "counterExample": "errata:counterExample", "changeNote": "skos:changeNote",
    "deprecated": "owl:deprecated", "title": "dct:title", "description": "dct:description", "license": "dct:license",
    "source": "dct:source",
}  # fmt: skip
_LONG = {
    **{short: short for short in (*_TEXTS, *_NODES, *_PLAIN)},
    **{long: short for short, long in (_TEXTS | _NODES | _PLAIN).items()},
    **{
        _PREFIXES[long.partition(":")[0]] + long.partition(":")[2]: short
        for short, long in (_TEXTS | _NODES | _PLAIN).items()
    },
}


def scheme(name: str) -> str:
    """The URI of a vocabulary."""
    return f"urn:errata:vocabulary:{name}"


def to_skos(body: VocabularyBody) -> dict[str, Any]:
    """The JSON-LD document of a vocabulary."""
    about = scheme(body.name)
    context: dict[str, Any] = {**_PREFIXES, **body.prefixes, "id": "@id", "type": "@type"}
    context |= {short: {"@id": long, "@container": "@language"} for short, long in _TEXTS.items()}
    context |= {short: {"@id": long, "@type": "@id"} for short, long in _NODES.items()}
    context |= {short: {"@id": long} for short, long in _PLAIN.items()}
    head = {
        "id": about,
        "type": "skos:ConceptScheme",
        "title": body.title,
        "description": body.description,
        "source": body.source,
        "license": body.licence,
        "hasTopConcept": [f"{about}#{at}" for at in body.narrower(None)],
    }
    concepts = [_concept(body, at, about) for at in body.ordered()]
    return {"@context": context, "@graph": [_given(head), *concepts]}


def _concept(body: VocabularyBody, at: str, about: str) -> dict[str, Any]:
    concept = body.concepts[at]

    def named(terms: Any) -> list[str]:
        return [f"{about}#{one}" for one in terms]

    return _given(
        {
            "id": f"{about}#{at}",
            "type": "skos:Concept",
            "inScheme": about,
            "prefLabel": concept.pref_label,
            "altLabel": {tag: list(names) for tag, names in concept.alt_labels.items()},
            "definition": concept.definition,
            "example": list(concept.examples),
            "counterExample": list(concept.counter_examples),
            "broader": f"{about}#{concept.broader}" if concept.broader else None,
            "narrower": named(body.narrower(at)),
            "related": named(body.related(at)),
            "exactMatch": list(concept.exact_match),
            "closeMatch": list(concept.close_match),
            "isReplacedBy": named(concept.replaced_by),
            "deprecated": bool(concept.deprecated),
            "changeNote": concept.deprecated,
        }
    )


def from_skos(document: Mapping[str, Any], name: str | None = None) -> VocabularyBody:
    """The vocabulary of a JSON-LD document: ours, or another's in compact form. Matches may be CURIEs or URIs.

    ``name`` is that of the vocabulary when the document's own cannot be one. Raises ValueFault ``not-skos``,
    ``bad-body`` with every fault.
    """
    nodes = document.get("@graph", [document])
    if not isinstance(nodes, list) or not all(isinstance(node, dict) for node in nodes):
        raise _not_skos("its @graph is no list of nodes")
    schemes = [node for node in nodes if "ConceptScheme" in _kinds(node)]
    concepts = [node for node in nodes if "Concept" in _kinds(node)]
    if not concepts:
        raise _not_skos("it holds no skos:Concept")
    ids = [_slug(str(node.get("@id", node.get("id", "")))) for node in concepts]
    if twice := sorted({at for at in ids if ids.count(at) > 1}):
        raise _not_skos(f"more than one concept is called {', '.join(map(repr, twice[:5]))}")
    head = _read(schemes[0]) if schemes else {}
    own = _slug(str(schemes[0].get("@id", schemes[0].get("id", ""))).removesuffix("/")) if schemes else ""
    context = document.get("@context", {})
    prefixes = {
        key: value
        for key, value in (context.items() if isinstance(context, dict) else ())
        if isinstance(value, str)
        and not key.startswith("@")
        and value.endswith((":", "/", "#"))
        and key not in _PREFIXES
    }
    title = _first(head.get("title") or head.get("prefLabel")) or name or own
    made = KIND.make(
        {
            "title": title,
            "name": name or own,
            "description": _first(head.get("description")) or "",
            "source": _first(head.get("source")) or "",
            "licence": _first(head.get("license")) or "",
            "prefixes": prefixes,
            "concepts": {at: _values(_read(node)) for at, node in zip(ids, concepts, strict=True)},
        }
    )
    assert isinstance(made, VocabularyBody)
    return made


def _values(node: Mapping[str, Any]) -> dict[str, Any]:
    texts: dict[str, str] = {}
    lists: dict[str, list[str]] = {}
    for tag, text in _tagged(node.get("prefLabel")):
        texts.setdefault(tag, text)
    for tag, text in _tagged(node.get("altLabel")):
        lists.setdefault(tag, []).append(text)
    definition: dict[str, str] = {}
    for tag, text in _tagged(node.get("definition")):
        definition.setdefault(tag, text)
    broader = _slugs(node.get("broader"))
    gone = _first(node.get("deprecated")) in (True, "true")
    return {
        "pref_label": texts,
        "alt_labels": lists,
        "definition": definition,
        "examples": [text for _, text in _tagged(node.get("example"))],
        "counter_examples": [text for _, text in _tagged(node.get("counterExample"))],
        "broader": broader[0] if broader else None,
        "related": _slugs(node.get("related")),
        "exact_match": _ids(node.get("exactMatch")),
        "close_match": _ids(node.get("closeMatch")),
        "replaced_by": _slugs(node.get("isReplacedBy")),
        "deprecated": (_first(node.get("changeNote")) or "deprecated at its source") if gone else "",
    }


def _read(node: Mapping[str, Any]) -> dict[str, Any]:
    return {_LONG[key]: value for key, value in node.items() if key in _LONG}


def _kinds(node: Mapping[str, Any]) -> set[str]:
    kinds = node.get("@type", node.get("type", ()))
    listed = [kinds] if isinstance(kinds, str) else kinds
    return {re.split(r"[#/:]", str(kind))[-1] for kind in listed}


def _tagged(value: Any, tag: str = LANGUAGE) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield tag, value
    elif isinstance(value, list):
        for one in value:
            yield from _tagged(one, tag)
    elif isinstance(value, dict) and "@value" in value:
        yield str(value.get("@language", tag)), str(value["@value"])
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from _tagged(one, str(key))


def _ids(value: Any) -> list[str]:
    listed = value if isinstance(value, list) else [] if value is None else [value]
    return [str(one.get("@id", one.get("id", ""))) if isinstance(one, dict) else str(one) for one in listed]


def _slugs(value: Any) -> list[str]:
    return [_slug(one) for one in _ids(value)]


def _slug(uri: str) -> str:
    """The last part of a URI as an id: ``…#FalseAlarm`` is ``false-alarm``."""
    last = re.split(r"[#/:]", uri)[-1]
    if is_slug(last):
        return last
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", last)
    return re.sub(r"[^a-z0-9]+", "-", parted.lower()).strip("-")


def _first(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    return next((text for _, text in _tagged(value)), None)


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value}


def _not_skos(found: str) -> ValueFault:
    return ValueFault(
        "not-skos",
        "this is no SKOS vocabulary in JSON-LD",
        expected="a @graph with skos:ConceptScheme and skos:Concept nodes",
        found=found,
        next="errata vocabulary export failure-mode shows one",
    )
