"""What can be done from a page: a small form, what it asks, what it does, and the command that does the same.

A form has a page of its own, on which a mistake is said and nothing that was typed is lost; pages about a record show
it in their place as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from errata.core.errors import UsageError
from errata.web.writing import Form

Where = Mapping[str, str]
"""What an act is done to: the names in its path, ``{"key": "DIG-4"}``."""
Offer = tuple[str, str]
"""Something that can be chosen: the value, and what it is called."""
Offering = Callable[[Any, Where], Sequence[Offer]]
Known = dict[Offering, Sequence[Offer]]


@dataclass(frozen=True, slots=True)
class Blank:
    """One field. ``kind`` is ``text``, ``long``, ``select`` or ``hidden``.

    ``offers`` is what can be chosen: all that there is in a ``select``, a suggestion in a ``text``.
    """

    name: str
    label: str
    kind: str = "text"
    needed: bool = False
    hint: str = ""
    offers: Offering | None = None
    longest: int = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One thing that can be done. ``path`` and ``command`` name what it is done to in braces.

    ``do`` does it and answers where to go then; ``done`` is what is said there. ``words`` say what comes of it. What
    comes by itself has no ``do``.
    """

    name: str
    path: str
    button: str
    words: str
    command: str
    done: str
    do: Callable[[Any, Where, Form], str] | None
    blanks: tuple[Blank, ...] = ()

    def at(self, where: Where) -> str:
        """The address of its page."""
        return self.path.format(**where)

    def typed(self, where: Where) -> str:
        """The command that does the same."""
        return self.command.format(**where)


@dataclass(frozen=True, slots=True)
class Shown:
    """An act on a page: the fields with what can be chosen in them and what stands in them already.

    ``blocked`` says why it cannot be done now, ``lacks`` what is missing for it: each with the address that mends it.
    """

    act: Act
    where: Where
    blanks: Sequence[tuple[Blank, Sequence[Offer], str]]
    blocked: str = ""
    lacks: Sequence[Offer] = ()

    @property
    def address(self) -> str:
        """Where its form is sent."""
        return self.act.at(self.where)

    @property
    def command(self) -> str:
        """The command that does the same."""
        return self.act.typed(self.where)


def shown(
    act: Act,
    catalog: Any,
    where: Where,
    values: Form | None = None,
    *,
    blocked: str = "",
    lacks: Sequence[Offer] = (),
    known: Known | None = None,
    writes: bool = True,
) -> Shown:
    """An act with its fields, in which ``values`` stand; ``known`` keeps what several forms of a page offer.

    Who may not write is shown no fields, so nothing is looked up that they could offer.
    """
    found = []
    kept: Known = {} if known is None else known
    for blank in act.blanks if writes and not (blocked or lacks) else ():
        if blank.offers and blank.offers not in kept:
            kept[blank.offers] = blank.offers(catalog, where)
        offers = kept[blank.offers] if blank.offers else ()
        found.append((blank, offers, (values or Form()).one(blank.name)))
    return Shown(act, where, found, blocked, lacks)


def check_filled(act: Act, form: Form) -> None:
    """Raises UsageError ``not-filled`` for fields that are empty, or longer than anybody reads."""
    faults = [f"{blank.label}: it is empty" for blank in act.blanks if blank.needed and not form.one(blank.name)]
    faults += [
        f"{blank.label}: it is longer than {blank.longest:,} characters"
        for blank in act.blanks
        if len(form.one(blank.name)) > blank.longest
    ]
    if faults:
        raise UsageError("not-filled", "this form is not filled in", expected=act.words, details=faults)
