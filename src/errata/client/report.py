"""The report that the SDK returns: the noun, which also prints as the terminal does and renders in a notebook."""

from __future__ import annotations

from dataclasses import fields

from errata.nouns import report as noun


class Report(noun.Report):
    """What ``errata.analyze`` found; ``print(report)`` reads as in the terminal, a notebook draws it."""

    @classmethod
    def of(cls, report: noun.Report) -> Report:
        """The same report, with its looks."""
        return cls(**{field.name: getattr(report, field.name) for field in fields(report)})

    def __str__(self) -> str:
        from errata.show.terminal import report_text

        return report_text(self, width=100, colour=False)

    def _repr_html_(self) -> str:
        from errata.show.notebook import report_html

        return report_html(self)
