"""Entries of the Open Source Vulnerability format."""
