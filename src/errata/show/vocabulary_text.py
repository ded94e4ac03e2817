"""Vocabularies and labels for the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from errata.core import units
from errata.nouns.label import Label
from errata.nouns.record import Record
from errata.nouns.vocabulary import VocabularyBody
from errata.show.table_text import pairs_text, table_text


def vocabularies_text(records: Sequence[Record], width: int) -> str:
    """A table of vocabularies."""
    rows = [[one.key, one.name, str(len(one.body.living())), str(one.revision), one.title] for one in records]
    return table_text(["key", "name", "terms", "revision", "title"], rows, right="terms revision", width=width)


def vocabulary_text(record: Record, counts: Mapping[str, int], width: int) -> str:
    """One vocabulary: its terms as a tree, with how many labels each has."""
    body: VocabularyBody = record.body
    gone = len(body.concepts) - len(body.living())
    lines = [f"{record.key}  {body.title} · {body.name}, revision {record.revision} · {record.state}"]
    about = f"{units.plural(len(body.living()), 'term')}, {units.plural(sum(counts.values()), 'label')}"
    lines.append(f"  {about}{f', {gone} not used any more' if gone else ''}")
    for at in body.ordered():
        concept = body.concepts[at]
        label = f"{counts[at]:>4}" if counts.get(at) else "    "
        said = f"{label}  {'  ' * body.depth(at)}{at}"
        after = "  " + (_gone(body, at) if concept.deprecated else concept.said())
        lines.append((said + after)[:width].rstrip())
    return "\n".join(lines)


def term_text(record: Record, at: str, labels: int) -> str:
    """One term: what it means, by what it is recognised, what stands around it."""
    body: VocabularyBody = record.body
    concept = body.concepts[at]
    other = [f"{tag}: {text}" for tag, text in sorted(concept.pref_label.items()) if text != concept.said()]
    alternatives = [name for names in concept.alt_labels.values() for name in names]
    pairs = [
        ("means", concept.meaning() or "nobody has said yet"),
        ("also called", ", ".join([*alternatives, *other])),
        ("for example", "\n".join(concept.examples)),
        ("but not", "\n".join(concept.counter_examples)),
        ("below it", ", ".join(body.narrower(at))),
        ("related", ", ".join(body.path(one) for one in body.related(at))),
        ("the same as", ", ".join(concept.exact_match)),
        ("near to", ", ".join(concept.close_match)),
        ("not used", _gone(body, at) if concept.deprecated else ""),
        ("labels", units.count(labels) if labels else "none"),
    ]
    return f"{body.name}:{body.path(at)}  {concept.said()}\n{pairs_text(pairs)}"


def labels_text(labels: Sequence[Label], width: int) -> str:
    """A table of labels."""
    rows = [[one.id, one.subject, one.full, _surely(one), one.actor, _beside(one)] for one in labels]
    return table_text(["label", "of", "term", "", "by", ""], rows, width=width)


def label_text(label: Label) -> str:
    """One label: what it says, where it can be read, and what became of it."""
    spans = [f"{one.field}:{one.start}:{one.end}  “{one.quote}”" for one in label.spans]
    taken = f"{label.retracted_at:%Y-%m-%d %H:%M} UTC by {label.retracted_by}" if label.retracted_at else ""
    pairs = [
        ("means", label.definition),
        ("taken as", _surely(label)),
        ("in", "\n".join(spans)),
        ("note", label.note),
        ("round", f"{label.round}{', adjudicated' if label.adjudicates else ''}" if label.round else ""),
        ("said", f"{label.at:%Y-%m-%d %H:%M} UTC by {label.actor}"),
        ("from", f"{label.vocabulary} {label.vocabulary_name}, revision {label.revision}"),
        ("today", f"could be {' or '.join(label.choices)}" if label.choices and not label.retracted else ""),
        ("taken back", f"{taken}: {label.retracted_reason}" if taken else ""),
    ]
    return f"{label.id}  {label.full} of {label.subject} · {label.name}\n{pairs_text(pairs)}"


def moves_text(labels: Sequence[Label], width: int) -> str:
    """Labels whose term became another, with what they could be."""
    rows = [[one.id, one.subject, one.full, " or ".join(one.choices)] for one in labels]
    return table_text(["label", "of", "term then", "today"], rows, width=width)


def _surely(label: Label) -> str:
    sure = f" {label.confidence:g}" if label.confidence is not None else ""
    return f"{label.status if label.status != 'known' or not sure else ''}{sure}".strip()


def _beside(label: Label) -> str:
    if label.retracted:
        return f"taken back by {label.retracted_by}: {label.retracted_reason}"
    quoted = "“" + label.spans[0].quote + "”" if label.spans else ""
    today = f"today {' or '.join(label.choices)}" if label.choices else ""
    rounds = f"{'adjudicated in ' if label.adjudicates else 'in '}{label.round}" if label.round else ""
    return " · ".join(part for part in (today, rounds, label.note, quoted) if part)


def _gone(body: VocabularyBody, at: str) -> str:
    instead = " or ".join(body.replacements(at))
    why = body.concepts[at].deprecated
    return f"× {f'now {instead}: ' if instead else ''}{why}"
