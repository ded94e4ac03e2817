"""What ``catalog.profile`` returns."""

from __future__ import annotations

from dataclasses import fields

from errata.nouns import profile as noun


class Profile(noun.Profile):
    """A model's failures over versions and time; ``print(profile)`` reads as in the terminal."""

    @classmethod
    def of(cls, profile: noun.Profile) -> Profile:
        """The same profile, with its looks."""
        return cls(**{field.name: getattr(profile, field.name) for field in fields(profile)})

    def __str__(self) -> str:
        from errata.show.profile_text import profile_text

        return profile_text(self, width=100, colour=False)
