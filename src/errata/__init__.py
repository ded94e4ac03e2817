"""Errata, the failure catalogue for machine learning."""

__version__ = "0.1.0"
