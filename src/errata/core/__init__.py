"""Ids, the error tree, canonical JSON, digests, the clock and units: what every other room may use."""
