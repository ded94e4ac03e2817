"""Factors: columns that failures may depend on, given or derived."""
