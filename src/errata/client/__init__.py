"""The SDK: errata.open()."""
